"""The gates at each word of a text, taken from the same steps that made the suggestions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.completion.states import Node
from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.vocabulary import DIALOG_ID, PAD_ID, TURN_ID, UNKNOWN_ID, Vocabulary

_SIGNS = {PAD_ID: "∅", DIALOG_ID: "▶", TURN_ID: "⏎", UNKNOWN_ID: "□"}


@dataclass(frozen=True)
class GateTrace:
    """Every gate of every layer over some words.

    words: the label of each column; layers: bottom layer first, for each gate an array [words, neurons]; names: the
    name of each layer, with an arrow if it reads in one of two directions; whole: whether they begin with the start of
    the text; ids: of the words; after: how many of them are right of the cursor.
    """

    words: list[str]
    names: list[str]
    layers: list[dict[str, NDArray[np.float32]]]
    whole: bool = True
    ids: tuple[int, ...] = ()
    after: int = 0


def trace(engine: Engine, node: Node, last: int) -> GateTrace:
    """Return the gates at the last words up to `node`; the start of the dialog counts as a word."""
    nodes = engine.context.tree.with_gates(list(islice(node.path_to_root(), last))[::-1])
    ids = tuple(node.word_id for node in nodes)
    layers = [
        {gate.name: _rows(nodes, layer, gate.name) for gate in engine.network.cell.gates}
        for layer in range(len(engine.network.layer_names))
    ]
    words = labels(engine.vocabulary, ids)
    return GateTrace(words, engine.network.layer_names, layers, nodes[0].parent is None, ids)


def _rows(nodes: Sequence[Node], layer: int, name: str) -> NDArray[np.float32]:
    """Return a gate's values at nodes: [nodes, neurons]."""
    steps = [(node.stepped.gates[layer][name], node.batch_index) for node in nodes]
    # Most words were stepped over alone; slicing would take most of the time.
    rows = torch.cat([values if len(values) == 1 else values[row : row + 1] for values, row in steps])
    return np.asarray(rows.numpy())


def top_changes(before: NDArray[np.float32], now: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
    """Return the k neurons whose values [neurons] changed most, the largest change first, each with its change."""
    change = now - before
    return [(int(neuron), float(change[neuron])) for neuron in np.argsort(-np.abs(change), kind="stable")[:k]]


def labels(vocabulary: Vocabulary, ids: Iterable[int]) -> list[str]:
    """Return the labels of words."""
    return [label(vocabulary, word_id) for word_id in ids]


def label(vocabulary: Vocabulary, word_id: int) -> str:
    """Return the label of a word: ``▶`` for the start of a dialog, ``⏎`` for the end of a turn, ``∅`` for none."""
    return _SIGNS.get(word_id) or vocabulary.words[word_id].removeprefix(GLUE)
