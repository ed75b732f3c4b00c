"""LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

``i, f, o = σ(…)``, ``g = tanh(…)``, ``c' = f·c + i·g``, ``h' = o·tanh(c')``
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seqchat.model.cells.base import (
    WRITABLE_EN,
    WRITABLE_ZH,
    Cell,
    Gate,
    Gates,
    Hold,
    KeepGate,
    LayerWeights,
    free,
    fused,
    torch_shapes,
)
from seqchat.model.cells.opening import Addend, Factor, Formula, read_by_torch

if TYPE_CHECKING:
    from torch import Tensor, nn

    from seqchat.model.cells.base import Floats


class LSTM(Cell):
    """Long short-term memory: the state is the hidden and the cell state."""

    name = "lstm"
    title = "LSTM"
    state_names = ("hidden", "cell")
    keep_gate = KeepGate("forget")
    recurrent_weights = ("weight_hh",)
    gates = (
        Gate(
            "input",
            "i",
            "write",
            0,
            1,
            "i = σ(W_ii x + b_ii + W_hi h₋₁ + b_hi)",
            "input gate",
            "输入门",
            "How much of the candidate is written: 0 nothing, 1 all of it.",
            "候选内容写入多少：0 不写，1 全写。",
        ),
        Gate(
            "forget",
            "f",
            "keep",
            0,
            1,
            "f = σ(W_if x + b_if + W_hf h₋₁ + b_hf)",
            "forget gate",
            "遗忘门",
            "How much of the memory is kept: 0 forgets, 1 keeps.",
            "旧记忆保留多少：0 忘掉，1 保留。",
        ),
        Gate(
            "candidate",
            "g",
            "candidate",
            -1,
            1,
            "g = tanh(W_ig x + b_ig + W_hg h₋₁ + b_hg)",
            "candidate",
            "候选记忆",
            WRITABLE_EN,
            WRITABLE_ZH,
        ),
        Gate(
            "output",
            "o",
            "output",
            0,
            1,
            "o = σ(W_io x + b_io + W_ho h₋₁ + b_ho)",
            "output gate",
            "输出门",
            "How much of the memory is passed on to the layer above and to the next step.",
            "记忆有多少传给上面一层和下一步。",
        ),
        Gate(
            "cell",
            "c",
            "state",
            -2,
            2,
            "c = f · c₋₁ + i · g",
            "cell state",
            "记忆单元",
            "The memory itself: the old memory times the forget gate, plus the candidate times the input gate.",
            "记忆本身：旧记忆乘遗忘门，加上候选乘输入门。",
            bounded=False,
            # Those of its tanh, which is what the hidden state sees
            saturation=(-math.atanh(0.9), math.atanh(0.9)),
        ),
        Gate(
            "hidden",
            "h",
            "state",
            -1,
            1,
            "h = o · tanh(c)",
            "hidden state",
            "隐藏状态",
            "What the layer above and the suggestions see of the memory.",
            "上面一层和候选词所看到的那部分记忆。",
        ),
    )

    formulas: Mapping[str, Formula] = {
        "input": Formula(read_by_torch("i", 0), "σ"),
        "forget": Formula(read_by_torch("f", 1), "σ"),
        "candidate": Formula(read_by_torch("g", 2), "tanh"),
        "output": Formula(read_by_torch("o", 3), "σ"),
        "cell": Formula(
            (
                Addend((Factor("forget"), Factor("cell", before=True))),
                Addend((Factor("input"), Factor("candidate"))),
            )
        ),
        "hidden": Formula((Addend((Factor("output"), Factor("cell", squashed=True))),)),
    }

    def weight_shapes(self, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return those of `torch.nn.LSTM`."""
        return torch_shapes(4, inputs, hidden)

    def step(self, x: Tensor, state: Tensor, w: LayerWeights, hold: Hold = free) -> tuple[Tensor, Gates]:
        """Read one word."""
        import torch
        from torch.nn.functional import linear

        hidden, cell = state
        rows = linear(x, w["weight_ih"], w["bias_ih"]) + linear(hidden, w["weight_hh"], w["bias_hh"])
        i, f, g, o = rows.chunk(4, dim=-1)
        i, f = hold("input", i.sigmoid()), hold("forget", f.sigmoid())
        g, o = hold("candidate", g.tanh()), hold("output", o.sigmoid())
        cell = hold("cell", f * cell + i * g)
        hidden = hold("hidden", o * cell.tanh())
        gates = {"input": i, "forget": f, "candidate": g, "output": o, "cell": cell, "hidden": hidden}
        return torch.stack((hidden, cell)), gates

    def sequence(self, x: Tensor, state: Tensor, w: LayerWeights, *, training: bool = False) -> tuple[Tensor, Tensor]:
        """Read a text in one fused kernel."""
        import torch

        return fused(torch.lstm, x, state, w, training)

    def backward(self, x: Tensor, gates: Gates, before: Tensor, w: LayerWeights, above: Tensor) -> Tensor:
        """Go back through time by the derivatives of the formulas."""
        import torch

        i, f, g, o = (gates[name] for name in ("input", "forget", "candidate", "output"))
        squashed = gates["cell"].tanh()
        to_cell = o * (1 - squashed**2)
        from_cell = torch.cat((g * i * (1 - i), before[1] * f * (1 - f), i * (1 - g**2)), dim=1)
        from_hidden = squashed * o * (1 - o)
        rows = above.new_empty(len(above), 4 * above.shape[1])
        hidden = cell = torch.zeros_like(above[0])
        for t in reversed(range(len(above))):
            hidden = hidden + above[t]
            cell = cell + hidden * to_cell[t]
            rows[t] = torch.cat((cell.repeat(3) * from_cell[t], hidden * from_hidden[t]))
            hidden = rows[t] @ w["weight_hh"]
            cell = cell * f[t]
        return rows @ w["weight_ih"]

    def split(self, gates: Mapping[str, Floats], before: Floats) -> tuple[Floats, Floats]:
        """``Δc = (f − 1)·c₋₁ + i·g``"""
        return (gates["forget"] - 1) * before, gates["input"] * gates["candidate"]

    def torch_module(self, inputs: int, hidden: int, layers: int, **options: Any) -> nn.Module:
        """Return `torch.nn.LSTM`."""
        from torch import nn

        return nn.LSTM(inputs, hidden, layers, **options)


CELL = LSTM()
