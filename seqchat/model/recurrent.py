"""Recurrent layers for training: whole texts at once through PyTorch's fused kernels, with regularisation."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from seqchat.model.cells import CELLS
from seqchat.model.config import ROWS

# The functions behind torch.nn.RNN, LSTM and GRU; unlike the modules they take any weights, dropped ones too.
_KERNELS: dict[tuple[str, str], Callable[..., Any]] = {
    ("rnn", "tanh"): torch.rnn_tanh,
    ("rnn", "relu"): torch.rnn_relu,
    ("lstm", "tanh"): torch.lstm,
    ("gru", "tanh"): torch.gru,
}


def kernel_precision(device: torch.device) -> AbstractContextManager[object]:
    """Give what a recurrent kernel is to run in: as it is, but on CUDA float32.

    Autocast would have cuDNN run in float16 there, whose small gradients become zero.
    """
    return torch.autocast("cuda", enabled=False) if device.type == "cuda" else nullcontext()


@dataclass(frozen=True)
class Dropouts:
    """Shares of what is dropped while training, after AWD-LSTM (Merity, Keskar and Socher 2017).

    embedding: whole words of the embedding; input: units of a word's embedding; hidden: units between layers; output:
    units of the last layer; weight: single recurrent weights (Wan et al. 2013). The masks of input, hidden and output
    are locked: the same at every time step (Gal and Ghahramani 2016).
    """

    embedding: float = 0.0
    input: float = 0.0
    hidden: float = 0.0
    output: float = 0.0
    weight: float = 0.0


def locked_dropout(x: Tensor, share: float, training: bool) -> Tensor:
    """Drop units of x [time, batch, units], the same ones at every time step."""
    if not training or share == 0:
        return x
    mask = x.new_empty(1, *x.shape[1:]).bernoulli_(1 - share) / (1 - share)
    return x * mask


def embed(ids: Tensor, weight: Tensor, share: float, training: bool) -> Tensor:
    """Look ids up in an embedding of which a share of the words is dropped, each word everywhere or nowhere."""
    x = nn.functional.embedding(ids, weight)
    if not training or share == 0:
        return x
    kept = weight.new_empty(len(weight), 1).bernoulli_(1 - share) / (1 - share)
    return x * nn.functional.embedding(ids, kept)


class RecurrentLayer(nn.Module):
    """One layer of one direction; its weights are named as in `torch.nn`."""

    def __init__(self, cell: str, nonlinearity: str, inputs: int, hidden: int) -> None:
        super().__init__()
        self._kernel = _KERNELS[cell, nonlinearity if cell == "rnn" else "tanh"]
        self._parts = CELLS[cell].state_parts
        bound, rows = 1 / math.sqrt(hidden), ROWS[cell] * hidden
        self.weight_ih_l0 = nn.Parameter(torch.empty(rows, inputs).uniform_(-bound, bound))
        self.weight_hh_l0 = nn.Parameter(torch.empty(rows, hidden).uniform_(-bound, bound))
        self.bias_ih_l0 = nn.Parameter(torch.empty(rows).uniform_(-bound, bound))
        self.bias_hh_l0 = nn.Parameter(torch.empty(rows).uniform_(-bound, bound))

    def forward(self, x: Tensor, state: Tensor, weight_dropout: float = 0.0) -> tuple[Tensor, Tensor]:
        """Run x [time, batch, inputs] from a state [parts, batch, hidden]; return the outputs and the new state."""
        recurrent = dropout(self.weight_hh_l0, weight_dropout, self.training and weight_dropout > 0)
        weights = [self.weight_ih_l0, recurrent, self.bias_ih_l0, self.bias_hh_l0]
        with kernel_precision(x.device):
            x = x.float() if x.is_cuda else x
            parts = list(state.to(x.dtype).unsqueeze(1).contiguous())
            outputs, *new_parts = self._kernel(
                x, parts if self._parts > 1 else parts[0], weights, True, 1, 0.0, self.training, False, False
            )
        return outputs, torch.stack([part[0] for part in new_parts])


class RecurrentStack(nn.ModuleList):
    """Layers one above the other, with dropout between them."""

    def __init__(self, cell: str, nonlinearity: str, inputs: int, hidden: int, layers: int, dropouts: Dropouts) -> None:
        sizes = [inputs] + [hidden] * (layers - 1)
        super().__init__(RecurrentLayer(cell, nonlinearity, size, hidden) for size in sizes)
        self._dropouts = dropouts

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Run x [time, batch, inputs] from a state [layers, parts, batch, hidden]; the outputs are not dropped yet."""
        new_states = []
        for k, layer in enumerate(self):
            if k:
                x = locked_dropout(x, self._dropouts.hidden, self.training)
            x, new_state = layer(x, state[k], self._dropouts.weight)
            new_states.append(new_state)
        return x, torch.stack(new_states)
