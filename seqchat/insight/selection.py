"""The layers, gates and neurons that a person names, looked up in a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqchat.errors import SeqchatError
from seqchat.model.stepping import InfillSteps, StepNetwork
from seqchat.wording import listed


@dataclass(frozen=True)
class LayerQuantity:
    """One visible quantity of one layer: `layer` counts from 0 in the order of ``StepNetwork.layer_names``."""

    layer: int
    quantity: str


def find_quantity(network: StepNetwork, layer: int | str | None = None, quantity: str = "hidden") -> LayerQuantity:
    """Look a layer and a gate or state up by their names; None is the last layer.

    Of a network of the objective infill, it is the forward half, whose layers are also called ``1→``.

    Raises:
        SeqchatError: the network has none of that name.
    """
    names = network.layer_names
    name = names[-1] if layer is None else str(layer)
    if isinstance(network, InfillSteps):
        if name.endswith("←"):
            raise SeqchatError(
                f"Layer {name} reads the text right of a gap; look at the other direction, {name[:-1]}→."
            )
        name = name.removesuffix("→")
    check_layer(name, names, names)
    check_gate(network, quantity)
    return LayerQuantity(names.index(name), quantity)


def check_layer(name: str, accepted: Sequence[str], names: Sequence[str]) -> None:
    """Make sure that a layer's name is one of those that are accepted; names: those that the message lists.

    Raises:
        SeqchatError: it does not.
    """
    if name not in accepted:
        layers = f"layer {names[0]} alone" if len(names) == 1 else f"layers {listed(names)}"
        raise SeqchatError(f"There is no layer {name}; the model has {layers}.")


def check_gate(network: StepNetwork, name: str) -> None:
    """Make sure that the network's cell has a gate or state of a name.

    Raises:
        SeqchatError: it has not.
    """
    names = [gate.name for gate in network.cell.gates]
    if name not in names:
        raise SeqchatError(f"The cell {network.cell.title} has no gate {name!r}; it has {listed(names)}.")


def check_neuron(network: StepNetwork, neuron: int) -> None:
    """Make sure that each layer has a neuron.

    Raises:
        SeqchatError: it has not.
    """
    last = network.config.hidden_size - 1
    if not 0 <= neuron <= last:
        raise SeqchatError(f"There is no neuron {neuron}; each layer has the neurons 0 to {last}.")
