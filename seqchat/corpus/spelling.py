"""How a writer types the syllables of Chinese words: in full, abbreviated, or with a slip; and what that costs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from seqchat.corpus.double_pinyin import LAYOUTS
from seqchat.corpus.fuzzy_pinyin import PAIRS, other_initials, sounding_alike
from seqchat.corpus.mandarin_syllables import BEGINNINGS, LONGEST_SYLLABLE, SPOKEN, SYLLABLES
from seqchat.corpus.typing_prices import PRICES, TypingPrices
from seqchat.errors import SeqchatError, quoted

_TWO_LETTERS = ("zh", "ch", "sh")
_LAST = "\U0010ffff"
# Letters of full syllables that a way to read letters may do without, compared with the way that has most of them:
# ``wa`` may be 晚安 among first letters, ``gong`` is not four of them.
_SLACK = 1
_NEVER = -1_000
_MAX_KEPT = 5_000

Breaks = frozenset[int]


@dataclass(frozen=True)
class Spelling:
    """The habits of a writer.

    prices: how probable each way to type a syllable is; fuzzy: pairs of sounds that the writer does not tell apart,
    such as ``zh/z``; layout: of double pinyin, such as ``xiaohe``, empty for letters that spell.

    Raises:
        SeqchatError: there is no such pair, or no such layout.
    """

    prices: TypingPrices = PRICES
    fuzzy: frozenset[str] = frozenset()
    layout: str = ""

    def __post_init__(self) -> None:
        for pair in sorted(self.fuzzy.difference(PAIRS)):
            raise SeqchatError(
                f"The sounds that can be taken for each other are {', '.join(PAIRS)}, not {quoted(pair)}."
            )
        if self.layout and self.layout not in LAYOUTS:
            raise SeqchatError(f"The layouts of double pinyin are {', '.join(LAYOUTS)}, not {quoted(self.layout)}.")

    def is_full(self, plain: str, breaks: Breaks, *, finished: bool = False) -> bool:
        """Whether letters are syllables in full; the last one may be unfinished, unless they are `finished`.

        breaks: offsets at which a syllable ends.
        """
        return _is_full(self.fuzzy, plain, breaks, finished)

    def ways_inside(self, plain: str, breaks: Breaks) -> tuple[Way, ...]:
        """Return how the syllables of a single word may be typed before its last one, if not in full.

        Cut for little only if the letters are not syllables in full, and with a slip only if there is no other way.
        """
        if self.is_full(plain, breaks, finished=True):
            return self.ways_in_full
        return (Way.ABBREVIATED, Way.CUT, *(() if self.is_full(plain, breaks) else (Way.SLIPPED,)))

    @property
    def ways_in_full(self) -> tuple[Way, ...]:
        """How the syllables of a single word may be typed before its last one where letters are syllables in full."""
        return (Way.ABBREVIATED,) if self.layout else (Way.ABBREVIATED, Way.CLIPPED)


SPELLING = Spelling()


class Way(Enum):
    """A way to type a syllable.

    whole: all of it; abbreviated: its first letter, or zh, ch, sh; cut: more of its letters, not all, and then the next
    syllable (``shug`` 水果); clipped: the same, though the letters are syllables in full (``liage`` 两个); unfinished:
    its first letters, at the end of what is typed; slipped: all of it, but two letters next to each other have changed
    places (``zhogn``).
    """

    WHOLE = "whole"
    ABBREVIATED = "abbreviated"
    CUT = "cut"
    CLIPPED = "clipped"
    UNFINISHED = "unfinished"
    SLIPPED = "slipped"

    # That of Enum is a function of Python; there is one object of each.
    __hash__ = object.__hash__


def ways_at_end(inside: Iterable[Way]) -> tuple[Way, ...]:
    """Return how the last syllable may be typed if others may be so: what is unfinished may be abbreviated or cut."""
    return (Way.UNFINISHED, *(way for way in inside if way is Way.SLIPPED))


class Codes(NamedTuple):
    """Syllables that letters may be typed for: those with the codes from `low` to `high`, and log P(letters | each)."""

    low: int
    high: int
    price: float


class SyllableSpelling:
    """What letters may be typed for, among some syllables; a syllable's code is its index in their order."""

    def __init__(self, syllables: Sequence[str], spelling: Spelling) -> None:
        self._names = list(syllables)
        self._prices, self._fuzzy = spelling.prices, spelling.fuzzy
        self._codes = {name: code for code, name in enumerate(syllables)}
        self.codes = lru_cache(None)(self._find)

    def _find(self, typed: str, way: Way) -> tuple[Codes, ...]:
        """Return the syllables for which these letters are typed in one way."""
        prices = self._prices
        if way is Way.WHOLE:
            alike = sounding_alike(typed, self._fuzzy)
            found = [self._each([typed], 0.0), *(self._each([name], n * prices.fuzzy) for name, n in alike.items())]
            return tuple(codes for each in found for codes in each)
        if way is Way.SLIPPED:
            return tuple(self._each(_slips(typed), prices.slip))
        short = _is_short(typed)
        if way is not Way.UNFINISHED and short is not (way is Way.ABBREVIATED):
            return ()
        of_way = {Way.ABBREVIATED: _NEVER, Way.CLIPPED: prices.clipped}.get(way, prices.unfinished)
        price = max(prices.abbreviated if short else _NEVER, of_way)
        others = other_initials(typed, self._fuzzy)
        return self._longer(typed, price) + tuple(
            c for name in others for c in self._longer(name, price + prices.fuzzy)
        )

    def _each(self, names: Iterable[str], price: float) -> Iterable[Codes]:
        return (Codes(code, code + 1, price) for name in names if (code := self._codes.get(name)) is not None)

    def _longer(self, typed: str, price: float) -> tuple[Codes, ...]:
        """Return the syllables that begin with some letters and are longer."""
        low = bisect_left(self._names, typed) + (typed in self._codes)
        high = bisect_left(self._names, typed + _LAST)
        return (Codes(low, high, price),) if low < high else ()


class Part(NamedTuple):
    """Where the letters of a syllable begin, and the way in which they are it."""

    start: int
    way: Way


@lru_cache(_MAX_KEPT)
def parts_before(spelling: Spelling, plain: str, breaks: Breaks, last: bool) -> tuple[Part, ...]:
    """Return the syllables that may end where the letters end, each typed in any way.

    Letters are syllables in full where they can be: of all ways to read the letters up to here, those count that have
    most letters in full syllables. breaks: offsets at which a syllable ends; last: whether nothing follows.
    """
    possible = _possible(spelling.fuzzy, plain, breaks, last)
    found = {part: _covered(spelling.fuzzy, plain[: part.start], breaks) + gain for part, gain in possible}
    best = max(found.values(), default=_NEVER)
    return tuple(part for part, count in found.items() if count >= max(best - _SLACK, 0))


@lru_cache(_MAX_KEPT)
def _covered(fuzzy: frozenset[str], plain: str, breaks: Breaks) -> int:
    """Return how many letters are in full syllables, at most; less than 0 if these letters are no syllables at all."""
    if not plain:
        return 0
    possible = _possible(fuzzy, plain, breaks, False)
    counts = (_covered(fuzzy, plain[: part.start], breaks) + gain for part, gain in possible)
    return max(counts, default=_NEVER)


def _possible(fuzzy: frozenset[str], plain: str, breaks: Breaks, last: bool) -> Iterable[tuple[Part, int]]:
    """Yield the syllables that may end where the letters end, and how many letters of full ones each is worth."""
    size = len(plain)
    for start in range(max(0, size - LONGEST_SYLLABLE), size):
        typed = plain[start:]
        if any(start < b < size for b in breaks):
            continue
        if _is_syllable(typed, fuzzy):
            yield Part(start, Way.WHOLE), len(typed)
        elif typed in SPOKEN:
            yield Part(start, Way.WHOLE), 0
        if _slips(typed):
            yield Part(start, Way.SLIPPED), len(typed) - 1
        begins = _begins(typed, fuzzy)
        if begins and _is_short(typed):
            yield Part(start, Way.ABBREVIATED), 0
        if begins and last:
            yield Part(start, Way.UNFINISHED), 0 if _is_short(typed) else len(typed) - 1
        elif begins and not _is_short(typed):
            yield Part(start, Way.CUT), len(typed) - 1


@lru_cache(_MAX_KEPT)
def _is_full(fuzzy: frozenset[str], plain: str, breaks: Breaks, finished: bool) -> bool:
    reached = {0}
    for end in range(1, len(plain) + 1):
        starts = [s for s in range(max(0, end - LONGEST_SYLLABLE), end) if s in reached]
        fits = _begins if end == len(plain) and not finished else _is_syllable
        if any(fits(plain[s:end], fuzzy) for s in starts if not any(s < b < end for b in breaks)):
            reached.add(end)
    return len(plain) in reached


def _is_syllable(typed: str, fuzzy: frozenset[str]) -> bool:
    return typed in SYLLABLES or any(name in SYLLABLES for name in sounding_alike(typed, fuzzy))


def _begins(typed: str, fuzzy: frozenset[str]) -> bool:
    """Whether letters are a syllable, or the beginning of one."""
    known = typed in BEGINNINGS or any(name in BEGINNINGS for name in other_initials(typed, fuzzy))
    return known or _is_syllable(typed, fuzzy)


def _is_short(typed: str) -> bool:
    return len(typed) == 1 or typed in _TWO_LETTERS


@lru_cache(_MAX_KEPT)
def _slips(typed: str) -> tuple[str, ...]:
    """Return the syllables that are these letters when two letters next to each other change places."""
    swapped = (f"{typed[:i]}{typed[i + 1]}{typed[i]}{typed[i + 2 :]}" for i in range(len(typed) - 1))
    return tuple(dict.fromkeys(s for s in swapped if s != typed and s in SYLLABLES))
