"""GRU (Cho et al. 2014, reset after the product).

``r, z = σ(…)``, ``n = tanh(W_in x + b_in + r·(W_hn h + b_hn))``, ``h' = (1 − z)·n + z·h``: an update gate of 1 keeps
the old state.
"""

from __future__ import annotations

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
from seqchat.model.cells.opening import Addend, Bias, Factor, Formula, Row, read_by_torch

if TYPE_CHECKING:
    from torch import Tensor, nn

    from seqchat.model.cells.base import Floats


class GRU(Cell):
    """The gated recurrent unit."""

    name = "gru"
    title = "GRU"
    keep_gate = KeepGate("update")
    recurrent_weights = ("weight_hh",)
    gates = (
        Gate(
            "reset",
            "r",
            "reset",
            0,
            1,
            "r = σ(W_ir x + b_ir + W_hr h₋₁ + b_hr)",
            "reset gate",
            "重置门",
            "How much of the old state the candidate can see.",
            "候选状态能看到多少旧状态。",
        ),
        Gate(
            "update",
            "z",
            "keep",
            0,
            1,
            "z = σ(W_iz x + b_iz + W_hz h₋₁ + b_hz)",
            "update gate",
            "更新门",
            "1 keeps the old state, 0 replaces it with the candidate (some papers write it the other way round).",
            "1 保留旧状态，0 换成候选状态（有的论文正好相反）。",
        ),
        Gate(
            "candidate",
            "n",
            "candidate",
            -1,
            1,
            "n = tanh(W_in x + b_in + r · (W_hn h₋₁ + b_hn))",
            "candidate",
            "候选状态",
            WRITABLE_EN,
            WRITABLE_ZH,
        ),
        Gate(
            "hidden",
            "h",
            "state",
            -1,
            1,
            "h = (1 − z) · n + z · h₋₁",
            "hidden state",
            "隐藏状态",
            "Memory and output in one: a mixture of the old state and the candidate.",
            "记忆与输出合一：旧状态与候选状态的混合。",
        ),
    )

    formulas: Mapping[str, Formula] = {
        "reset": Formula(read_by_torch("r", 0), "σ"),
        "update": Formula(read_by_torch("z", 1), "σ"),
        "candidate": Formula(
            (
                Addend(term=Row("weight_ih", 2, "x", "W_in")),
                Addend(term=Bias("bias_ih", 2, "b_in")),
                Addend((Factor("reset"),), Row("weight_hh", 2, "h", "W_hn")),
                Addend((Factor("reset"),), Bias("bias_hh", 2, "b_hn")),
            ),
            "tanh",
        ),
        "hidden": Formula(
            (
                Addend((Factor("update", complement=True), Factor("candidate"))),
                Addend((Factor("update"), Factor("hidden", before=True))),
            )
        ),
    }

    def weight_shapes(self, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return those of `torch.nn.GRU`."""
        return torch_shapes(3, inputs, hidden)

    def step(self, x: Tensor, state: Tensor, w: LayerWeights, hold: Hold = free) -> tuple[Tensor, Gates]:
        """Read one word; the state is the hidden state."""
        from torch.nn.functional import linear

        (hidden,) = state
        x_r, x_z, x_n = linear(x, w["weight_ih"], w["bias_ih"]).chunk(3, dim=-1)
        h_r, h_z, h_n = linear(hidden, w["weight_hh"], w["bias_hh"]).chunk(3, dim=-1)
        r, z = hold("reset", (x_r + h_r).sigmoid()), hold("update", (x_z + h_z).sigmoid())
        n = hold("candidate", (x_n + r * h_n).tanh())
        hidden = hold("hidden", (1 - z) * n + z * hidden)
        return hidden[None], {"reset": r, "update": z, "candidate": n, "hidden": hidden}

    def sequence(self, x: Tensor, state: Tensor, w: LayerWeights, *, training: bool = False) -> tuple[Tensor, Tensor]:
        """Read a text in one fused kernel."""
        import torch

        return fused(torch.gru, x, state, w, training)

    def backward(self, x: Tensor, gates: Gates, before: Tensor, w: LayerWeights, above: Tensor) -> Tensor:
        """Go back through time by the derivatives of the formulas."""
        import torch
        from torch.nn.functional import linear

        r, z, n = (gates[name] for name in ("reset", "update", "candidate"))
        # The candidate sees the old state through one product, which the reset gate multiplies.
        seen = linear(before[0], w["weight_hh"], w["bias_hh"]).chunk(3, dim=1)[2]
        to_candidate = (1 - z) * (1 - n**2)
        slopes = torch.cat((to_candidate * seen * r * (1 - r), (before[0] - n) * z * (1 - z), to_candidate), dim=1)
        rows = torch.empty_like(slopes)
        hidden = torch.zeros_like(above[0])
        for t in reversed(range(len(above))):
            hidden = hidden + above[t]
            rows[t] = hidden.repeat(3) * slopes[t]
            to_reset, to_update, to_seen = rows[t].chunk(3)
            hidden = hidden * z[t] + torch.cat((to_reset, to_update, to_seen * r[t])) @ w["weight_hh"]
        return rows @ w["weight_ih"]

    def split(self, gates: Mapping[str, Floats], before: Floats) -> tuple[Floats, Floats]:
        """``Δh = (z − 1)·h₋₁ + (1 − z)·n = (1 − z)·(n − h₋₁)``"""
        return (gates["update"] - 1) * before, (1 - gates["update"]) * gates["candidate"]

    def torch_module(self, inputs: int, hidden: int, layers: int, **options: Any) -> nn.Module:
        """Return `torch.nn.GRU`."""
        from torch import nn

        return nn.GRU(inputs, hidden, layers, **options)


CELL = GRU()
