"""Passages of a corpus in which most of the neurons of a pattern are on (LSTMVis, Strobelt et al. 2018).

Among many passages, some share neurons with any pattern by chance. What chance reaches is shown beside them: in a
shuffle, the course of each neuron is rotated within each dialog by a random number of words, one of its own. That keeps
how often and how long each neuron is on, and which dialogs it is on in, and takes away that neurons are on together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.corpus.dialogs import Dialog
from seqchat.errors import SeqchatError
from seqchat.insight.neurons.best import Best
from seqchat.insight.neurons.patterns import Bools, Pattern, on
from seqchat.insight.neurons.states import DialogWords, Passage, dialog_words, read_passages
from seqchat.insight.selection import find_quantity

# The number of neurons that the best passage of this share of shuffles does not exceed is what chance reaches.
_CHANCE = 0.95


@dataclass(frozen=True)
class Match:
    """A passage that shares neurons with a pattern.

    shared: how many; others: how many neurons are on in it that the pattern has not; passages: how many passages share
    as many or more; by_chance: how many do in a shuffle, on average; p: the share of shuffles, and of the truth itself,
    in which any passage does; dialog: which one of the corpus, from 1.
    """

    shared: int
    others: int
    passages: int
    by_chance: float
    p: float
    dialog: int
    before: str
    text: str
    after: str


@dataclass(frozen=True)
class Matches:
    """What was read, and the passages that share most neurons with a pattern, the best first.

    passages: how many spans of words as long as the pattern's were compared; chance: how many neurons the best passage
    shares in one of twenty shuffles, or more.
    """

    pattern: Pattern
    dialogs: int
    words: int
    passages: int
    shuffles: int
    chance: int
    found: list[Match]


def find_matches(
    engine: Engine,
    dialogs: Iterable[Dialog],
    pattern: Pattern,
    *,
    k: int = 10,
    around: int = 8,
    shuffles: int = 100,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Matches:
    """Find the k passages that share most neurons with a pattern; of equals, those in which fewest others are on.

    They are as long as the pattern's span. They come from different dialogs (or parts of a long one), and no two have
    the same words, `around` words before included. Dialogs are read one after the other, and memory does not grow with
    their number or their length.

    Raises:
        SeqchatError: no neuron is on in the pattern, or no dialog is as long as it.
    """
    if not pattern.size:
        raise SeqchatError(
            f"No neuron is on throughout the words {pattern.span} at the threshold {pattern.threshold:g}; "
            "take a lower threshold or a shorter span."
        )
    search = _Search(engine, pattern, Best(k), around, _Chance(pattern.size, shuffles, seed))
    readings = (dialog_words(dialog.turns, engine.vocabulary) for dialog in dialogs)
    selected = find_quantity(engine.network, pattern.layer, pattern.quantity)
    words = number = 0
    for passage in read_passages(engine.network, readings, selected, len(pattern.span) - 1):
        words, number = words + search.read(passage), passage.number
        progress(number, words)
    if not search.chance.passages:
        raise SeqchatError(f"The text has no dialog of {len(pattern.span)} words or more to compare with.")
    found = [search.chance.beside(each) for each in search.best.ranked()]
    return Matches(pattern, number, words, search.chance.passages, shuffles, search.chance.reached, found)


@dataclass(frozen=True)
class _Search:
    """What a pattern is compared with so far."""

    engine: Engine
    pattern: Pattern
    best: Best[tuple[int, int, int, tuple[str, str, str]]]
    around: int
    chance: _Chance

    def read(self, passage: Passage) -> int:
        """Compare all spans of a passage of the corpus; return how many words of it are new."""
        pattern, length = self.pattern, len(self.pattern.span)
        # The start of a dialog is no word.
        skipped = int(passage.start == 0)
        new = len(passage.values) - (skipped or length - 1)
        held = throughout(on(passage.values[skipped:], pattern.threshold, signed=pattern.signed), length)
        if len(held):
            in_pattern = held[:, pattern.places(passage.values.shape[1])]
            self.chance.add(in_pattern)
            self._take_best(passage.dialog, passage.start + skipped, passage.number, held, in_pattern)
        return new

    def _take_best(self, dialog: DialogWords, start: int, number: int, held: Bools, in_pattern: Bools) -> None:
        shared = in_pattern.sum(axis=1)
        others = held.sum(axis=1) - shared
        at = int(np.lexsort((others, -shared))[0])
        first, last = start + at, start + at + len(self.pattern.span) - 1
        score, key = (int(shared[at]), -int(others[at])), tuple(dialog.ids[max(first - self.around, 0) : last + 1])
        if self.best.accepts(score, key):
            excerpt = dialog.excerpt(first, last, self.around, self.engine.vocabulary)
            self.best.add(score, key, (int(shared[at]), int(others[at]), number, excerpt))


class _Chance:
    """How many neurons passages share with a pattern of some size, in the corpus and in shuffles of it."""

    def __init__(self, size: int, shuffles: int, seed: int) -> None:
        self._shuffles, self._rng = shuffles, np.random.default_rng(seed)
        # How many passages share 0, 1, 2 … neurons; and how many the best one of each shuffle shares
        self._true, self._shuffled = np.zeros(size + 1, np.int64), np.zeros(size + 1, np.int64)
        self._best = np.zeros(shuffles, np.int64)

    def add(self, held: Bools) -> None:
        """Count the passages of a dialog: held [passages, neurons of the pattern]."""
        size = len(self._true)
        self._true += np.bincount(held.sum(axis=1), minlength=size)
        shared = shuffled_counts(held, self._shuffles, self._rng)
        self._shuffled += np.bincount(shared.ravel(), minlength=size)
        self._best = np.maximum(self._best, shared.max(axis=0))

    @property
    def passages(self) -> int:
        """How many passages were counted."""
        return int(self._true.sum())

    @property
    def reached(self) -> int:
        """How many neurons the best passage shares in one of twenty shuffles, or more."""
        return int(np.quantile(self._best, _CHANCE, method="higher"))

    def beside(self, found: tuple[int, int, int, tuple[str, str, str]]) -> Match:
        """Put what chance does beside a passage."""
        shared, others, dialog, (before, text, after) = found
        p = (1 + int((self._best >= shared).sum())) / (1 + self._shuffles)
        by_chance = float(self._shuffled[shared:].sum() / self._shuffles)
        return Match(shared, others, int(self._true[shared:].sum()), by_chance, p, dialog, before, text, after)


def throughout(is_on: Bools, length: int) -> Bools:
    """Return what is on [words, neurons] in all of `length` words from each word on: [passages, neurons]."""
    if len(is_on) < length:
        return is_on[:0]
    return np.asarray(np.lib.stride_tricks.sliding_window_view(is_on, length, axis=0).all(axis=-1))


def shuffled_counts(held: Bools, shuffles: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rotate each column of held [passages, neurons] by random numbers; return how many hold: [passages, shuffles]."""
    passages, neurons = held.shape
    by = rng.integers(passages, size=(neurons, shuffles))
    rows, columns = np.nonzero(held)
    places = (rows[:, None] + by[columns]) % passages * shuffles + np.arange(shuffles)
    return np.bincount(places.ravel(), minlength=passages * shuffles).reshape(passages, shuffles)
