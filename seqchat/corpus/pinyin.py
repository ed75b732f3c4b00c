"""Chinese words by the Latin letters of an input method: ``huoguo``, ``huog``, ``hg`` → 火锅."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.scripts import HAN

WordIds = NDArray[np.int64]

_HAN_WORD = re.compile(f"[{HAN}]+")
_LAST = "\U0010ffff"
# Vowels may have a tone mark; a tone may also be a digit after its syllable. Some keyboards turn ' into ’.
_VOWELS = "üāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ"
_LETTER = f"a-z{_VOWELS}"
_TYPED = re.compile(
    rf"(?<![0-9_'’{_LETTER}])[{_LETTER}](?:[{_LETTER}]|(?<=[{_LETTER}])[1-5]|(?<=[1-5{_LETTER}])['’])*\Z",
    re.IGNORECASE,
)
_MAX_LETTERS = 60
_DIAERESIS = "\u0308"
# Words of more syllables are found only by full pinyin or by first letters.
_MAX_MIXED_SYLLABLES = 4


@dataclass(frozen=True)
class Letters:
    """The pinyin typed at the end of a text.

    plain: lower-case letters from a to z, ü as v, without tones; breaks: the offsets in it at which a tone or an
    apostrophe ends a syllable; typed: the number of characters in the text.
    """

    plain: str
    breaks: frozenset[int]
    typed: int

    def prefix(self, length: int) -> Letters:
        """Return the first letters."""
        return Letters(self.plain[:length], frozenset(b for b in self.breaks if b < length), self.typed)

    def suffix(self, start: int) -> Letters:
        """Return the letters from an offset on."""
        return Letters(self.plain[start:], frozenset(b - start for b in self.breaks if b > start), self.typed)


def letters_before(text: str) -> Letters | None:
    """Return the pinyin at the end of a text, or None if there is none."""
    match = _TYPED.search(text[-_MAX_LETTERS:])
    if match is None or len(match[0]) == _MAX_LETTERS:
        return None
    plain, breaks = "", set()
    for character in unicodedata.normalize("NFD", match[0].lower()):
        if character == _DIAERESIS:
            plain = plain[:-1] + "v"
        elif character in "12345'’":
            breaks.add(len(plain))
        elif "a" <= character <= "z":
            plain += character
    return Letters(plain, frozenset(breaks), len(match[0]))


class PinyinIndex:
    """Sorted keys of every Chinese word: its full pinyin, its first letters, and the mixtures of both."""

    def __init__(self, words: Sequence[tuple[str, int]]) -> None:
        """Read `words`, pairs of a word and its id; words with other than Chinese characters are left out."""
        chinese = [(word, i) for word, i in words if _HAN_WORD.fullmatch(word)]
        self._syllables = dict(zip((i for _, i in chinese), _pronounce([word for word, _ in chinese]), strict=True))
        self._full = _Keys(("".join(syllables), i) for i, syllables in self._syllables.items())
        self._any = _Keys((key, i) for i, syllables in self._syllables.items() for key in _keys(syllables))
        self._matching = lru_cache(1_000)(self._find_matching)
        self._spelled = lru_cache(10_000)(self._full.equal_to)

    def matching(self, letters: Letters) -> WordIds:
        """Return the ids, in ascending order, of the words whose pinyin may begin with the letters."""
        return self._matching(letters)

    def spelled(self, letters: Letters) -> WordIds:
        """Return the ids of the words whose pinyin, typed in full, is exactly these letters."""
        return self._within_breaks(self._spelled(letters.plain), letters)

    def _find_matching(self, letters: Letters) -> WordIds:
        return self._within_breaks(np.unique(self._any.beginning_with(letters.plain)), letters)

    def _within_breaks(self, ids: WordIds, letters: Letters) -> WordIds:
        if not letters.breaks:
            return ids
        return np.array([i for i in ids.tolist() if _agree(self._syllables[i], letters)], dtype=np.int64)


class _Keys:
    """Ids by sorted keys."""

    def __init__(self, entries: Iterable[tuple[str, int]]) -> None:
        ordered = sorted(entries)
        self._keys = [key for key, _ in ordered]
        self._ids = np.array([i for _, i in ordered], dtype=np.int64)

    def beginning_with(self, letters: str) -> WordIds:
        return self._ids[bisect_left(self._keys, letters) : bisect_left(self._keys, letters + _LAST)]

    def equal_to(self, letters: str) -> WordIds:
        return self._ids[bisect_left(self._keys, letters) : bisect_right(self._keys, letters)]


def _pronounce(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the syllables of each word, ü as v."""
    from pypinyin import Style, lazy_pinyin

    return [tuple(lazy_pinyin(word, style=Style.NORMAL, v_to_u=False)) for word in words]


def _beginnings(syllable: str) -> tuple[str, ...]:
    """Return how a syllable may be shortened: to its first letter, or to zh, ch, sh."""
    return (syllable[:2], syllable[0]) if syllable[1:2] == "h" else (syllable[0],)


def _keys(syllables: tuple[str, ...]) -> set[str]:
    """Return the ways to type a word whose last syllable may still grow."""
    if len(syllables) > _MAX_MIXED_SYLLABLES:
        return {"".join(syllables), "".join(s[0] for s in syllables)}
    parts = [(syllable, *_beginnings(syllable)) for syllable in syllables[:-1]]
    return {"".join(chosen) + syllables[-1] for chosen in product(*parts)}


def _agree(syllables: tuple[str, ...], letters: Letters) -> bool:
    """Whether the letters can be typed for these syllables, with no syllable across a break."""
    plain, positions = letters.plain, {0}
    for syllable in syllables:
        if len(plain) in positions:
            return True
        reached = set()
        for position in positions:
            rest = plain[position:]
            ends = {position + len(part) for part in (syllable, *_beginnings(syllable)) if rest.startswith(part)}
            if syllable.startswith(rest):
                ends.add(len(plain))
            reached |= {end for end in ends if not any(position < b < end for b in letters.breaks)}
        positions = reached
    return len(plain) in positions
