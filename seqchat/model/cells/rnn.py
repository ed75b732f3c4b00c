"""RNN (Elman 1990): ``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or with a rectifier instead of tanh."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from seqchat.model.cells.base import MAX_STATE, Cell, Gate, Gates, Hold, LayerWeights, free, fused, torch_shapes
from seqchat.model.cells.opening import Formula, read_by_torch

if TYPE_CHECKING:
    from torch import Tensor, nn


class RNN(Cell):
    """The plain recurrent network: one state, no gates."""

    name = "rnn"
    title = "RNN"
    nonlinearities = ("tanh", "relu")
    recurrent_weights = ("weight_hh",)
    # Without gates that keep its gradients in bounds, it diverges at the rate that suits the others.
    lr_scale = 0.25

    def __init__(self, nonlinearity: str = "tanh") -> None:
        self._nonlinearity = nonlinearity
        low, high = (0, math.inf) if nonlinearity == "relu" else (-1, 1)
        self.gates = (
            Gate(
                "hidden",
                "h",
                "state",
                low,
                high,
                f"h = {nonlinearity}(W_ih x + b_ih + W_hh h₋₁ + b_hh)",
                "hidden state",
                "隐藏状态",
                "All that the network knows about the text so far; it is rewritten at every word.",
                "网络对前文所知的一切；每读一个词就整个重写。",
            ),
        )

        self.formulas = {"hidden": Formula(read_by_torch("h", 0), nonlinearity)}

    def with_nonlinearity(self, name: str) -> RNN:
        """Return the cell with tanh or relu."""
        return RNN(name)

    def weight_shapes(self, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return those of `torch.nn.RNN`."""
        return torch_shapes(1, inputs, hidden)

    def step(self, x: Tensor, state: Tensor, w: LayerWeights, hold: Hold = free) -> tuple[Tensor, Gates]:
        """Read one word; the state is the hidden state."""
        from torch.nn.functional import linear

        rows = linear(x, w["weight_ih"], w["bias_ih"]) + linear(state[0], w["weight_hh"], w["bias_hh"])
        hidden = hold("hidden", rows.relu().clamp(max=MAX_STATE) if self._nonlinearity == "relu" else rows.tanh())
        return hidden[None], {"hidden": hidden}

    def sequence(self, x: Tensor, state: Tensor, w: LayerWeights, *, training: bool = False) -> tuple[Tensor, Tensor]:
        """Read a text in one fused kernel."""
        import torch

        kernel = torch.rnn_relu if self._nonlinearity == "relu" else torch.rnn_tanh
        return fused(kernel, x, state, w, training)

    def backward(self, x: Tensor, gates: Gates, before: Tensor, w: LayerWeights, above: Tensor) -> Tensor:
        """Go back through time by the slope of the nonlinearity."""
        import torch

        hidden = gates["hidden"]
        slope = (hidden > 0).to(above.dtype) if self._nonlinearity == "relu" else 1 - hidden**2
        rows = torch.empty_like(slope)
        carried = torch.zeros_like(above[0])
        for t in reversed(range(len(above))):
            rows[t] = (carried + above[t]) * slope[t]
            carried = rows[t] @ w["weight_hh"]
        return rows @ w["weight_ih"]

    def torch_module(self, inputs: int, hidden: int, layers: int, **options: Any) -> nn.Module:
        """Return `torch.nn.RNN`."""
        from torch import nn

        return nn.RNN(inputs, hidden, layers, nonlinearity=self._nonlinearity, **options)


CELL = RNN()
