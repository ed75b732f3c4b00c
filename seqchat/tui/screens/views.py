"""The widgets of the workspace, by name, and the text that is being written."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from textual.content import Content
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from seqchat.tui.session import Mode
from seqchat.tui.textual_compat import draw_now
from seqchat.tui.widgets.candidate_popup import CandidatePopup
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.chat import Chat
from seqchat.tui.widgets.continuations import Continuations
from seqchat.tui.widgets.editor import Editor
from seqchat.tui.widgets.find_bar import FindBar
from seqchat.tui.widgets.panels import Panels


class Views:
    """What controllers show things in; there once the screen is mounted."""

    def __init__(self, screen: Screen[Any]) -> None:
        self.screen = screen
        # The candidates of each model
        self.bars: list[Candidates] = []

    @cached_property
    def editor(self) -> Editor:
        """The text of the mode *compose*."""
        return self.screen.query_one("#compose", Editor)

    @cached_property
    def chat(self) -> Chat:
        """The conversation of the mode *chat*."""
        return self.screen.query_one(Chat)

    @cached_property
    def popup(self) -> CandidatePopup:
        """The candidates at the cursor, while letters are open."""
        return self.screen.query_one(CandidatePopup)

    def show_sign(self, sign: Content) -> None:
        """Show in the borders of what is typed into how letters are taken."""
        for editor in self.screen.query(Editor):
            editor.show_sign(sign)

    def show_numbers(self, numbers: bool) -> None:
        """Show probabilities as numbers, or as marks."""
        self.continuations.numbers = numbers
        for bar in self.bars:
            bar.numbers = numbers

    @cached_property
    def panels(self) -> Panels:
        """The gates of each model."""
        return self.screen.query_one(Panels)

    @cached_property
    def continuations(self) -> Continuations:
        """The branches that continue the text."""
        return self.screen.query_one(Continuations)

    @cached_property
    def _modes(self) -> ContentSwitcher:
        return self.screen.query_one(ContentSwitcher)

    @property
    def mode(self) -> Mode:
        """Whether the text or the conversation is on the screen."""
        return "chat" if self._modes.current == "chat" else "compose"

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._modes.current = mode
        self.screen.set_class(mode == "chat", "-chat")

    @cached_property
    def find_bar(self) -> FindBar:
        """What to find."""
        return self.screen.query_one(FindBar)

    @property
    def active_editor(self) -> Editor:
        """What is typed into."""
        return self.find_bar.active or (self.chat.prompt if self.mode == "chat" else self.editor)

    @property
    def continues_text(self) -> bool:
        """Whether what is typed into is the text of the mode *compose*, which alone has continuations."""
        return self.active_editor is self.editor

    def around_cursor(self) -> tuple[str, str]:
        """Return the text left and right of the cursor; in a chat, the earlier turns are on the left."""
        editor = self.active_editor
        history = self.chat.history() if editor is self.chat.prompt else []
        turns = "".join(f"{turn}\n" for turn in history if turn)
        return turns + editor.text_before_cursor(), editor.text_after_cursor()

    @property
    def after_taken_word(self) -> bool:
        """Whether the last word before the cursor was taken, and is finished."""
        return self.active_editor.after_taken_word

    @property
    def open_letters(self) -> int | None:
        """How many letters before the cursor are open, as `Composer.open_letters`."""
        return self.active_editor.composer.open_letters

    def focus_text(self) -> None:
        """Go back to what is typed into, before the next key if that is possible."""
        editor = self.active_editor
        if editor.focusable:
            self.screen.set_focus(editor)
        else:
            editor.focus()

    def draw_text(self) -> None:
        """Draw what is typed into at once, and not in the next frame."""
        draw_now(self.screen, self.active_editor)

    async def show_models(self, bars: list[Candidates], *, gates_as_bars: bool) -> None:
        """Show candidates and gates of another number of models."""
        self.bars = bars
        container = self.screen.query_one("#bars")
        await container.remove_children()
        await container.mount_all(bars)
        await self.panels.show_models(len(bars), bars=gates_as_bars)
        self.screen.set_class(len(bars) > 1, "-several")
