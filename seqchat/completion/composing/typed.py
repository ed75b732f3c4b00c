"""What a key types, and what is taken and learned: the small questions that the composition asks at a key."""

from __future__ import annotations

import unicodedata
from itertools import takewhile
from typing import NamedTuple

from seqchat.completion.composing.keys import Effect, Insertable, Learn, PassOn, Press, Replace, Surroundings
from seqchat.completion.composing.punctuation import in_single_quotes
from seqchat.corpus.double_pinyin import ends_pair, keys_at_end
from seqchat.corpus.letters import is_pinyin_letter, letters_at_end

_APOSTROPHES = "'’"


class Part(NamedTuple):
    """What was taken for some of the letters."""

    text: str
    letters: str


def letters_before(around: Surroundings) -> str:
    """Return the letters that end at the cursor."""
    return keys_at_end(around.layout, around.before) if around.layout else letters_at_end(around.before)


def letters_after(around: Surroundings) -> str:
    """Return the letters that begin at the cursor, as after an undo of what was taken while it stood among them."""
    letters = "".join(takewhile(is_pinyin_letter, around.after))
    # A letter with a combining mark is another letter.
    return letters[:-1] if unicodedata.combining(around.after[len(letters) :][:1] or " ") else letters


def may_open(around: Surroundings) -> bool:
    """Whether letters at the cursor may be pinyin: not in the middle of a Latin word."""
    inside = is_pinyin_letter(around.before[-1:]) and is_pinyin_letter(around.after[:1])
    return around.composes and not inside


def is_letter(open_letters: str, press: Press, around: Surroundings) -> bool:
    """Whether a key types a letter, or a mark that belongs to the open letters left of the cursor."""
    if is_pinyin_letter(press.character):
        return True
    if open_letters and press.character and press.character in _APOSTROPHES:
        # Where a quotation is open, it is closed.
        return not in_single_quotes(around.before)
    if open_letters and press.is_tone:
        return True
    return bool(around.layout) and ends_pair(around.layout, open_letters.lower(), press.character)


def text_of(candidate: Insertable) -> str:
    """Return what a candidate inserts, without the letters that it leaves."""
    return candidate.insert[: len(candidate.insert) - candidate.rest]


def written(press: Press, around: Surroundings) -> tuple[Effect, ...]:
    """Return what writes a character; a Chinese mark is a second step, so that an undo takes it back alone."""
    found = around.punctuation and around.punctuation.typed(press.character, around.before, around.above)
    return (PassOn(press), Replace(1 + found.again, 0, found.text)) if found else (PassOn(press),)


def learnt(parts: tuple[Part, ...]) -> tuple[Learn, ...]:
    """Return what was put together, which is one phrase."""
    if not parts:
        return ()
    return (Learn("".join(part.text for part in parts), "".join(part.letters for part in parts)),)
