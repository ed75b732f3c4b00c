"""The gates at each word of a text, taken from the very steps that made the suggestions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.completion.states import Node
from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID, UNKNOWN_ID

_SIGNS = {DIALOG_ID: "▶", TURN_ID: "⏎", UNKNOWN_ID: "□"}


@dataclass(frozen=True)
class GateTrace:
    """Every gate of every layer over some words.

    words: what stands under each column; layers: bottom layer first, for each gate an array [words, neurons]; names:
    the name of each layer, with an arrow where it reads in one of two directions; whole: whether they begin with the
    start of the text.
    """

    words: list[str]
    names: list[str]
    layers: list[dict[str, NDArray[np.float32]]]
    whole: bool = True


def trace(engine: Engine, node: Node, last: int) -> GateTrace:
    """Return the gates at the last words up to `node`; the start of the dialog counts as a word."""
    nodes = list(islice(node.path(), last))[::-1]
    words = [_label(engine, n.word_id) for n in nodes]
    layers = [
        {gate.name: np.stack([n.gate(layer, gate.name).numpy() for n in nodes]) for gate in engine.network.cell.gates}
        for layer in range(len(engine.network.layer_names))
    ]
    return GateTrace(words, engine.network.layer_names, layers, nodes[0].parent is None)


def movers(before: NDArray[np.float32], now: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
    """Return the k neurons whose values [neurons] changed most, the largest change first, each with its change."""
    change = now - before
    return [(int(neuron), float(change[neuron])) for neuron in np.argsort(-np.abs(change), kind="stable")[:k]]


def _label(engine: Engine, word_id: int) -> str:
    return _SIGNS.get(word_id) or engine.vocabulary.words[word_id].removeprefix(GLUE)
