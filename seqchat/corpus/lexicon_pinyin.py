"""Chinese words of a lexicon by the letters of an input method, found in its sorted readings without an index of them.

As in `PinyinIndex`, a syllable is typed in full, or shortened to its first letter
or to zh, ch, sh; the last one that is begun may be incomplete, and those after it are missing. Words of more than four
syllables are found by full syllables or by first letters alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.lexicon import MAX_HAN, EntryIds, HanWords, Lexicon
from seqchat.corpus.pinyin import Letters
from seqchat.corpus.typing_prices import PRICES

_LAST = "\U0010ffff"
_MAX_MIXED_SYLLABLES = 4
_MAX_SYLLABLE_LENGTH = 6
_TWO_LETTERS = ("zh", "ch", "sh")
_NEVER = 1_000

_Rows = NDArray[np.int64]


class _Part(NamedTuple):
    """Letters of one syllable: the range of codes that agree, whether they are all of it, how many, and their price."""

    low: int
    high: int
    full: bool
    size: int
    price: float


class LookUp(NamedTuple):
    """Readings that begin with syllables: the codes of all but the last one, and the range of the last one's code.

    end: where in the letters; codes: the last one is the lowest of the range, which ends before `high`; grown: whether
    longer readings agree too; price: of the last syllable.
    """

    end: int
    codes: tuple[int, ...]
    high: int
    grown: bool
    price: float


@dataclass(frozen=True)
class Matches:
    """Readings that agree with letters.

    entries: [readings], of which word; shares: [readings], the share of this reading among those of its word;
    prices: [readings], log P(letters typed | this reading).
    """

    entries: EntryIds
    shares: NDArray[np.float32]
    prices: NDArray[np.float32]


class LexiconPinyin:
    """Look-up of the Chinese words of a lexicon by pinyin."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._han = lexicon.han
        self._syllables = lexicon.syllables
        self._codes = {syllable: code for code, syllable in enumerate(lexicon.syllables)}
        self._starting = lru_cache(20_000)(self._find_starting)
        self._begins = lru_cache(20_000)(self._any_begins)

    def matching(self, letters: Letters) -> Matches:
        """Return the readings that may begin with the letters."""
        parses = self._parses(letters)
        return self._matches(parses)

    def spelled(self, letters: Letters) -> Matches:
        """Return the readings that are exactly these letters, typed in full."""
        size = len(letters.plain)
        return self.readings([look for look in self.words_from(letters, 0) if look.end == size and not look.grown])

    def words_from(self, letters: Letters, position: int) -> list[LookUp]:
        """Return what to look up for the words that may begin at a position, all syllables before the end in full."""
        found: list[LookUp] = []
        self._walk(letters, position, (), found)
        return found

    def _walk(self, letters: Letters, position: int, codes: tuple[int, ...], found: list[LookUp]) -> None:
        size = len(letters.plain)
        for part in self._parts(letters, position, mixed=False):
            end = position + part.size
            if end == size:
                found.append(LookUp(end, (*codes, part.low), part.high, True, part.price))
            if part.full and self._begins((*codes, part.low)):
                found.append(LookUp(end, (*codes, part.low), part.high, False, part.price))
                if end < size and len(codes) < MAX_HAN - 1:
                    self._walk(letters, end, (*codes, part.low), found)

    def _any_begins(self, codes: tuple[int, ...]) -> bool:
        """Whether any reading begins with some syllables."""
        return any(_count(words, codes) for words in self._han[len(codes) - 1 :])

    def readings(self, look_ups: Sequence[LookUp]) -> Matches:
        """Return the readings to be looked up."""
        found = []
        for _, codes, high, grown, price in look_ups:
            for words in self._han[len(codes) - 1 : None if grown else len(codes)]:
                low, end = words.readings_between(codes[:-1], codes[-1], high)
                found.append((words, np.arange(low, end), price + _unbegun(words, codes)))
        return _joined(found)

    def _matches(self, parses: Sequence[tuple[_Part, ...]]) -> Matches:
        """Return the readings that begin like one of the parses."""
        found: list[tuple[HanWords, _Rows, float]] = []
        for parse in parses:
            price, fits_long_words = sum(part.price for part in parse), _fits_long_words(parse)
            for words in self._han[len(parse) - 1 : None if fits_long_words else _MAX_MIXED_SYLLABLES]:
                if len(rows := _agreeing(words, parse)):
                    found.append((words, rows, price + _unbegun(words, parse)))
        return _joined(found)

    def _parses(self, letters: Letters) -> list[tuple[_Part, ...]]:
        """Return the ways to cut letters into syllables that are typed in full or shortened."""
        parts = [self._parts(letters, position, mixed=True) for position in range(len(letters.plain))]
        # Of how many syllables at least the letters from each position on are the beginning
        needed = [_NEVER] * len(parts) + [0]
        for position in range(len(parts) - 1, -1, -1):
            needed[position] = 1 + min((needed[position + part.size] for part in parts[position]), default=_NEVER)
        return [*_cuts(parts, 0, MAX_HAN, needed)] if needed[0] <= MAX_HAN else []

    def _parts(self, letters: Letters, position: int, mixed: bool) -> list[_Part]:
        """Return the ways in which a syllable may be typed from a position on."""
        stop = min((b for b in letters.breaks if b > position), default=len(letters.plain))
        return self._starting(
            letters.plain[position : min(stop, position + _MAX_SYLLABLE_LENGTH)],
            stop - position <= _MAX_SYLLABLE_LENGTH and stop == len(letters.plain),
            mixed,
        )

    def _find_starting(self, text: str, at_end: bool, mixed: bool) -> list[_Part]:
        """Return the ways to type a syllable with the beginning of some letters; at_end: whether they are the last."""
        parts = [_Part(c, c + 1, True, n, 0.0) for n in range(1, len(text) + 1) if (c := self._code(text[:n])) >= 0]
        low, high = self._beginning_with(text)
        if at_end and low < high:
            # The first of them is the syllable that is just these letters, if there is one.
            is_short = len(text) == 1 or text in _TWO_LETTERS
            price = max(PRICES.unfinished, PRICES.abbreviated) if is_short else PRICES.unfinished
            parts.append(_Part(low + (self._code(text) >= 0), high, False, len(text), price))
        for size in (1, 2) if mixed else ():
            low, high = self._beginning_with(text[:size])
            if low < high and size < len(text) + (not at_end) and (size == 1 or text[:2] in _TWO_LETTERS):
                parts.append(_Part(low, high, False, size, PRICES.abbreviated))
        return parts

    def _code(self, syllable: str) -> int:
        return self._codes.get(syllable, -1)

    def _beginning_with(self, letters: str) -> tuple[int, int]:
        """Return the range of codes of the syllables that begin with some letters."""
        return bisect_left(self._syllables, letters), bisect_left(self._syllables, letters + _LAST)


def _cuts(
    parts: Sequence[Sequence[_Part]], position: int, most: int, needed: Sequence[int]
) -> Iterator[tuple[_Part, ...]]:
    """Yield the ways to cut letters from a position on into at most so many parts, of which each position has some."""
    if position == len(parts):
        yield ()
        return
    for part in parts[position]:
        end = position + part.size
        if needed[end] < most:
            for rest in _cuts(parts, end, most - 1, needed):
                cut = (part, *rest)
                if len(cut) <= _MAX_MIXED_SYLLABLES or _fits_long_words(cut):
                    yield cut


def _count(words: HanWords, codes: Sequence[int]) -> int:
    low, high = words.readings_between(codes[:-1], codes[-1], codes[-1] + 1)
    return high - low


def _fits_long_words(parse: Sequence[_Part]) -> bool:
    """Whether long words may be typed like this: in full but for the end, or by first letters alone."""
    return all(part.full for part in parse[:-1]) or _is_first_letters(parse)


def _is_first_letters(parse: Sequence[_Part]) -> bool:
    return all(part.size == 1 for part in parse)


def _agreeing(words: HanWords, parse: Sequence[_Part]) -> _Rows:
    """Return which readings of words of one length begin with the parts."""
    exact = next((i for i, part in enumerate(parse) if part.high > part.low + 1), len(parse) - 1)
    low, high = words.readings_between([part.low for part in parse[:exact]], parse[exact].low, parse[exact].high)
    rows = np.arange(low, high)
    for column, part in enumerate(parse[exact + 1 :], exact + 1):
        codes = words.syllables[low:high, column] if len(rows) == high - low else words.syllables[rows, column]
        rows = rows[(codes >= part.low) & (codes < part.high)]
    return rows


def _unbegun(words: HanWords, typed: Sequence[object]) -> float:
    """Return the price of the syllables of words of one length after those that are typed."""
    return PRICES.unbegun * (words.length - len(typed))


def _joined(found: Sequence[tuple[HanWords, _Rows, float]]) -> Matches:
    """Return readings, each once with the most probable way to type it."""
    by_words: dict[int, list[tuple[_Rows, float]]] = {}
    for words, rows, price in found:
        by_words.setdefault(words.length, []).append((rows, price))
    matches = [(words, *_distinct(by_words.pop(words.length))) for words, _, _ in found if words.length in by_words]
    if not matches:
        return Matches(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32), np.empty(0, dtype=np.float32))
    return Matches(
        np.concatenate([words.readers[rows].astype(np.int64) + words.first for words, rows, _ in matches]),
        np.concatenate([words.shares[rows] for words, rows, _ in matches]),
        np.concatenate([prices for _, _, prices in matches]),
    )


def _distinct(found: Sequence[tuple[_Rows, float]]) -> tuple[_Rows, NDArray[np.float32]]:
    rows = np.concatenate([rows for rows, _ in found])
    prices = np.repeat(np.array([price for _, price in found], dtype=np.float32), [len(rows) for rows, _ in found])
    if len(found) > 1:
        order = np.lexsort((-prices, rows))
        rows, prices = rows[order], prices[order]
        first = np.concatenate(([True], np.diff(rows) > 0))
        rows, prices = rows[first], prices[first]
    return rows, prices
