"""How gates behave over a text: saturation, half-life and resets of every neuron, in one pass.

Saturation is that of Karpathy, Johnson and Li (2015, *Visualizing and Understanding Recurrent Networks*, section 4.2):
the share of words at which a neuron's gate is left-saturated (below 0.1) or right-saturated (above 0.9). For values
between −1 and 1 the limits are −0.9 and 0.9; for the LSTM's cell state they apply to its tanh, which the hidden state
sees; a rectified value is left-saturated at 0 and never right-saturated.

The *keep gate* says how much of the old state stays: the LSTM's forget gate, the GRU's update gate (which in `torch.nn`
keeps the old state); where a gate writes instead, it is 1 less that. An RNN has none. A neuron's half-life is the
number of words after which half of its old state is left, ``ln 0.5 / mean ln f``; a gate of 0 counts as the smallest
float32 above it.

The start of a dialog is not a word and is left out everywhere. A model that reads windows reads a word once in each of
them, at another place; all these readings count. The first word that is read in a window has no state before it, and
says nothing about what is kept.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.vocabulary import DIALOG_ID, PAD_ID, SPECIAL_WORDS, TURN_ID, Vocabulary
from seqchat.errors import SeqchatError
from seqchat.insight.recording import Block, record
from seqchat.insight.view import View
from seqchat.model.cells import KeepGate

Values = NDArray[np.float64]

# The kinds of words; each word has exactly one, and the others are compared with the last kind.
TURN, AFTER_TURN, PUNCTUATION, AFTER_PUNCTUATION = EVENTS = (
    "turn",
    "after turn",
    "punctuation",
    "after punctuation",
)
ELSEWHERE = "elsewhere"
KINDS = (*EVENTS, ELSEWHERE)

# Fewer words are not judged.
MIN_WORDS = 30
# How often a text in which nothing differs has at least one neuron that seems to.
FAMILY_WISE_ERROR = 0.05
# A neuron resets where its keep gate is at most this share of what it is elsewhere.
_RESET = 0.5
_SMALLEST = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Saturation:
    """A gate of a layer, [neurons] each: its mean, and the shares of words where it is left- and right-saturated."""

    mean: Values
    left: Values
    right: Values


@dataclass(frozen=True)
class Keeping:
    """What a layer's keep gate does.

    half_life: words [neurons], infinite if the gate was always 1. mean: [kinds of words, neurons], in the order of
    `KINDS`. difference: [events, neurons], between the mean at an event and elsewhere, in standard errors (Welch 1947);
    nan if there are too few such words.
    """

    half_life: Values
    mean: Values
    difference: Values

    def lower(self, event: str, limit: float) -> NDArray[np.int64]:
        """Return the indices of the neurons that keep significantly less at an event than elsewhere, the clearest
        first."""
        errors = self.difference[EVENTS.index(event)]
        order: NDArray[np.int64] = np.argsort(errors, kind="stable")
        found: NDArray[np.int64] = order[errors[order] < -limit]
        return found

    def resetting(self, event: str, limit: float) -> NDArray[np.int64]:
        """Return the indices of those among `lower` that keep at most half of what they keep elsewhere."""
        lower = self.lower(event, limit)
        found: NDArray[np.int64] = lower[self.mean[EVENTS.index(event), lower] <= _RESET * self.mean[-1, lower]]
        return found


@dataclass(frozen=True)
class LayerSummary:
    """A layer: its gates by name, and what its keep gate does; None if it has none in view or carries no state."""

    name: str
    gates: dict[str, Saturation]
    keeping: Keeping | None


@dataclass(frozen=True)
class Summary:
    """The statistics of a text.

    words: how many were read; counts: how many of each of `KINDS`; limits: for each event, how many standard errors are
    beyond chance. They are Bonferroni's, from Student's distribution: in a text in which no neuron differs at any
    event, the largest apparent difference stays below the limit 19 times out of 20. Words are taken to be independent,
    which is not quite true, and any kind of word differs a little from others: values just beyond the limit, and small
    differences, mean nothing.
    """

    view: View
    words: int
    counts: dict[str, int]
    limits: dict[str, float]
    layers: list[LayerSummary]


class Statistics:
    """Adds up blocks of words; its memory does not grow with them."""

    def __init__(self, engine: Engine, view: View) -> None:
        self._view = view
        self._punctuation = _punctuation(engine.vocabulary)
        self._previous = DIALOG_ID
        self._counts = np.zeros(len(KINDS))
        window = engine.config.window if engine.config.objective == "window" else 1
        # The kinds of the words before those of a block that are in a window with them
        self._before = np.full(window - 1, KINDS.index(ELSEWHERE))
        self._layers = [_LayerSums(view, engine.network.cell.keep_gate, window) for _ in view.layers]

    def add(self, block: Block) -> None:
        """Take in the next words of the text."""
        ids = np.array(block.ids)
        kinds = self._kinds(ids)
        self._counts += np.bincount(kinds[ids != DIALOG_ID], minlength=len(KINDS))
        if block.windows is not None:
            ids, kinds = block.windows, self._in_windows(kinds)
        words = (ids != DIALOG_ID) & (ids != PAD_ID)
        which = np.eye(len(KINDS))[kinds[words]]
        for name, sums, gates in zip(self._view.layers, self._layers, block.layers, strict=True):
            values = {gate: found[words].astype(np.float64) for gate, found in gates.items()}
            sums.add(values, which, _carried(words, name)[words])

    def _in_windows(self, kinds: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the kinds of the words [words, window] of the windows that end with words of these kinds."""
        known = np.concatenate((self._before, kinds))
        self._before = known[len(kinds) :]
        return np.lib.stride_tricks.sliding_window_view(known, len(self._before) + 1)

    def summary(self) -> Summary:
        """Return the statistics of all words so far.

        Raises:
            SeqchatError: there were none.
        """
        words = int(self._counts.sum())
        if words == 0:
            raise SeqchatError("There is no word in the text. Give at least one.")
        compared = sum(sums.keep is not None for sums in self._layers) * len(self._view.neurons) * len(EVENTS)
        limits = {
            event: significance_limit(compared, min(int(count), int(self._counts[-1])))
            for event, count in zip(EVENTS, self._counts[:-1], strict=True)
        }
        layers = [sums.summary(name) for name, sums in zip(self._view.layers, self._layers, strict=True)]
        counts = {name: int(count) for name, count in zip(KINDS, self._counts, strict=True)}
        return Summary(self._view, words, counts, limits, layers)

    def _kinds(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the index in `KINDS` of each word: its own kind has priority over that of following a word."""
        previous = np.concatenate(([self._previous], ids[:-1]))
        self._previous = int(ids[-1])
        is_kind = (
            (TURN, ids == TURN_ID),
            (PUNCTUATION, self._punctuation[ids]),
            (AFTER_TURN, previous == TURN_ID),
            (AFTER_PUNCTUATION, self._punctuation[previous]),
        )
        conditions, names = [mask for _, mask in is_kind], [KINDS.index(name) for name, _ in is_kind]
        return np.select(conditions, names, KINDS.index(ELSEWHERE))


class _LayerSums:
    """The sums of one layer: float64, so that millions of words lose nothing."""

    def __init__(self, view: View, keep: KeepGate | None, window: int) -> None:
        neurons = len(view.neurons)
        # How often a word is read with a state before it; readings of one word do not count as independent.
        self._readings = max(window - 1, 1)
        self._read = 0
        self._counts = np.zeros(len(KINDS))
        self.keep = keep if keep and keep.name in {gate.name for gate in view.gates} else None
        self._limits = {gate.name: gate.saturation_limits for gate in view.gates}
        # mean, left, right of each gate
        self._gates = {gate.name: np.zeros((3, neurons)) for gate in view.gates}
        self._logarithms = np.zeros(neurons)
        self._kept = np.zeros((len(KINDS), neurons))
        self._squares = np.zeros((len(KINDS), neurons))

    def add(self, gates: dict[str, Values], which: Values, carried: NDArray[np.bool_]) -> None:
        """Add values [words, neurons] by gate.

        which: the kind of each word, one-hot, [words, kinds]; carried: whether there was a state before it, [words].
        """
        self._read += len(which)
        for name, values in gates.items():
            low, high = self._limits[name]
            self._gates[name] += values.sum(axis=0), (values < low).sum(axis=0), (values > high).sum(axis=0)
        if self.keep is not None:
            kept, which = self.keep.kept(gates[self.keep.name][carried]), which[carried]
            self._counts += which.sum(axis=0)
            self._logarithms += np.log(np.maximum(kept, _SMALLEST)).sum(axis=0)
            self._kept += which.T @ kept
            self._squares += which.T @ kept**2

    def summary(self, name: str) -> LayerSummary:
        """Divide by the numbers of words of each kind."""
        gates = {gate: Saturation(*(sums / self._read)) for gate, sums in self._gates.items()}
        return LayerSummary(name, gates, None if self.keep is None else self._keeping())

    def _keeping(self) -> Keeping:
        counts = self._counts
        counted = counts[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            half_life = math.log(0.5) / (self._logarithms / counts.sum())
            mean = self._kept / counted
            variance = np.maximum(self._squares / counted - mean**2, 0) * counted / (counted - 1)
            squared_error = variance / counted * self._readings
            difference = (mean[:-1] - mean[-1]) / np.sqrt(squared_error[:-1] + squared_error[-1])
        too_few = counts / self._readings < MIN_WORDS
        difference[too_few[:-1] | too_few[-1]] = np.nan
        return Keeping(np.abs(half_life), mean, difference)


def _carried(words: NDArray[np.bool_], layer: str) -> NDArray[np.bool_]:
    """Return at which words a layer had a state: at all, or in windows [words, window] at all but the first read."""
    carried = np.ones_like(words)
    if words.ndim > 1:
        carried[:, -1 if layer.endswith("←") else 0] = False
    return carried


def gate_statistics(engine: Engine, view: View, ids: Iterable[int]) -> Summary:
    """Read words and return their statistics.

    Raises:
        SeqchatError: there is no word.
    """
    statistics = Statistics(engine, view)
    for block in record(engine, view, ids):
        statistics.add(block)
    return statistics.summary()


def significance_limit(compared: int, words: int) -> float:
    """Return how many standard errors the largest of this many differences reaches once in 20 texts.

    words: the size of the smaller sample; below `MIN_WORDS`, the limit is infinite. Student's quantile is found from
    the normal one by the approximation of Wallace (1959).
    """
    if words < MIN_WORDS:
        return math.inf
    degrees = words - 1
    normal = NormalDist().inv_cdf(1 - FAMILY_WISE_ERROR / 2 / max(compared, 1)) * (8 * degrees + 3) / (8 * degrees + 1)
    return math.sqrt(degrees * math.expm1(normal**2 / degrees))


def _punctuation(vocabulary: Vocabulary) -> NDArray[np.bool_]:
    """Return which words [vocabulary] consist only of punctuation (the categories P of Unicode)."""
    words = vocabulary.words
    marks = [all(unicodedata.category(c)[0] == "P" for c in word.removeprefix(GLUE)) for word in words]
    return np.array([i >= len(SPECIAL_WORDS) and mark for i, mark in enumerate(marks)])
