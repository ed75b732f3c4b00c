"""One time step of RNN, LSTM and GRU with every gate visible.

The formulas are those of `torch.nn`, and the results equal it to 1e-5:

- RNN (Elman 1990): ``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``
- LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):
  ``i, f, o = σ(…)``, ``g = tanh(…)``, ``c' = f·c + i·g``, ``h' = o·tanh(c')``
- GRU (Cho et al. 2014, reset after the product): ``r, z = σ(…)``, ``n = tanh(W_in x + b_in + r·(W_hn h + b_hn))``,
  ``h' = (1 − z)·n + z·h``: an update gate of 1 keeps the old state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

Gates = dict[str, Tensor]

# A rectifier has no upper end: over many words its state could grow until it is no longer a number.
_MAX_RECTIFIED = 1e10


class LayerWeights(NamedTuple):
    """The weights of one recurrent layer as `torch.nn` keeps them; the gates' rows lie one below the other."""

    input: Tensor
    hidden: Tensor
    input_bias: Tensor
    hidden_bias: Tensor


# The name of a gate, its values [batch, hidden] → the values to go on with: where a gate is held, others.
Hold = Callable[[str, Tensor], Tensor]


def free(_: str, values: Tensor) -> Tensor:
    """Hold nothing."""
    return values


# x [batch, inputs], state [parts, batch, hidden] → new state, gates of [batch, hidden] each
Step = Callable[[Tensor, Tensor, LayerWeights, Hold], tuple[Tensor, Gates]]


def rnn_tanh(x: Tensor, state: Tensor, w: LayerWeights, hold: Hold = free) -> tuple[Tensor, Gates]:
    """Step an Elman cell with tanh."""
    return _rnn(x, state, w, hold, torch.tanh)


def rnn_relu(x: Tensor, state: Tensor, w: LayerWeights, hold: Hold = free) -> tuple[Tensor, Gates]:
    """Step an Elman cell with a rectifier."""
    return _rnn(x, state, w, hold, _rectified)


def _rectified(values: Tensor) -> Tensor:
    return torch.relu(values).clamp(max=_MAX_RECTIFIED)


def _rnn(
    x: Tensor, state: Tensor, w: LayerWeights, hold: Hold, activation: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Gates]:
    hidden = activation(linear(x, w.input, w.input_bias) + linear(state[0], w.hidden, w.hidden_bias))
    hidden = hold("hidden", hidden)
    return hidden[None], {"hidden": hidden}


def lstm(x: Tensor, state: Tensor, w: LayerWeights, hold: Hold = free) -> tuple[Tensor, Gates]:
    """Step a long short-term memory; the state is the hidden and the cell state."""
    hidden, cell = state
    rows = linear(x, w.input, w.input_bias) + linear(hidden, w.hidden, w.hidden_bias)
    i, f, g, o = rows.chunk(4, dim=-1)
    i, f = hold("input", i.sigmoid()), hold("forget", f.sigmoid())
    g, o = hold("candidate", g.tanh()), hold("output", o.sigmoid())
    cell = hold("cell", f * cell + i * g)
    hidden = hold("hidden", o * cell.tanh())
    gates = {"input": i, "forget": f, "candidate": g, "output": o, "cell": cell, "hidden": hidden}
    return torch.stack((hidden, cell)), gates


def gru(x: Tensor, state: Tensor, w: LayerWeights, hold: Hold = free) -> tuple[Tensor, Gates]:
    """Step a gated recurrent unit."""
    (hidden,) = state
    x_r, x_z, x_n = linear(x, w.input, w.input_bias).chunk(3, dim=-1)
    h_r, h_z, h_n = linear(hidden, w.hidden, w.hidden_bias).chunk(3, dim=-1)
    r, z = hold("reset", (x_r + h_r).sigmoid()), hold("update", (x_z + h_z).sigmoid())
    n = hold("candidate", (x_n + r * h_n).tanh())
    hidden = hold("hidden", (1 - z) * n + z * hidden)
    return hidden[None], {"reset": r, "update": z, "candidate": n, "hidden": hidden}


@dataclass(frozen=True)
class Gate:
    """One visible quantity of a cell, and the range of its values (the cell state's is where most of them lie)."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Cell:
    """A kind of recurrent cell: how many tensors its state has, and its gates in the order of the formulas."""

    title: str
    state_parts: int
    steps: Mapping[str, Step]
    gates: tuple[Gate, ...]


def _sigmoid(name: str) -> Gate:
    return Gate(name, 0, 1)


def _tanh(name: str) -> Gate:
    return Gate(name, -1, 1)


CELLS: dict[str, Cell] = {
    "rnn": Cell("RNN", 1, {"tanh": rnn_tanh, "relu": rnn_relu}, (_tanh("hidden"),)),
    "lstm": Cell(
        "LSTM",
        2,
        {"tanh": lstm},
        (
            _sigmoid("input"),
            _sigmoid("forget"),
            _tanh("candidate"),
            _sigmoid("output"),
            Gate("cell", -2, 2),
            _tanh("hidden"),
        ),
    ),
    "gru": Cell(
        "GRU",
        1,
        {"tanh": gru},
        (_sigmoid("reset"), _sigmoid("update"), _tanh("candidate"), _tanh("hidden")),
    ),
}


def run_layers(
    x: Tensor, state: Tensor, layers: list[LayerWeights], step: Step, holds: Sequence[Hold] | None = None
) -> tuple[Tensor, list[Gates]]:
    """Step a stack of layers once.

    x: [batch, inputs]; state: [layers, parts, batch, hidden]; holds: one for each layer. Returns the new state of the
    same shape and the gates of each layer, bottom layer first; the stack's output is the last layer's ``hidden``.
    """
    new_states: list[Tensor] = []
    all_gates: list[Gates] = []
    for weights, old, hold in zip(layers, state, holds or [free] * len(layers), strict=True):
        new, gates = step(x, old, weights, hold)
        x = gates["hidden"]
        new_states.append(new)
        all_gates.append(gates)
    return torch.stack(new_states), all_gates
