"""Groups of neurons that move together, and how closely neurons move together by chance.

Two neurons move together as far as their values correlate within dialogs, in one direction or in opposite ones: the
sign of a neuron means nothing by itself. Groups come from average-linkage clustering (`order`). By chance, two of many
neurons that change slowly correlate as well; what the closest two reach is shown beside the groups: in a shuffle, the
course of each neuron is rotated within each dialog by a random number of words, one of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.vocabulary import Vocabulary
from seqchat.insight.gates import label
from seqchat.insight.neurons.order import Similarity, groups_of
from seqchat.insight.neurons.sample import Sample

# Groups are joined no further than this mean correlation (Cohen 1988: large from 0.5 on).
CLOSE = 0.5
# The correlation that the closest two neurons of this share of shuffles do not exceed is what chance reaches.
_CHANCE = 0.95
# Words that occur less often say little about a group; and how many are named.
_OFTEN, _NAMED = 5, 4

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class NeuronGroup:
    """Neurons that move together.

    together: those that move in one direction; opposite: those that move in the other; correlation: the mean over all
    pairs, without its sign; highest, lowest: the words at which the group is, on average, furthest in the one direction
    and in the other.
    """

    together: list[int]
    opposite: list[int]
    correlation: float
    highest: list[str]
    lowest: list[str]


@dataclass(frozen=True)
class NeuronGroups:
    """The groups of a layer, the largest first.

    least: the mean correlation that groups have at least; chance: what the closest two neurons of all reach in one of
    twenty shuffles; closest: what they reach in truth; neurons: of the layer.
    """

    dialogs: int
    words: int
    neurons: int
    shuffles: int
    least: float
    chance: float
    closest: float
    found: list[NeuronGroup]


def find_groups(
    sample: Sample, vocabulary: Vocabulary, *, least: float = CLOSE, shuffles: int = 50, seed: int = 0
) -> NeuronGroups:
    """Find the groups of neurons whose correlations are on average at least this, and more than chance reaches."""
    courses = _courses(sample)
    rng = np.random.default_rng(seed)
    chance = float(np.quantile([_closest(_alike(_rotated(courses, rng))) for _ in range(shuffles)], _CHANCE))
    states = np.concatenate(courses)
    correlations = states.T @ states
    similarity = _alike(courses)
    least = max(least, chance)
    ids = np.concatenate([np.array(dialog.ids[1:]) for dialog in sample.dialogs])
    found = [_group(group, correlations, states, ids, vocabulary) for group in groups_of(similarity, least)]
    words, neurons = states.shape
    return NeuronGroups(len(sample.dialogs), words, neurons, shuffles, least, chance, _closest(similarity), found)


def _courses(sample: Sample) -> list[Floats]:
    """Return the values [words, neurons] of each dialog relative to their means there, scaled to length 1 over all."""
    ends = np.cumsum(sample.lengths)[:-1]
    centred = [values - values.mean(axis=0) for values in np.split(sample.states, ends)]
    lengths = np.sqrt(sum((values**2).sum(axis=0) for values in centred))
    # What does not change moves with nothing; a variation of this size is rounding of a constant.
    scale = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 1e-5 * np.abs(sample.states).max(axis=0))
    return [values * scale for values in centred]


def _rotated(courses: Sequence[Floats], rng: np.random.Generator) -> list[Floats]:
    """Rotate the course of each neuron in each dialog by a random number of words."""
    rotated: list[Floats] = []
    for values in courses:
        words, neurons = values.shape
        rows = (np.arange(words)[:, None] + rng.integers(words, size=neurons)) % words
        rotated.append(np.take_along_axis(values, rows, axis=0))
    return rotated


def _alike(courses: Sequence[Floats]) -> Similarity:
    """Return how closely neurons move together [neurons, neurons], the sign of the correlation left out."""
    states = np.concatenate(courses)
    return np.asarray(np.abs(states.T @ states), dtype=np.float64)


def _closest(similarity: Similarity) -> float:
    return float(np.triu(similarity, 1).max())


def _group(
    group: list[int], correlations: Floats, states: Floats, ids: NDArray[np.int64], vocabulary: Vocabulary
) -> NeuronGroup:
    first = min(group)
    signs = np.where(correlations[first, group] < 0, -1, 1)
    among = np.abs(correlations[np.ix_(group, group)])
    pairs = len(group) * (len(group) - 1)
    course = (states[:, group] * signs).mean(axis=1)
    ranked = _ranked_words(course, ids)
    return NeuronGroup(
        sorted(n for n, sign in zip(group, signs, strict=True) if sign > 0),
        sorted(n for n, sign in zip(group, signs, strict=True) if sign < 0),
        float((among.sum() - among.trace()) / pairs),
        [label(vocabulary, word_id) for word_id in ranked[::-1][:_NAMED]],
        [label(vocabulary, word_id) for word_id in ranked[:_NAMED]],
    )


def _ranked_words(course: Floats, ids: NDArray[np.int64]) -> list[int]:
    """Return the words that occur often, from where the course [words] is lowest on average to where it is highest."""
    words, places, counts = np.unique(ids, return_inverse=True, return_counts=True)
    means = np.bincount(places, weights=course) / counts
    often = np.flatnonzero(counts >= _OFTEN)
    return [int(words[place]) for place in often[np.argsort(means[often], kind="stable")]]
