"""The space after a word that was taken: it appears when the next word begins, and is not there before punctuation."""

from __future__ import annotations

from seqchat.corpus.words import is_letter

# What is written after a space, and before a word without one
_BEFORE_WORDS = frozenset("([{#@&$£€“‘")


def is_finished(taken: str) -> bool:
    """Whether a text that was taken ends in a finished word: one of a script that has spaces; numbers may go on."""
    return bool(taken) and is_letter(taken[-1]) and not taken[-1].isdigit()


def begins_word(typed: str, before: str) -> bool:
    """Whether what is typed after a finished word begins the next one, so that a space belongs between them.

    before: the line up to there; a quotation mark closes what another one has opened.
    """
    if typed.startswith('"'):
        return before.count('"') % 2 == 0
    return bool(typed) and (is_letter(typed[0]) or typed[0] in _BEFORE_WORDS)
