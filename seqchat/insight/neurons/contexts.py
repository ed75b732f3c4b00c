"""Where in a text a neuron is highest, and where lowest, with the words around (as LSTMVis, Strobelt et al. 2018)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from seqchat.completion.engine import Engine
from seqchat.corpus.dialogs import Dialog
from seqchat.errors import SeqchatError
from seqchat.insight.neurons.best import Best
from seqchat.insight.neurons.states import dialog_words, read_states
from seqchat.insight.selection import check_neuron, find_quantity

# Each dialog, and each passage of this many words of a long one, gives at most one context.
PASSAGE_WORDS = 1_000


@dataclass(frozen=True)
class NeuronContext:
    """A word where a neuron has a value, and the text around it; dialog: which one of the text, from 1."""

    value: float
    dialog: int
    before: str
    word: str
    after: str


@dataclass(frozen=True)
class NeuronContexts:
    """What was read, and the contexts of a neuron: from the highest value down, and from the lowest up."""

    dialogs: int
    words: int
    highest: list[NeuronContext]
    lowest: list[NeuronContext]


def contexts(
    engine: Engine,
    dialogs: Iterable[Dialog],
    layer: int | str | None,
    neuron: int,
    quantity: str = "hidden",
    *,
    k: int = 10,
    around: int = 8,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> NeuronContexts:
    """Find the k contexts where a neuron is highest and lowest, `around` words on each side.

    They come from different dialogs (or passages of a long one), and no two have the same words up to that word; the
    beginning of a turn counts as a word. Dialogs are read one after the other, and memory does not grow with their
    number.

    Raises:
        SeqchatError: there is no such layer, quantity or neuron, or no dialog.
    """
    selected = find_quantity(engine.network, layer, quantity)
    check_neuron(engine.network, neuron)
    # By the sign with which the best value is the highest
    best = {1: Best[NeuronContext](k), -1: Best[NeuronContext](k)}
    number = words = 0
    readings = (dialog_words(dialog.turns, engine.vocabulary) for dialog in dialogs)
    for number, (read, columns) in enumerate(
        read_states(engine.network, readings, selected, slice(neuron, neuron + 1)), 1
    ):
        values = columns[:, 0]
        words += len(values) - 1
        for passage in _passages(len(values)):
            for sign, finds in best.items():
                at = int(passage.start + np.argmax(sign * values[passage]))
                value, key = float(values[at]), tuple(read.ids[max(at - around, 0) : at + 1])
                if finds.accepts((sign * value,), key):
                    around_it = read.excerpt(at, at, around, engine.vocabulary)
                    finds.add((sign * value,), key, NeuronContext(value, number, *around_it))
        progress(number, words)
    if not words:
        raise SeqchatError("There is no dialog to search for contexts.")
    return NeuronContexts(number, words, best[1].ranked(), best[-1].ranked())


def _passages(tokens: int) -> Iterator[slice]:
    """Cut what follows the start of a dialog into passages; a short rest belongs to the one before."""
    firsts = range(1, max(tokens - PASSAGE_WORDS // 2, 2), PASSAGE_WORDS)
    for first, last in zip(firsts, [*firsts[1:], tokens], strict=True):
        if first < last:
            yield slice(first, last)
