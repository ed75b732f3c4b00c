"""Which words letters of pinyin may be typed for, and how probably: a search of the trie of syllables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.mandarin_syllables import LONGEST_SYLLABLE
from seqchat.corpus.spelling import Codes, Spelling, SyllableSpelling, Way, parts_before, ways_at_end
from seqchat.corpus.syllable_trie import SyllableTrie

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_HALF = 32
# For how many beginnings of what is typed the ways to read it are kept; more than may be typed.
_MAX_KEPT = 256
_WHOLE = (Way.WHOLE,)
_NOTHING = Codes(0, 0, 0.0)


class Span(NamedTuple):
    """The words that the letters from `start` to `end` may have been typed for.

    words: int64 [words], in ascending order; log_probs: float32 [words], log P(these letters | word).
    """

    start: int
    end: int
    words: Ints
    log_probs: NDArray[np.float32]


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
        self._in_full = (Way.WHOLE, *(way for way in spelling.ways_in_full if way is Way.CLIPPED))
        self._names = [name.decode() for name in trie.syllables.tolist()]
        self._codes = SyllableSpelling(self._names, spelling).codes
        self._ways = lru_cache(_MAX_KEPT)(self._find_ways)
        self._abbreviated = lru_cache(_MAX_KEPT)(self._find_abbreviated)

    def spelled(self, plain: str, breaks: frozenset[int]) -> list[Span]:
        """Return the words that all of the letters are typed for in full."""
        return self._finished(self._ways(plain, breaks, _WHOLE, False))

    def ending(self, plain: str, breaks: frozenset[int]) -> list[Span]:
        """Return the words that the letters from anywhere to the end are typed for in full, or clipped."""
        return self._finished(self._ways(plain, breaks, self._in_full, True))

    def begun(
        self, plain: str, breaks: frozenset[int], inside: tuple[Way, ...], *, anywhere: bool = False
    ) -> list[Span]:
        """Return the words of which the letters are typed, in full or in part.

        inside: how syllables may be typed that another one follows, if not in full; anywhere: whether words from
        anywhere to the end are returned, too.
        """
        states = self._ending(plain, breaks, (Way.WHOLE, *ways_at_end(inside)), (Way.WHOLE, *inside), anywhere)
        ranges = self._trie.ranges[states.node]
        which, rows = _expanded(ranges[:, 0], ranges[:, 2])
        states = states.at(which)
        unbegun = self._trie.lengths[rows] - self._trie.depths[states.node]
        return self._spans(states._replace(price=states.price + self._prices.unbegun * unbegun), rows)

    def abbreviated(self, plain: str, breaks: frozenset[int], last: bool) -> list[Span]:
        """Return the words that the letters from anywhere to the end are typed for, none of their syllables left out.

        last: whether nothing follows, so that the last syllable may be unfinished.
        """
        found = self._any_way(plain, breaks, True) if last else self._abbreviated(plain, breaks)
        return self._finished(found)

    def _finished(self, states: _States) -> list[Span]:
        """Return the words that end where ways to read letters do."""
        ranges = self._trie.ranges[states.node]
        which, rows = _expanded(ranges[:, 0], ranges[:, 1])
        return self._spans(states.at(which), rows)

    # What was found for the letters before is kept, so that a key costs the same however many there are.

    def _find_ways(self, plain: str, breaks: frozenset[int], ways: tuple[Way, ...], anywhere: bool) -> _States:
        """Return how letters can be read as syllables typed in some ways; anywhere: from any letter to the end."""
        return self._ending(plain, breaks, ways, ways, anywhere)

    def _ending(
        self, plain: str, breaks: frozenset[int], last: tuple[Way, ...], before: tuple[Way, ...], anywhere: bool
    ) -> _States:
        """Return how letters can be read; last, before: the ways in which the last syllable and others are typed."""
        size = len(plain)
        first = max(size - LONGEST_SYLLABLE, *(b for b in breaks if b < size), 0) if breaks else size - LONGEST_SYLLABLE
        parts: list[list[Codes]] = [[] for _ in plain]
        for start in range(max(first, 0), size):
            parts[start] = [codes for way in last for codes in self._codes(plain[start:], way)]
        return self._joined(plain, breaks, parts, lambda *letters: self._ways(*letters, before, anywhere), anywhere)

    def _find_abbreviated(self, plain: str, breaks: frozenset[int]) -> _States:
        return self._any_way(plain, breaks, False)

    def _any_way(self, plain: str, breaks: frozenset[int], last: bool) -> _States:
        """Return how the letters from anywhere to the end can be read, syllables typed as `parts_before` says."""
        parts: list[list[Codes]] = [[] for _ in plain]
        for start, way in parts_before(self._spelling, plain, breaks, last):
            parts[start] += self._codes(plain[start:], way)
        return self._joined(plain, breaks, parts, self._abbreviated, True)

    def _joined(
        self,
        plain: str,
        breaks: frozenset[int],
        parts: Sequence[Sequence[Codes]],
        earlier: Callable[[str, frozenset[int]], _States],
        anywhere: bool,
    ) -> _States:
        """Return the ways to read letters whose last syllable is one of the parts, which begin at each position."""
        if not plain:
            return _root(0).at(np.empty(0, np.int64))
        before = [_root(0)]
        for position in range(1, len(plain)):
            if parts[position]:
                before.append(earlier(plain[:position], frozenset(b for b in breaks if b < position)))
                if anywhere:
                    before.append(_root(position))
        return self._longer(_concatenated(before), len(plain), parts)

    def _longer(self, states: _States, end: int, parts: Sequence[Sequence[Codes]]) -> _States:
        """Return the ways with one more syllable, one of the parts that begin at each position and end at `end`."""
        low, high, price = _table(parts)
        before = states.node[:, None] * len(self._names)
        edges = self._trie.edges
        first = np.searchsorted(edges, (before + low[states.position]).ravel())
        last = np.searchsorted(edges, (before + high[states.position]).ravel())
        which, edge = _expanded(first, last)
        way, part = np.divmod(which, low.shape[1])
        prices = states.price[way] + price[states.position[way], part]
        # The edges begin with that of node 1.
        return _States(edge + 1, states.start[way], np.full(len(edge), end), prices)

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


def _root(position: int) -> _States:
    """Return the only way to read nothing."""
    at = np.array([position], dtype=np.int64)
    return _States(np.zeros_like(at), at, at, np.zeros(1))


def _concatenated(states: Sequence[_States]) -> _States:
    return _States(*map(np.concatenate, zip(*states, strict=True)))


def _table(parts: Sequence[Sequence[Codes]]) -> tuple[Ints, Ints, Floats]:
    """Return lowest and highest codes, and prices of the parts at each position: [positions, parts] each."""
    width = max(map(len, parts), default=0)
    padded = [part for at in parts for part in (*at, *[_NOTHING] * (width - len(at)))]
    low, high, price = np.array(padded, dtype=np.float64).reshape(len(parts), width, 3).transpose(2, 0, 1)
    return low.astype(np.int64), high.astype(np.int64), price


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
