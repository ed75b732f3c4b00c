"""What all dialogs share: a frame with a title, and Esc."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Button, Static

from seqchat.tui.keys import bindings
from seqchat.tui.language import say

Result = TypeVar("Result")


class ModalDialog(ModalScreen[Result | None]):
    """A frame over the screen; Esc closes it without a result."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("always"), ("escape", "dismiss", "")]
    TITLE_TEXT = ""
    HINT_TEXT = "Esc closes"

    def __init__(self, keys: str = "") -> None:
        """`keys`, separated by commas, close it as well."""
        super().__init__()
        self._closing_keys = keys.split(",")

    def compose(self) -> ComposeResult:
        """Put the content into the frame."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content(say(self.TITLE_TEXT))
            frame.border_subtitle = say(self.HINT_TEXT)
            yield from self.content()

    def content(self) -> ComposeResult:
        """Yield the content of the frame."""
        raise NotImplementedError

    def on_key(self, event: events.Key) -> None:
        """Close it with the keys that opened it."""
        if event.key in self._closing_keys:
            event.stop()
            self.dismiss(None)

    def on_click(self, event: object) -> None:
        """A click outside the frame closes it."""
        widget: Widget | None = getattr(event, "widget", None)
        if widget is self:
            self.dismiss(None)


class Confirm(ModalDialog[bool]):
    """A question with two answers; the first is the safe one. The result is True for the other."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("left,up", "app.focus_previous", ""),
        ("right,down", "app.focus_next", ""),
    ]
    TITLE_TEXT = "Question"

    def __init__(self, question: str, no: str, yes: str) -> None:
        super().__init__()
        self._question, self._no, self._yes = question, no, yes

    def content(self) -> ComposeResult:
        """Ask."""
        yield Static(Content(self._question), classes="question")
        with Horizontal(classes="buttons"):
            yield Button(Content(self._no), id="no", variant="primary")
            yield Button(Content(self._yes), id="yes")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss(event.button.id == "yes")


async def confirm(screen: Screen[Any], question: str, yes: str) -> bool:
    """Ask a question whose other answer is *Cancel*, in a worker; return whether the answer was `yes`."""
    return await screen.app.push_screen_wait(Confirm(question, say("Cancel"), yes)) is True
