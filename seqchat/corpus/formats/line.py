"""LINE: a line for the day, then clock, name and words."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from seqchat.corpus.formats.lines import LineFormat, plain
from seqchat.corpus.formats.notes import ASIAN, LINE_ON_COMPUTERS
from seqchat.corpus.formats.times import DATE

_CLOCK = r"(?P<clock>(?:[^\W\d]{1,8}\.?\s?)?\d{1,2}:\d{2}\s?(?:[AaPp]\.?\s?[Mm]\.?)?)"
_DAY = re.compile(
    rf"(?P<date>(?:[^\W\d][^\d\t]{{0,20}}\s)?(?:{DATE})\.?)(?:\s?[(（][^\d)）]{{1,12}}[)）]|\s?[^\W\d][^\d\t]{{0,20}})?"
)
_HEADING = re.compile(
    r"\[LINE\].*|(?:保存日時|Saved on|저장한 날짜|儲存日期|保存日期|保存时间|儲存時間|บันทึกเมื่อ|Disimpan pada) ?[:：].*"
)

_TABS = LineFormat(
    "LINE",
    (
        re.compile(rf"{_CLOCK}\t(?P<sender>[^\t]{{1,100}})\t(?P<text>.*)"),
        re.compile(rf"{_CLOCK}\t\t?(?P<text>[^\t]*)"),
    ),
    day=_DAY,
    heading=_HEADING,
    notes=ASIAN,
)


def _with_names(lines: Sequence[str]) -> LineFormat | None:
    """Return the format with the names that these lines have, as a name may have spaces itself."""
    begin = re.compile(rf"{_CLOCK} (?P<rest>\S.*)")
    rests = [match["rest"].split(" ") for line in lines if (match := begin.fullmatch(plain(line)))]
    names = _names(rests)
    if not names or not any(_DAY.fullmatch(plain(line)) for line in lines):
        return None
    listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    head = re.compile(rf"{_CLOCK} (?P<sender>{listed}) (?P<text>.+)")
    own = re.compile(rf"{_CLOCK} (?P<text>.+)")
    return replace(_SPACES, heads=(head, own), refine=None)


def _names(rests: Sequence[Sequence[str]]) -> list[str]:
    """Return the beginnings that recur: a word, and those that always follow it."""
    by_first: defaultdict[str, list[Sequence[str]]] = defaultdict(list)
    for words in rests:
        if len(words) > 1:
            by_first[words[0]].append(words)
    names = []
    for first, lines in by_first.items():
        name = [first]
        while len(lines) > 1:
            following, times = (
                Counter(words[len(name)] for words in lines if len(words) > len(name) + 1).most_common(1)[0]
                if any(len(words) > len(name) + 1 for words in lines)
                else ("", 0)
            )
            if times < len(lines):
                break
            name.append(following)
        names.append(" ".join(name))
    return names


_SPACES = LineFormat(
    "LINE",
    (re.compile(rf"{_CLOCK} (?P<sender>\S{{1,40}}) (?P<text>.+)"),),
    day=_DAY,
    heading=_HEADING,
    notes=LINE_ON_COMPUTERS,
    refine=_with_names,
)

FORMATS = (_TABS, _SPACES)
