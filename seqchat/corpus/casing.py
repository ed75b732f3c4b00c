"""Capital letters: words that differ in nothing else are variants of one word, written as its place asks for."""

from __future__ import annotations

import re
from functools import lru_cache

# The end of a sentence, with what may close after it; three dots are none
_SENTENCE_END = re.compile(r"(?:\A|\n|(?<!\.)[.!?。！？][\"'”’)\]）」』]*)\s*\Z")
_LOOKED_AT = 16


@lru_cache(20_000)
def fold(text: str) -> str:
    """Return a text in lower case, with as many characters as before."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def capitalised(word: str) -> str:
    """Return a word, or a space and a word, with a capital as its first letter."""
    start = len(word) - len(word.lstrip(" "))
    first = word[start : start + 1].upper()
    return word[:start] + first + word[start + 1 :] if len(first) == 1 else word


def as_typed(word: str, typed: str) -> str:
    """Return a word as it is written where its beginning has been typed.

    Capitals stay as they were typed (``Hel`` → Hello, ``HEL`` → HELLO); small letters are no wish (``lond`` → London).
    """
    if fold(typed) == typed or word.startswith(typed):
        return word
    rest = word[len(typed) :]
    letters = [c for c in typed if c.upper() != c.lower()]
    if len(letters) > 1 and all(c.isupper() for c in letters):
        rest = "".join(c.upper() if len(c.upper()) == 1 else c for c in rest)
    elif rest.isupper():
        rest = fold(rest)
    return typed + rest


def begins_sentence(text: str) -> bool:
    """Whether a word after this text would be the first of a turn or a sentence."""
    return _SENTENCE_END.search(text[-_LOOKED_AT:]) is not None
