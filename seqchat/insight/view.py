"""What is looked at in a model: some of its layers, gates and neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqchat.completion.engine import Engine
from seqchat.errors import SeqchatError
from seqchat.insight.selection import check_gate, check_layer, check_neuron
from seqchat.model.cells import Gate
from seqchat.model.stepping import InfillSteps, StepNetwork
from seqchat.wording import listed


@dataclass(frozen=True)
class View:
    """What to look at in a model.

    model: its name; cell: its name, such as lstm; layers: their names, bottom layer first, with an arrow if a layer
    reads in one of two directions; gates: in the order of the formulas; neurons: numbers from 0, the same ones of each
    layer; window: whether the model reads a window of words.
    """

    model: str
    cell: str
    layers: tuple[str, ...]
    gates: tuple[Gate, ...]
    neurons: tuple[int, ...]
    window: bool = False

    @property
    def values_per_word(self) -> int:
        """How many numbers are recorded at a word."""
        return len(self.layers) * len(self.gates) * len(self.neurons)


def select_view(
    engine: Engine,
    layers: Sequence[str] = (),
    gates: Sequence[str] = (),
    neurons: Sequence[int] = (),
    direction: str | None = None,
) -> View:
    """Choose what to record by names and numbers; without names, everything.

    A layer's number without an arrow means both directions; direction: ``→`` or ``←``, None for both.

    Raises:
        SeqchatError: the model has no such layer, gate, neuron or direction.
    """
    network = engine.network
    present = layer_names(network)
    _check(network, present, layers, gates, neurons)
    chosen = tuple(name for name in present if not layers or name in layers or _number(name) in layers)
    if direction == "←" or any(name.endswith("←") for name in chosen):
        chosen = tuple(name for name in chosen if direction is None or name.endswith(direction))
    if not chosen:
        raise SeqchatError(
            f"{engine.name} reads in one direction, from left to right."
            if not present[-1].endswith("←")
            else f"The layers {listed(layers)} do not read in the direction {direction}."
        )
    return View(
        engine.name,
        engine.config.cell,
        chosen,
        tuple(gate for gate in network.cell.gates if not gates or gate.name in gates),
        tuple(dict.fromkeys(neurons)) or tuple(range(engine.config.hidden_size)),
        engine.config.objective == "window",
    )


def _check(
    network: StepNetwork, present: Sequence[str], layers: Sequence[str], gates: Sequence[str], neurons: Sequence[int]
) -> None:
    for name in layers:
        check_layer(name, [*present, *map(_number, present)], present)
    for name in gates:
        check_gate(network, name)
    for neuron in neurons:
        check_neuron(network, neuron)


def layer_names(network: StepNetwork) -> list[str]:
    """Return the names of all layers that are recorded, bottom layer first, each direction by itself."""
    if isinstance(network, InfillSteps):
        return [f"{name}{arrow}" for name in network.layer_names for arrow in "→←"]
    return network.layer_names


def _number(layer: str) -> str:
    return layer.rstrip("→←")
