"""Which words letters of pinyin may be typed for, and how probably: a search of the trie of syllables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.mandarin_syllables import LONGEST_SYLLABLE
from seqchat.corpus.spelling import Spelling, SyllableSpelling, Way, parts_before
from seqchat.corpus.syllable_trie import SyllableTrie

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_HALF = 32
# For how many beginnings of what is typed the ways to read it are kept; more than may be typed.
_MAX_KEPT = 128


class Span(NamedTuple):
    """The words that the letters from `start` to `end` may have been typed for.

    words: int64 [words], in ascending order; log_probs: float32 [words], log P(these letters | word).
    """

    start: int
    end: int
    words: Ints
    log_probs: NDArray[np.float32]


class _Part(NamedTuple):
    """Letters typed of one syllable: where they end, the range of syllables they may stand for, and their price."""

    end: int
    low: int
    high: int
    price: float


class _States(NamedTuple):
    """Ways to read the letters between two positions as the syllables down to a node: [ways] each."""

    node: Ints
    start: Ints
    position: Ints
    price: Floats

    def at(self, index: NDArray[np.bool_] | Ints) -> _States:
        return _States(self.node[index], self.start[index], self.position[index], self.price[index])


class PinyinSearch:
    """The search of a trie by letters from a to z; a syllable does not go on across certain offsets, the breaks."""

    def __init__(self, trie: SyllableTrie, spelling: Spelling) -> None:
        self._trie = trie
        self._spelling, self._prices = spelling, spelling.prices
        self._names = [name.decode() for name in trie.syllables.tolist()]
        self._codes = SyllableSpelling(self._names, spelling).codes
        self._abbreviated = lru_cache(_MAX_KEPT)(self._find_abbreviated)

    def spelled(self, plain: str, breaks: frozenset[int]) -> list[Span]:
        """Return the words that are typed in full, anywhere in the letters."""
        states = self._walk([self._full(plain, p, breaks) for p in range(len(plain))], range(len(plain)))
        ranges = self._trie.ranges[states.node]
        which, rows = _expanded(ranges[:, 0], ranges[:, 1])
        return self._spans(states.at(which), rows)

    def begun(self, plain: str, breaks: frozenset[int], starts: Sequence[int], *, slips: bool = False) -> list[Span]:
        """Return the words of which the letters from each start to the end are typed, in full or in part.

        slips: whether a syllable may have a slip.
        """
        states = self._walk([self._parts(plain, p, breaks, slips) for p in range(len(plain))], starts)
        states = states.at(states.position == len(plain))
        ranges = self._trie.ranges[states.node]
        which, rows = _expanded(ranges[:, 0], ranges[:, 2])
        states = states.at(which)
        unbegun = self._trie.lengths[rows] - self._trie.depths[states.node]
        return self._spans(states._replace(price=states.price + self._prices.unbegun * unbegun), rows)

    def abbreviated(self, plain: str, breaks: frozenset[int], last: bool) -> list[Span]:
        """Return the words that the letters from anywhere to the end are typed for, none of their syllables left out.

        last: whether nothing follows, so that the last syllable may be unfinished.
        """
        states = self._ending(plain, breaks, True) if last else self._abbreviated(plain, breaks)
        ranges = self._trie.ranges[states.node]
        which, rows = _expanded(ranges[:, 0], ranges[:, 1])
        return self._spans(states.at(which), rows)

    def _find_abbreviated(self, plain: str, breaks: frozenset[int]) -> _States:
        """Return the ways to read the letters from anywhere to the end; those before a letter are kept for the next."""
        return self._ending(plain, breaks, False)

    def _ending(self, plain: str, breaks: frozenset[int], last: bool) -> _States:
        parts: list[list[_Part]] = [[] for _ in plain]
        for start, way in parts_before(self._spelling, plain, breaks, last):
            parts[start] += [_Part(len(plain), *codes) for codes in self._codes(plain[start:], way)]
        before = [_root(0)]
        for position in range(1, len(plain)):
            if parts[position]:
                earlier = self._abbreviated(plain[:position], frozenset(b for b in breaks if b < position))
                before += [_root(position), earlier]
        return self._longer(_joined(before), *_table(parts))

    def _walk(self, parts: Sequence[Sequence[_Part]], starts: Sequence[int]) -> _States:
        """Return the ways to read letters from each start on; parts: those that begin at each position."""
        table = _table(parts)
        first = np.array(starts, dtype=np.int64)
        states = _States(np.zeros_like(first), first, first, np.zeros(len(first)))
        levels = []
        while len(states.node):
            states = self._longer(states, *table)
            levels.append(states)
            states = states.at(states.position < len(parts))
        return _joined(levels) if levels else states

    def _longer(self, states: _States, end: Ints, low: Ints, high: Ints, price: Floats) -> _States:
        """Return the ways with one more syllable; the arrays are [positions, parts]."""
        before = states.node[:, None] * len(self._names)
        edges = self._trie.edges
        first = np.searchsorted(edges, (before + low[states.position]).ravel())
        last = np.searchsorted(edges, (before + high[states.position]).ravel())
        which, edge = _expanded(first, last)
        way, part = np.divmod(which, end.shape[1])
        position = states.position[way]
        # The edges begin with that of node 1.
        return _States(edge + 1, states.start[way], end[position, part], states.price[way] + price[position, part])

    def _spans(self, states: _States, rows: Ints) -> list[Span]:
        """Return the words of readings; states: the way to each."""
        if not len(rows):
            return []
        trie = self._trie
        place = states.start << _HALF // 2 | states.position
        # Of the ways to type a reading the best counts; a word's readings are alternatives.
        keys, prices = _reduced(np.maximum, place << _HALF | rows, states.price)
        place, rows = keys >> _HALF, keys & ((1 << _HALF) - 1)
        keys, log_probs = _reduced(np.logaddexp, place << _HALF | trie.words[rows], prices + trie.log_shares[rows])
        place, words = keys >> _HALF, keys & ((1 << _HALF) - 1)
        bounds = np.flatnonzero(place[1:] != place[:-1]) + 1
        groups = zip(np.split(place, bounds), np.split(words, bounds), np.split(log_probs, bounds), strict=True)
        return [
            Span(int(at[0]) >> _HALF // 2, int(at[0]) & ((1 << _HALF // 2) - 1), found, values.astype(np.float32))
            for at, found, values in groups
        ]

    def _full(self, plain: str, start: int, breaks: frozenset[int]) -> list[_Part]:
        """Return the whole syllables that begin at a position."""
        ends = range(start + 1, min(_stop(plain, start, breaks), start + LONGEST_SYLLABLE) + 1)
        return [_Part(end, *codes) for end in ends for codes in self._codes(plain[start:end], Way.WHOLE)]

    def _parts(self, plain: str, start: int, breaks: frozenset[int], slips: bool) -> list[_Part]:
        """Return the syllables that begin at a position, typed in any way."""
        stop = _stop(plain, start, breaks)
        found = []
        for end in range(start + 1, min(stop, start + LONGEST_SYLLABLE) + 1):
            ways = [Way.WHOLE, Way.UNFINISHED if end == len(plain) else Way.ABBREVIATED]
            for way in [*ways, Way.SLIPPED] if slips else ways:
                found += [_Part(end, *codes) for codes in self._codes(plain[start:end], way)]
        return found


def _stop(plain: str, start: int, breaks: frozenset[int]) -> int:
    """Return where a syllable that begins at a position has to end."""
    return min((b for b in breaks if b > start), default=len(plain))


def _root(position: int) -> _States:
    """Return the only way to read nothing."""
    at = np.array([position], dtype=np.int64)
    return _States(np.zeros_like(at), at, at, np.zeros(1))


def _joined(states: Sequence[_States]) -> _States:
    return _States(*map(np.concatenate, zip(*states, strict=True)))


def _table(parts: Sequence[Sequence[_Part]]) -> tuple[Ints, Ints, Ints, Floats]:
    """Return ends, lowest and highest codes, and prices of the parts at each position: [positions, parts] each."""
    width = max(map(len, parts), default=0)
    padded = [part for at in parts for part in (*at, *[_Part(0, 0, 0, 0.0)] * (width - len(at)))]
    end, low, high, price = np.array(padded, dtype=np.float64).reshape(len(parts), width, 4).transpose(2, 0, 1)
    return end.astype(np.int64), low.astype(np.int64), high.astype(np.int64), price


def _expanded(first: NDArray[np.signedinteger], last: NDArray[np.signedinteger]) -> tuple[Ints, Ints]:
    """Return all numbers of some ranges one after the other: the index of the range of each, and the number."""
    counts = (last - first).astype(np.int64)
    which = np.repeat(np.arange(len(counts)), counts)
    skipped = np.cumsum(counts) - counts
    return which, np.arange(len(which)) + (first - skipped)[which]


def _reduced(function: np.ufunc, keys: Ints, values: Floats) -> tuple[Ints, Floats]:
    """Return the different keys in ascending order, and the values of each, reduced to one."""
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    firsts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return (keys, values) if len(firsts) == len(keys) else (keys[firsts], function.reduceat(values, firsts))
