"""The formulas of a cell, in both languages."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from seqchat.tui.formulas import FORMULAS, Formula
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import ModalDialog


class Formulas(ModalDialog[None]):
    """Every gate of a cell with its formula; the one that is shown alone stands out."""

    TITLE_TEXT = "Formulas"

    def __init__(self, cell: str, gate: str | None, keys: str) -> None:
        """Show the gates of a cell; `keys` open this page, and close it too."""
        super().__init__(keys)
        self._cell, self._gate = cell, gate

    def content(self) -> ComposeResult:
        """List the gates in the order of the formulas."""
        with VerticalScroll():
            signs = say("x is the word, h₋₁ and c₋₁ the state before it, · multiplies value by value.")
            yield Static(Content.styled(f"{self._cell}: {signs}", "$text-muted"))
            for name, formula in FORMULAS[self._cell].items():
                yield Static(_gate(formula, chosen=name == self._gate))


def _gate(formula: Formula, *, chosen: bool) -> Content:
    return Content.assemble(
        (f"\n{formula.english} · {formula.chinese}\n", "bold $accent reverse" if chosen else "bold $accent"),
        (f"  {formula.formula}\n", "bold"),
        f"  {formula.what}\n  {formula.was}",
    )
