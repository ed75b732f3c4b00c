"""The prompt of a chat."""

from __future__ import annotations

import math
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from seqchat.tui.keys import bindings
from seqchat.tui.widgets.editor import Editor


class Prompt(Editor):
    """The prompt of a chat."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("prompt")

    class Sent(Message):
        """The line was sent."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class EditLast(Message):
        """The last sent turn should be changed."""

    class Scrolled(Message):
        """The conversation should move by some pages, or go to its start or its end."""

        def __init__(self, pages: float) -> None:
            super().__init__()
            self.pages = pages

    class Dismissed(Message):
        """Esc was pressed."""

    class Cancelled(Message):
        """Ctrl+C was pressed, and nothing is selected that it would copy."""

    def action_send(self) -> None:
        """Send the line, unless it is empty."""
        if self.text.strip():
            self.post_message(self.Sent(" ".join(self.text.split())))
            self.load_text("")

    def action_dismiss(self) -> None:
        """Hide the grey text until something changes."""
        super().action_dismiss()
        self.post_message(self.Dismissed())

    def action_copy(self) -> None:
        """Copy what is selected; without a selection, give up."""
        if self.selected_text:
            super().action_copy()
        else:
            self.post_message(self.Cancelled())

    def action_edit_last(self) -> None:
        """Go to the conversation."""
        self.post_message(self.EditLast())

    def action_cursor_page_up(self) -> None:
        """Show what was said before."""
        self.post_message(self.Scrolled(-1))

    def action_cursor_page_down(self) -> None:
        """Show what was said after it."""
        self.post_message(self.Scrolled(1))

    def action_cursor_start(self, select: bool = False) -> None:
        """Show the start of the conversation; select to the start of the prompt."""
        if select:
            super().action_cursor_start(select)
        else:
            self.post_message(self.Scrolled(-math.inf))

    def action_cursor_end(self, select: bool = False) -> None:
        """Show the end of the conversation; select to the end of the prompt."""
        if select:
            super().action_cursor_end(select)
        else:
            self.post_message(self.Scrolled(math.inf))
