"""Collections of dialogs as text: question and answer on a line, turns that end with a mark, and lines
that begin with E and M."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from seqchat.corpus.formats.base import HEADING, Break, Item, LeftOut, Message

# As DailyDialog has it
_END_OF_TURN = "__eou__"
_LETTERED = re.compile(r"[EM](?:\s.*)?")


def fits_tabs(lines: Sequence[str]) -> float:
    """Return which share of the lines has one tab with words on both sides, 0 if few have."""
    said = [line for line in lines if line.strip()]
    paired = sum(_is_pair(line) for line in said)
    return paired / len(said) if len(said) > 1 and paired >= 0.9 * len(said) else 0.0


def read_tabs(_beginning: Sequence[str], lines: Iterable[str], _keep_notes: bool) -> Iterator[list[Item]]:
    """Yield the two turns of each line, a dialog of its own."""
    for line in lines:
        turns = [Message(turn.strip()) for turn in line.split("\t") if turn.strip()]
        yield [*turns, Break()] if turns else []


def _is_pair(line: str) -> bool:
    left, tab, right = line.strip("\n").partition("\t")
    return bool(tab and left.strip() and right.strip()) and "\t" not in right


def fits_marked(lines: Sequence[str]) -> float:
    """Return which share of the lines has turns that end with a mark, 0 if few have."""
    said = [line for line in lines if line.strip()]
    marked = sum(_END_OF_TURN in line for line in said)
    return marked / len(said) if said and marked >= 0.9 * len(said) else 0.0


def read_marked(_beginning: Sequence[str], lines: Iterable[str], _keep_notes: bool) -> Iterator[list[Item]]:
    """Yield the turns of each line, a dialog of its own."""
    for line in lines:
        turns = [Message(turn.strip()) for turn in line.split(_END_OF_TURN) if turn.strip()]
        yield [*turns, Break()] if turns else []


def fits_letters(lines: Sequence[str]) -> float:
    """Return which share of the lines begins with E or M, 0 if few do."""
    said = [line.strip() for line in lines if line.strip()]
    lettered = sum(_LETTERED.fullmatch(line) is not None for line in said)
    begins = bool(said) and said[0] == "E"
    return lettered / len(said) if begins and len(said) > 1 and lettered >= 0.9 * len(said) else 0.0


def read_letters(_beginning: Sequence[str], lines: Iterable[str], _keep_notes: bool) -> Iterator[list[Item]]:
    """Yield a turn for each line with M; E begins a dialog."""
    for raw in lines:
        line = raw.strip()
        if line == "E" or line.startswith("E "):
            yield [LeftOut(HEADING), Break()]
        elif line:
            yield [Message(line[1:].strip() if line[:2] in ("M ", "M\t", "M") else line)]
        else:
            yield []
