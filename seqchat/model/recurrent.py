"""Recurrent layers for training: whole texts at once through PyTorch's fused kernels, with regularisation."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, embedding

from seqchat.model.cells import Cell


def kernel_precision(device: torch.device) -> AbstractContextManager[object]:
    """Enter the precision for a recurrent kernel: the current one, but float32 on CUDA.

    With autocast, cuDNN would run in float16 there, and small gradients would become zero.
    """
    return torch.autocast("cuda", enabled=False) if device.type == "cuda" else nullcontext()


@dataclass(frozen=True)
class Dropouts:
    """Dropout rates in training, after AWD-LSTM (Merity, Keskar and Socher 2017).

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


def embed(ids: Tensor, weight: Tensor, share: float, training: bool, *, sparse: bool = False) -> Tensor:
    """Look up ids in an embedding with a share of the words dropped, each word everywhere or nowhere.

    sparse: whether the gradient is that of the rows of the ids alone.
    """
    x = embedding(ids, weight, sparse=sparse)
    if not training or share == 0:
        return x
    kept = weight.new_empty(len(weight), 1).bernoulli_(1 - share) / (1 - share)
    return x * embedding(ids, kept)


def initialised(shape: tuple[int, ...], hidden: int) -> nn.Parameter:
    """Return a weight of a layer of this many units, initialised as in `torch.nn`."""
    bound = 1 / math.sqrt(hidden)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


def run_cell(cell: Cell, x: Tensor, state: Tensor, weights: dict[str, Tensor], training: bool) -> tuple[Tensor, Tensor]:
    """Run x [time, batch, inputs] from a state [parts, batch, hidden]; return the outputs and the new state."""
    with kernel_precision(x.device):
        return cell.sequence(x.float() if x.is_cuda else x, state, weights, training=training)


class RecurrentLayer(nn.Module):
    """One layer of one direction; its weights have the names of the cell, with the ending of `torch.nn`."""

    def __init__(self, cell: Cell, inputs: int, hidden: int) -> None:
        super().__init__()
        self._cell = cell
        for name, shape in cell.weight_shapes(inputs, hidden).items():
            self.register_parameter(f"{name}_l0", initialised(shape, hidden))

    def forward(self, x: Tensor, state: Tensor, dropped: float = 0.0) -> tuple[Tensor, Tensor]:
        """Run x [time, batch, inputs] from a state [parts, batch, hidden]; return the outputs and the new state.

        dropped: the share of the recurrent weights that is dropped.
        """
        weights: dict[str, Tensor] = {
            name.removesuffix("_l0"): weight for name, weight in self._parameters.items() if weight is not None
        }
        for name in self._cell.recurrent_weights:
            weights[name] = dropout(weights[name], dropped, self.training and dropped > 0)
        return run_cell(self._cell, x, state, weights, self.training)


class RecurrentStack(nn.ModuleList):
    """Layers one above the other, with dropout between them.

    multiply_in_bfloat16: on the CPU, without autocast around it; outputs and states are float32 all the same.
    """

    multiply_in_bfloat16: bool = False

    def __init__(self, cell: Cell, inputs: int, hidden: int, layers: int, dropouts: Dropouts) -> None:
        sizes = [inputs] + [hidden] * (layers - 1)
        super().__init__(RecurrentLayer(cell, size, hidden) for size in sizes)
        self._dropouts = dropouts

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Run x [time, batch, inputs] from a state [layers, parts, batch, hidden]; the outputs are not dropped yet."""
        if self.multiply_in_bfloat16:
            with torch.autocast("cpu", torch.bfloat16):
                x, state = self._read(x, state)
            return x.float(), state.float()
        return self._read(x, state)

    def _read(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        new_states = []
        for k, layer in enumerate(self):
            if k:
                x = locked_dropout(x, self._dropouts.hidden, self.training)
            x, new_state = layer(x, state[k], self._dropouts.weight)
            new_states.append(new_state)
        return x, torch.stack(new_states)


class WindowStack(nn.Module):
    """What `torch.nn` has for its own cells, for any cell: layers in one or two directions, weights of the same names.

    Each text is read from a state of zeros.
    """

    def __init__(
        self, cell: Cell, inputs: int, hidden: int, layers: int, *, dropout: float = 0.0, bidirectional: bool = False
    ) -> None:
        super().__init__()
        self._cell, self._hidden, self._dropout = cell, hidden, dropout
        self._suffixes = [[f"_l{k}{suffix}" for suffix in ("", "_reverse")[: 1 + bidirectional]] for k in range(layers)]
        for k, suffixes in enumerate(self._suffixes):
            for suffix in suffixes:
                size = inputs if k == 0 else hidden * len(suffixes)
                for name, shape in cell.weight_shapes(size, hidden).items():
                    self.register_parameter(name + suffix, initialised(shape, hidden))

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        """Return the outputs [time, batch, directions · hidden] of the last layer for x [time, batch, inputs]."""
        for k, (forward, *backward) in enumerate(self._suffixes):
            if k:
                x = dropout(x, self._dropout, self.training)
            outputs = [self._read(x, forward), *(self._read(x.flip(0), suffix).flip(0) for suffix in backward)]
            x = torch.cat(outputs, dim=-1)
        return x, None

    def _read(self, x: Tensor, suffix: str) -> Tensor:
        weights = {
            name: self.get_parameter(name + suffix) for name in self._cell.weight_shapes(x.shape[-1], self._hidden)
        }
        state = x.new_zeros(len(self._cell.state_names), x.shape[1], self._hidden)
        return self._cell.sequence(x, state, weights, training=self.training)[0]
