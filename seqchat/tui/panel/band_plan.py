"""How whole layers fit into a panel: which gates are next to each other, and how words and neurons share the room."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

# Cells of a word's label, its gap included
LABEL = 5
# Two columns of neurons, the halves of a cell
PER_CELL = 2
# More words, or more columns of neurons, are no reason to have less of the other.
ENOUGH_WORDS, _ENOUGH_COLUMNS = 20, 64
_FEWEST_CELLS = 3
# So many halves of a cell are enough for a neuron.
_WIDEST = 4


class BandPlan(NamedTuple):
    """How bands are laid out: neurons along, words down.

    across, stacked: how many gates are next to each other, and below each other; blocks: how many times the words
    begin at the top again, to the right of those before; lines: words a block; cells: of a gate in a block; stretch:
    how many halves of a cell a column of neurons takes.
    """

    across: int
    stacked: int
    blocks: int
    lines: int
    cells: int
    stretch: int = 1

    @property
    def columns(self) -> int:
        """How many columns of neurons there is room for."""
        return self.cells * PER_CELL // self.stretch

    @property
    def words(self) -> int:
        """How many words are shown at once."""
        return self.blocks * self.lines

    @property
    def block_width(self) -> int:
        """The cells of a block with its labels, and the gap after it."""
        return LABEL + self.across * (self.cells + 1)

    def line(self, y: int) -> tuple[int, int]:
        """Return which row of bands a line of the panel is in, and which of its lines, −1 for the heading."""
        return y // (self.lines + 1), y % (self.lines + 1) - 1

    def at(self, x: int) -> tuple[int, int, int]:
        """Return which block, which gate across, and which cell of it are at a column; −1 for a label or a gap."""
        block, inside = divmod(x, self.block_width)
        across, cell = divmod(inside - LABEL, self.cells + 1)
        return block, across if inside >= LABEL else -1, cell if inside >= LABEL and cell < self.cells else -1


@lru_cache(maxsize=64)
def plan(width: int, height: int, gates: int, neurons: int, words: int = ENOUGH_WORDS) -> BandPlan:
    """Return the layout for a room in cells that shows the most words and neurons; a low one shows fewer gates.

    words: how many there are; what they leave empty widens the bands.
    """
    gates = max(min(gates, height // 2), 1)
    plans = (
        found
        for across in range(1, gates + 1)
        for blocks in range(1, max(width // (LABEL + _FEWEST_CELLS), 1) + 1)
        if (found := _plan(width, height, gates, neurons, across, blocks)) is not None
    )
    best = max(plans, key=lambda found: _worth(found, neurons), default=BandPlan(1, 1, 1, max(height - 1, 1), 1))
    blocks = min(max(math.ceil(words / best.lines), 1), best.blocks)
    wider = _plan(width, height, gates, neurons, best.across, blocks) if blocks < best.blocks else None
    return wider or best


def _plan(width: int, height: int, gates: int, neurons: int, across: int, blocks: int) -> BandPlan | None:
    stacked = math.ceil(gates / across)
    lines = height // stacked - 1
    room, all_neurons = ((width + 1) // blocks - LABEL) // across - 1, math.ceil(neurons / PER_CELL)
    if lines < 1 or room < min(_FEWEST_CELLS, all_neurons):
        return None
    stretch = min(max(room // all_neurons, 1), _WIDEST)
    return BandPlan(across, stacked, blocks, lines, min(room, all_neurons * stretch), stretch)


def _worth(found: BandPlan, neurons: int) -> tuple[float, int, int]:
    """Rate a layout: by words and neurons; of equal ones the one that begins at the top again less often is better."""
    words = min(found.words / ENOUGH_WORDS, 1.0)
    columns = min(found.columns / min(neurons, _ENOUGH_COLUMNS), 1.0)
    return round(words * columns, 3), -found.blocks, found.across
