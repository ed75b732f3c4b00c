"""The words of documents that the model lacks, names above all: they are habits of their writer."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from seqchat.completion.habits import MAX_LENGTH, Habit, Habits, is_learnable
from seqchat.corpus.scripts import words_of_letters
from seqchat.corpus.vocabulary import Vocabulary

# Shorter words are typed as soon as they are found.
_SHORTEST = 3
# What a word counts that is written for the first time, and each time after that, beside one that was taken: a slip of
# the fingers, which occurs once, must not come before what letters mean.
_FIRST, _AGAIN = 0.02, 0.1


class UnknownWords:
    """Counts words that spaces separate and a vocabulary lacks, of all documents, as often as one has them at most."""

    def __init__(self, vocabulary: Vocabulary, habits: Habits) -> None:
        """Take the habits that will have the words."""
        self._vocabulary, self._habits = vocabulary, habits
        self._counted: Counter[str] = Counter()

    def read(self, texts: Iterable[str]) -> None:
        """Read the words of texts."""
        counts = Counter(word for text in texts for word in words_of_letters(text) if self._is_unknown(word))
        now = time.time()
        for word, more in (counts - self._counted).items():
            worth = more * _AGAIN if self._counted[word] else _FIRST + (more - 1) * _AGAIN
            self._habits.add(Habit(word, "", worth, now))
        self._counted |= counts

    def _is_unknown(self, word: str) -> bool:
        # Words with digits may be secrets.
        plain = len(word) >= _SHORTEST and not any(character.isdigit() for character in word)
        return plain and is_learnable(word) and not self._vocabulary.variants(word)


def without_last_word(text: str) -> str:
    """Return a text without the word at its end, which may not be finished."""
    end = len(text)
    # No longer one is learned.
    while end > max(len(text) - MAX_LENGTH, 0) and (text[end - 1].isalnum() or text[end - 1] in "'’"):
        end -= 1
    return text[:end]
