"""Chinese words of a lexicon by the letters of an input method, found in its sorted readings without an index of them.

As in `PinyinIndex`, a syllable is typed in full, or abbreviated to its first letter
or to zh, ch, sh; the last one that is begun may be incomplete, and those after it are missing. Words of more than four
syllables are found by full syllables or by first letters alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.lexicon import MAX_HAN, EntryIds, HanWords, Lexicon
from seqchat.corpus.mandarin_syllables import LONGEST_SYLLABLE
from seqchat.corpus.pinyin import Letters
from seqchat.corpus.spelling import SPELLING, Codes, Spelling, SyllableSpelling, Way, parts_before, ways_at_end

_MAX_MIXED_SYLLABLES = 4
_NEVER = 1_000
# For how many beginnings of what is typed the syllables are kept; more than may be typed
_MAX_KEPT = 256

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

    codes: the last one is the lowest of the range, which ends before `high`; grown: whether longer readings agree too;
    price: of the syllables.
    """

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

    def __init__(self, lexicon: Lexicon, spelling: Spelling = SPELLING) -> None:
        self._han = lexicon.han
        self.habits, self._price_unbegun = spelling, spelling.prices.unbegun
        self._code_ranges = SyllableSpelling(lexicon.syllables, spelling).codes
        self._starting = lru_cache(20_000)(self._find_starting)
        self._begins = lru_cache(20_000)(self._any_begins)
        # What was found for the letters before is kept, so that a key costs the same however many there are.
        self._ending = lru_cache(_MAX_KEPT)(self._find_ending)
        self._parses = lru_cache(_MAX_KEPT)(self._find_parses)

    def matching(self, letters: Letters) -> Matches:
        """Return the readings that may begin with the letters; with a slip only if there is no other way."""
        ways = self.habits.ways_inside(letters.plain, letters.breaks)
        return self._matches(_parses([self._parts(letters, p, ways) for p in range(len(letters.plain))]), longer=True)

    def parses(self, letters: Letters, end: int, *, last: bool = False) -> dict[int, Parses]:
        """Return the syllables of words that end at a position in letters, by where they begin.

        They are typed in any way; last: whether nothing follows, so that the last one may be unfinished.
        """
        return self._parses(*letters.before(end), last)

    def _find_parses(self, plain: str, breaks: frozenset[int], last: bool) -> dict[int, Parses]:
        found: dict[int, list[Parse]] = {}
        for start, way in parts_before(self.habits, plain, breaks, last):
            parts = [_part(codes, way, len(plain) - start) for codes in self._code_ranges(plain[start:], way)]
            earlier = self._parses(plain[:start], frozenset(b for b in breaks if b < start), False) if start else {}
            for at, parses in (*earlier.items(), (start, ((),))):
                longer = ((*parse, part) for parse in parses for part in parts)
                found.setdefault(at, []).extend(parse for parse in longer if _may_be_word(parse))
        return {start: tuple(parses) for start, parses in found.items() if parses}

    def typed(self, parses: Parses) -> Matches:
        """Return the readings that are typed as one of some parses, none of their syllables left out."""
        return self._matches(parses, longer=False)

    def spelled(self, letters: Letters) -> Matches:
        """Return the readings that are exactly these letters, typed in full."""
        return self.readings(self.ending(letters, len(letters.plain)).get(0, ()))

    def ending(self, letters: Letters, end: int) -> dict[int, list[LookUp]]:
        """Return what to look up for words that end at a position in letters, typed in full, by where they begin."""
        return self._ending(*letters.before(end))

    def _find_ending(self, plain: str, breaks: frozenset[int]) -> dict[int, list[LookUp]]:
        found: dict[int, list[LookUp]] = {}
        for start, look in self._longer(plain, breaks, (Way.WHOLE,)):
            if self._begins(look.codes):
                found.setdefault(start, []).append(look)
        return found

    def ending_unfinished(self, letters: Letters, end: int) -> dict[int, list[LookUp]]:
        """Return the same for words of which the last syllable that is typed may be unfinished, and others unbegun."""
        found: dict[int, list[LookUp]] = {}
        for start, look in self._longer(*letters.before(end), (Way.WHOLE, Way.UNFINISHED)):
            found.setdefault(start, []).append(look._replace(grown=True))
        return found

    def _longer(self, plain: str, breaks: frozenset[int], ways: tuple[Way, ...]) -> Iterator[tuple[int, LookUp]]:
        """Yield syllables up to the end, all but the last in full and the last in some ways, and where they begin."""
        first = max(len(plain) - LONGEST_SYLLABLE, *(b for b in breaks if b < len(plain)), 0)
        for start in range(first, len(plain)):
            earlier = self._ending(plain[:start], frozenset(b for b in breaks if b < start)) if start else {}
            before = [(at, look.codes, look.price) for at, looks in earlier.items() for look in looks]
            for codes in (found for way in ways for found in self._code_ranges(plain[start:], way)):
                for at, syllables, price in (*before, (start, (), 0.0)):
                    if len(syllables) < MAX_HAN:
                        yield at, LookUp((*syllables, codes.low), codes.high, False, price + codes.price)

    def _any_begins(self, codes: tuple[int, ...]) -> bool:
        """Whether any reading begins with some syllables."""
        return any(_count(words, codes) for words in self._han[len(codes) - 1 :])

    def readings(self, look_ups: Sequence[LookUp]) -> Matches:
        """Return the readings to be looked up."""
        found = []
        for codes, high, grown, price in look_ups:
            for words in self._han[len(codes) - 1 : None if grown else len(codes)]:
                low, end = words.readings_between(codes[:-1], codes[-1], high)
                found.append((words, np.arange(low, end), price + self._unbegun(words, codes)))
        return _joined(found)

    def _matches(self, parses: Sequence[tuple[_Part, ...]], *, longer: bool) -> Matches:
        """Return the readings that are typed as one of the parses, or, with `longer`, that begin so."""
        found: list[tuple[HanWords, _Rows, float]] = []
        for parse in parses:
            price, size = sum(part.price for part in parse), len(parse)
            longest = size if not longer else MAX_HAN if _fits_long_words(parse) else _MAX_MIXED_SYLLABLES
            for words in self._han[size - 1 : longest]:
                if len(rows := _agreeing(words, parse)):
                    found.append((words, rows, price + self._unbegun(words, parse)))
        return _joined(found)

    def _unbegun(self, words: HanWords, typed: Sequence[object]) -> float:
        """Return the price of the syllables of words of one length after those that are typed."""
        return self._price_unbegun * (words.length - len(typed))

    def _parts(self, letters: Letters, position: int, ways: tuple[Way, ...]) -> list[_Part]:
        """Return the syllables that may begin at a position, in full or typed in some other ways."""
        stop = min((b for b in letters.breaks if b > position), default=len(letters.plain))
        at_end = stop - position <= LONGEST_SYLLABLE and stop == len(letters.plain)
        return self._starting(letters.plain[position : min(stop, position + LONGEST_SYLLABLE)], at_end, ways)

    def _find_starting(self, text: str, at_end: bool, ways: tuple[Way, ...]) -> list[_Part]:
        """Return the syllables that letters begin with; at_end: whether the last one may be unfinished."""
        found = []
        for size in range(1, len(text) + 1):
            others = ways_at_end(ways) if at_end and size == len(text) else ways
            for way in (Way.WHOLE, *others):
                found += [_part(codes, way, size) for codes in self._code_ranges(text[:size], way)]
        return found


# Syllables of a word, and all that letters may be
Parse = tuple[_Part, ...]
Parses = tuple[Parse, ...]


def _part(codes: Codes, way: Way, size: int) -> _Part:
    return _Part(codes.low, codes.high, way in (Way.WHOLE, Way.SLIPPED), size, codes.price)


def _parses(parts: Sequence[Sequence[_Part]]) -> list[Parse]:
    """Return the ways to cut letters into syllables of words, of which each position has some."""
    mixed = [*_cuts(parts, _MAX_MIXED_SYLLABLES)]
    in_full = [[part for part in found if part.full or at + part.size == len(parts)] for at, found in enumerate(parts)]
    first_letters = [[part for part in found if part.size == 1] for found in parts]
    longer = [cut for kind in (in_full, first_letters) for cut in _cuts(kind, MAX_HAN)]
    return [*mixed, *dict.fromkeys(cut for cut in longer if len(cut) > _MAX_MIXED_SYLLABLES)]


def _cuts(parts: Sequence[Sequence[_Part]], most: int) -> Iterator[Parse]:
    """Yield the ways to cut letters into at most so many parts, of which each position has some."""
    # Of how many syllables at least the letters from each position on are the beginning
    needed = [_NEVER] * len(parts) + [0]
    for position in range(len(parts) - 1, -1, -1):
        needed[position] = 1 + min((needed[position + part.size] for part in parts[position]), default=_NEVER)
    return _cuts_from(parts, 0, most, needed) if needed[0] <= most else iter(())


def _cuts_from(parts: Sequence[Sequence[_Part]], position: int, most: int, needed: Sequence[int]) -> Iterator[Parse]:
    """Yield those of the letters from a position on; needed: how many parts each position needs at least."""
    if position == len(parts):
        yield ()
        return
    for part in parts[position]:
        end = position + part.size
        if needed[end] < most:
            for rest in _cuts_from(parts, end, most - 1, needed):
                yield (part, *rest)


def _may_be_word(parse: Parse) -> bool:
    """Whether a word may be typed like this."""
    return len(parse) <= _MAX_MIXED_SYLLABLES or (len(parse) <= MAX_HAN and _fits_long_words(parse))


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
        first = np.concatenate(([True], np.diff(rows) > 0))[: len(rows)]
        rows, prices = rows[first], prices[first]
    return rows, prices
