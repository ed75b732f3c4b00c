"""A file as text: decoded as it is read, without holding a line that is too long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import count, islice
from typing import IO

from seqchat.corpus.contents import Content
from seqchat.corpus.encodings import UTF8, Encoding
from seqchat.errors import SeqchatError, one_line

# No conversation has a longer line; a file without line breaks is not held in memory.
_MAX_LINE_LENGTH = 100_000_000
_TOO_LONG = f"a line of more than {_MAX_LINE_LENGTH:,} characters"
MAX_DOCUMENT = 2_000_000_000
NO_UTF8 = "not in UTF-8; say with --encoding what it is in, such as gb18030"
# How many lines are looked at to recognise a format
_SNIFFED = 2_000


@dataclass(frozen=True)
class DecodedText:
    """A file, and the encoding of its text."""

    content: Content
    encoding: str

    @property
    def name(self) -> str:
        return self.content.name

    def lines(self) -> Iterator[tuple[int, str, str, float]]:
        """Yield its lines: number, the line without its end, what is wrong with it, and the share of the file that is
        read with it."""
        size = max(self.content.size, 1)
        with self.content.open() as raw, self.decoded(raw) as file:
            for number, line in _lines(file):
                error = _TOO_LONG if line is None else self.wrong(line)
                text = "" if error or line is None else line.rstrip("\n")
                yield number, text.removeprefix("\ufeff") if number == 1 else text, error, min(raw.tell() / size, 1.0)

    def beginning(self) -> list[str]:
        """Return the first lines."""
        return [line for _, line, _, _ in islice(self.lines(), _SNIFFED)]

    def wrong(self, text: str) -> str:
        """Return what is wrong with a text that was decoded."""
        if text.isascii():
            return ""
        if self.encoding != UTF8:
            return f"not in {Encoding(self.encoding).title}" if "\ufffd" in text else ""
        try:
            text.encode()
        except UnicodeEncodeError:
            return NO_UTF8
        return ""

    def decoded(self, raw: IO[bytes], newline: str | None = None) -> TextIOWrapper:
        """Return an open file as text."""
        # Bytes that are not UTF-8 become surrogates, which UTF-8 never contains.
        errors = "surrogateescape" if self.encoding == UTF8 else "replace"
        return TextIOWrapper(raw, self.encoding, errors=errors, newline=newline)

    def whole(self) -> str:
        """Return all of it.

        Raises:
            SeqchatError: it is too large.
        """
        if self.content.size > MAX_DOCUMENT:
            raise SeqchatError(
                f"{one_line(self.name)} is one document of {self.content.size:,} bytes, too large to be read; split it."
            )
        with self.content.open() as raw, self.decoded(raw) as file:
            return file.read()


def _lines(file: TextIOWrapper) -> Iterator[tuple[int, str | None]]:
    """Yield the lines of a file with their numbers; None for one that is too long to be held in memory."""
    for number in count(1):
        line = file.readline(_MAX_LINE_LENGTH)
        if not line:
            return
        whole = len(line) < _MAX_LINE_LENGTH or line.endswith("\n")
        yield number, line if whole else None
        while not whole:
            line = file.readline(_MAX_LINE_LENGTH)
            whole = len(line) < _MAX_LINE_LENGTH or line.endswith("\n")
