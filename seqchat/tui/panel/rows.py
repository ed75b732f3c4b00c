"""Neurons below each other, one or two a line, and words along: every neuron has a place of its own."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style

from seqchat.tui.heatmap import COLUMN, label_row
from seqchat.tui.language import say
from seqchat.tui.panel import drawing
from seqchat.tui.panel.row_layout import Layout, Line, lay_out
from seqchat.tui.panel.state import PanelState

# Left of the heat map are the neurons' numbers if one gate is shown, or else a mark at the selected neuron.
_NUMBERS, _MARK = 5, 1


class RowsView:
    """Draws a panel's state; `lay_out` comes before all else."""

    upright = False

    def __init__(self, state: PanelState) -> None:
        self._state = state
        self._layout = Layout((), 0, 0)
        self._start = 0
        self.words = 1

    @property
    def height(self) -> int:
        """How many lines are in use."""
        return sum(line.what != "empty" for line in self._layout.lines)

    @property
    def shows_all(self) -> bool:
        """Whether every neuron is on the screen."""
        return self._layout.neurons >= self._state.neurons and self._layout.bands >= len(self._state.shown_gates)

    def lay_out(self, width: int, height: int) -> None:
        """Fit everything into a room in cells."""
        state, cursor = self._state, self._state.cursor
        self._layout = lay_out(height, max(len(state.shown_gates), 1), state.neurons, self._per_line)
        cursor.first_place = min(cursor.first_place, max(state.neurons - self._layout.neurons, 0))
        if cursor.neuron in state.order:
            cursor.scroll_to(state.order.index(cursor.neuron), self._layout.neurons, self._per_line)
        self.words = max(1, (width - self._gutter) // COLUMN)
        end = len(state.words) - max(cursor.back - self.words + 1, 0)
        self._start = max(end - self.words, 0)

    @property
    def _per_line(self) -> int:
        return 1 if self._state.bars else 2

    @property
    def _gutter(self) -> int:
        return _NUMBERS if self._state.cursor.gate is not None else _MARK

    def line(self, y: int, width: int, ground: Style) -> list[Segment]:
        """Draw a line."""
        state, line = self._state, self._layout.line(y)
        match line.what:
            case "labels":
                words = state.words[self._start : self._start + self.words]
                return [Segment(" " * self._gutter, ground), *label_row(words, state.column - self._start, ground)]
            case "heading":
                gate = state.shown_gates[line.band]
                values = state.values(gate)[state.column]
                return drawing.heading(gate, values, state.range_of(gate), width, ground, bars=state.bars)
            case "heat":
                return self._heat(line, ground)
        return []

    def _heat(self, line: Line, ground: Style) -> list[Segment]:
        state = self._state
        gate, first = state.shown_gates[line.band], state.cursor.first_place + line.place
        neurons = list(state.order[first : first + self._per_line])
        return drawing.heat_line(
            state.values(gate)[self._start : self._start + self.words, neurons],
            neurons,
            state.range_of(gate),
            gutter=self._gutter,
            selected=state.cursor.neuron,
            bars=state.bars,
            ground=ground,
        )

    def at(self, x: int, y: int) -> tuple[int | None, int | None]:
        """Return the index of the word and the neuron at a place; None where there is none."""
        column, line = (x - self._gutter) // COLUMN, self._layout.line(y)
        place = self._state.cursor.first_place + line.place
        word = self._start + column if 0 <= column < self.words else None
        neuron = self._state.order[place] if line.what == "heat" and place < self._state.neurons else None
        return (word if word is not None and word < len(self._state.words) else None), neuron

    def move_neuron(self, steps: int) -> None:
        """Select a neuron below, or above, and show it."""
        cursor, order = self._state.cursor, self._state.order
        cursor.step_neuron(steps, order)
        cursor.scroll_to(order.index(cursor.neuron), self._layout.neurons, self._per_line)

    def scroll(self, pages: int) -> None:
        """Show the neurons after those on the screen, or before."""
        self._state.cursor.scroll(pages, self._state.order, self._layout.neurons)

    @property
    def subtitle(self) -> str:
        """What the frame says of it."""
        state, shown = self._state, self._layout.neurons
        if shown >= state.neurons:
            return say("{all} neurons", all=state.neurons) + drawing.scale_note(state)
        first = state.cursor.first_place
        return say(
            "neurons {first}–{last} of {all}",
            first=first,
            last=min(first + shown, state.neurons) - 1,
            all=state.neurons,
        )
