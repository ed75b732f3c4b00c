"""Chinese words by the Latin letters of an input method: ``huoguo``, ``huog``, ``hg`` → 火锅."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.letters import LETTER, MAX_LETTERS
from seqchat.corpus.pinyin_cache import trie_of
from seqchat.corpus.pinyin_search import PinyinSearch
from seqchat.corpus.syllable_trie import SyllableTrie
from seqchat.corpus.syllables import Syllables
from seqchat.corpus.typing_prices import PRICES, TypingPrices

WordIds = NDArray[np.int64]

# A tone may also be a digit after its syllable. Some keyboards turn ' into ’.
_TYPED = re.compile(
    rf"(?<![0-9_'’{LETTER}])[{LETTER}](?:[{LETTER}]|(?<=[{LETTER}])[1-5]|(?<=[1-5{LETTER}])['’])*\Z",
    re.IGNORECASE,
)
_DIAERESIS = "\u0308"


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
    match = _TYPED.search(text[-MAX_LETTERS:])
    if match is None or len(match[0]) == MAX_LETTERS:
        return None
    return read_letters(match[0])


def read_letters(typed: str) -> Letters:
    """Return the pinyin that some letters, tones and apostrophes are."""
    plain, breaks = "", set()
    for character in unicodedata.normalize("NFD", typed.lower()):
        if character == _DIAERESIS:
            plain = plain[:-1] + "v"
        elif character in "12345'’":
            breaks.add(len(plain))
        elif "a" <= character <= "z":
            plain += character
    return Letters(plain, frozenset(breaks), len(typed))


class LetterMatch(NamedTuple):
    """Words whose pinyin agrees with letters: ids [words], in ascending order, and log P(letters | word) [words]."""

    ids: WordIds
    log_probs: NDArray[np.float32]


class PinyinIndex:
    """Look-up of Chinese words by letters: full pinyin, first letters, and mixtures of both."""

    def __init__(self, words: Sequence[str], prices: TypingPrices = PRICES, trie: SyllableTrie | None = None) -> None:
        """Read the words of a vocabulary, in the order of their ids; only those of Chinese characters can be found.

        trie: that of their readings, if it is known.
        """
        trie = trie_of(words) if trie is None else trie
        search = PinyinSearch(trie, prices)
        self._search, self._trie, self._words = search, trie, words
        self._matching = lru_cache(1_000)(self._find_matching)

    def matching(self, letters: Letters) -> LetterMatch:
        """Return the words for which the letters may have been typed."""
        return self._matching(letters.plain, letters.breaks)

    def _find_matching(self, plain: str, breaks: frozenset[int]) -> LetterMatch:
        for span in self._search.begun(plain, breaks, [0]):
            return LetterMatch(span.words, span.log_probs)
        return LetterMatch(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))

    def phrase_words(self, letters: Letters) -> dict[int, dict[int, LetterMatch]]:
        """Return the words of which a phrase for the letters may consist, by where they start and end.

        Those that end before the letters do are typed in full; the last one is not the first, and as any single word.
        """
        size = len(letters.plain)
        inner = self._search.spelled(letters.plain, letters.breaks)
        last = self._search.begun(letters.plain, letters.breaks, range(1, size))
        found: dict[int, dict[int, LetterMatch]] = {}
        for start, end, words, log_probs in (*(span for span in inner if span.end < size), *last):
            found.setdefault(start, {})[end] = LetterMatch(words, log_probs)
        return found

    @cached_property
    def syllables(self) -> Syllables:
        """The syllables that the words are read with."""
        trie = self._trie
        names = [name.decode() for name in trie.syllables.tolist()]
        of_character: dict[str, list[str]] = {}
        # The nodes below the root come first after it, one for each syllable that begins a word.
        count = int(np.searchsorted(trie.edges, len(names)))
        for code, (first, end, _) in zip(trie.edges[:count].tolist(), trie.ranges[1 : count + 1].tolist(), strict=True):
            for row in range(first, end):
                of_character.setdefault(self._words[int(trie.words[row])], []).append(names[code])
        return Syllables(names, lambda character: of_character.get(character, ()))
