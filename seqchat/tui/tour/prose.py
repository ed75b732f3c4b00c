"""Text in lines: Chinese may be broken between any two characters, but no line begins with a closing mark."""

from __future__ import annotations

import re

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

_CLOSING = "，。；：？！、」）》.,;:?!)"
_PART = re.compile(rf"\s+|[「（《(]*(?:[^\s一-鿿「（《{re.escape(_CLOSING)}]+|.)[{re.escape(_CLOSING)}]*")


class Prose(Static):
    """A text that is broken as its languages are; it may begin with a heading that stands out."""

    def __init__(self, text: str, *, heading: str = "", classes: str = "") -> None:
        super().__init__(classes=classes)
        self._heading, self.text = heading, text

    def render(self) -> Content:
        """Draw it."""
        text = "\n".join(self._lines(self.content_size.width))
        return Content.assemble((text[: len(self._heading)], "bold $accent"), text[len(self._heading) :])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines it takes."""
        return len(self._lines(width))

    def _lines(self, width: int) -> list[str]:
        return wrapped(f"{self._heading} {self.text}".lstrip(), width)


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of at most so many cells; a word that is longer has a line of its own."""
    lines = [""]
    for part in _PART.findall(text):
        if cell_len(lines[-1]) + cell_len(part.rstrip()) <= width:
            lines[-1] += part
        elif part.strip():
            lines.append(part)
    return [line.rstrip() for line in lines if line.strip()]
