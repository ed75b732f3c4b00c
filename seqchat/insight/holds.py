"""Gates that are held at a value while a network reads: how a hold is written, checked and applied."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from seqchat.errors import SeqchatError
from seqchat.insight.selection import check_neuron, find_quantity
from seqchat.model.cells import Hold
from seqchat.model.stepping import StepNetwork

_HOLD = re.compile(r"(?P<gate>\w+)=(?P<value>[^@]+?)(?:@(?P<layer>[^:@]+))?(?::(?P<items>[nw]\d+(?:,[nw]\d+)*))?")


@dataclass(frozen=True)
class GateHold:
    """A gate, state or candidate that is held at a value while the network reads.

    layer: one of the network's ``layer_names`` (from 1), None for every layer; neurons: the held ones (from 0), None
    for all; start: the first position at which it is held, counted in the untouched text, where 0 is the start of the
    dialog and 1 the first word. A network of the objective window reads its last words again for each word, and holds
    during all of them.
    """

    gate: str
    value: float
    layer: int | str | None = None
    neurons: tuple[int, ...] | None = None
    start: int = 0

    @classmethod
    def parse(cls, text: str) -> GateHold:
        """Read ``gate=value``, optionally ``@layer``, optionally ``:n5,n17,w3``: neurons, and the word from which on it
        is held.

        Raises:
            SeqchatError: it is written otherwise.
        """
        match = _HOLD.fullmatch("".join(text.split()))
        value = _number(match["value"]) if match else None
        if match is None or value is None:
            raise SeqchatError(
                f"{text!r} is not a hold; write gate=value@layer, such as forget=0@1, or forget=1@1:n5,n17,w3."
            )
        numbers = {letter: tuple(map(int, re.findall(rf"{letter}(\d+)", match["items"] or ""))) for letter in "nw"}
        return cls(match["gate"], value, match["layer"], numbers["n"] or None, max(numbers["w"], default=0))


class ResolvedHold(NamedTuple):
    """A hold of one layer (from 0), from a position of the changed run onwards."""

    layer: int
    gate: str
    value: float
    neurons: Tensor | None
    start: int


def resolve(network: StepNetwork, hold: GateHold, words: int, pairs: Sequence[tuple[int, int]]) -> list[ResolvedHold]:
    """Check a hold, and return it for each of its layers.

    words: how many the untouched text has; pairs: which positions of the untouched and the changed run are the same.

    Raises:
        SeqchatError: there is no such layer, gate, neuron or word, or the gate cannot have this value.
    """
    selected = find_quantity(network, hold.layer, hold.gate)
    for neuron in hold.neurons or ():
        check_neuron(network, neuron)
    _check_value(network, hold)
    if not 0 <= hold.start <= words:
        raise SeqchatError(f"There is no word {hold.start} to hold {hold.gate} from; the text has 1 to {words}.")
    start = next(changed for untouched, changed in pairs if untouched >= hold.start)
    layers = range(len(network.layer_names)) if hold.layer is None else [selected.layer]
    neurons = None if hold.neurons is None else torch.tensor(hold.neurons, dtype=torch.long)
    return [ResolvedHold(layer, hold.gate, float(hold.value), neurons, start) for layer in layers]


def _check_value(network: StepNetwork, hold: GateHold) -> None:
    low, high = network.cell.gate(hold.gate).limits
    if not (math.isfinite(hold.value) and low <= hold.value <= high):
        limits = f"a number between {low:g} and {high:g}" if math.isfinite(high) else "a finite number"
        raise SeqchatError(f"The value of {hold.gate} is {limits}; it cannot be held at {hold.value:g}.")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def holds_at(position: int, held: Sequence[ResolvedHold], layers: int) -> list[Hold] | None:
    """Return what is held at a position of the changed run, one for each layer; None if nothing is."""
    active = [hold for hold in held if hold.start <= position]
    if not active:
        return None
    return [_hold([hold for hold in active if hold.layer == k]) for k in range(layers)]


def _hold(held: Sequence[ResolvedHold]) -> Hold:
    def hold(name: str, values: Tensor) -> Tensor:
        for each in held:
            if each.gate != name:
                continue
            if each.neurons is None:
                values = torch.full_like(values, each.value)
            else:
                values = values.index_fill(-1, each.neurons, each.value)
        return values

    return hold
