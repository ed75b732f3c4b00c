"""Latin words among letters of pinyin that were typed without a space: ``fa email gei ta`` in ``faemailgeita``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from seqchat.corpus.extra_words import ExtraWords
from seqchat.corpus.lexicon_words import EntrySet
from seqchat.corpus.mandarin_syllables import BEGINNINGS, SYLLABLES
from seqchat.corpus.pinyin import LetterMatch, Letters
from seqchat.corpus.vocabulary import Vocabulary

# log of how much more probable a Latin word is than syllables that are shortened to its letters; no probability, since
# the price of shortening is too low for letters that can be read in full (tests/benchmarks/mixed.py --half 0)
LOG_PRICE = 3.0
_SHORTEST, _LONGEST = 2, 16


class ForeignWords(NamedTuple):
    """The words of the same letters: those of the vocabulary, and those of a lexicon."""

    match: LetterMatch
    entries: tuple[EntrySet, ...]


# Words by where they start and where they end in letters
Foreign = dict[int, dict[int, ForeignWords]]


def foreign_words(letters: Letters, vocabulary: Vocabulary, *, unfinished: bool = False) -> Foreign:
    """Return the Latin words that stand before or after syllables in full, none where the letters are nothing else.

    Words that are syllables in full themselves are none of them. unfinished: letters follow, so that these may end
    anywhere.
    """
    plain, size = letters.plain, len(letters.plain)
    # For each position that is reached: whether by a syllable, and whether by a Latin word
    reached: dict[int, set[str]] = {0: set()}
    found: Foreign = {}
    for start in range(size):
        for end, kind in _steps(letters, start, vocabulary, unfinished) if start in reached else ():
            reached.setdefault(end, set()).update(reached[start] | {kind})
            if kind == "word":
                found.setdefault(start, {})[end] = _words(plain[start:end], vocabulary)
    return found if unfinished or reached.get(size, set()) >= {"syllable", "word"} else {}


def _steps(letters: Letters, start: int, vocabulary: Vocabulary, unfinished: bool) -> Iterator[tuple[int, str]]:
    """Yield where a syllable or a Latin word ends that begins at a position."""
    plain, size = letters.plain, len(letters.plain)
    last = min((b for b in letters.breaks if b > start), default=size)
    for end in range(start + 1, min(start + _LONGEST, last) + 1):
        part = plain[start:end]
        if part in SYLLABLES or (end == size and not unfinished and part in BEGINNINGS):
            yield end, "syllable"
        elif end - start >= _SHORTEST and vocabulary.is_foreign(part):
            yield end, "word"


def _words(letters: str, vocabulary: Vocabulary) -> ForeignWords:
    """Return the words of these letters, in any capitals."""
    ids = np.array(sorted(i for i in vocabulary.variants(letters) if vocabulary.suggestible[i]), dtype=np.int64)
    match = LetterMatch(ids, np.full(len(ids), LOG_PRICE, dtype=np.float32))
    if vocabulary.lexicon is None:
        return ForeignWords(match, ())
    return ForeignWords(match, tuple(_entry(i, vocabulary.lexicon) for i in vocabulary.lexicon.ids_of(letters)))


def _entry(word_id: int, lexicon: ExtraWords) -> EntrySet:
    log_prob = lexicon.log_prob(word_id) + LOG_PRICE
    ids = np.array([word_id], dtype=np.int64)
    return EntrySet(lexicon.part(word_id), ids, np.array([log_prob], dtype=np.float32), log_prob)
