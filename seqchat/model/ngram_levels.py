"""The n-grams of one length, in the few bytes in which they are stored: only what is looked at is widened.

A model of millions of n-grams is mapped from its file. To the 3 or 4 bytes of an n-gram there, memory adds 8 for each
n-gram that others begin with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.errors import SeqchatError

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
# Whole numbers of any width
SmallInts = NDArray[Any]

UNKNOWN = -1

# Shares are stored as their logarithm in 255 steps of 5%, down to a millionth; rounded down, so that no sum exceeds 1.
_STEPS, _DECADES = 255, 6.0
_SHARES: Floats = (10.0 ** ((np.arange(_STEPS + 1) / _STEPS - 1) * _DECADES)).astype(np.float32)

# n-grams that are summed at once
_CHUNK = 100_000
# Up to this many contexts are looked up one by one, which is faster than all at once.
_FEW = 16

# The types of files that NumPy has too
_WHOLE_NUMBERS = {torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32}


@dataclass(frozen=True)
class Level:
    """The n-grams of one length, from 2 on.

    starts: [n-grams one shorter + 1], where those that continue each of them begin; words: [n-grams], their last words,
    ascending for each beginning, in a type that holds every word of the vocabulary; coded: [n-grams], what each adds to
    its word's probability, as a code of a byte or as float32.
    """

    starts: NDArray[np.int32]
    words: SmallInts
    coded: NDArray[Any]

    def __len__(self) -> int:
        return len(self.words)

    def shares(self, entries: Ints | slice) -> Floats:
        """Return what some n-grams add to their words' probabilities."""
        return self.decoded(self.coded[entries])

    def decoded(self, values: NDArray[Any]) -> Floats:
        """Return the shares that are coded as some values."""
        shares: Floats = _SHARES[values] if values.dtype == np.uint8 else values
        return shares

    def ranges(self, parents: Ints) -> tuple[Ints, Ints]:
        """Return where those that continue some n-grams begin, and how many they are."""
        first = self.starts[parents].astype(np.int64)
        return first, self.starts[parents + 1] - first

    @cached_property
    def backoffs(self) -> Floats:
        """The share that each n-gram one word shorter leaves to shorter contexts, 1 if nothing continues it; and 1 for
        none."""
        totals, total = np.empty(len(self.starts)), 0.0
        for begin in range(0, len(self) + 1, _CHUNK):
            sums = np.cumsum(np.concatenate(([total], self.shares(slice(begin, begin + _CHUNK)))))
            first, last = np.searchsorted(self.starts, (begin, begin + _CHUNK))
            totals[first:last] = sums[self.starts[first:last] - begin]
            total = sums[-1]
        backoffs = np.ones(len(self.starts), dtype=np.float32)
        for begin in range(0, len(totals) - 1, _CHUNK):
            used = np.diff(totals[begin : begin + _CHUNK + 1])
            backoffs[begin : begin + len(used)] = np.clip(1.0 - used, 0.0, 1.0)
        return backoffs

    def find(self, parents: Ints, ids: Ints) -> Ints:
        """Return the indices of the n-grams that continue each parent [rows] with its `ids` [rows, some].

        Where there is none, or the parent is `UNKNOWN`, the index is `UNKNOWN`.
        """
        if not len(self):
            return np.full(ids.shape, UNKNOWN)
        few = len(parents) <= _FEW or ids.shape[1] > _FEW
        return self._find_by_row(parents, ids) if few else self._find_together(parents, ids)

    def _find_by_row(self, parents: Ints, ids: Ints) -> Ints:
        found = np.full(ids.shape, UNKNOWN)
        for row in np.flatnonzero(parents >= 0).tolist():
            first, end = self.starts[parents[row] : parents[row] + 2].tolist()
            if first < end:
                found[row] = self.places(first, end, ids[row])
        return found

    def places(self, first: int, end: int, ids: Ints) -> Ints:
        """Return where some words are among the n-grams from `first` to `end` (not empty): [some], or `UNKNOWN`."""
        words, wanted = self.words[first:end], ids.astype(self.words.dtype)
        places = words.searchsorted(wanted)
        # Beyond the end is the first one, which is not the word.
        places[places == end - first] = 0
        return np.where(words[places] == wanted, places + first, UNKNOWN)

    def _find_together(self, parents: Ints, ids: Ints) -> Ints:
        """Search for all at once by bisection: `low` and `high` are the first and last place where one may be."""
        first, lengths = self.ranges(np.maximum(parents, 0))
        low = np.broadcast_to(np.minimum(first, len(self) - 1)[:, None], ids.shape).copy()
        high = low + np.maximum(lengths - 1, 0)[:, None]
        for _ in range(int(lengths.max(initial=0)).bit_length()):
            middle = (low + high) >> 1
            less = self.words[middle] < ids
            low, high = np.where(less, np.minimum(middle + 1, high), low), np.where(less, high, middle)
        there = (self.words[low] == ids) & ((lengths > 0) & (parents >= 0))[:, None]
        return np.where(there, low, UNKNOWN)

    def widened(self, parents: int, vocabulary_size: int) -> Level:
        """Return the level for a larger vocabulary; nothing continues the n-grams that it adds one word shorter."""
        added = np.full(parents + 1 - len(self.starts), self.starts[-1], dtype=self.starts.dtype)
        return Level(np.concatenate((self.starts, added)), _wide_enough(self.words, vocabulary_size), self.coded)

    # --- on disk ---------------------------------------------------------------------------------------------------

    @classmethod
    def of(cls, starts: Ints, words: Ints, shares: Floats, vocabulary_size: int) -> Level:
        """Make a level of the same values in wider types."""
        return cls(starts.astype(np.int32), words.astype(_type_for(vocabulary_size - 1)), shares)

    def to_tensors(self, length: int) -> dict[str, Tensor]:
        """Return the level in few bytes: 3 or 4 for each n-gram, its shares rounded down by 5% at most."""
        return {
            f"{length}.children": _small(np.diff(self.starts)),
            f"{length}.words": _small(self.words),
            f"{length}.shares": torch.from_numpy(self.coded if self.coded.dtype == np.uint8 else _codes(self.coded)),
        }


def read_level(tensors: Mapping[str, Tensor], length: int, above: int, vocabulary_size: int) -> Level:
    """Read the n-grams of a length, which begin with `above` ones that are a word shorter.

    Raises:
        SeqchatError: they do not fit the vocabulary or the shorter ones.
    """
    children, last, codes = (tensors[f"{length}.{part}"] for part in ("children", "words", "shares"))
    if children.shape != (above,) or last.dim() != 1 or codes.shape != last.shape or codes.dtype != torch.uint8:
        raise SeqchatError(f"the n-grams of length {length} do not fit those of length {length - 1}.")
    if not {last.dtype, children.dtype} <= _WHOLE_NUMBERS:
        raise SeqchatError(f"the n-grams of length {length} are not whole numbers.")
    words, counts = last.numpy(), children.numpy()
    starts = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    in_order = int(counts.min(initial=0)) >= 0 and starts[-1] == len(words) <= np.iinfo(np.int32).max
    in_range = int(words.min(initial=0)) >= 0 and int(words.max(initial=0)) < vocabulary_size
    if not in_order or not in_range or not _ascending(starts, words):
        raise SeqchatError(f"the n-grams of length {length} are not in order.")
    return Level(starts.astype(np.int32), _wide_enough(words, vocabulary_size), codes.numpy())


def _wide_enough(words: SmallInts, vocabulary_size: int) -> SmallInts:
    """Return words in a type that holds every word of a vocabulary."""
    fits = np.iinfo(words.dtype).max >= vocabulary_size - 1
    return words if fits else words.astype(_type_for(vocabulary_size - 1))


def _ascending(starts: Ints, words: SmallInts) -> bool:
    """Whether the words that continue each n-gram ascend."""
    falls = np.flatnonzero(words[1:] <= words[:-1]) + 1
    return bool((starts[np.searchsorted(starts, falls)] == falls).all())


def _type_for(largest: int) -> type[np.integer[Any]]:
    """Return the smallest type that holds a whole number."""
    return next(kind for kind in (np.uint8, np.uint16, np.int32) if largest <= np.iinfo(kind).max)


def _small(values: SmallInts) -> Tensor:
    """Return whole numbers in as few bytes as they fit into."""
    return torch.from_numpy(values.astype(_type_for(int(values.max(initial=0))), copy=False))


def _codes(shares: Floats) -> NDArray[np.uint8]:
    logs = np.log10(np.maximum(shares, 10.0**-_DECADES)) / _DECADES
    codes: NDArray[np.uint8] = np.floor((1 + logs) * _STEPS).astype(np.uint8)
    return codes
