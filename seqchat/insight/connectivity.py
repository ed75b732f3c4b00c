"""How much a suggestion depends on each word before it (Madsen 2019, *Visualizing memorization in RNNs*, Distill)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.completion.cursor import Cursor
from seqchat.completion.engine import Engine
from seqchat.completion.reading import Insertion, Reading, read_tail
from seqchat.completion.states import Node
from seqchat.completion.suggestion import Suggestion
from seqchat.corpus.casing import fold
from seqchat.corpus.cleaning import GLUE
from seqchat.errors import SeqchatError
from seqchat.insight.spans import spans
from seqchat.insight.unrolled import gradient_at_words, gradient_in_window
from seqchat.model.cells import Gates
from seqchat.model.stepping import CarriedSteps, StepNetwork, WindowSteps

# Words farther back than this are not looked at.
MAX_WORDS = 100


@dataclass(frozen=True)
class Connection:
    """A word of a text, from character `start` to `end`, and how much a suggestion depends on it.

    norm: of the gradient of the suggestion's logit with respect to the word's embedding.
    """

    start: int
    end: int
    norm: float


@dataclass(frozen=True)
class SuggestionTarget:
    """The word that a suggestion is about, and the words before it.

    node: the words before; word_id: the word; rest: how many characters at the end of the readable text belong to no
    word before it, because they begin the word itself or are the pinyin that it replaces.
    """

    node: Node
    word_id: int
    rest: int


def connections(engine: Engine, text: str, suggestion: Suggestion, last: int = MAX_WORDS) -> list[Connection]:
    """Return how much a suggestion for the end of a text depends on each of the last words of that text, in order.

    Characters that the suggestion completes or replaces are left out (see `find_target`).

    Raises:
        SeqchatError: it is not a suggestion for this text.
    """
    target = find_target(engine, text, suggestion)
    norms = connectivity(engine, target.node, target.word_id, last).tolist()
    word_spans = spans(engine, text, rest=target.rest)
    return [
        Connection(start, end, norm)
        for (start, end), norm in zip(word_spans[len(word_spans) - len(norms) :], norms, strict=True)
    ]


def connectivity(engine: Engine, node: Node, word_id: int, last: int = MAX_WORDS) -> NDArray[np.float32]:
    """Return how much the logit of a word after `node` depends on each of the last words up to `node`, in order.

    It is the norm of the logit's gradient with respect to the embedding that was read there: [words], at most `last`,
    and the start of the dialog is none of them. The gates that the words' steps left are enough for it, so that
    nothing is read again. The logit is the network's own, without the memory of what was written;
    a network of the objective infill gives it with its forward half. Where a network reads a window, words before it
    have 0.

    Raises:
        SeqchatError: there is no such word, or `last` is less than 1.
    """
    if not 0 <= word_id < len(engine.vocabulary):
        raise SeqchatError(f"There is no word {word_id}; the model has words 0 to {len(engine.vocabulary) - 1}.")
    if last < 1:
        raise SeqchatError(f"The number of words to look back at is at least 1, not {last}.")
    nodes = engine.context.tree.with_gates(list(islice(node.path_to_root(), min(last, node.depth)))[::-1])
    if not nodes:
        return np.zeros(0, dtype=np.float32)
    gradient = _gradient(engine.network, nodes, engine.network.vectors[word_id])
    # A window is longer than a short text, and shorter than a long one.
    norms = gradient.norm(dim=-1)[-len(nodes) :].numpy()
    return np.pad(norms, (len(nodes) - len(norms), 0))


def _gradient(network: StepNetwork, nodes: Sequence[Node], at_features: Tensor) -> Tensor:
    """Return the gradient [words, embedding] at the words of the nodes, or of the whole window that ends there."""
    parents = [node.parent for node in nodes if node.parent is not None]
    if isinstance(network, WindowSteps):
        ids = [*parents[0].state[:, 0, 0].tolist(), *(node.word_id for node in nodes)]
        return gradient_in_window(network, torch.tensor(ids[-network.config.window :]), at_features)
    assert isinstance(network, CarriedSteps)
    gates = [_gates(network, nodes, layer) for layer in range(network.config.layers)]
    before = torch.cat([parent.state for parent in parents], dim=2)
    at_end = at_features if network.projection is None else at_features @ network.projection
    words = torch.tensor([node.word_id for node in nodes])
    return gradient_at_words(network, words, gates, before, at_end)


def _gates(network: CarriedSteps, nodes: Sequence[Node], layer: int) -> Gates:
    """Return the gates of a layer at the words of the nodes, [words, hidden] each."""
    return {gate.name: torch.stack([node.gate(layer, gate.name) for node in nodes]) for gate in network.cell.gates}


def find_target(engine: Engine, text: str, suggestion: Suggestion) -> SuggestionTarget:
    """Return the word whose logit represents a suggestion, and the words before it.

    A suggestion's probability sums over the readings of the text's tail; the logit is that of the reading that gives
    the suggestion its word. So for 锅, which makes ``想吃火`` end in 火锅, it is the logit of 火锅 after 想吃, and 火
    is no word before it. For a phrase written in pinyin, it is the logit of the first word.

    Raises:
        SeqchatError: it is not a suggestion for this text.
    """
    cursor = engine.cursor(text)
    found = read_tail(cursor, engine.context, engine.vocabulary, pinyin=suggestion.replace > 0)
    fitting = [reading for reading in found if reading.replaces == suggestion.replace]
    result = Insertion(suggestion.insert, suggestion.replace).result(cursor.tail)
    matches = [match for reading in found for match in _matches(engine, reading, cursor, result, suggestion.word)]
    if matches:
        _, reading, word_id = max(matches, key=lambda match: match[0])
    elif fitting and suggestion.replace:
        reading, word_id = fitting[0], _first_word(engine, suggestion.insert)
    else:
        raise SeqchatError(f"{suggestion.insert!r} is not a suggestion for this text.")
    return SuggestionTarget(reading.node, word_id, len(reading.remainder) + reading.replaces)


def _matches(
    engine: Engine, reading: Reading, cursor: Cursor, result: str, word: str
) -> list[tuple[float, Reading, int]]:
    """Return the log-probability of each variant of a word that leads to a result, with the reading and its id."""
    words = engine.vocabulary.words
    ids = reading.word_ids(result, cursor.tail, engine.vocabulary)
    ids = [i for i in ids if fold(words[i].removeprefix(GLUE)) == fold(word)]
    if not ids:
        return []
    values = (cursor.predictor.log_probs_of(reading.node, torch.tensor(ids)) + reading.log_weights(ids)).tolist()
    return [(value, reading, word_id) for value, word_id in zip(values, ids, strict=True)]


def _first_word(engine: Engine, phrase: str) -> int:
    return engine.vocabulary.encode(engine.vocabulary.segmenter.split(phrase))[0]
