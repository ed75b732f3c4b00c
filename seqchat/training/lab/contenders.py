"""Networks to compare: one for each cell, sized so that all have the same number of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqchat.errors import SeqchatError
from seqchat.model.cells import CELLS
from seqchat.model.config import ModelConfig
from seqchat.training.lab.task import WORDS

# The course says that the first of them is about as good as the second with fewer parameters: a network of the first
# with the hidden size of the second is trained too, under this name.
SAME_SIZE = ("gru", "lstm")
SMALL_GRU = "gru-small"

EMBEDDING = 16
# The sizes agree within this share, or they do not count as equal.
TOLERANCE = 0.02
# How far from the requested number of parameters to search for one that all cells can match better.
_AROUND = 0.1


@dataclass(frozen=True)
class LabNetwork:
    """A network by name."""

    name: str
    config: ModelConfig

    @property
    def parameters(self) -> int:
        """All its weights."""
        return self.config.parameters

    @property
    def recurrent_parameters(self) -> int:
        """Those of the recurrent layer alone."""
        c = self.config
        sizes = [c.embedding_size] + [c.hidden_size] * (c.layers - 1)
        return sum(c.cell_kind.parameters(size, c.hidden_size) for size in sizes)


def contenders(cells: Sequence[str], parameters: int) -> list[LabNetwork]:
    """Return a network for each cell, all of about this many parameters and as equal as whole hidden sizes allow.

    Each has as many layers as its gates need to see more than one word. If an LSTM and a GRU are among them, a GRU of
    the LSTM's hidden size comes last.

    Raises:
        SeqchatError: the numbers differ by more than `TOLERANCE`, since such small networks come in few sizes.
    """
    lineups = [
        [LabNetwork(cell, _nearest(cell, budget)) for cell in cells]
        for budget in _budgets(cells, round(parameters * (1 - _AROUND)), round(parameters * (1 + _AROUND)))
    ]
    best = min(lineups, key=lambda lineup: (_spread(lineup), abs(lineup[0].parameters - parameters)), default=[])
    if not best or _spread(best) > TOLERANCE:
        raise SeqchatError(f"With {parameters:,} parameters the cells cannot be made equal; ask for more.")
    sizes = {c.name: c.config.hidden_size for c in best}
    smaller, larger = SAME_SIZE
    if {smaller, larger} <= set(sizes):
        best.append(LabNetwork(SMALL_GRU, _config(smaller, sizes[larger])))
    return best


def _budgets(cells: Sequence[str], least: int, most: int) -> list[int]:
    """Return every number of parameters within limits that one of the cells has exactly."""
    found = set()
    for cell in cells:
        size = 1
        while (count := _config(cell, size).parameters) <= most:
            if count >= least:
                found.add(count)
            size += 1
    return sorted(found)


def _nearest(cell: str, parameters: int) -> ModelConfig:
    size = 1
    while _config(cell, size + 1).parameters <= parameters:
        size += 1
    return min(_config(cell, size), _config(cell, size + 1), key=lambda c: abs(c.parameters - parameters))


def _config(cell: str, hidden_size: int) -> ModelConfig:
    layers = CELLS[cell].context_layers
    return ModelConfig(len(WORDS), cell, layers, embedding_size=EMBEDDING, hidden_size=hidden_size)


def _spread(lineup: Sequence[LabNetwork]) -> float:
    counts = [c.parameters for c in lineup]
    return max(counts) / min(counts) - 1
