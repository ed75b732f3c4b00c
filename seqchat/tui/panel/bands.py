"""All neurons of each gate as a band a word: neurons along, like ones next to each other, and words down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from seqchat.tui.heatmap import LEFT_HALF, fit, levels, mark_style, pair_style
from seqchat.tui.language import say
from seqchat.tui.panel import drawing
from seqchat.tui.panel.band_plan import ENOUGH_WORDS, LABEL, PER_CELL, BandPlan, plan
from seqchat.tui.panel.state import PanelState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqchat.model.cells import Gate

_MARK = "◆"
# In fewer cells, headings have no room for scales, which the frame says then.
_ROOM_FOR_SCALES = 20
_SELECTED = Style(bold=True, reverse=True)


class BandsView:
    """Draws a panel's state; `lay_out` comes before all else."""

    # Words go down, neurons along.
    upright = True

    def __init__(self, state: PanelState) -> None:
        self._state = state
        self._plan = BandPlan(1, 1, 1, 1, 1)
        self.height = 0
        # The levels of each gate that is shown, [words on the screen, columns], and where a neuron's column is
        self._levels: list[NDArray[np.uint8]] = []
        self._places: dict[int, int] = {}
        self._start = 0
        self._columns = 1

    @property
    def words(self) -> int:
        """How many words are shown at once."""
        return self._plan.words

    def lay_out(self, width: int, height: int) -> None:
        """Fit everything into a room in cells, and compute the colours."""
        state = self._state
        words = len(state.words) if state.trace is None or state.trace.whole else ENOUGH_WORDS
        self._plan = plan(width, height, len(state.shown_gates), state.neurons, words)
        self.height = min(self._plan.stacked * (self._plan.lines + 1), height)
        self._start = self._first_word()
        shown = slice(self._start, self._start + self._plan.words)
        self._columns = min(self._plan.columns, state.neurons)
        order = state.order
        self._places = {neuron: place for place, neuron in enumerate(order)}
        gates = state.shown_gates[: self._plan.across * self._plan.stacked]
        self._levels = [self._band(state.values(gate)[shown], gate, order) for gate in gates]

    def _band(self, values: NDArray[np.float32], gate: Gate, order: Sequence[int]) -> NDArray[np.uint8]:
        """Return the levels [words, columns] of values [words, neurons]; a column is the mean of its neurons."""
        from seqchat.insight.neurons.averages import averaged

        found = levels(averaged(values[:, order], self._columns), *self._ends(gate)).astype("uint8")
        return found.repeat(self._plan.stretch, axis=1)

    @property
    def _together(self) -> float:
        """How many neurons a column is the mean of."""
        return self._state.neurons / self._columns

    def _ends(self, gate: Gate) -> tuple[float, float]:
        return self._state.range_of(gate, self._together)

    def _first_word(self) -> int:
        """Return the index of the first word on the screen; the selected one is among them."""
        return min(max(len(self._state.words) - self._plan.words, 0), self._state.column)

    def line(self, y: int, width: int, ground: Style) -> list[Segment]:
        """Draw a line."""
        stack, line = self._plan.line(y)
        first = stack * self._plan.across
        gates = range(first, min(first + self._plan.across, len(self._levels)))
        if not gates or y >= self.height:
            return []
        if line < 0:
            return list(self._headings(gates, width, ground))
        segments: list[Segment] = []
        for block in range(self._plan.blocks):
            segments += self._word(block * self._plan.lines + line, gates, ground)
        return segments

    def _headings(self, gates: Sequence[int], width: int, ground: Style) -> Iterator[Segment]:
        state = self._state
        room = self._plan.cells if len(gates) > 1 or self._plan.stacked > 1 else width - LABEL
        yield Segment(" " * LABEL, ground)
        for number in gates:
            gate = state.shown_gates[number]
            values = state.values(gate)[state.column]
            yield from drawing.heading(gate, values, self._ends(gate), room, ground, bars=state.bars)
            yield Segment(" ", ground)

    def _word(self, row: int, gates: Sequence[int], ground: Style) -> Sequence[Segment]:
        index = self._start + row
        if index >= len(self._state.words) or row >= len(self._levels[0]):
            return [Segment(" " * self._plan.block_width, ground)]
        selected = index == self._state.column
        label = ground + _SELECTED if selected else ground
        segments = [Segment(fit(self._state.words[index], LABEL - 1), label), Segment(" ", ground)]
        mark = self._column(self._state.cursor.neuron) * self._plan.stretch // PER_CELL if selected else -1
        for number in gates:
            signed = self._state.shown_gates[number].kind == "signed"
            segments += _cells(self._levels[number][row].tobytes(), signed, mark)
            segments.append(Segment(" ", ground))
        return segments

    def _column(self, neuron: int) -> int:
        return self._places.get(neuron, 0) * self._columns // max(len(self._places), 1)

    def at(self, x: int, y: int) -> tuple[int | None, int | None]:
        """Return the index of the word and the neuron at a place; None where there is none."""
        _, line = self._plan.line(y)
        block, _, cell = self._plan.at(x)
        word = self._start + block * self._plan.lines + line
        if line < 0 or block >= self._plan.blocks or word >= len(self._state.words):
            return None, None
        if cell < 0 or not self._levels:
            return word, None
        column = min(cell * PER_CELL // self._plan.stretch, self._columns - 1)
        place = column * len(self._places) // self._columns
        return word, self._state.order[place]

    def move_neuron(self, steps: int) -> None:
        """Select the neuron that is as many columns away."""
        self._state.cursor.step_neuron(steps * max(int(self._together), 1), self._state.order)

    def scroll(self, pages: int) -> None:
        """Select a word that is as many screens away."""
        self._state.cursor.step_word(pages * self._plan.words, len(self._state.words))

    @property
    def subtitle(self) -> str:
        """What the frame says of it."""
        said = say("{all} neurons", all=self._state.neurons)
        if self._together > 1:
            said = say("{all} neurons in {columns} columns", all=self._state.neurons, columns=self._columns)
        note = drawing.scale_note(self._state)
        if not note or self._plan.cells >= _ROOM_FOR_SCALES:
            return said + note
        gates = (gate for gate in self._state.shown_gates if gate.kind != "sigmoid")
        return f"95%: {' '.join(f'{gate.symbol}{drawing.in_short(self._ends(gate))}' for gate in gates)} · {said}"


@lru_cache(maxsize=4096)
def _cells(row: bytes, signed: bool, mark: int) -> tuple[Segment, ...]:
    """Draw levels, two a cell; equal neighbours are one segment. A cell may have a mark."""
    # A last half without a neuron of its own looks like its neighbour.
    levels_of = row if len(row) % PER_CELL == 0 else row + row[-1:]
    found: list[Segment] = []
    for cell in range(len(levels_of) // PER_CELL):
        left, right = levels_of[PER_CELL * cell], levels_of[PER_CELL * cell + 1]
        if cell == mark:
            found.append(Segment(_MARK, mark_style(left, signed)))
            continue
        style = pair_style(left, right, signed)
        if found and found[-1].style is style:
            found[-1] = Segment(found[-1].text + LEFT_HALF, style)
        else:
            found.append(Segment(LEFT_HALF, style))
    return tuple(found)
