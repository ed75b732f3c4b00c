"""The recurrent cells, a file each; what one must offer is in `base`. Nobody else knows what a cell is made of."""

from __future__ import annotations

from importlib import import_module

from seqchat.errors import SeqchatError, quoted
from seqchat.model.cells.base import Cell, Gate, Gates, Hold, KeepGate, LayerWeights, free, run_layers

__all__ = [
    "CELLS",
    "NONLINEARITIES",
    "Cell",
    "Gate",
    "Gates",
    "Hold",
    "KeepGate",
    "LayerWeights",
    "find_cell",
    "free",
    "run_layers",
]

# Each is a file of this package with its `CELL`; in this order cells are listed.
_FILES = (
    "rnn",
    "lstm",
    "gru",
    "mingru",
)

CELLS: dict[str, Cell] = {name: import_module(f"{__name__}.{name}").CELL for name in _FILES}
# What the cells that have a choice can choose from
NONLINEARITIES = tuple(dict.fromkeys(name for cell in CELLS.values() for name in cell.nonlinearities))


def find_cell(name: str, nonlinearity: str | None = None) -> Cell:
    """Return a cell by its name, with one of its nonlinearities.

    Raises:
        SeqchatError: there is no such cell.
    """
    if name not in CELLS:
        raise SeqchatError(f"There is no cell {quoted(name)}; there are {', '.join(CELLS)}.")
    cell = CELLS[name]
    return cell if nonlinearity is None else cell.with_nonlinearity(nonlinearity)
