"""Sampled continuations that stream in word by word."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from seqchat.tui.keys import CONTINUATIONS, SUGGESTIONS


class Continuations(Widget):
    """A row a continuation; its number is the key that accepts it."""

    class Picked(Message):
        """A continuation was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "Continuations"
        self._texts = [""] * CONTINUATIONS
        self._ended = [True] * CONTINUATIONS

    @property
    def texts(self) -> list[str]:
        """What has streamed in so far."""
        return list(self._texts)

    @property
    def finished(self) -> bool:
        """Whether all of them have ended."""
        return all(self._ended) and any(self._texts)

    def restart(self) -> None:
        """Empty all rows; the continuations of another text are on their way."""
        self._texts = [""] * CONTINUATIONS
        self._ended = [False] * CONTINUATIONS
        self.refresh()

    def grow(self, index: int, text: str, ended: bool) -> None:
        """Add text to one row."""
        self._texts[index] += text
        self._ended[index] = ended
        self.refresh()

    def render(self) -> Content:
        """Draw the rows, each cut to one line; a block marks those still growing."""
        width = max(self.content_size.width - 2, 1)
        rows = []
        for index, text in enumerate(self._texts):
            mark = "⏎" if self._ended[index] else "▌"
            shown = Content.assemble(text, (mark if text or not self._ended[index] else "", "$text-muted"))
            number = Content.styled(f"{SUGGESTIONS + index + 1} ", "$text-muted")
            rows.append(number + shown.truncate(width, ellipsis=True))
        return Content("\n").join(rows)

    def on_click(self, event: events.Click) -> None:
        """Pick the row under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < CONTINUATIONS:
            self.post_message(self.Picked(offset.y))
