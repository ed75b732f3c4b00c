"""What torch.nn returns for the four structures of a recurrent network: shapes, taken from modules that really ran."""

from __future__ import annotations

from dataclasses import dataclass

from seqchat.model.cells import CELLS

# The arguments of each structure: one layer, several, two directions, several layers in two directions
STRUCTURES: tuple[dict[str, int | bool], ...] = (
    {},
    {"num_layers": 2},
    {"bidirectional": True},
    {"num_layers": 2, "bidirectional": True},
)


@dataclass(frozen=True)
class Shapes:
    """The arguments of a module beyond its sizes, and the shapes of what it returns.

    output: [batch, words, directions · hidden]; states: [layers · directions, batch, hidden] each, h_n and for an LSTM
    c_n.
    """

    arguments: dict[str, int | bool]
    output: tuple[int, ...]
    states: tuple[tuple[int, ...], ...]


def shapes_of(cell: str, inputs: int, hidden: int, words: int) -> list[Shapes]:
    """Run a module of each structure over a text, with ``batch_first=True``.

    Raises:
        ValueError: torch.nn has no module of this cell.
    """
    import torch

    found: list[Shapes] = []
    for arguments in STRUCTURES:
        options = dict(arguments)
        module = CELLS[cell].torch_module(
            inputs, hidden, int(options.pop("num_layers", 1)), batch_first=True, **options
        )
        if module is None:
            raise ValueError(f"torch.nn has no {CELLS[cell].title}")
        with torch.inference_mode():
            output, states = module(torch.zeros(1, words, inputs))
        states = states if isinstance(states, tuple) else (states,)
        found.append(Shapes(arguments, tuple(output.shape), tuple(tuple(state.shape) for state in states)))
    return found
