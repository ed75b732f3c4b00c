"""Interpolated, modified Kneser-Ney smoothing (Chen and Goodman 1999): word ids → n-gram model.

The count of an n-gram of the greatest length is how often it occurs; that of a shorter one is how many different words
occur before it (or how often it occurs at the beginning of a text, where no word can precede it). Each count is lowered
by a discount, which differs for the counts 1, 2 and more; the sum of the discounts goes to shorter contexts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from seqchat.errors import SeqchatError
from seqchat.model.ngram_levels import Floats, Ints, Level, SmallInts
from seqchat.model.ngrams import NgramModel

ORDER = 5
# How many tokens are sorted at once, and of how many it is known how they are to be parted
_SORTED, _SAMPLED = 500_000, 100_000
# For a text that is too small to estimate them from how many counts are 1, 2, 3 and 4.
_USUAL_DISCOUNTS = (0.5, 1.0, 1.5)


def estimate(
    ids: NDArray[np.int32],
    starts: Ints,
    words: int,
    order: int = ORDER,
    max_ngrams: int | None = None,
    counted: NDArray[np.bool_] | None = None,
) -> NgramModel:
    """Return the model of texts with a vocabulary of this many words.

    ids: [tokens]; starts: [texts + 1], where each text begins; its first word stands for the beginning and is never
    predicted. max_ngrams: keep at most this many n-grams of two or more words, by leaving out rare ones; their share
    goes to shorter contexts. counted: bool [tokens], which tokens are predicted and so counted, by default all; the
    others are only what precedes them.

    Raises:
        SeqchatError: the order is less than 1, or there is nothing to predict.
    """
    if order < 1:
        raise SeqchatError(f"The order of an n-gram model is at least 1, not {order}.")
    begins = np.zeros(len(ids), dtype=np.bool_)
    begins[starts[:-1]] = True
    if counted is None:
        counted = np.ones(len(ids), dtype=np.bool_)
    if not (counted & ~begins).any():
        raise SeqchatError("A text of no words cannot be counted.")
    ngrams = _count(ids.astype(np.int32, copy=False), begins, counted, words, order)
    kept = _kept(ngrams, max_ngrams)
    levels = [_level(ngrams[k], kept[k - 1], kept[k], words) for k in range(1, order)]
    return NgramModel(_unigrams(ngrams[0].weight, words), levels)


@dataclass
class _Counted:
    """The different n-grams of one length in their order, in few bytes, as there are more of them than words in a text.

    starts: [n-grams one shorter + 1], where those that continue each of them begin; words, counts: [n-grams], 0 for one
    that only precedes others; weight: [n-grams], the count by which it is estimated.
    """

    starts: NDArray[np.int32]
    words: SmallInts
    counts: NDArray[np.int32]
    weight: NDArray[np.int32]

    @property
    def parents(self) -> NDArray[np.int32]:
        """The index of each n-gram's beginning among those one word shorter."""
        return np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))


def _count(
    ids: NDArray[np.int32], begins: NDArray[np.bool_], is_counted: NDArray[np.bool_], words: int, order: int
) -> list[_Counted]:
    counts = np.bincount(ids[is_counted], minlength=words).astype(np.int32)
    found = [_Counted(np.array([0, words], np.int32), np.arange(words), counts, counts)]
    # The n-gram that ends at each token, -1 where a text is not that long yet
    at = ids
    for _ in range(1, order):
        before = np.concatenate((at[:1], at[:-1]))
        before[begins] = -1
        longer, longer_at, shortened = _continued(before, at, ids, is_counted, len(found[-1].counts), words)
        found[-1].weight = _weight(found[-1].counts, shortened[longer.counts > 0])
        found.append(longer)
        at = longer_at
    if order > 1:
        found[0].weight[ids[begins]] = 0
    else:
        found[0].weight = np.where(np.isin(np.arange(words), ids[begins]), 0, counts).astype(np.int32)
    return found


def _continued(
    before: NDArray[np.int32],
    at: NDArray[np.int32],
    ids: NDArray[np.int32],
    is_counted: NDArray[np.bool_],
    parents: int,
    words: int,
) -> tuple[_Counted, NDArray[np.int32], NDArray[np.int32]]:
    """Return the n-grams that continue those before each token; the one that ends at each token; and for each of them
    the one without its first word, of those that end `at` each token.

    They are sorted a range of beginnings after the other, so that memory for sorting is bounded.
    """
    ends_at = np.full(len(ids), -1, dtype=np.int32)
    parts, total = [], 0
    for first, end in _ranges(before, parents):
        tokens = np.flatnonzero((before >= first) & (before < end))
        keys = before[tokens] * np.int64(words) + ids[tokens]
        order = np.argsort(keys, kind="stable")
        keys, tokens = keys[order], tokens[order]
        is_new = np.diff(keys, prepend=-1) != 0
        (heads,) = np.nonzero(is_new)
        ends_at[tokens] = total + np.cumsum(is_new) - 1
        counts = np.add.reduceat(is_counted[tokens], heads, dtype=np.int32) if len(heads) else heads.astype(np.int32)
        children = np.bincount(keys[heads] // words - first, minlength=end - first)
        parts.append((children, _narrow(keys[heads] % words, words), counts, at[tokens[heads]]))
        total += len(heads)
    children, last, counts, shortened = (np.concatenate(part) for part in zip(*parts, strict=True))
    starts = np.concatenate(([0], np.cumsum(children))).astype(np.int32)
    return _Counted(starts, last, counts, counts), ends_at, shortened


def _ranges(before: NDArray[np.int32], parents: int) -> list[tuple[int, int]]:
    """Return ranges of beginnings that cover them all, each before about so many tokens as are sorted at once."""
    step = max(len(before) // _SAMPLED, 1)
    sample = np.sort(before[::step])
    bounds = np.unique(sample[:: max(_SORTED // step, 1)][1:].clip(1, max(parents - 1, 1)))
    edges = [0, *bounds.tolist(), parents] if parents > 1 else [0, parents]
    return list(pairwise(edges))


def _narrow(values: Ints, words: int) -> SmallInts:
    """Return word ids in a type that holds every word."""
    return values.astype(np.uint16 if words <= 1 << 16 else np.int32)


def _weight(counts: NDArray[np.int32], shortened: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return how many different words are before each n-gram; where a text begins, how often it occurs.

    shortened: the n-grams that are one word longer and counted, without their first words.
    """
    weight = np.bincount(shortened, minlength=len(counts)).astype(np.int32)
    return np.where(weight == 0, counts, weight)


def _discounts(weight: NDArray[np.int32]) -> Floats:
    """Return the discounts of the counts 0, 1, 2 and more."""
    n1, n2, n3, n4 = (int((weight == n).sum()) for n in (1, 2, 3, 4))
    found = _USUAL_DISCOUNTS
    if n1 and n2 and n3 and n4:
        y = n1 / (n1 + 2 * n2)
        exact = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
        if all(0 < d < n for n, d in enumerate(exact, 1)):
            found = exact
    return np.array((0.0, *found), dtype=np.float32)


def _kept(counted: list[_Counted], max_ngrams: int | None) -> list[NDArray[np.bool_]]:
    """Return which n-grams of each length stay: those that occur often enough, longer ones more often.

    The limits rise one by one, from the longest n-grams to the pairs.
    """
    limits = [0] + [1] * (len(counted) - 1)
    while True:
        kept = [own.counts >= limit for own, limit in zip(counted, limits, strict=True)]
        # What only precedes others stays where they do.
        for shorter, longer, own in zip(kept[-2::-1], kept[:0:-1], counted[:0:-1], strict=True):
            shorter[own.parents[longer]] = True
        if max_ngrams is None or sum(int(mask.sum()) for mask in kept[1:]) <= max_ngrams:
            return kept
        lowest = max((k for k in range(1, len(limits)) if limits[k] == limits[1]), default=0)
        limits[lowest] += 1


def _unigrams(weight: NDArray[np.int32], words: int) -> Floats:
    kept = (weight - _discounts(weight)[np.minimum(weight, 3)]) / weight.sum()
    unigrams: Floats = (kept + (1 - kept.sum()) / words).astype(np.float32)
    return unigrams


def _level(own: _Counted, above: NDArray[np.bool_], kept: NDArray[np.bool_], words: int) -> Level:
    sums = np.concatenate(([0], np.cumsum(own.weight, dtype=np.int64)))
    totals = np.diff(sums[own.starts])
    parents, weight = own.parents[kept], own.weight[kept]
    discounted = weight - _discounts(own.weight)[np.minimum(weight, 3)]
    shares = (discounted / np.maximum(totals[parents], 1)).astype(np.float32)
    # An n-gram stays only if its beginning does.
    starts = np.searchsorted((np.cumsum(above) - 1)[parents], np.arange(above.sum() + 1))
    return Level.of(starts, own.words[kept], shares, words)
