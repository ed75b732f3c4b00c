"""WhatsApp: the header of a message as every phone writes it, and notes in the languages of the phones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from seqchat.corpus.formats.lines import LineFormat, plain
from seqchat.corpus.formats.notes import WHATSAPP
from seqchat.corpus.formats.times import CLOCK, DATE

_GAP = r"[^\d\[\]:]{1,24}?"
_HALF = r"[^\d\[\]:]{0,22}?"
WHEN = (
    rf"(?:(?:[^\W\d]{{2,12}}\.?,?\s)?(?P<date>{DATE})(?P<clock>{_GAP}{CLOCK}{_HALF})"
    rf"|(?P<clock_first>[^\d\[\]:]{{0,12}}?{CLOCK}{_HALF}){_GAP}(?P<date_last>{DATE})[^\d\[\]:]{{0,4}}?)"
)
# A quotation mark is in notes such as: Theo changed the subject from "Lake: trip". IRC has <name> and *** Quits.
_NAME = r'(?!<|\*{1,3}\s)[^\s:："“„«][^:："“„«]{0,99}?'
# In so many messages, all that follows the first colon has another one after the same words: it belongs to the name.
_LEAST = 3


def _heads(name: str) -> tuple[re.Pattern[str], ...]:
    sender = rf"(?:(?P<sender>{name})(?::|：)(?:\s|$))?(?P<text>.*)"
    return (
        re.compile(rf"\[{WHEN}\]\s?{sender}"),
        re.compile(rf"{WHEN}\s[-–—]\s{sender}"),
        re.compile(rf"{WHEN}:\s(?P<sender>[^:\d][^:]{{0,99}}?):\s(?P<text>.*)"),
    )


def _refined(lines: Sequence[str]) -> LineFormat:
    """Return the format that knows the names with a colon which these lines have."""
    names = _names_with_colons(lines)
    listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return replace(_FORMAT, heads=_heads(f"{listed}|{_NAME}"), refine=None) if names else _FORMAT


def _names_with_colons(lines: Iterable[str]) -> list[str]:
    texts = defaultdict(list)
    for line in map(plain, lines):
        if ": " in line and (head := _FORMAT.head(line)) and head["sender"]:
            texts[head["sender"]].append(head["text"])
    firsts = (
        (name, {text.partition(": ")[0] if ": " in text else "" for text in of})
        for name, of in texts.items()
        if len(of) >= _LEAST
    )
    return [f"{name}: {first}" for name, (first, *others) in firsts if first and not others]


_FORMAT = LineFormat("WhatsApp", _heads(_NAME), notes=WHATSAPP, refine=_refined)
FORMATS = (_FORMAT,)
