"""Back-propagation through time (Werbos 1990), from the gates that the words' steps left.

Where a cell has a formula for it, nothing is read again and no graph is built: it costs one product with the recurrent
weights a word and layer.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import linear

from seqchat.model.cells import Gates, LayerWeights, free
from seqchat.model.stepping import CarriedSteps, WindowSteps


def gradient_at_words(network: CarriedSteps, ids: Tensor, gates: list[Gates], before: Tensor, at_end: Tensor) -> Tensor:
    """Return the gradient [words, embedding] at the embedding of each word.

    ids: of the words, [words]; gates: of each layer, [words, hidden]; before: the state before each word, [layers,
    parts, words, hidden]; at_end: the gradient [hidden] at the top layer's hidden state after the last word. Everything
    before the first word is held fixed.
    """
    gradient = at_end.new_zeros(before.shape[2], len(at_end))
    gradient[-1] = at_end
    inputs = [network.vectors[ids], *(of_layer["hidden"] for of_layer in gates[:-1])]
    for x, of_layer, state, weights in reversed(list(zip(inputs, gates, before, network.layers, strict=True))):
        gradient = network.cell.backward(x, of_layer, state, weights, gradient)
    return gradient


def gradient_in_window(network: WindowSteps, ids: Tensor, at_features: Tensor) -> Tensor:
    """Return the gradient [window, embedding] at the embedding of each word of a window, ids [window].

    at_features: the gradient [embedding] at the features after the last word.
    """
    with torch.inference_mode(False), torch.enable_grad():
        x = network.vectors[ids].requires_grad_()
        sequence = list(x[:, None])
        for layer in network.layers:
            readings = [_read(network, sequence, layer[0])]
            readings += [_read(network, sequence[::-1], weights)[::-1] for weights in layer[1:]]
            sequence = [torch.cat(directions, dim=-1) for directions in zip(*readings, strict=True)]
        features = sequence[-1] if network.projection is None else linear(sequence[-1], network.projection)
        (gradient,) = torch.autograd.grad(features[0], x, at_features)
    return gradient


def _read(network: WindowSteps, sequence: list[Tensor], weights: LayerWeights) -> list[Tensor]:
    """Run one layer over a sequence of [1, inputs]; return the hidden states."""
    state = torch.zeros(len(network.cell.state_names), 1, network.config.hidden_size)
    hidden = []
    for x in sequence:
        state, gates = network.cell.step(x, state, weights, free)
        hidden.append(gates["hidden"])
    return hidden
