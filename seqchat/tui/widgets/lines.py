"""Lines of a text area that are cheap to draw, however long they are."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import ClassVar

from rich.containers import Lines
from rich.text import Text
from textual.widgets.text_area import WrappedDocument


class WrappedLines(WrappedDocument):
    """Cuts plain text where it wraps; Textual would make a styled text of each part, several times a key."""

    def get_sections(self, line_index: int) -> list[str]:
        """Return what stands in each visible line of a line."""
        line = self.document[line_index]
        return [line[start:end] for start, end in pairwise([0, *self.get_offsets(line_index), len(line)])]


class LineText(Text):
    """A line of text; each visible line of it asks for all of them, and the next one for the same again."""

    _key: ClassVar[tuple[object, ...]] = ()
    _sections: ClassVar[Lines] = Lines()

    def __init__(self, text: str) -> None:
        super().__init__(end="", no_wrap=True)
        # Not by the constructor, which looks for control characters; there are none.
        self._text, self._length = [text], len(text)

    def set_length(self, new_length: int) -> None:
        """Add spaces at the end."""
        self._text.append(" " * (new_length - self._length))
        self._length = new_length

    def divide(self, offsets: Iterable[int]) -> Lines:
        """Cut the line at places."""
        key = (self.plain, tuple(self.spans), tuple(offsets))
        if key != LineText._key:
            LineText._key, LineText._sections = key, super().divide(key[2])
        return LineText._sections
