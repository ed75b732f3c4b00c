"""The gate panel of a lesson: it begins with what the lesson speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import BindingType

from seqchat.tui.heatmap import fit
from seqchat.tui.keys import bindings
from seqchat.tui.widgets.gate_panel import GatePanel

if TYPE_CHECKING:
    from seqchat.model.cells import Gate


class LessonPanel(GatePanel, inherit_bindings=False):
    """Shows the gates of a lesson; the other ones come one by one with the panel's keys."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("panel", without=("hide", "wider", "narrower"))

    def __init__(self, gates: Sequence[str]) -> None:
        super().__init__()
        self._spoken_of = tuple(gates)

    def describe(self, name: str, cell: str, gates: tuple[Gate, ...]) -> None:
        """Learn which model and cell is shown; one gate that is spoken of stands alone."""
        super().describe(name, cell, gates)
        if len(self._spoken_of) == 1:
            self._alone = next((i for i, gate in enumerate(gates) if gate.name in self._spoken_of), None)

    def select(self, word: int) -> None:
        """Select the word of that number."""
        if self._trace is not None:
            self._back = min(max(len(self._trace.words) - 1 - word, 0), len(self._trace.words) - 1)
            self._retitle()

    def _bands(self) -> tuple[Gate, ...]:
        if self._alone is not None:
            return super()._bands()
        return tuple(gate for gate in self._gates if gate.name in self._spoken_of) or self._gates

    def _line(self, y: int, ground: Style) -> list[Segment]:
        if self._trace is not None:
            return super()._line(y, ground)
        width = max(self.content_size.width, 1)
        lines = [line.plain for line in Text(self._notice).wrap(self.app.console, width)]
        return [Segment(fit(lines[y], width), ground)] if y < len(lines) else []


def word_at(words: Sequence[str], text: str, cursor: int) -> int:
    """Return the number of the word that the cursor stands in or behind; 0 is the start of the dialog.

    words: all that stands under the columns; □ is some character that the model does not know.
    """
    index = offset = 0
    for number, word in enumerate(words[1:], 1):
        found = _skip_spaces(text, offset) if word == "□" else text.find("\n" if word == "⏎" else word, offset)
        if found >= cursor:
            break
        if found >= 0:
            index, offset = number, found + len(word)
    return index


def _skip_spaces(text: str, offset: int) -> int:
    return offset + len(text[offset:]) - len(text[offset:].lstrip())
