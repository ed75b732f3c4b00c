"""Chinese words by the Latin letters of an input method: ``huoguo``, ``huog``, ``hg`` → 火锅."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.double_pinyin import spelled_out
from seqchat.corpus.letters import LETTER, MAX_LETTERS
from seqchat.corpus.pinyin_cache import trie_of
from seqchat.corpus.pinyin_search import PinyinSearch, Span
from seqchat.corpus.spelling import SPELLING, Spelling
from seqchat.corpus.syllable_trie import SyllableTrie
from seqchat.corpus.syllables import Syllables

WordIds = NDArray[np.int64]

# A tone may also be a digit after its syllable. Some keyboards turn ' into ’.
_TYPED = re.compile(
    rf"(?<![0-9_'’{LETTER}])[{LETTER}](?:[{LETTER}]|(?<=[{LETTER}])[1-5]|(?<=[1-5{LETTER}])['’])*\Z",
    re.IGNORECASE,
)
_DOUBLE = re.compile(rf"(?<![0-9_'’;{LETTER}])[a-z](?:[a-z;]|(?<=[a-z;])['’])*\Z", re.IGNORECASE)
_APOSTROPHE = re.compile("['’]")
_DIAERESIS = "\u0308"
# In phrases, only words with smaller ids, which are more frequent, are typed in a way as improbable as a clipped one.
_COMMON = 12_000


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
        return Letters(*self.before(length), self.typed)

    def before(self, end: int) -> tuple[str, frozenset[int]]:
        """Return the first letters, and the breaks among them."""
        return self.plain[:end], frozenset(b for b in self.breaks if b < end) if self.breaks else self.breaks

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


def double_pinyin_before(text: str, layout: str) -> Letters | None:
    """Return what the double pinyin at the end of a text spells, or None if there is none."""
    match = _DOUBLE.search(text[-MAX_LETTERS:])
    if match is None or len(match[0]) == MAX_LETTERS:
        return None
    syllables = [typed.syllable for keys in _APOSTROPHE.split(match[0].lower()) for typed in spelled_out(layout, keys)]
    plain = "".join(syllables)
    ends = accumulate(map(len, syllables))
    return Letters(plain, frozenset(end for end in ends if end < len(plain)), len(match[0])) if plain else None


def typed_end(typed: str, plain: int, layout: str = "") -> int:
    """Return where the first `plain` letters end in what was typed, with the marks after them.

    layout: of double pinyin, of which the letters are what was spelled.
    """
    if not layout and typed.isascii() and typed.isalpha():
        return min(plain, len(typed))
    letters = index = 0
    for own, keys in _typed_pieces(typed, layout):
        if own and letters >= plain:
            return index
        letters, index = letters + own, index + keys
    return len(typed)


def _typed_pieces(typed: str, layout: str) -> Iterator[tuple[int, int]]:
    """Yield how many letters were spelled with how many characters, character by character or syllable by syllable."""
    if not layout:
        yield from ((len(read_letters(character).plain), 1) for character in typed)
        return
    for number, keys in enumerate(_APOSTROPHE.split(typed.lower())):
        if number:
            yield 0, 1
        yield from ((len(piece.syllable), piece.keys) for piece in spelled_out(layout, keys))


class LetterMatch(NamedTuple):
    """Words whose pinyin agrees with letters: ids [words], in ascending order, and log P(letters | word) [words]."""

    ids: WordIds
    log_probs: NDArray[np.float32]

    def where(self, mask: NDArray[np.bool_]) -> LetterMatch:
        """Return the words at which a mask [words] is set."""
        return LetterMatch(self.ids[mask], self.log_probs[mask])


class PinyinIndex:
    """Look-up of Chinese words by letters: full pinyin, first letters, and mixtures of both."""

    def __init__(self, words: Sequence[str], spelling: Spelling = SPELLING, trie: SyllableTrie | None = None) -> None:
        """Read the words of a vocabulary, in the order of their ids; only those of Chinese characters can be found.

        trie: that of their readings, if it is known.
        """
        self._trie, self._words = trie_of(words) if trie is None else trie, words
        self._read_with(spelling)

    def respelled(self, spelling: Spelling) -> PinyinIndex:
        """Return an index of the same words that reads letters as a writer with other habits types them."""
        other = copy(self)
        other._read_with(spelling)
        return other

    def _read_with(self, spelling: Spelling) -> None:
        self._spelling, self._search = spelling, PinyinSearch(self._trie, spelling)
        self._matching = lru_cache(1_000)(self._find_matching)
        self._spelled = lru_cache(1_000)(self._find_spelled)
        self._ending = lru_cache(1_000)(self._find_ending)
        self._last = lru_cache(1_000)(self._find_last)
        self._abbreviated = lru_cache(1_000)(self._find_abbreviated)

    def matching(self, letters: Letters) -> LetterMatch:
        """Return the words for which the letters may have been typed; with a slip only if there is no other way."""
        return self._matching(letters.plain, letters.breaks)

    def _find_matching(self, plain: str, breaks: frozenset[int]) -> LetterMatch:
        for span in self._search.begun(plain, breaks, self._spelling.ways_inside(plain, breaks)):
            return LetterMatch(span.words, span.log_probs)
        return LetterMatch(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))

    def ending(self, letters: Letters, end: int, *, last: bool = False) -> dict[int, LetterMatch]:
        """Return the words of a phrase that end at a position in letters, by where they begin.

        They are typed in full or clipped, but the last one of a phrase as any single word may be.
        """
        return (self._last if last else self._ending)(*letters.before(end))

    def _find_ending(self, plain: str, breaks: frozenset[int]) -> dict[int, LetterMatch]:
        return self._of_phrase(self._search.ending(plain, breaks))

    def _of_phrase(self, spans: Iterable[Span]) -> dict[int, LetterMatch]:
        """Return words by where they start, without rare ones that are hardly typed so: these would only cost time."""
        rare = self._spelling.prices.clipped
        return {
            at: match.where((match.log_probs > rare) | (match.ids < _COMMON)) for at, match in _by_start(spans).items()
        }

    def spelled(self, letters: Letters, end: int) -> LetterMatch | None:
        """Return the words that the first letters are typed for in full, None for none."""
        return self._spelled(*letters.before(end))

    def _find_spelled(self, plain: str, breaks: frozenset[int]) -> LetterMatch | None:
        return _by_start(self._search.spelled(plain, breaks)).get(0)

    def _find_last(self, plain: str, breaks: frozenset[int]) -> dict[int, LetterMatch]:
        return self._of_phrase(self._search.begun(plain, breaks, self._spelling.ways_in_full, anywhere=True))

    def ending_abbreviated(self, letters: Letters, end: int, *, last: bool = False) -> dict[int, LetterMatch]:
        """Return the words of a phrase that end at a position in letters, by where they begin.

        Any syllable may be abbreviated or have a slip, and none is left out; the last one of all may be unfinished.
        """
        return self._abbreviated(*letters.before(end), last)

    def _find_abbreviated(self, plain: str, breaks: frozenset[int], last: bool) -> dict[int, LetterMatch]:
        return _by_start(self._search.abbreviated(plain, breaks, last))

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


def _by_start(spans: Iterable[Span]) -> dict[int, LetterMatch]:
    """Return words that end at the same place by where they start."""
    return {span.start: LetterMatch(span.words, span.log_probs) for span in spans}
