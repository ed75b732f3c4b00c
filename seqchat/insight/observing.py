"""Every gate around the cursor, in every direction in which a network reads.

- ``next``: the last words up to the cursor, from the steps that made the suggestions.
- ``infill``: words on both sides of the cursor. A layer ``1→`` has read a word and all words left of it, a layer ``1←``
  the word and all words right of it that are shown, as `torch.nn` has it with ``bidirectional=True``. The gap at the
  cursor is filled from ``→`` at the word left of it and from ``←`` at the word right of it.
- ``window``: the window that ends at the cursor, unrolled: each of its words in each direction. Nothing else is read
  for the next word, and the state begins with zeros at either end. ``∅`` is no word, before the start of the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.completion.states import AbandonedError, Node
from seqchat.corpus.vocabulary import PAD_ID
from seqchat.insight.gates import GateTrace, labels, trace
from seqchat.insight.view import layer_names
from seqchat.model.cells import Gates, LayerWeights, run_layers
from seqchat.model.stepping import InfillSteps, StepNetwork, WindowSteps

_Arrays = dict[str, NDArray[np.float32]]


def observe(engine: Engine, node: Node, last: int | None = None, right: Sequence[int] = ()) -> GateTrace:
    """Return the gates of the words up to a node, and of the words right of it if the network reads them.

    last: how many words up to the node, None for all; the start of the dialog counts as one. right: the ids of the
    words right of the cursor, in the order of the text (`Engine.right_ids`).

    Raises:
        AbandonedError: the engine's tree was told to give up.
    """
    last = node.depth + 1 if last is None else last
    network = engine.network
    if isinstance(network, WindowSteps):
        return unrolled(engine, network, window_of(engine, network, node))
    if isinstance(network, InfillSteps):
        return _both_ways(engine, network, node, last, right)
    return trace(engine, node, last)


def window_of(engine: Engine, network: WindowSteps, node: Node) -> list[int]:
    """Return the ids of the window that ends with a node's word."""
    parents = engine.context.tree.with_states([] if node.parent is None else [node.parent])
    before = parents[0].state if parents else network.initial_state()
    return [*before[:, 0, 0].tolist(), node.word_id]


def unrolled(engine: Engine, network: WindowSteps, ids: Sequence[int]) -> GateTrace:
    """Return the gates at each word of a window, ids [window], in each direction."""
    layers = [_arrays(network, steps) for steps in network.unroll(torch.tensor(ids))]
    return GateTrace(labels(engine.vocabulary, ids), network.layer_names, layers, ids[0] == PAD_ID, tuple(ids))


def _both_ways(engine: Engine, network: InfillSteps, node: Node, last: int, right: Sequence[int]) -> GateTrace:
    left = [each.word_id for each in islice(node.path_to_root(), last)][::-1]
    ids, give_up = [*left, *right], engine.context.tree.interrupted
    seen = trace(engine, node, last)
    after = _read(network, network.layers, right, node.state, give_up)
    before = _read(network, network.backward_layers, ids[::-1], network.initial_state(), give_up)
    layers: list[_Arrays] = []
    for k, layer in enumerate(seen.layers):
        further = _arrays(network, [gates[k] for gates in after])
        layers.append({name: np.concatenate((values, further[name])) for name, values in layer.items()})
        layers.append(_arrays(network, [gates[k] for gates in before[::-1]]))
    words = labels(engine.vocabulary, ids)
    return GateTrace(words, layer_names(network), layers, seen.whole, tuple(ids), len(right))


@torch.inference_mode()
def _read(
    network: InfillSteps,
    layers: Sequence[LayerWeights],
    ids: Sequence[int],
    state: torch.Tensor,
    give_up: Callable[[], bool],
) -> list[list[Gates]]:
    """Read words in this order from a state; return the gates of each layer at each."""
    steps: list[list[Gates]] = []
    for word_id in ids:
        if give_up():
            raise AbandonedError
        state, gates = run_layers(network.vectors[torch.tensor([word_id])], state, layers, network.cell)
        steps.append(gates)
    return steps


def _arrays(network: StepNetwork, steps: Sequence[Gates]) -> _Arrays:
    """Return the values [words, hidden] of each gate of a layer at some words."""
    empty = torch.empty(0, network.config.hidden_size)
    return {gate.name: torch.cat([empty, *(step[gate.name] for step in steps)]).numpy() for gate in network.cell.gates}
