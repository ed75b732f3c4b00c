"""What is worth a glance: suggestions that save more than it costs to look at them, and none that cannot be meant.

A suggestion saves P(it is right) × (keys of its text - the key that takes it); `COSTS` says how much that must be, in
keys. The costs were chosen with ``tests/benchmarks/worth.py``: the bar keeps nearly all of what it saves, while grey
text, which is always in view, has to be right more often.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from seqchat.completion.spacing import is_finished
from seqchat.corpus.casing import fold
from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.scripts import HAN
from seqchat.corpus.words import has_han, is_letter

if TYPE_CHECKING:
    from seqchat.completion.suggestion import Suggestion
    from seqchat.corpus.vocabulary import Vocabulary

# In keys
COSTS = {"candidate": 0.02, "grey text": 0.2, "continuation": 0.02}
# The grey text goes on with words at least so probable.
MIN_NEXT_PROBABILITY = 0.35
# A character that no key has takes so many: what a typist of pinyin needs on everyday text.
KEYS_PER_CHINESE_CHARACTER = 2.8
# No suggestion saves more keys than this.
_MOST_KEYS = 30

CLOSING = {
    ")": "(",
    "]": "[",
    "}": "{",
    "）": "（",
    "】": "【",
    "》": "《",
    "〉": "〈",
    "」": "「",
    "』": "『",
    "”": "“",
}
OPENING = frozenset(CLOSING.values())
_APOSTROPHES = "'’"
# Other single letters are the beginnings of words that are spelled.
_WORDS_OF_ONE_LETTER = frozenset("aAiI")
# A word that spaces separate, and the space after it
_ALPHABETIC = rf"[^\W\d_{HAN}]"
_WORD_BEFORE = rf"(?<!{_ALPHABETIC})({_ALPHABETIC}(?:{_ALPHABETIC}|['’])*) +\Z"
# Chinese at the end of a text, with the marks after it
_AFTER_HAN = rf"[{HAN}]\W*\Z"
# So much of a text is looked at.
_LOOKED_AT = 1_000
# A vocabulary with a smaller share of words of letters is that of a Chinese model.
_MIN_ALPHABETIC_SHARE = 0.1


def keys_saved(insert: str, replace: int = 0) -> float:
    """Return how many keys a text takes that is typed, less the one that takes it; the space after a word is saved."""
    keys = sum(1 if character.isascii() else KEYS_PER_CHINESE_CHARACTER for character in insert.strip())
    return keys - replace - 1 + is_finished(insert)


def is_worth(probability: float, insert: str, replace: int = 0, *, cost: str = "candidate") -> bool:
    """Whether something that is right with this probability saves more keys than a look at it costs."""
    return probability * keys_saved(insert, replace) >= COSTS[cost]


def worthwhile(
    suggestions: Sequence[Suggestion], text: str, vocabulary: Vocabulary, finished: bool
) -> list[Suggestion]:
    """Return the suggestions after a text that are worth a glance; finished: whether its last word was taken."""
    place = Place.of(text, vocabulary, finished)
    return [s for s in suggestions if place.explains(s) and (is_pinyin(s) or _pays(s))]


def is_grey(suggestion: Suggestion) -> bool:
    """Whether a suggestion may be shown as grey text at the cursor."""
    return not suggestion.replace and is_worth(suggestion.probability, suggestion.insert, cost="grey text")


def keeps_language(text: str, before: str, *, chinese: bool, latin: bool) -> bool:
    """Whether grey text is in the language that a writer has chosen; any is if they have chosen none.

    before: the text that it continues; chinese: all letters that they type are pinyin; latin: none are, so that Chinese
    words come from another input method, and follow Chinese ones.
    """
    if chinese:
        return re.search(_ALPHABETIC, text) is None
    return not latin or not has_han(text) or re.search(_AFTER_HAN, before) is not None


def without_open_end(text: str) -> str:
    """Return grey text without an opening bracket, and the space before it, at its end."""
    kept = text.rstrip("".join(OPENING))
    return text if kept == text else kept.rstrip(" ")


def branch_is_worth(words: Sequence[tuple[str, float]], replace: int = 0) -> bool:
    """Whether a continuation, its words with the log-probability of each, is worth a glance as far as it goes.

    A word saves its keys if all words up to it are right; `replace` letters of the first one are typed already.
    """
    log_probs = accumulate(log_prob for _, log_prob in words)
    saved = sum(
        math.exp(log_prob) * (keys_saved(text) + 1) for (text, _), log_prob in zip(words, log_probs, strict=True)
    )
    return saved - math.exp(words[0][1]) * (1 + replace) >= COSTS["continuation"]


def is_last(suggestion: Suggestion) -> bool:
    """Whether none that is less probable than this one could be worth a glance."""
    return suggestion.probability * _MOST_KEYS < COSTS["candidate"]


def is_pinyin(suggestion: Suggestion) -> bool:
    """Whether letters are replaced by Chinese characters, which have no other way into the text."""
    # A phrase may begin with a Latin word.
    return suggestion.replace > 0 and has_han(suggestion.insert)


def is_fragment(word: str) -> bool:
    """Whether a word of a vocabulary is a letter that only spells other words."""
    letter = word.removeprefix(GLUE)
    if len(letter) != 1 or not letter.isalpha() or not is_letter(letter):
        return False
    return word != letter or (letter.isascii() and letter not in _WORDS_OF_ONE_LETTER)


def _pays(suggestion: Suggestion) -> bool:
    # Going back for a capital takes some keys too; but a word that was typed as it is mostly meant as it is.
    typed, length = suggestion.replace, len(suggestion.insert)
    cost = "grey text" if typed == length else "candidate"
    return is_worth(suggestion.probability, suggestion.insert, min(typed, length - 2) if typed else 0, cost=cost)


class Place(NamedTuple):
    """What a text ends in, as far as it decides what can be meant there.

    line: the current turn; unknown: letters at the end are no word; foreign: they, or the place, follow a word of
    letters that the model does not know, in a line without Chinese characters; reads_alphabet: whether
    it knows many such words.
    """

    line: str
    unknown: bool
    foreign: bool
    reads_alphabet: bool

    @classmethod
    def of(cls, text: str, vocabulary: Vocabulary, finished: bool = False) -> Place:
        """Look at the end of a text; finished: whether its last word was taken."""
        line = text[-_LOOKED_AT:].rpartition("\n")[2]
        letters = _letters_at_end(line)
        found = re.search(_WORD_BEFORE, line[: len(line) - len(letters)])
        before = found[1] if found else ""
        unknown = letters[-1:].isalpha() and not finished and not _is_word(letters, vocabulary)
        if unknown and vocabulary.lexicon is not None:
            unknown = vocabulary.lexicon.find(fold(letters)) < 0
        known = not before or has_han(line) or _is_word(before, vocabulary)
        foreign = not known and not _is_full_pinyin(before, vocabulary)
        return cls(line, unknown, foreign, vocabulary.alphabetic_share >= _MIN_ALPHABETIC_SHARE)

    @property
    def has_meaning(self) -> bool:
        """Whether anything can be said about what comes next, apart from words that the letters begin."""
        return not self.unknown and (self.reads_alphabet or not self.foreign)

    def explains(self, suggestion: Suggestion) -> bool:
        """Whether a suggestion can be meant here."""
        if is_pinyin(suggestion):
            return not self.foreign
        shown = suggestion.insert.strip()
        if is_fragment(suggestion.word) or self._lacks_partner(shown) or self._glues(suggestion):
            return False
        return suggestion.completes or self.has_meaning

    def _lacks_partner(self, shown: str) -> bool:
        """Whether a bracket would stand alone."""
        return shown in OPENING or not closes(shown, self.line)

    def _glues(self, suggestion: Suggestion) -> bool:
        """Whether a next word would have no space after the word before it, as only parts of a spelled one have."""
        return not suggestion.completes and is_letter(suggestion.insert[0]) and bool(_letters_at_end(self.line))


def closes(word: str, line: str) -> bool:
    """Whether a word is no closing bracket, or one that this line has opened."""
    opening = CLOSING.get(word)
    return opening is None or line.count(opening) > line.count(word)


def _letters_at_end(line: str) -> str:
    start = len(line)
    while start and (is_letter(line[start - 1]) or line[start - 1] in _APOSTROPHES):
        start -= 1
    return line[start:].lstrip(_APOSTROPHES)


def _is_word(letters: str, vocabulary: Vocabulary) -> bool:
    return any(not is_fragment(vocabulary.words[i]) for i in vocabulary.variants(letters))


def _is_full_pinyin(letters: str, vocabulary: Vocabulary) -> bool:
    # The app shows its first frame without what this needs.
    from seqchat.corpus.pinyin import letters_before

    found = letters_before(letters) if vocabulary.has_chinese else None
    if found is None:
        return False
    return vocabulary.pinyin.spelled(found, len(found.plain)) is not None
