"""The user's own abbreviations: letters that stand for a phrase, an address or today's date, in a text file.

# abbreviation = phrase; the place among the candidates may follow the abbreviation
yx = someone@example.org
dz,2 = 上海市长宁区……
rq = {year}-{month:02}-{day:02}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seqchat import locations
from seqchat.corpus.cleaning import clean
from seqchat.errors import one_line, quoted
from seqchat.files import read_bytes

if TYPE_CHECKING:
    from seqchat.completion.suggestion import Suggestion

_MAX_BYTES = 1_000_000
_MAX_LENGTH = 500
_LINE = re.compile(r"([A-Za-z]{1,20})\s*(?:,\s*(\d{1,2})\s*)?=(.*)")
_LETTERS = re.compile(r"(?<![A-Za-z])[A-Za-z]{1,20}\Z")
_FIELD = re.compile(r"\{(year|month|day|hour|minute|second|weekday|星期)(?::0(\d))?\}")
_WEEKDAYS = "一二三四五六日"
_PLACES = range(1, 10)


class CustomPhrase(NamedTuple):
    """A phrase with fields for the time, and its place among the candidates, from 1."""

    text: str
    place: int

    def at(self, now: datetime) -> str:
        """Return the phrase at a time."""
        return _FIELD.sub(lambda field: _value(field, now), self.text)


Table = Mapping[str, Sequence[CustomPhrase]]

# Dates stand where a phrase of the user's would not; an entry of theirs takes the place of all for these letters.
_DATES: Table = {
    "rq": (CustomPhrase("{year}年{month}月{day}日", 2), CustomPhrase("{year}-{month:02}-{day:02}", 3)),
    "sj": (CustomPhrase("{hour:02}:{minute:02}", 2), CustomPhrase("{hour}点{minute}分", 3)),
    "xq": (CustomPhrase("星期{星期}", 2),),
}


def load(path: Path | None = None) -> tuple[Table, list[str]]:
    """Return the user's table, with dates, and a sentence on each line that is wrong."""
    path = path or locations.custom_phrases()
    try:
        content = read_bytes(path, _MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return _DATES, []
    except (OSError, UnicodeDecodeError) as error:
        reason = one_line(error.strerror or error) if isinstance(error, OSError) else "it is not UTF-8 text"
        return _DATES, [f"{one_line(path)} cannot be read ({reason}); there are no phrases of your own."]
    return _parsed(content, path.name)


def _parsed(content: str, name: str) -> tuple[Table, list[str]]:
    own: dict[str, list[CustomPhrase]] = {}
    problems = []
    for number, line in enumerate(content.splitlines(), 1):
        line = clean(line).strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        text = match[3].strip() if match else ""
        place = int(match[2] or 1) if match else 1
        if match is None or not 0 < len(text) <= _MAX_LENGTH or place not in _PLACES:
            problems.append(
                f"{name}, line {number}: {quoted(line)} is not of the form 'abbreviation = phrase', with letters from "
                "a to z, and perhaps a place from 1 to 9 after a comma."
            )
        else:
            own.setdefault(match[1].lower(), []).append(CustomPhrase(text, place))
    return {**_DATES, **own}, problems[:3]


def with_custom_phrases(suggestions: Sequence[Suggestion], text: str, table: Table) -> list[Suggestion]:
    """Return suggestions at the end of a text with the phrases that the letters there stand for, at their places.

    A phrase has the probability that its place asks for; the others share what is left.
    """
    # The app shows its first frame without what this needs.
    from seqchat.completion.suggestion import Suggestion

    match = _LETTERS.search(text[-50:])
    found = list(suggestions)
    for phrase in sorted(table.get(match[0].lower(), ()), key=lambda phrase: phrase.place) if match else ():
        insert = phrase.at(datetime.now())
        found = [suggestion for suggestion in found if suggestion.insert != insert]
        index = min(phrase.place - 1, len(found))
        share = _share(found, index)
        found = [replace(s, probability=s.probability * (1 - share)) for s in found]
        found.insert(index, Suggestion(insert, insert, len(match[0]) if match else 0, share, True))
    return found


def _share(found: Sequence[Suggestion], index: int) -> float:
    """Return the probability with which a suggestion belongs at an index, if the others have the rest."""
    if not index:
        return 0.5
    after = found[index].probability if index < len(found) else found[-1].probability / 2
    return after / (1 + after)


def _value(field: re.Match[str], now: datetime) -> str:
    if field[1] == "星期":
        return _WEEKDAYS[now.weekday()]
    if field[1] == "weekday":
        return f"{now:%A}"
    value = str(getattr(now, field[1]))
    return value.zfill(int(field[2])) if field[2] else value
