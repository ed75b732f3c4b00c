"""Texts: what a messenger exported, or a turn a line and a blank line between dialogs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from seqchat.corpus.file_report import FileReport
from seqchat.corpus.formats.texts import MARKDOWN, MARKDOWN_CHAT, TextFormat, text_format
from seqchat.corpus.readers.decoded import DecodedText
from seqchat.corpus.reading_options import ReadingOptions
from seqchat.corpus.records import Record

# A text with more lines and no blank one is not a single conversation, and need not fit in memory.
_LONG_DIALOG, _PIECE = 10_000, 1_000
_STAMPED = re.compile(
    r"\W{0,3}(?:\d{1,4}[-./年]\s?\d{1,2}[-./月]\s?\d{1,4}|\d{1,2}[:.]\d{2})\b.*|[^\W\d][^:：]{0,30}[:：] \S.*"
)
_SHOWN = 3


def read_text(text: DecodedText, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read what a messenger exported, or else one turn a line and a blank line between dialogs."""
    beginning = text.beginning()
    form = text_format(beginning)
    if form is not None:
        report.format = form.name
        yield from read_messages(text, form, beginning, options)
        return
    report.format = "text"
    said = [line for line in beginning if line.strip()]
    stamped = [line.strip() for line in said if _STAMPED.fullmatch(line.strip())]
    if len(stamped) >= _SHOWN and 2 * len(stamped) > len(said):
        report.stamped = stamped[:_SHOWN]
    yield from _read_turns(text)


def read_markdown(text: DecodedText, options: ReadingOptions, report: FileReport) -> Iterator[Record]:
    """Read a chat in Markdown, or its paragraphs as turns."""
    beginning = text.beginning()
    form = text_format(beginning)
    if form is None or "prose" in form.name or "names" in form.name:
        form = MARKDOWN_CHAT if MARKDOWN_CHAT.fits(beginning) else MARKDOWN
    report.format = form.name
    yield from read_messages(text, form, beginning, options)


def _read_turns(text: DecodedText) -> Iterator[Record]:
    """Read a turn a line; a very long dialog is cut into pieces."""
    turns: list[str] = []
    start, most, share = 1, _LONG_DIALOG, 1.0
    for number, raw, error, share in text.lines():
        line = raw.strip()
        if error:
            yield Record(f"{text.name}:{number}", None, error, share)
        elif line:
            start = start if turns else number
            turns.append(line)
        elif turns:
            yield Record(f"{text.name}:{start}", turns, share=share)
            turns, most = [], _LONG_DIALOG
        if len(turns) == most:
            for i in range(0, most, _PIECE):
                yield Record(f"{text.name}:{start + i}", turns[i : i + _PIECE], share=share)
            turns, most = [], _PIECE
    if turns:
        yield Record(f"{text.name}:{start}", turns)


def read_messages(
    text: DecodedText, form: TextFormat, beginning: Sequence[str], options: ReadingOptions
) -> Iterator[Record]:
    """Read the messages of a chat, each a record with the line in which it begins."""
    errors: list[Record] = []
    place = [1, 0.0]

    def lines() -> Iterable[str]:
        for number, line, error, share in text.lines():
            place[:] = number, share
            if error:
                errors.append(Record(f"{text.name}:{number}", None, error, share))
            else:
                yield line

    start = 1
    for items in form.read(beginning, lines(), options.keep_notes):
        yield from errors
        errors.clear()
        number, share = int(place[0]), place[1]
        yield from (Record(f"{text.name}:{start}", item, share=share) for item in items)
        start = number if items or start == 1 else start
    yield from errors
