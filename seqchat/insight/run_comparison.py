"""Two runs of a network side by side: their predictions, and how far their states are apart at each word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.completion.states import Node
from seqchat.corpus.cleaning import GLUE
from seqchat.insight.gates import GateTrace, top_changes, trace

# Of the untouched and of the changed run
Pair = tuple[int, int]


@dataclass(frozen=True)
class WordProbability:
    """A word and how probable it is as the next one, in the untouched and in the changed run (0 to 1)."""

    word: str
    word_id: int
    untouched: float
    changed: float


class NeuronChange(NamedTuple):
    """A neuron and its value at the last word of both runs."""

    neuron: int
    untouched: float
    changed: float


@dataclass(frozen=True)
class ComparedRun:
    """One of two runs: its last node, its gates, and its most probable next words, the best first.

    The nodes of a changed run are not in the engine's tree.
    """

    node: Node
    trace: GateTrace
    suggestions: list[WordProbability]

    @property
    def words(self) -> list[str]:
        """The words that are shown, those outside of the vocabulary spelled, as they are written under the gates."""
        return self.trace.words

    @property
    def first(self) -> int:
        """The position of the first word that is shown, 0 being the start of the dialog."""
        return self.node.depth + 1 - len(self.words)


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side.

    bits: the Kullback-Leibler divergence D(untouched ‖ changed) of the next word's distribution over the whole
    vocabulary, in bits. state: what is compared at each word, ``cell`` in an LSTM and ``hidden`` in others. columns:
    which word of one trace is which of the other; if a swap changes the number of words, its words are matched from the
    last one backwards. distance and cosine: of the states at these words, [layers, columns], the norm of the difference
    and the cosine of the angle (nan where a state is all zero). top_changes: for each layer the neurons of the state
    that differ most at the last word, with changed − untouched. substitutes: the words of swaps that are not in the
    vocabulary, each with the words that are read instead; text_substitutes: the same for the untouched text.
    """

    untouched: ComparedRun
    changed: ComparedRun
    bits: float
    state: str
    columns: list[Pair]
    distance: NDArray[np.float32]
    cosine: NDArray[np.float32]
    top_changes: list[list[tuple[int, float]]]
    substitutes: dict[str, list[str]] = field(default_factory=dict)
    text_substitutes: dict[str, list[str]] = field(default_factory=dict)

    def changed_neurons(self, layer: int) -> list[NeuronChange]:
        """Return the neurons of `top_changes` of a layer (from 0), with their values in both runs."""
        before, now = (run.trace.layers[layer][self.state][-1] for run in (self.untouched, self.changed))
        return [
            NeuronChange(neuron, float(before[neuron]), float(now[neuron])) for neuron, _ in self.top_changes[layer]
        ]


def compare_runs(
    engine: Engine, nodes: tuple[Node, Node], pairs: Sequence[Pair], count: int, last: int | None, max_top_changes: int
) -> Comparison:
    """Compare the runs that end at two nodes, the untouched one first.

    pairs: which positions of the two are the same; count: of suggestions; last: how many words are shown, None for all.
    """
    traces = [trace(engine, node, last or node.depth + 1) for node in nodes]
    best, bits = _predict(engine, nodes, count)
    untouched, changed = (ComparedRun(*run) for run in zip(nodes, traces, best, strict=True))
    state = engine.network.cell.kept_state
    columns = _columns(pairs, untouched.first, changed.first)
    distance, cosine = _differences(traces, state, columns)
    layers = zip(*(shown.layers for shown in traces), strict=True)
    return Comparison(
        untouched,
        changed,
        bits,
        state,
        columns,
        distance,
        cosine,
        [top_changes(before[state][-1], now[state][-1], max_top_changes) for before, now in layers],
    )


def _predict(engine: Engine, nodes: tuple[Node, Node], count: int) -> tuple[list[list[WordProbability]], float]:
    """Return the best words of both runs, and the divergence of their distributions."""
    output = engine.network.output
    features = torch.stack([node.features for node in nodes])
    logits = output.logits(features)
    log_normalizer = logits.logsumexp(dim=1, keepdim=True)
    best = (logits + engine.suggestible_mask).topk(min(count, int(engine.vocabulary.suggestible.sum()))).indices
    probabilities: list[list[WordProbability]] = []
    for ids in best:
        both = (output.exact_logits(features, ids) - log_normalizer).exp().T.tolist()
        words = [engine.vocabulary.words[i].removeprefix(GLUE) for i in ids.tolist()]
        probabilities.append([WordProbability(w, i, *p) for w, i, p in zip(words, ids.tolist(), both, strict=True)])
    log_p, log_q = (logits - log_normalizer).double()
    divergence = float((log_p.exp() * (log_p - log_q)).sum()) / math.log(2)
    return probabilities, max(divergence, 0.0)


def _columns(pairs: Sequence[Pair], first: int, changed_first: int) -> list[Pair]:
    """Return the columns of two traces that begin at these positions."""
    columns = [(untouched - first, changed - changed_first) for untouched, changed in pairs]
    return [pair for pair in columns if min(pair) >= 0]


def _differences(
    traces: Sequence[GateTrace], state: str, columns: Sequence[Pair]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the distance and the cosine of the states of two runs, [layers, columns] each."""
    here, there = (list(column) for column in zip(*columns, strict=True))
    a = np.stack([layer[state][here] for layer in traces[0].layers])
    b = np.stack([layer[state][there] for layer in traces[1].layers])
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    with np.errstate(invalid="ignore"):
        cosine = (a * b).sum(axis=-1) / np.where(norms == 0, np.nan, norms)
    return np.linalg.norm(b - a, axis=-1), np.clip(cosine, -1, 1)
