"""The positions, in the typed text, of the words that a model reads."""

from __future__ import annotations

from collections.abc import Iterator

from seqchat.completion.context import readable
from seqchat.completion.engine import Engine
from seqchat.corpus.cleaning import GLUE, clean
from seqchat.corpus.vocabulary import Vocabulary

Span = tuple[int, int]


def spans(engine: Engine, text: str, *, rest: int = 0) -> list[Span]:
    """Return where each word of a text starts and ends, one for each of its `engine.context.ids`.

    A space that a word implies is not part of it, and the end of a turn is its line feed. If a text is so long that its
    beginning is not read, the spans start with the first word that is read. rest: how many characters at the end to
    leave out. Offsets refer to the given text; if an escape sequence was removed just before a character that also
    occurs in it, that word's span begins in the sequence.
    """
    read = readable(text)
    offsets = _offsets(text, read)
    found = _spans(engine.vocabulary, engine.context.read_as(read)[: len(read) - rest])
    return [(offsets[start], offsets[end - 1] + 1) for start, end in found]


def _offsets(text: str, read: str) -> range | list[int]:
    """Return the offset in the text of each character that is read."""
    if text.endswith(read):
        return range(len(text) - len(read), len(text))
    offsets: list[int] = []
    offset = len(text)
    for character in reversed(read):
        offset -= 1
        while _read_of(text, offset) != character:
            offset -= 1
        offsets.append(offset)
    return offsets[::-1]


def _read_of(text: str, offset: int) -> str:
    """Return what is read of one character; a line break of two is read at its second."""
    return "" if text[offset : offset + 2] == "\r\n" else clean(text[offset])


def _spans(vocabulary: Vocabulary, read: str) -> Iterator[Span]:
    """Yield the spans of a readable text; each line is a turn, the last one unfinished, and empty ones are skipped."""
    *finished, current = read.split("\n")
    start = 0
    for line in finished:
        if line.strip():
            yield from _in_line(vocabulary, line.rstrip(), start)
            yield start + len(line), start + len(line) + 1
        start += len(line) + 1
    yield from _in_line(vocabulary, current, start)


def _in_line(vocabulary: Vocabulary, line: str, start: int) -> Iterator[Span]:
    cut = vocabulary.segmenter
    content = line.lstrip()
    end, left = start + len(line) - len(content), ""
    for word in cut.split(content):
        for piece in [word] if word in vocabulary else cut.spell(word):
            end += len(cut.surface(piece, left))
            yield end - len(piece.removeprefix(GLUE)), end
            left = piece
