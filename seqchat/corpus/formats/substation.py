"""Subtitles of SubStation Alpha (.ass, .ssa): an event is a turn, of the person that its table names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from seqchat.corpus.formats.base import EMPTY, HEADING, MEDIA, SYSTEM, Item, LeftOut, Message
from seqchat.corpus.formats.subtitles import cue_items

NAME = "subtitles (SubStation Alpha)"
_EVENTS = "[Events]"
_SAID, _OTHER = "Dialogue:", re.compile(r"(?:Comment|Picture|Sound|Movie|Command):.*")
# The columns of a file that does not say its own
_USUAL = ("Layer", "Start", "End", "Style", "Name", "MarginL", "MarginR", "MarginV", "Effect", "Text")
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}")
_BREAK = re.compile(r"\\[Nn]")


def fits(lines: Sequence[str]) -> float:
    """Return 1 for a text that has a table of events; 0 for others."""
    marks = {line.strip() for line in lines}
    begins = any(line.strip().startswith(_SAID) for line in lines)
    return float(begins and (_EVENTS in marks or "[Script Info]" in marks))


def read(_beginning: Sequence[str], lines: Iterable[str], keep_notes: bool) -> Iterator[list[Item]]:
    """Yield what each line adds."""
    columns: Sequence[str] = _USUAL
    in_events = False
    for raw in lines:
        line = raw.strip()
        if line.startswith("["):
            in_events = line == _EVENTS
        if in_events and line.startswith("Format:"):
            columns = [name.strip() for name in line.removeprefix("Format:").split(",")]
        if line.startswith(_SAID):
            values = line.removeprefix(_SAID).split(",", len(columns) - 1)
            yield list(_event(dict(zip(columns, values, strict=False)), keep_notes))
        else:
            yield [LeftOut(SYSTEM if _OTHER.fullmatch(line) else HEADING)] if line else []


def _event(event: dict[str, str], keep_notes: bool) -> Iterator[Item]:
    text = event.get("Text", "")
    if _DRAWING.search(text):
        yield LeftOut(MEDIA)
        return
    said = [line for line in _BREAK.split(text.replace(r"\h", " ")) if line.strip()]
    items = list(cue_items(said, keep_notes, named=False))
    name = event.get("Name", event.get("Actor", "")).strip()
    yield from (item._replace(sender=item.sender or name) if isinstance(item, Message) else item for item in items)
    if not items:
        yield LeftOut(EMPTY)
