"""The dialog that asks for neurons by their numbers."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from seqchat.tui.language import say
from seqchat.tui.panel.chosen import numbers_in
from seqchat.tui.screens.dialog import ModalDialog


class NeuronNumbers(ModalDialog[list[int]]):
    """Asks for numbers of neurons; the result is those, each once."""

    TITLE_TEXT = "Neurons by number"

    def __init__(self, neurons: int) -> None:
        """Set how many neurons there are."""
        super().__init__()
        self._neurons = neurons

    def content(self) -> ComposeResult:
        """Ask, and say what is possible."""
        yield Input(placeholder=say("such as {example}", example="17 35"), compact=True)
        yield Static(Content(say("Numbers from 0 to {last}; Enter goes there.", last=self._neurons - 1)), id="said")

    @on(Input.Submitted)
    def _go(self, message: Input.Submitted) -> None:
        try:
            self.dismiss(numbers_in(message.value, self._neurons))
        except ValueError as problem:
            self.query_one("#said", Static).update(Content.styled(str(problem), "$error"))
