"""The app: which widget is where, and what a key does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer

from seqchat.tui import thinking
from seqchat.tui.keys import BINDINGS
from seqchat.tui.terminal import let_alt_digits_through
from seqchat.tui.widgets.continuations import Continuations
from seqchat.tui.widgets.editor import Editor
from seqchat.tui.widgets.gate_panel import GatePanel
from seqchat.tui.widgets.suggestion_bar import SuggestionBar


class SeqchatApp(App[None]):
    """An editor with suggestions and continuations below it and the gates beside it."""

    TITLE = "seqchat"
    BINDINGS: ClassVar[list[BindingType]] = list(BINDINGS)
    CSS_PATH: ClassVar[list[str]] = [  # type: ignore[assignment]
        "app.tcss",
        "widgets/editor.tcss",
        "widgets/suggestion_bar.tcss",
        "widgets/continuations.tcss",
        "widgets/gate_panel.tcss",
    ]

    def __init__(self, model: str, remembered: Sequence[str] = ()) -> None:
        """Take a model's name or directory, and texts of earlier sessions whose words are expected again."""
        super().__init__()
        let_alt_digits_through()
        self._thinker = thinking.Thinker(model, self.post_message, remembered)
        self._request = thinking.Request(0, "")
        self._shown: thinking.Request | None = None
        # The whole text; it outlives the editor.
        self.written = ""

    def compose(self) -> ComposeResult:
        """Lay the widgets out."""
        with Horizontal(id="main"):
            with Vertical(id="writing"):
                yield Editor(id="editor")
                yield SuggestionBar()
                yield Continuations()
            yield GatePanel()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to load the model once the first frame is on the screen."""
        self.query_one(Editor).focus()
        self.call_after_refresh(self._thinker.start)
        self._thinker.think(self._request)

    def on_unmount(self) -> None:
        """Let the thinking end with the app."""
        self._thinker.stop()

    # --- typing → thinking

    def on_text_area_changed(self) -> None:
        """Think about the new text."""
        self.written = self.query_one(Editor).text
        self._ask()

    def on_text_area_selection_changed(self) -> None:
        """Think about the text left of the new place."""
        self._ask()

    def _ask(self, *, again: bool = False) -> None:
        text = self.query_one(Editor).text_before_cursor()
        if again or text != self._request.text:
            self._request = thinking.Request(self._request.number + 1, text)
            self._thinker.think(self._request)

    # --- thinking → screen; what belongs to a text that is no longer there is dropped

    def on_model_loading(self, message: thinking.ModelLoading) -> None:
        """Say what is being done."""
        self.query_one(SuggestionBar).notice(f"{message.what}…")

    def on_model_ready(self, message: thinking.ModelReady) -> None:
        """Show what model is at work."""
        self.query_one(GatePanel).describe(message.cell, message.gates)
        self.query_one(SuggestionBar).border_subtitle = message.name

    def on_model_failed(self, message: thinking.ModelFailed) -> None:
        """Say why there are no suggestions; the text stays."""
        self.query_one(SuggestionBar).notice(message.reason)
        self.notify(message.reason, severity="error", timeout=30, markup=False)

    def on_thought(self, message: thinking.Thought) -> None:
        """Show suggestions and gates."""
        if message.request != self._request:
            return
        self._shown = message.request
        suggestions = message.suggestions
        self.query_one(SuggestionBar).show(suggestions)
        self.query_one(GatePanel).show(message.gates)
        self.query_one(Continuations).restart()
        ghost = suggestions[0].insert if suggestions and not suggestions[0].replace else ""
        self.query_one(Editor).show_ghost(ghost)

    def on_grown(self, message: thinking.Grown) -> None:
        """Let a continuation grow."""
        if message.request == self._request:
            self.query_one(Continuations).grow(message.index, message.text, message.ended)

    # --- actions, named in keys.py

    def action_accept_suggestion(self, index: int) -> None:
        """Insert a suggestion, if it was made for the text at hand."""
        suggestions = self.query_one(SuggestionBar).suggestions
        if index < len(suggestions) and self._up_to_date():
            self.query_one(Editor).accept(suggestions[index].insert, suggestions[index].replace)

    def action_accept_continuation(self, index: int) -> None:
        """Insert what has streamed in of a continuation, if it continues the text at hand."""
        text = self.query_one(Continuations).texts[index]
        if text and self._up_to_date():
            self.query_one(Editor).accept(text)

    def _up_to_date(self) -> bool:
        """Whether what is shown was made for the text at hand, and not for the one of a keystroke ago."""
        return self._shown is not None and self._shown.text == self.query_one(Editor).text_before_cursor()

    def action_explain_picking(self) -> None:
        """Say how to pick."""
        self.notify("Alt with a number takes the suggestion or continuation of that number.")

    def action_resample(self) -> None:
        """Ask for other continuations of the same text."""
        self._ask(again=True)

    def action_next_gate(self) -> None:
        """Show one gate alone, or all."""
        self.query_one(GatePanel).next_gate()

    def action_next_layer(self) -> None:
        """Show another layer."""
        self.query_one(GatePanel).next_layer()

    def action_scroll_neurons(self, pages: int) -> None:
        """Show other neurons."""
        self.query_one(GatePanel).scroll_neurons(pages)

    def on_suggestion_bar_picked(self, message: SuggestionBar.Picked) -> None:
        """Insert the suggestion that was clicked."""
        self.action_accept_suggestion(message.index)
        self.query_one(Editor).focus()

    def on_continuations_picked(self, message: Continuations.Picked) -> None:
        """Insert the continuation that was clicked."""
        self.action_accept_continuation(message.index)
        self.query_one(Editor).focus()
