"""The activations of one neuron over a text (Karpathy, Johnson and Li 2015, figure 2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqchat.completion.context import turns
from seqchat.completion.engine import Engine
from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError
from seqchat.insight.neurons.states import dialog_words, read_states
from seqchat.insight.selection import check_neuron, find_quantity


@dataclass(frozen=True)
class NeuronActivations:
    """The value of a neuron at each word of a text.

    words: together they are the text, with a line break for the end of a turn; values: [words]; centre: the middle of
    the quantity's range.
    """

    words: list[str]
    values: NDArray[np.float32]
    centre: float


def neuron_activations(
    engine: Engine, text: str, layer: int | str | None, neuron: int, quantity: str = "hidden"
) -> NeuronActivations:
    """Return the activations of a neuron (counted from 0) over a text whose lines are turns; empty lines are skipped.

    layer: one of the network's ``layer_names``, None for the last; quantity: a gate or state of the cell. The values
    are those of the steps that make suggestions; an `infill` model shows its forward half.

    Raises:
        SeqchatError: there is no such layer, quantity or neuron, or no text.
    """
    selected = find_quantity(engine.network, layer, quantity)
    check_neuron(engine.network, neuron)
    finished, current = turns(clean(text))
    if not finished and not current:
        raise SeqchatError("There is no text to colour. Give at least one word.")
    ((read, values),) = read_states(
        engine.network, [dialog_words([*finished, current], engine.vocabulary)], selected, slice(neuron, neuron + 1)
    )
    gate = next(gate for gate in engine.network.cell.gates if gate.name == quantity)
    return NeuronActivations(read.surfaces(engine.vocabulary)[1:], values[1:, 0], gate.centre)
