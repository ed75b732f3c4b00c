"""Text in lines: Chinese may be broken between any two characters, but no line starts with a closing mark."""

from __future__ import annotations

import re

from rich.cells import cell_len
from textual.content import Content

from seqchat.tui.tour.fitted import FittedText

_CLOSING = "，。；：？！、」）》.,;:?!)"
_PART = re.compile(rf"\s+|[「（《(]*(?:[^\s一-鿿「（《{re.escape(_CLOSING)}]+|.)[{re.escape(_CLOSING)}]*")


class Prose(FittedText):
    """A text with the line breaks of its languages; it may begin with a highlighted heading."""

    def __init__(self, text: str, *, heading: str = "", classes: str = "") -> None:
        super().__init__(classes=classes)
        self._heading, self.text = heading, text

    def render(self) -> Content:
        """Draw the heading and the text."""
        text = "\n".join(self.lines(self.content_size.width))
        return Content.assemble((text[: len(self._heading)], "bold $accent"), text[len(self._heading) :])

    def lines(self, width: int) -> list[str]:
        """Return its lines for a width in cells."""
        return wrapped(f"{self._heading} {self.text}".lstrip(), width)


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of at most this many cells; a longer word has a line of its own."""
    lines = [""]
    for part in _PART.findall(text):
        if cell_len(lines[-1]) + cell_len(part.rstrip()) <= width:
            lines[-1] += part
        elif part.strip():
            lines.append(part)
    return [line.rstrip() for line in lines if line.strip()]
