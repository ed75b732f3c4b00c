"""minGRU (Feng et al. 2024, *Were RNNs All We Needed?*, arXiv 2410.01201): a GRU whose gate does not read the state.

``z = σ(W_z x + b_z)``, ``h̃ = g(W_h x + b_h)``, ``h' = (1 − z)·h + z·h̃`` with ``g(v) = v + 0.5`` for v ≥ 0 and σ(v)
otherwise: an update gate of 1 writes the candidate. The state is positive and has no upper end.

With ``a = 1 − z`` and ``b = z·h̃`` the state is a sum of positive products, ``h_t = Σ_s b_s·a_{s+1}·…·a_t``, so that a
text is read without a loop over its words: runs of 1, 2, 4 … words are joined (Hillis and Steele 1986), each joining
``(a, b)`` and ``(a', b')`` to ``(a·a', b·a' + b')``, in logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from seqchat.model.cells.base import (
    MAX_STATE,
    WRITABLE_EN,
    WRITABLE_ZH,
    Cell,
    Gate,
    Gates,
    Hold,
    KeepGate,
    LayerWeights,
    free,
)
from seqchat.model.cells.opening import Addend, Bias, Factor, Formula, Row

if TYPE_CHECKING:
    from torch import Tensor

    from seqchat.model.cells.base import Floats


class MinGRU(Cell):
    """The minimal gated recurrent unit; there is no recurrent matrix and no reset gate."""

    name = "mingru"
    title = "minGRU"
    keep_gate = KeepGate("update", writes=True)
    # The gate of one layer sees one word alone; that of the second what the first has remembered.
    context_layers = 2
    gates = (
        Gate(
            "update",
            "z",
            "write",
            0,
            1,
            "z = σ(W_z x + b_z)",
            "update gate",
            "更新门",
            "1 writes the candidate, 0 keeps the old state: the other way round than in a GRU.",
            "1 写入候选状态，0 保留旧状态，与 GRU 相反。",
        ),
        Gate(
            "candidate",
            "h̃",
            "candidate",
            0,
            math.inf,
            "h̃ = g(W_h x + b_h),  g(v) = v + 0.5 if v ≥ 0, else σ(v)",
            "candidate",
            "候选状态",
            WRITABLE_EN,
            WRITABLE_ZH,
        ),
        Gate(
            "hidden",
            "h",
            "state",
            0,
            math.inf,
            "h = (1 − z) · h₋₁ + z · h̃",
            "hidden state",
            "隐藏状态",
            "Memory and output in one: a mixture of the old state and the candidate, always positive.",
            "记忆与输出合一：旧状态与候选状态的混合，总为正。",
        ),
    )

    formulas: Mapping[str, Formula] = {
        "update": Formula((Addend(term=Row("weight", 0, "x", "W_z")), Addend(term=Bias("bias", 0, "b_z"))), "σ"),
        "candidate": Formula((Addend(term=Row("weight", 1, "x", "W_h")), Addend(term=Bias("bias", 1, "b_h"))), "g"),
        "hidden": Formula(
            (
                Addend((Factor("update", complement=True), Factor("hidden", before=True))),
                Addend((Factor("update"), Factor("candidate"))),
            )
        ),
    }

    def weight_shapes(self, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
        """Return the matrix and the bias of the update gate and, below, of the candidate."""
        return {"weight": (2 * hidden, inputs), "bias": (2 * hidden,)}

    def step(self, x: Tensor, state: Tensor, w: LayerWeights, hold: Hold = free) -> tuple[Tensor, Gates]:
        """Read one word; the state is the hidden state."""
        import torch
        from torch.nn.functional import linear

        (hidden,) = state
        z, v = linear(x, w["weight"], w["bias"]).chunk(2, dim=-1)
        z = hold("update", z.sigmoid())
        candidate = hold("candidate", torch.where(v >= 0, v + 0.5, v.sigmoid()).clamp(max=MAX_STATE))
        hidden = hold("hidden", (1 - z) * hidden + z * candidate)
        return hidden[None], {"update": z, "candidate": candidate, "hidden": hidden}

    def sequence(self, x: Tensor, state: Tensor, w: LayerWeights, *, training: bool = False) -> tuple[Tensor, Tensor]:
        """Read a text by a parallel scan."""
        from torch.nn.functional import linear

        rows = linear(x, w["weight"], w["bias"])
        # Half precision is too coarse for sums of logarithms.
        z, v = (rows.float() if rows.dtype.itemsize < 4 else rows).chunk(2, dim=-1)
        outputs = _scan()(z, v, state[0].to(z.dtype))
        return outputs, outputs[-1:]

    def split(self, gates: Mapping[str, Floats], before: Floats) -> tuple[Floats, Floats]:
        """``Δh = −z·h₋₁ + z·h̃ = z·(h̃ − h₋₁)``"""
        return -gates["update"] * before, gates["update"] * gates["candidate"]


@cache
def _scan() -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return the function of z and v before their nonlinearities, [time, ...] each, and h₋₁ [...] to h [time, ...]."""
    import torch
    from torch.nn.functional import logsigmoid

    class LogSpaceScan(torch.autograd.Function):
        """The states of all words at once, and back through all of them at once."""

        @staticmethod
        def forward(ctx: Any, z: Tensor, v: Tensor, first: Tensor) -> Tensor:
            log_candidate = torch.where(v >= 0, v.clamp(min=0).add(0.5).log(), logsigmoid(v))
            log_kept, log_written = logsigmoid(-z), logsigmoid(z) + log_candidate
            length = 1
            while length < len(z):
                later = torch.logaddexp(log_written[length:], log_kept[length:] + log_written[:-length])
                log_written = torch.cat((log_written[:length], later))
                log_kept = torch.cat((log_kept[:length], log_kept[length:] + log_kept[:-length]))
                length *= 2
            # The state before the text may be 0, and so is not among the logarithms.
            hidden = torch.addcmul(log_written.exp(), log_kept.exp(), first)
            ctx.save_for_backward(z, v, first, hidden)
            return hidden

        @staticmethod
        def backward(ctx: Any, *above: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            z, v, first, hidden = ctx.saved_tensors
            gate, candidate = z.sigmoid(), torch.where(v >= 0, v + 0.5, v.sigmoid())
            # The gradient obeys the same recurrence from right to left: dh_t = above_t + a_{t+1}·dh_{t+1}.
            gradient, kept = above[0], torch.cat((1 - gate[1:], torch.zeros_like(gate[:1])))
            length = 1
            while length < len(z):
                earlier = torch.addcmul(gradient[:-length], kept[:-length], gradient[length:])
                gradient = torch.cat((earlier, gradient[-length:]))
                kept = torch.cat((kept[:-length] * kept[length:], kept[-length:]))
                length *= 2
            before = torch.cat((first[None], hidden[:-1]))
            slope = torch.where(v >= 0, 1.0, candidate * (1 - candidate))
            to_z, to_v = gradient * (candidate - before) * gate * (1 - gate), gradient * gate * slope
            return to_z, to_v, gradient[0] * (1 - gate[0])

    scan: Callable[[Tensor, Tensor, Tensor], Tensor] = LogSpaceScan.apply
    return scan


CELL = MinGRU()
