"""Back-propagation through time (Werbos 1990), from the words' gates where their steps left them behind.

Nothing is read again then and no graph is built, so that it costs one product with the recurrent weights a word and
layer. The formulas are the derivatives of those in `model.cells`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import linear

from seqchat.model.cells import Gates, LayerWeights, free
from seqchat.model.stepping import CarriedSteps, WindowSteps

# gates [words, hidden] of a layer, the state [parts, words, hidden] before each word, weights, the gradient
# [words, hidden] that comes from above → the gradient [words, inputs] at what the layer read
Backward = Callable[[Gates, Tensor, LayerWeights, Tensor], Tensor]


def gradient_at_words(network: CarriedSteps, gates: list[Gates], before: Tensor, at_end: Tensor) -> Tensor:
    """Return the gradient [words, embedding] at the embedding of each word.

    gates: of each layer, [words, hidden]; before: the state before each word, [layers, parts, words, hidden]; at_end:
    the gradient [hidden] at the top layer's hidden state after the last word. What is before the first word is held
    fixed.
    """
    backward = _BACKWARD[network.config.cell, network.config.nonlinearity if network.config.cell == "rnn" else "tanh"]
    gradient = at_end.new_zeros(before.shape[2], len(at_end))
    gradient[-1] = at_end
    for of_layer, state, weights in reversed(list(zip(gates, before, network.layers, strict=True))):
        gradient = backward(of_layer, state, weights, gradient)
    return gradient


def gradient_in_window(network: WindowSteps, ids: Tensor, at_features: Tensor) -> Tensor:
    """Return the gradient [window, embedding] at the embedding of each word of a window, ids [window].

    at_features: the gradient [embedding] at the features after the last word.
    """
    with torch.inference_mode(False), torch.enable_grad():
        x = network.embedding[ids].requires_grad_()
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
    state = torch.zeros(network.cell.state_parts, 1, network.config.hidden_size)
    hidden = []
    for x in sequence:
        state, gates = network.cell_step(x, state, weights, free)
        hidden.append(gates["hidden"])
    return hidden


def _rnn_tanh(gates: Gates, before: Tensor, weights: LayerWeights, above: Tensor) -> Tensor:
    return _rnn(1 - gates["hidden"] ** 2, weights, above)


def _rnn_relu(gates: Gates, before: Tensor, weights: LayerWeights, above: Tensor) -> Tensor:
    return _rnn((gates["hidden"] > 0).to(above.dtype), weights, above)


def _rnn(slope: Tensor, weights: LayerWeights, above: Tensor) -> Tensor:
    """Go back through an Elman cell whose activation has this slope [words, hidden]."""
    rows = torch.empty_like(slope)
    hidden = torch.zeros_like(above[0])
    for t in reversed(range(len(above))):
        rows[t] = (hidden + above[t]) * slope[t]
        hidden = rows[t] @ weights.hidden
    return rows @ weights.input


def _lstm(gates: Gates, before: Tensor, weights: LayerWeights, above: Tensor) -> Tensor:
    i, f, g, o = (gates[name] for name in ("input", "forget", "candidate", "output"))
    squashed = gates["cell"].tanh()
    to_cell = o * (1 - squashed**2)
    from_cell = torch.cat((g * i * (1 - i), before[1] * f * (1 - f), i * (1 - g**2)), dim=1)
    from_hidden = squashed * o * (1 - o)
    rows = above.new_empty(len(above), 4 * above.shape[1])
    hidden = cell = torch.zeros_like(above[0])
    for t in reversed(range(len(above))):
        hidden = hidden + above[t]
        cell = cell + hidden * to_cell[t]
        rows[t] = torch.cat((cell.repeat(3) * from_cell[t], hidden * from_hidden[t]))
        hidden = rows[t] @ weights.hidden
        cell = cell * f[t]
    return rows @ weights.input


def _gru(gates: Gates, before: Tensor, weights: LayerWeights, above: Tensor) -> Tensor:
    r, z, n = (gates[name] for name in ("reset", "update", "candidate"))
    # The candidate sees the old state through one product, which the reset gate multiplies.
    seen = linear(before[0], weights.hidden, weights.hidden_bias).chunk(3, dim=1)[2]
    to_candidate = (1 - z) * (1 - n**2)
    slopes = torch.cat((to_candidate * seen * r * (1 - r), (before[0] - n) * z * (1 - z), to_candidate), dim=1)
    rows = torch.empty_like(slopes)
    hidden = torch.zeros_like(above[0])
    for t in reversed(range(len(above))):
        hidden = hidden + above[t]
        rows[t] = hidden.repeat(3) * slopes[t]
        to_reset, to_update, to_seen = rows[t].chunk(3)
        hidden = hidden * z[t] + torch.cat((to_reset, to_update, to_seen * r[t])) @ weights.hidden
    return rows @ weights.input


_BACKWARD: dict[tuple[str, str], Backward] = {
    ("rnn", "tanh"): _rnn_tanh,
    ("rnn", "relu"): _rnn_relu,
    ("lstm", "tanh"): _lstm,
    ("gru", "tanh"): _gru,
}
