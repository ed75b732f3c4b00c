"""Questions of a lesson, and whether what a learner writes is the answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from seqchat.wording import Say, plain

# What becomes of an answer; unreadable: it is none of its kind, such as a word where a number is asked for
Verdict = Literal["right", "wrong", "unreadable"]

_A_NUMBER = "Write a number, such as 0.25 or 25%."
_A_LETTER = "Write a letter, {first} to {last}."
_A_WORD = "Write a word."
TEXTS = (_A_NUMBER, _A_LETTER, _A_WORD)

LETTERS = "abcdefghij"


@dataclass(frozen=True)
class QuestionText:
    """What a question says in one language: what it asks, the options to choose from, and why the answer is so."""

    asked: str
    because: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class NumberAnswer:
    """A number, and how far from it another may be."""

    value: float
    tolerance: float = 0.0

    def judge(self, given: str, options: Sequence[str] = ()) -> Verdict:
        """Judge what was written: digits of any width, with any minus sign, perhaps a percentage."""
        number = _number(given)
        if number is None:
            return "unreadable"
        # Numbers such as 0.1 are not exact.
        return "right" if abs(number - self.value) <= self.tolerance + 1e-9 * abs(self.value) else "wrong"

    def shown(self, options: Sequence[str] = ()) -> str:
        """Return the answer as people write it."""
        number = f"{self.value:,.10g}".replace("-", "−")
        return f"{number} ± {self.tolerance:g}" if self.tolerance else number

    def wanted(self, options: Sequence[str] = (), say: Say = plain) -> str:
        """Say what to write."""
        return say(_A_NUMBER)


@dataclass(frozen=True)
class ChoiceAnswer:
    """One of the options, counted from 0."""

    index: int

    def judge(self, given: str, options: Sequence[str] = ()) -> Verdict:
        """Judge a letter, or the text of an option."""
        names = [*LETTERS[: len(options)], *map(_plain, options)]
        found = _plain(given).rstrip(").")
        if found not in names:
            return "unreadable"
        return "right" if names.index(found) % len(options) == self.index else "wrong"

    def shown(self, options: Sequence[str] = ()) -> str:
        """Return the letter and the text of the option."""
        return f"{LETTERS[self.index]}) {options[self.index]}"

    def wanted(self, options: Sequence[str] = (), say: Say = plain) -> str:
        """Say what to write."""
        return say(_A_LETTER, first=LETTERS[0], last=LETTERS[len(options) - 1])


@dataclass(frozen=True)
class WordAnswer:
    """A word."""

    word: str

    def judge(self, given: str, options: Sequence[str] = ()) -> Verdict:
        """Judge a word; its width, its case and quotation marks do not matter."""
        found = _plain(given).strip("\"'“”‘’「」")
        return "unreadable" if not found else "right" if found == _plain(self.word) else "wrong"

    def shown(self, options: Sequence[str] = ()) -> str:
        """Return the word."""
        return self.word

    def wanted(self, options: Sequence[str] = (), say: Say = plain) -> str:
        """Say what to write."""
        return say(_A_WORD)


Answer = NumberAnswer | ChoiceAnswer | WordAnswer


@dataclass(frozen=True)
class Question:
    """Something that a learner is asked, in both languages, and its answer."""

    english: QuestionText
    chinese: QuestionText
    answer: Answer

    def said(self, language: str) -> QuestionText:
        """Return what it says in a language."""
        return self.chinese if language == "zh" else self.english


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _number(text: str) -> float | None:
    digits = _plain(text).replace("−", "-").replace(" ", "")
    share = digits.endswith("%")
    # A comma between groups of three digits, as the app writes them
    digits = digits.rstrip("%").replace(",", "")
    if not digits or digits.strip("+-0123456789.e"):
        return None
    try:
        return float(digits) / (100 if share else 1)
    except ValueError:
        return None
