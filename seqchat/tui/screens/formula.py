"""The formulas of a cell, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from seqchat.model.cells import Gate
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import ModalDialog


class Formulas(ModalDialog[None]):
    """Every gate of a cell with its formula; the one that is shown alone is highlighted."""

    TITLE_TEXT = "Formulas"

    def __init__(self, cell: str, gates: Sequence[Gate], chosen: str | None, keys: str) -> None:
        """Show the gates of a cell; `keys` open this page and close it."""
        super().__init__(keys)
        self._cell, self._gates, self._chosen = cell, gates, chosen

    def content(self) -> ComposeResult:
        """List the gates in the order of the formulas."""
        with VerticalScroll():
            signs = say("x is the word, h₋₁ and c₋₁ the state before it, · multiplies value by value.")
            yield Static(Content.styled(f"{self._cell}: {signs}", "$text-muted"))
            for gate in self._gates:
                yield Static(_gate(gate, chosen=gate.name == self._chosen))


def _gate(gate: Gate, *, chosen: bool) -> Content:
    return Content.assemble(
        (f"\n{gate.english} · {gate.chinese}\n", "bold $accent reverse" if chosen else "bold $accent"),
        (f"  {gate.formula}\n", "bold"),
        f"  {gate.what_en}\n  {gate.what_zh}",
    )
