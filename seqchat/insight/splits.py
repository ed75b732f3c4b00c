"""What the gates split exactly: the change of a state into forgotten and written, a logit into its neurons' parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.completion.states import Node
from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError
from seqchat.insight.gates import GateTrace, top_changes
from seqchat.insight.swaps import fallback_tokens
from seqchat.model.cells import Cell
from seqchat.model.stepping import WindowSteps


@dataclass(frozen=True)
class StateSplit:
    """How the state of a layer changed at each word: ``change = forgotten + written + imposed``, [words, neurons] each.

    imposed: what holding the state itself added; only rounding if it is not held. If a trace does not begin with the
    start of the text, all values of its first word are nan, because the state before it is not known.
    """

    state: str
    change: NDArray[np.float32]
    forgotten: NDArray[np.float32]
    written: NDArray[np.float32]
    imposed: NDArray[np.float32]


class Contribution(NamedTuple):
    """What a neuron adds to a logit: its activation times its weight.

    position: its index in a split's arrays; layer: the name of its layer; neuron: its number there.
    """

    position: int
    layer: str
    neuron: int
    activation: float
    value: float


@dataclass(frozen=True)
class LogitSplit:
    """A logit, or the difference of two, as a sum over the last layer's neurons and the output bias.

    hidden: the neurons' activations [neurons]; weights: what one unit of each adds [neurons], the projection's
    transpose times the word's embedding, or times the difference of two. If the last layer has two directions, the
    neurons of one are followed by those of the other; layers: their names.
    """

    hidden: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: float
    layers: list[str]

    @property
    def contributions(self) -> NDArray[np.float64]:
        """What each neuron adds: [neurons]."""
        return self.hidden * self.weights

    @property
    def total(self) -> float:
        """The logit, or the difference: the log-ratio of the two words' probabilities."""
        return float(self.contributions.sum()) + self.bias

    def strongest(self, k: int) -> tuple[list[Contribution], list[Contribution]]:
        """Return at most k neurons that raise the sum most, and k that lower it most, the strongest first."""
        order = np.argsort(self.contributions, kind="stable")
        raising = [self.contribution(j) for j in order[::-1][:k].tolist() if self.contributions[j] > 0]
        lowering = [self.contribution(j) for j in order[:k].tolist() if self.contributions[j] < 0]
        return raising, lowering

    def contribution(self, position: int) -> Contribution:
        """Return what one of the neurons adds."""
        direction, neuron = divmod(position, len(self.hidden) // len(self.layers))
        value = float(self.contributions[position])
        return Contribution(position, self.layers[direction], neuron, float(self.hidden[position]), value)


def state_splits(engine: Engine, trace: GateTrace) -> list[StateSplit]:
    """Return how each layer's state changed at each word of a trace, bottom layer first.

    Each cell has the formula (`Cell.split`); if it has no gate, everything is forgotten and written at each word.

    Raises:
        SeqchatError: the model reads a whole window at each word, so that no state goes from word to word.
    """
    if isinstance(engine.network, WindowSteps):
        raise SeqchatError(
            "A model of the objective window reads its last words again at each word, so that no state goes from one "
            "word to the next. Choose a model of the objective next or infill."
        )
    return [_state_split(engine.network.cell, gates, trace.whole) for gates in trace.layers]


def _state_split(cell: Cell, gates: dict[str, NDArray[np.float32]], whole: bool) -> StateSplit:
    state = gates[cell.kept_state]
    before = np.concatenate([np.full_like(state[:1], 0 if whole else np.nan), state[:-1]])
    forgotten, written = cell.split(gates, before)
    change = state - before
    return StateSplit(cell.kept_state, change, forgotten, written, change - forgotten - written)


def logit_split(engine: Engine, node: Node, word_id: int, rather_than: int | None = None) -> LogitSplit:
    """Return why a word is probable after a node, or why it is more probable than another, neuron by neuron.

    ``logit_w = Σ_j h_j·(Pᵀ e_w)_j + b_w`` with the projection P and the word's embedding e_w; an `infill` model
    predicts with its forward half. The difference of two logits is the logarithm of the ratio of the words'
    probabilities.

    Raises:
        SeqchatError: there is no such word.
    """
    network = engine.network
    ids = torch.tensor([word_id] if rather_than is None else [word_id, rather_than])
    for index in ids.tolist():
        if not 0 <= index < len(engine.vocabulary):
            raise SeqchatError(f"There is no word {index}; the model has words 0 to {len(engine.vocabulary) - 1}.")
    directions = network.config.directions
    (node,) = engine.context.tree.with_gates([node])
    hidden = torch.cat([node.gate(layer, "hidden") for layer in range(-directions, 0)]).double()
    weights = network.vectors[ids].double()
    if network.projection is not None:
        weights = weights @ network.projection.double()
    biases = network.output.exact_logits(torch.zeros(network.config.embedding_size), ids).double()
    sign = torch.tensor([1.0, -1.0], dtype=torch.float64)[: len(ids)]
    return LogitSplit(hidden.numpy(), (sign @ weights).numpy(), float(sign @ biases), network.layer_names[-directions:])


@dataclass(frozen=True)
class LogitComparison:
    """A logit of a word, or its difference to that of another word, split in the untouched and in the changed run."""

    word: str
    rather_than: str | None
    untouched: LogitSplit
    changed: LogitSplit

    def top_changes(self, k: int) -> list[tuple[Contribution, Contribution]]:
        """Return what the k neurons add in both runs that differ most, the largest difference first."""
        before, now = (split.contributions.astype(np.float32) for split in (self.untouched, self.changed))
        positions = [position for position, _ in top_changes(before, now, k)]
        return [(self.untouched.contribution(p), self.changed.contribution(p)) for p in positions]


def compare_logits(
    engine: Engine, untouched: Node, changed: Node, word: str, rather_than: str | None = None
) -> LogitComparison:
    """Split a next word's logit after two nodes; the word is looked up as it would follow the untouched one.

    Raises:
        SeqchatError: a word is outside of the vocabulary.
    """
    ids = [find_word(engine, untouched, each) for each in (word, rather_than) if each]
    return LogitComparison(word, rather_than, logit_split(engine, untouched, *ids), logit_split(engine, changed, *ids))


def find_word(engine: Engine, node: Node, word: str) -> int:
    """Return the id of a word after a node; of the forms with and without a space, the more probable one.

    Raises:
        SeqchatError: it is not in the vocabulary; the message says what is read instead.
    """
    ids = engine.vocabulary.ids_of(clean(word).strip())
    if not ids:
        instead = " ".join(fallback_tokens(engine.vocabulary, clean(word).strip()))
        raise SeqchatError(f"{word!r} is not in the model's vocabulary; {instead or 'nothing'} is read instead.")
    logits = engine.network.output.exact_logits(node.features, torch.tensor(ids))
    return ids[int(logits.argmax())]
