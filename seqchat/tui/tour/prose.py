"""Text with a highlighted heading, as high as its lines."""

from __future__ import annotations

from textual.content import Content

from seqchat.tui.line_breaks import wrapped
from seqchat.tui.tour.fitted import FittedText


class Prose(FittedText):
    """A text with the line breaks of its languages; it may begin with a highlighted heading."""

    def __init__(self, text: str, *, heading: str = "", classes: str = "") -> None:
        super().__init__(classes=classes)
        self._heading, self.text = heading, text

    def say(self, text: str, *, heading: str = "") -> None:
        """Say something else."""
        self._heading, self.text = heading, text
        self.refresh(layout=True)

    def render(self) -> Content:
        """Draw the heading and the text."""
        text = "\n".join(self.lines(self.content_size.width))
        return Content.assemble((text[: len(self._heading)], "bold $accent"), text[len(self._heading) :])

    def lines(self, width: int) -> list[str]:
        """Return its lines for a width in cells."""
        return wrapped(f"{self._heading} {self.text}".lstrip(), width)
