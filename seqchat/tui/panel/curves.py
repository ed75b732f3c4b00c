"""Single neurons, each with its curve over the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from seqchat.tui.heatmap import COLUMN, curve_rows, fit, label_row
from seqchat.tui.language import say
from seqchat.tui.panel import drawing
from seqchat.tui.panel.chosen import TITLES
from seqchat.tui.panel.state import PanelState

if TYPE_CHECKING:
    from collections.abc import Sequence

_GUTTER = 10
# Lines of a curve: values of both signs have half of them above zero, and half below.
_LINES, _HIGH_LINES = 2, 4


class CurvesView:
    """Draws a panel's state; `lay_out` comes before all else."""

    upright = False

    def __init__(self, state: PanelState) -> None:
        self._state = state
        self._shown: list[tuple[int, str]] = []
        self._lines = _LINES
        self._start = self.height = 0
        self.words = 1

    def lay_out(self, width: int, height: int) -> None:
        """Fit everything into a room in cells, and choose the neurons."""
        state = self._state
        self.words = max(1, (width - _GUTTER) // COLUMN)
        end = len(state.words) - max(state.cursor.back - self.words + 1, 0)
        self._start = max(end - self.words, 0)
        # The heading and the labels
        room = max(height - 2, _LINES)
        values = state.values(state.gate)[self._start : end]
        self._shown = state.chosen.find(state.layer_name, values, room // _LINES)
        self._lines = _HIGH_LINES if len(self._shown) * _HIGH_LINES <= room else _LINES
        self.height = min(2 + len(self._shown) * self._lines, height)

    @property
    def shown(self) -> Sequence[int]:
        """The neurons on the screen."""
        return [neuron for neuron, _ in self._shown]

    def line(self, y: int, width: int, ground: Style) -> list[Segment]:
        """Draw a line."""
        state, last = self._state, 1 + len(self._shown) * self._lines
        if y == 0:
            values = state.values(state.gate)[state.column]
            return drawing.heading(state.gate, values, state.range_of(state.gate), width, ground, bars=state.bars)
        if y == 1 and not self._shown:
            return [Segment(fit(self._nothing, width), ground)]
        if y < last:
            return self._curve(*divmod(y - 1, self._lines), ground)
        if y == last and self._shown:
            words = state.words[self._start : self._start + self.words]
            return [Segment(" " * _GUTTER, ground), *label_row(words, state.column - self._start, ground)]
        return []

    @property
    def _nothing(self) -> str:
        if self._state.chosen.waits(self._state.layer_name):
            return say("Looking for neurons that track something in the sample …")
        return say("No neuron of this layer does.")

    def _curve(self, number: int, row: int, ground: Style) -> list[Segment]:
        state, (neuron, note) = self._state, self._shown[number]
        mark = "▸" if neuron == state.cursor.neuron else " "
        head = {0: f"{mark}n{neuron}", 1: f" {note}"}.get(row, "")
        values = state.values(state.gate)[self._start : self._start + self.words, neuron]
        ends = state.range_of(state.gate)
        drawn = curve_rows(values, *ends, self._lines, ground, coloured=not state.bars)[row]
        return [
            Segment(fit(head, _GUTTER - 1), ground + Style(bold=row == 0 and mark == "▸")),
            Segment(" ", ground),
            *drawn,
        ]

    def at(self, x: int, y: int) -> tuple[int | None, int | None]:
        """Return the index of the word and the neuron at a place; None where there is none."""
        column, number = (x - _GUTTER) // COLUMN, (y - 1) // self._lines
        word = self._start + column if 0 <= column < self.words else None
        neuron = self._shown[number][0] if y and 0 <= number < len(self._shown) else None
        return (word if word is not None and word < len(self._state.words) else None), neuron

    def move_neuron(self, steps: int) -> None:
        """Select the neuron below, or above."""
        if self._shown:
            self._state.cursor.step_neuron(steps, self.shown)

    def scroll(self, pages: int) -> None:
        """Select the first neuron, or the last one."""
        self.move_neuron(pages * max(len(self._shown), 1))

    @property
    def subtitle(self) -> str:
        """What the frame says of it."""
        return say(TITLES[self._state.chosen.by]) + drawing.scale_note(self._state)
