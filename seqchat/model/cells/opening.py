"""A cell's formulas as data, and one neuron of one step computed from them with every addend kept.

A formula is an activation function of a sum; each addend is a product of factors (gates and states of the same neuron)
and at most one term: a row of a weight matrix times what it reads, or a bias.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seqchat.model.cells.base import MAX_STATE, Gate, LayerWeights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    Doubles = NDArray[np.float64]

Reads = Literal["x", "h"]


@dataclass(frozen=True)
class Row:
    """The rows of a weight matrix that belong to a gate, times what the layer reads: the word ``x`` or the state ``h``.

    block: which of the matrices that are stacked in the weight, from 0; symbol: how the formula writes it.
    """

    weights: str
    block: int
    reads: Reads
    symbol: str


@dataclass(frozen=True)
class Bias:
    """A bias of a gate."""

    weights: str
    block: int
    symbol: str


@dataclass(frozen=True)
class Factor:
    """The value of a gate or state at this word, or `before` it; `complement`: 1 minus it; `squashed`: its tanh."""

    gate: str
    before: bool = False
    complement: bool = False
    squashed: bool = False


@dataclass(frozen=True)
class Addend:
    """A product of factors and a term; there may be no factor, or no term."""

    factors: tuple[Factor, ...] = ()
    term: Row | Bias | None = None


@dataclass(frozen=True)
class Formula:
    """A gate: the activation function, one of `ACTIVATIONS`, of a sum."""

    addends: tuple[Addend, ...]
    activation: str = ""


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))


ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "": lambda value: value,
    "σ": _sigmoid,
    "tanh": math.tanh,
    "relu": lambda value: min(max(value, 0.0), MAX_STATE),
    # Of minGRU
    "g": lambda value: min(value + 0.5, MAX_STATE) if value >= 0 else _sigmoid(value),
}


@dataclass(frozen=True)
class OpenedAddend:
    """An addend with its numbers.

    symbol: as the formula writes it; factors: their symbols and values; term: the value of its row or bias, None
    without; weights, inputs: of a row, [inputs] each, whose products add up to the term; reads: what the row reads;
    value: all of it multiplied.
    """

    symbol: str
    factors: tuple[tuple[str, float], ...]
    term: float | None
    value: float
    reads: Reads | None = None
    weights: Doubles | None = None
    inputs: Doubles | None = None

    @property
    def products(self) -> Doubles:
        """What each input adds: weight times input, times the factors; [inputs], empty without a row."""
        import numpy as np

        if self.weights is None or self.inputs is None:
            return np.empty(0)
        products: Doubles = self.weights * self.inputs * math.prod(value for _, value in self.factors)
        return products


@dataclass(frozen=True)
class OpenedGate:
    """A gate of one neuron with its numbers: ``value = activation(total)``, and the addends add up to the total."""

    gate: Gate
    activation: str
    addends: tuple[OpenedAddend, ...]
    total: float
    value: float


def open_neuron(
    gates: Sequence[Gate],
    formulas: Mapping[str, Formula],
    neuron: int,
    x: Tensor,
    hidden: Tensor,
    before: Mapping[str, float],
    w: LayerWeights,
) -> list[OpenedGate]:
    """Compute one neuron of one step in float64, gate by gate in the order of the formulas.

    Args:
        x: what the layer reads at the word, [inputs].
        hidden: the hidden state before the word, [hidden].
        before: the neuron's states before the word, by their names.
    """
    symbols = {gate.name: gate.symbol for gate in gates}
    reads = {"x": x.double().numpy(), "h": hidden.double().numpy()}
    now: dict[str, float] = {}
    opened = []
    for gate in gates:
        formula = formulas[gate.name]
        addends = tuple(_open(addend, neuron, reads, now, before, symbols, w) for addend in formula.addends)
        total = math.fsum(addend.value for addend in addends)
        now[gate.name] = ACTIVATIONS[formula.activation](total)
        opened.append(OpenedGate(gate, formula.activation, addends, total, now[gate.name]))
    return opened


def _open(
    addend: Addend,
    neuron: int,
    reads: Mapping[str, Doubles],
    now: Mapping[str, float],
    before: Mapping[str, float],
    symbols: Mapping[str, str],
    w: LayerWeights,
) -> OpenedAddend:
    factors = tuple(
        _factor(factor, symbols[factor.gate], (before if factor.before else now)[factor.gate])
        for factor in addend.factors
    )
    product = math.prod(value for _, value in factors)
    names = [symbol for symbol, _ in factors]
    term = addend.term
    if term is None:
        return OpenedAddend(" · ".join(names), factors, None, product)
    index = term.block * len(reads["h"]) + neuron
    if isinstance(term, Bias):
        value = float(w[term.weights][index])
        return OpenedAddend(" · ".join([*names, term.symbol]), factors, value, product * value)
    weights, inputs = w[term.weights][index].double().numpy(), reads[term.reads]
    value = math.fsum(weights * inputs)
    symbol = " · ".join([*names, f"{term.symbol} {'x' if term.reads == 'x' else 'h₋₁'}"])
    return OpenedAddend(symbol, factors, value, product * value, term.reads, weights, inputs)


def _factor(factor: Factor, symbol: str, value: float) -> tuple[str, float]:
    """Return how a factor is written, and its value."""
    symbol += "₋₁" * factor.before
    if factor.squashed:
        symbol, value = f"tanh({symbol})", math.tanh(value)
    return (f"(1 − {symbol})", 1 - value) if factor.complement else (symbol, value)


def read_by_torch(letter: str, block: int) -> tuple[Addend, ...]:
    """Return the addends of a gate of `torch.nn`, whose rows are the block of that number in each weight."""
    return (
        Addend(term=Row("weight_ih", block, "x", f"W_i{letter}")),
        Addend(term=Row("weight_hh", block, "h", f"W_h{letter}")),
        Addend(term=Bias("bias_ih", block, f"b_i{letter}")),
        Addend(term=Bias("bias_hh", block, f"b_h{letter}")),
    )
