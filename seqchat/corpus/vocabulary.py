"""Words ↔ ids, and look-up by the typed beginning of a word."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.casing import fold
from seqchat.corpus.cleaning import GLUE, is_safe
from seqchat.corpus.pinyin import PinyinIndex, WordIds
from seqchat.corpus.scripts import HAN
from seqchat.corpus.spelling import SPELLING, Spelling
from seqchat.corpus.words import Segmenter, has_han, is_letter
from seqchat.errors import SeqchatError, quoted

if TYPE_CHECKING:
    from seqchat.corpus.extra_words import ExtraWords

PAD, UNKNOWN, DIALOG, TURN = "<pad>", "<unk>", "<dialog>", "<turn>"
SPECIAL_WORDS = (PAD, UNKNOWN, DIALOG, TURN)
PAD_ID, UNKNOWN_ID, DIALOG_ID, TURN_ID = range(4)

# More than any text has
_NO_LIMIT = 1 << 40

_LAST = "\U0010ffff"
_ALPHABETIC = re.compile(rf"^(?:[^\W\d_{HAN}]|['’]){{2,}}$", re.MULTILINE)


def is_storable(word: str) -> bool:
    """Whether a word may be in a vocabulary: one visible line, or a plain space."""
    shown = word.removeprefix(GLUE)
    if not shown or shown.isspace() or GLUE in shown:
        return word == " "
    # Whether a text is printable is checked in C; what is not may still be safe.
    return shown.isprintable() or all(is_safe(c) and c != "\n" for c in shown)


class Vocabulary:
    """The words a model knows, in the order of their ids; the first four are the special words.

    lexicon: words that a lexicon adds, with ids after these; they are offered, but text is not encoded with them.
    """

    def __init__(self, words: Sequence[str], segmenter: Segmenter) -> None:
        self.words = list(words)
        self.segmenter = segmenter
        self.lexicon: ExtraWords | None = None
        self.spelling = SPELLING
        self._id = {word: i for i, word in enumerate(self.words)}
        self._variants = lru_cache(20_000)(self._find_variants)
        if tuple(self.words[: len(SPECIAL_WORDS)]) != SPECIAL_WORDS:
            raise SeqchatError(f"A vocabulary begins with {' '.join(SPECIAL_WORDS)}; this one does not.")
        if len(self._id) != len(self.words):
            raise SeqchatError("The vocabulary has the same word twice.")
        bad = [word for word in self.words[len(SPECIAL_WORDS) :] if not is_storable(word)]
        if bad:
            raise SeqchatError(f"The vocabulary has a word that must not be shown: {quoted(bad[0])}.")

    @classmethod
    def build(
        cls, counts: Counter[str], segmenter: Segmenter, *, min_count: int = 2, max_words: int = 50_000
    ) -> Vocabulary:
        """Choose the words of a corpus: every single character, then words by frequency.

        `counts` says how often each word occurs. Characters come first, so that any rarer word can be spelled; words
        that occur fewer than `min_count` times are left out, and `max_words` limits the whole.
        """
        usable = Counter({w: n for w, n in counts.items() if is_storable(w) and w not in SPECIAL_WORDS})
        characters = _count_characters(usable, segmenter)
        limit = max_words - len(SPECIAL_WORDS)
        chosen = {c: max(usable[c], 0) for c, _ in _by_frequency(characters)[:limit]}
        for word, n in _by_frequency(usable):
            if len(chosen) >= limit or n < min_count:
                break
            chosen[word] = n
        ordered = [word for word, _ in _by_frequency(Counter(chosen))]
        return cls([*SPECIAL_WORDS, *ordered], segmenter)

    def extended(self, counts: Counter[str], segmenter: Segmenter, *, min_count: int, max_new: int) -> Vocabulary:
        """Return a vocabulary with these words at its beginning, and at its end those that a text adds.

        `counts`, `min_count`: as in `build`; segmenter: what cut the text; at most `max_new` words are added, single
        characters first.
        """
        built = Vocabulary.build(counts, segmenter, min_count=min_count, max_words=_NO_LIMIT)
        new = [word for word in built.words if word not in self._id]
        characters = {word for word in new if len(segmenter.characters(word.removeprefix(GLUE))) == 1}
        chosen = set(sorted(new, key=lambda word: word not in characters)[:max_new])
        return Vocabulary([*self.words, *(word for word in new if word in chosen)], segmenter)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return self._id.get(word, 0) >= len(SPECIAL_WORDS)

    def word(self, word_id: int) -> str:
        """Return the word of an id, one of the lexicon's too."""
        if self.lexicon is None or word_id < len(self.words):
            return self.words[word_id]
        return self.lexicon.word(word_id)

    def spelled(self, ids: Iterable[int]) -> list[int]:
        """Return ids with those of the lexicon replaced by the words of the vocabulary that spell them."""
        if self.lexicon is None:
            return list(ids)
        return [i for word_id in ids for i in (self.lexicon.spelling(word_id) if word_id >= len(self) else (word_id,))]

    def encode_word(self, word: str) -> list[int]:
        """Return the ids of one word: its own, or those of its characters; a line break ends the turn."""
        if word == "\n":
            return [TURN_ID]
        if word in self:
            return [self._id[word]]
        spelled = self.segmenter.spell(word)
        return [self._id[c] if c in self else UNKNOWN_ID for c in spelled]

    def encode(self, words: Iterable[str]) -> list[int]:
        """Return the ids of words, out-of-vocabulary words spelled with in-vocabulary characters."""
        return [i for word in words for i in self.encode_word(word)]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the words of ids: a line break for the end of a turn, nothing for the other special words."""
        return ["\n" if i == TURN_ID else self.word(i) for i in ids if i >= len(SPECIAL_WORDS) or i == TURN_ID]

    def text(self, ids: Iterable[int]) -> str:
        """Return the text of ids."""
        return self.segmenter.join(self.decode(ids))

    def ids_of(self, surface: str) -> list[int]:
        """Return the ids of the words with these characters, with and without a space before them."""
        found = (self._id.get(surface, 0), self._id.get(GLUE + surface, 0))
        return [word_id for word_id in found if word_id >= len(SPECIAL_WORDS)]

    def surface(self, word_id: int, left: str) -> str:
        """Return the characters the word adds to a text whose last word is `left`."""
        return self.segmenter.surface(self.word(word_id), left)

    @cached_property
    def suggestible(self) -> NDArray[np.bool_]:
        """Which ids may be offered to a writer: whole visible words, nothing special, no bare space."""
        special = len(SPECIAL_WORDS)
        return np.array(
            [i >= special and word != " " and not self._is_glued_character(word) for i, word in enumerate(self.words)]
        )

    def _is_glued_character(self, word: str) -> bool:
        return word.startswith(GLUE) and len(self.segmenter.characters(word)) == 2

    @cached_property
    def takes_space(self) -> NDArray[np.bool_]:
        """Which ids are written with a space after a word that asks for one."""
        return np.array([not w.startswith(GLUE) and self.segmenter.space_before(w) for w in self.words])

    @cached_property
    def initials(self) -> tuple[WordIds, WordIds]:
        """The ids of the words that begin with a small letter, and of those that begin with a capital."""
        first = [w.removeprefix(GLUE)[:1] if i >= len(SPECIAL_WORDS) else "" for i, w in enumerate(self.words)]
        return np.flatnonzero([c.islower() for c in first]), np.flatnonzero([c.isupper() for c in first])

    @cached_property
    def after_finished(self) -> WordIds:
        """The ids of what may follow a word that is finished: all but letters that would make it longer."""
        glued = [w.startswith(GLUE) and is_letter(w[1:2]) for w in self.words]
        return np.flatnonzero(~np.array(glued))

    @cached_property
    def has_chinese(self) -> bool:
        """Whether any word has a Chinese character, so that letters may be pinyin."""
        return has_han("".join(self.words))

    @cached_property
    def alphabetic_share(self) -> float:
        """The share of words of letters, and not of Chinese characters, among those of two characters or more."""
        longer = [word for word in map(_without_glue, self.words[len(SPECIAL_WORDS) :]) if len(word) > 1]
        return len(_ALPHABETIC.findall("\n".join(longer))) / max(len(longer), 1)

    @cached_property
    def numbers(self) -> dict[str, WordIds]:
        """The ids of the words that are numbers, by their first digit."""
        found: dict[str, list[int]] = {}
        for word_id, word in enumerate(self.words):
            if word.isdecimal() and word.isascii():
                found.setdefault(word[0], []).append(word_id)
        return {digit: np.array(ids) for digit, ids in found.items()}

    @cached_property
    def spaced_suggestions(self) -> WordIds:
        """The ids of the words that may be offered after a space."""
        return np.flatnonzero(self.takes_space & self.suggestible)

    def variants(self, surface: str) -> list[int]:
        """Return the ids of the words with these characters, capital or not, with and without a space before them."""
        return self._variants(fold(surface))

    def is_latin_word(self, letters: str) -> bool:
        """Whether small Latin letters are a word, of a lexicon too; single letters are none."""
        known = bool(self.variants(letters)) or (self.lexicon is not None and self.lexicon.find(letters) >= 0)
        return len(letters) > 1 and letters.isascii() and known

    def is_foreign(self, letters: str) -> bool:
        """Whether small Latin letters are a word, and no syllables of pinyin in full."""
        return self.is_latin_word(letters) and not self.spelling.is_full(letters, frozenset(), finished=True)

    def _find_variants(self, folded: str) -> list[int]:
        return [*self.ids_of(folded), *self._with_capitals.get(folded, ())]

    def with_capitals(self, surface: str) -> list[int]:
        """Return the ids of the variants of a word that have a capital."""
        return self._with_capitals.get(fold(surface), [])

    def starting_with(self, beginning: str) -> WordIds:
        """Return the ids of the words that begin with these characters, capital or not, and are longer."""
        beginning = fold(beginning)
        words, ids = self._sorted
        return ids[bisect_right(words, beginning) : bisect_left(words, beginning + _LAST)]

    @cached_property
    def pinyin(self) -> PinyinIndex:
        """Look-up of Chinese words by Latin letters; built, or read from the user's cache, at the first use."""
        return PinyinIndex(self.words, self.spelling)

    def spell(self, spelling: Spelling) -> None:
        """Read letters as a writer with these habits types them, in full pinyin or double pinyin."""
        if spelling != self.spelling:
            self.spelling = spelling
            if "pinyin" in self.__dict__:
                self.pinyin = self.pinyin.respelled(spelling)
            if self.lexicon is not None:
                self.lexicon.spell(spelling)

    @cached_property
    def _sorted(self) -> tuple[list[str], WordIds]:
        """The words in small letters, in order, and the id of each: [words]."""
        special = len(SPECIAL_WORDS)
        folded = [_folded(word) for word in map(_without_glue, self.words[special:])]
        order = sorted(range(len(folded)), key=folded.__getitem__)
        return [folded[i] for i in order], np.array(order, dtype=np.int64) + special

    @cached_property
    def _with_capitals(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for folded, i in zip(self._sorted[0], self._sorted[1].tolist(), strict=True):
            if folded != self.words[i].removeprefix(GLUE):
                found.setdefault(folded, []).append(i)
        return found


def _without_glue(word: str) -> str:
    return word.removeprefix(GLUE)


def _folded(word: str) -> str:
    """Return a word in small letters: the same object if it is written so, which would be kept twice otherwise."""
    return word if word.lower() == word else fold(word)


def _count_characters(counts: Counter[str], segmenter: Segmenter) -> Counter[str]:
    """Count the characters of words, and those that take a space without one too."""
    characters: Counter[str] = Counter()
    for word, n in counts.items():
        for character in filter(is_storable, segmenter.characters(word.removeprefix(GLUE))):
            characters[character] += n
            if segmenter.space_before(character):
                characters[GLUE + character] += n
    return characters


def _by_frequency(counts: Counter[str]) -> list[tuple[str, int]]:
    # Ties are broken by the word itself, so that the same corpus always gives the same vocabulary.
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
