"""Which single neurons a panel shows, and why: those that moved most, that track something, or that were typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from seqchat.tui.language import say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqchat.insight.neurons.tracked import TrackedNeuron

By = Literal["moved", "tracking", "typed"]
WAYS: tuple[By, ...] = ("moved", "tracking", "typed")
# What the panel says of each
TITLES: dict[By, str] = {
    "moved": "moved most",
    "tracking": "track something",
    "typed": "by number",
}


@dataclass
class ChosenNeurons:
    """How neurons are chosen.

    typed: the numbers that a person gave; tracked: by the name of a layer, the neurons that track a property of the
    text, None where that is not known yet.
    """

    by: By = "moved"
    typed: tuple[int, ...] = ()
    tracked: Mapping[str, Sequence[TrackedNeuron]] = field(default_factory=dict)

    def next_way(self) -> None:
        """Choose another way; by number only where numbers were typed."""
        ways = [way for way in WAYS if way != "typed" or self.typed]
        self.by = ways[(ways.index(self.by) + 1) % len(ways)] if self.by in ways else ways[0]

    def type(self, numbers: Sequence[int]) -> None:
        """Choose neurons by their numbers."""
        self.typed, self.by = tuple(numbers), "typed"

    def find(self, layer: str, values: NDArray[np.float32], most: int) -> list[tuple[int, str]]:
        """Return at most so many neurons, each with a note; values: [words, neurons] of the gate that is drawn."""
        return list(_first(self._all(layer, values), most))

    def waits(self, layer: str) -> bool:
        """Whether the neurons of a layer that track something are wanted but not known."""
        return self.by == "tracking" and layer not in self.tracked

    def _all(self, layer: str, values: NDArray[np.float32]) -> Iterator[tuple[int, str]]:
        match self.by:
            case "moved":
                yield from _moved(values)
            case "tracking":
                for found in self.tracked.get(layer, ()):
                    yield found.neuron, say(found.name)
            case "typed":
                yield from ((neuron, "") for neuron in self.typed if neuron < values.shape[1])


def _first(found: Iterator[tuple[int, str]], most: int) -> Iterator[tuple[int, str]]:
    for _, neuron in zip(range(most), found, strict=False):
        yield neuron


def _moved(values: NDArray[np.float32]) -> Iterator[tuple[int, str]]:
    """Yield neurons and the distance between their lowest and highest value, the farthest first."""
    distances = values.max(axis=0) - values.min(axis=0)
    for neuron in (-distances).argsort(kind="stable"):
        yield int(neuron), f"↕{distances[neuron]:.2f}"


def numbers_in(text: str, neurons: int) -> list[int]:
    """Return the neurons that a text names by number, each once.

    Raises:
        ValueError: one does not exist, or there is none; the message says so in the current language.
    """
    names = re.findall(r"\d+", text)
    # A number of many digits need not be computed to be too large.
    missing = next((name for name in names if len(name) > 9 or int(name) >= neurons), None)
    if missing is not None or not names:
        if missing is None:
            raise ValueError(say("Type numbers of neurons, from 0 to {last}.", last=neurons - 1))
        raise ValueError(
            say("There is no neuron {number}; there are 0 to {last}.", number=missing[:12], last=neurons - 1)
        )
    return list(dict.fromkeys(map(int, names)))
