"""What the place of work consists of, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from seqchat.tui.keys import Key, bindings
from seqchat.tui.session import Mode
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.chat import Chat
from seqchat.tui.widgets.continuations import Continuations
from seqchat.tui.widgets.editor import Editor, Prompt
from seqchat.tui.widgets.footer import KeyLine
from seqchat.tui.widgets.panels import Panels


class Parts(Screen[None]):
    """The widgets, laid out, by name."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("app")
    # The focus comes when all that was typed before is in the text.
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-wide")]  # noqa: RUF012 - so does Textual
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (10, "-low"), (18, "-high"), (30, "-tall")]  # noqa: RUF012

    def __init__(self, keys: Mapping[str, tuple[Key, ...]], *, inline: bool) -> None:
        super().__init__(classes="-inline" if inline else "")
        self._keys, self._inline = keys, inline

    def compose(self) -> ComposeResult:
        """Lay the widgets out."""
        with Container(id="main"):
            with Vertical(id="writing"):
                with ContentSwitcher(initial="compose", id="modes"):
                    yield (Prompt if self._inline else Editor)(id="compose", compact=self._inline)
                    yield Chat(id="chat")
                yield Vertical(id="bars")
                yield Continuations()
            yield Panels(id="panels")
        yield KeyLine()

    @property
    def editor(self) -> Editor:
        """The text of the mode *compose*."""
        return self.query_one("#compose", Editor)

    @property
    def chat(self) -> Chat:
        """The conversation of the mode *chat*."""
        return self.query_one(Chat)

    @property
    def mode(self) -> Mode:
        """Which of the two is on the screen."""
        return "chat" if self.query_one(ContentSwitcher).current == "chat" else "compose"

    @property
    def writing(self) -> Editor:
        """What is typed into."""
        return self.chat.prompt if self.mode == "chat" else self.editor

    @property
    def bars(self) -> list[Candidates]:
        """The candidates of each model."""
        return list(self.query(Candidates))

    @property
    def panels(self) -> Panels:
        """The gates of each model."""
        return self.query_one(Panels)

    @property
    def continuations(self) -> Continuations:
        """The branches that go on from the text."""
        return self.query_one(Continuations)

    def draw_now(self, widget: Widget) -> None:
        """Draw a widget that has changed at once, and not with all others in the next frame."""
        self._dirty_widgets.add(widget)
        self._on_timer_update()

    def write(self) -> None:
        """Go back to what is typed into."""
        self.writing.focus()
