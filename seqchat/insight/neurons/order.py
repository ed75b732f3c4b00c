"""An order of neurons that puts like ones next to each other, so that neighbours can be averaged and patterns be seen.

Average-linkage clustering (Sokal and Michener 1958): the two groups of neurons that are most alike are joined until one
is left. Of the four ways to put two groups next to each other, the one is taken in which the neurons that meet are most
alike, as in the heat maps of gene expression (Eisen et al. 1998).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Similarity = NDArray[np.float64]

# Less than any similarity
_NEVER = -9.0


def alike(gates: Iterable[NDArray[np.float32]]) -> Similarity:
    """Return how alike neurons are [neurons, neurons]: the mean over gates [tokens, neurons] of their correlations.

    A neuron that does not change in a gate is like none there.
    """
    sums: list[Similarity] = []
    for values in gates:
        centred = values - values.mean(axis=0)
        lengths = np.linalg.norm(centred, axis=0)
        unit = np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 1e-6)
        sums.append((unit.T @ unit).astype(np.float64))
    return np.asarray(np.mean(sums, axis=0))


def order_of(similarity: Similarity) -> NDArray[np.int64]:
    """Return an order of neurons, by their similarity [neurons, neurons]: a permutation [neurons]."""
    groups = [[neuron] for neuron in range(len(similarity))]
    links = _Links(similarity)
    first = 0
    for _ in range(len(groups) - 1):
        first, second = links.nearest()
        groups[first] = _joined(groups[first], groups[second], similarity)
        links.join(first, second)
    return np.array(groups[first], dtype=np.int64)


def groups_of(similarity: Similarity, least: float) -> list[list[int]]:
    """Return groups of two neurons or more that are on average at least so similar, the largest first.

    similarity: [neurons, neurons]. They are those of `order_of`, joined no further than that.
    """
    groups = {neuron: [neuron] for neuron in range(len(similarity))}
    links = _Links(similarity)
    while len(groups) > 1:
        first, second = links.nearest()
        if links.between(first, second) < least:
            break
        groups[first] = _joined(groups[first], groups.pop(second), similarity)
        links.join(first, second)
    return sorted((group for group in groups.values() if len(group) > 1), key=len, reverse=True)


def _joined(one: list[int], other: list[int], similarity: Similarity) -> list[int]:
    ways = [(left, right) for left in (one, one[::-1]) for right in (other, other[::-1])]
    left, right = max(ways, key=lambda way: similarity[way[0][-1], way[1][0]])
    return left + right


class _Links:
    """The mean similarity of groups, and for each group the one that is most like it."""

    def __init__(self, similarity: Similarity) -> None:
        self._links = similarity.astype(np.float64)
        np.fill_diagonal(self._links, _NEVER)
        self._sizes = np.ones(len(similarity))
        self._there = np.ones(len(similarity), dtype=bool)
        self._partner = self._links.argmax(axis=1)
        self._best = self._links.max(axis=1)

    def nearest(self) -> tuple[int, int]:
        """Return the two groups that are most alike."""
        first = int(self._best.argmax())
        return first, int(self._partner[first])

    def between(self, first: int, second: int) -> float:
        """Return the mean similarity of two groups."""
        return float(self._links[first, second])

    def join(self, first: int, second: int) -> None:
        """Put the second group into the first."""
        sizes = self._sizes[first], self._sizes[second]
        row = (self._links[first] * sizes[0] + self._links[second] * sizes[1]) / sum(sizes)
        self._sizes[first] += sizes[1]
        self._there[second] = False
        row[~self._there] = row[first] = _NEVER
        self._links[first] = self._links[:, first] = row
        self._links[second] = self._links[:, second] = _NEVER
        self._best[second] = 2 * _NEVER
        searched = np.flatnonzero(self._there & np.isin(self._partner, (first, second)))
        for group in {first, *searched.tolist()}:
            self._partner[group] = self._links[group].argmax()
            self._best[group] = self._links[group, self._partner[group]]
        closer = self._there & (row > self._best)
        self._partner[closer], self._best[closer] = first, row[closer]
