"""Interpolated, modified Kneser-Ney smoothing (Chen and Goodman 1999): word ids → n-gram model.

The count of an n-gram of the greatest length is how often it occurs; that of a shorter one is how many different words
occur before it (or how often it occurs at the beginning of a text, where no word can precede it). Each count is lowered
by a discount, which differs for the counts 1, 2 and more; the sum of the discounts goes to shorter contexts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqchat.errors import SeqchatError
from seqchat.model.ngram_levels import Floats, Ints, Level
from seqchat.model.ngrams import NgramModel

ORDER = 5
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
    ngrams = _count(ids.astype(np.int64), begins, counted, words, order)
    weights = [_weight(ngrams, k, begins) for k in range(order)]
    kept = _kept(ngrams, max_ngrams)
    levels = [_level(ngrams[k], weights[k], kept[k - 1], kept[k], words) for k in range(1, order)]
    return NgramModel(_unigrams(weights[0], words), levels)


@dataclass(frozen=True)
class _Counted:
    """The different n-grams of one length in their order.

    at: [tokens], the index of the n-gram that ends at each token, -1 where a text is not that long yet; parents:
    [n-grams], indices among those one word shorter; words, counts: [n-grams], 0 for one that only precedes others;
    example: [n-grams], a token at which it ends.
    """

    at: Ints
    parents: Ints
    words: Ints
    counts: Ints
    example: Ints


def _count(
    ids: Ints, begins: NDArray[np.bool_], is_counted: NDArray[np.bool_], words: int, order: int
) -> list[_Counted]:
    everywhere = np.arange(len(ids))
    counted = [_Counted(ids, np.zeros(words, dtype=np.int64), np.arange(words), *_first(ids, is_counted, words))]
    for _ in range(1, order):
        before = np.where(begins, -1, np.roll(counted[-1].at, 1))
        tokens = everywhere[before >= 0]
        keys, example, inverse = np.unique(before[tokens] * words + ids[tokens], return_index=True, return_inverse=True)
        counts = np.bincount(inverse[is_counted[tokens]], minlength=len(keys))
        at = np.full(len(ids), -1)
        at[tokens] = inverse
        counted.append(_Counted(at, keys // words, keys % words, counts, tokens[example]))
    return counted


def _first(ids: Ints, is_counted: NDArray[np.bool_], words: int) -> tuple[Ints, Ints]:
    """Return how often each word occurs, and a token at which it occurs (0 for those that do not occur)."""
    example = np.zeros(words, dtype=np.int64)
    example[ids] = np.arange(len(ids))
    return np.bincount(ids[is_counted], minlength=words), example


def _weight(counted: list[_Counted], k: int, begins: NDArray[np.bool_]) -> Ints:
    """Return the count of each n-gram of length k + 1."""
    own = counted[k]
    if k + 1 == len(counted):
        weight = own.counts.copy()
    else:
        longer = counted[k + 1]
        weight = np.bincount(own.at[longer.example[longer.counts > 0]], minlength=len(own.counts))
        # A text begins there, so no word can precede it.
        weight = np.where(weight == 0, own.counts, weight)
    if k == 0:
        weight[own.at[begins]] = 0
    return weight


def _discounts(weight: Ints) -> Floats:
    """Return the discount of each count: [n-grams]."""
    n1, n2, n3, n4 = (int((weight == n).sum()) for n in (1, 2, 3, 4))
    found = _USUAL_DISCOUNTS
    if n1 and n2 and n3 and n4:
        y = n1 / (n1 + 2 * n2)
        exact = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
        if all(0 < d < n for n, d in enumerate(exact, 1)):
            found = exact
    discounts: Floats = np.array((0.0, *found), dtype=np.float32)[np.minimum(weight, 3)]
    return discounts


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


def _unigrams(weight: Ints, words: int) -> Floats:
    kept = (weight - _discounts(weight)) / weight.sum()
    unigrams: Floats = (kept + (1 - kept.sum()) / words).astype(np.float32)
    return unigrams


def _level(own: _Counted, weight: Ints, above: NDArray[np.bool_], kept: NDArray[np.bool_], words: int) -> Level:
    totals = np.bincount(own.parents, weights=weight, minlength=len(above))
    shares = ((weight - _discounts(weight)) / np.maximum(totals[own.parents], 1)).astype(np.float32)
    # An n-gram stays only if its beginning does.
    parents = (np.cumsum(above) - 1)[own.parents[kept]]
    starts = np.searchsorted(parents, np.arange(above.sum() + 1))
    return Level.of(starts, own.words[kept], shares[kept], words)
