"""What each layer of a network reads, and in which direction."""

from __future__ import annotations

from dataclasses import dataclass

from seqchat.insight.view import layer_names
from seqchat.model.cells import LayerWeights
from seqchat.model.stepping import CarriedSteps, InfillSteps, StepNetwork, WindowSteps


@dataclass(frozen=True)
class Wired:
    """A layer in one direction.

    below: the indices of the layers whose hidden states it reads at the same word, side by side; none where it reads
    the word; backward: whether it reads from right to left.
    """

    name: str
    weights: LayerWeights
    below: tuple[int, ...]
    backward: bool


def wiring(network: StepNetwork) -> list[Wired]:
    """Return the layers in the order of `view.layer_names`.

    In a window of two directions, a layer reads both directions of the layer below; the two stacks of a network of the
    objective infill know nothing of each other.
    """
    names, weights = layer_names(network), _weights(network)
    directions = len(names) // network.config.layers
    wired = []
    for index, name in enumerate(names):
        first = (index // directions - 1) * directions
        both = range(first, first + directions) if isinstance(network, WindowSteps) else (index - directions,)
        wired.append(Wired(name, weights[index], tuple(both) if first >= 0 else (), name.endswith("←")))
    return wired


def _weights(network: StepNetwork) -> list[LayerWeights]:
    if isinstance(network, InfillSteps):
        return [each for pair in zip(network.layers, network.backward_layers, strict=True) for each in pair]
    if isinstance(network, WindowSteps):
        return [weights for layer in network.layers for weights in layer]
    assert isinstance(network, CarriedSteps)
    return list(network.layers)
