"""The gate panel of a lesson: it begins with the gates that the lesson is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import BindingType

from seqchat.tui.keys import bindings
from seqchat.tui.widgets.gate_panel import GatePanel

if TYPE_CHECKING:
    from seqchat.model.cells import Gate


class LessonPanel(GatePanel, inherit_bindings=False):
    """Shows the gates of a lesson; the panel's keys show the other ones, one at a time."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "panel", without=("hide", "wider", "narrower", "shade", "hold_shut", "hold_open", "patterns")
    )

    def describe(self, name: str, cell: str, gates: tuple[Gate, ...], model: str = "") -> None:
        """Set the model and the cell that are shown; the gate of a lesson about one gate is shown alone."""
        super().describe(name, cell, gates, model)
        featured = self.state.featured
        if len(featured) == 1:
            self.cursor.gate = next((i for i, gate in enumerate(gates) if gate.name in featured), None)

    def _notice_lines(self, width: int) -> list[str]:
        return [line.plain for line in Text(self._notice).wrap(self.app.console, width)]
