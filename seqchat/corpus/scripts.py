"""Words of every script: where they begin and end (Unicode Standard Annex 29), and which spaces are between them.

Letters and digits with the marks on them are a word up to the next other character; an apostrophe between letters
belongs to it (*don't*), and so do a full stop, comma or colon between digits (*3.14*, *8:30*). Kana, Thai and other
scripts without spaces are cut into single graphemes, where no dictionary is used (`word_cutters`); runs of Katakana
stay whole. Tailored from the annex: a full stop between letters ends a word, as messages often lack the space after it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

# Chinese characters of the basic plane, and all
HAN_BASIC = "〇々\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
HAN = f"{HAN_BASIC}\U00020000-\U0003ffff"
KANA = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"
# Marks that may follow any character: accents, variation selectors, keycaps, skin tones
MARK = "\u0300-\u036f\ufe0e\ufe0f\u20d0-\u20ff\U0001f3fb-\U0001f3ff"
# Those that stay with a Chinese character: of these, and all selectors of its variants
HAN_MARK = rf"{MARK}\ufe00-\ufe0d\U000e0100-\U000e01ef"

# Line break class SA: scripts in which a dictionary would be needed to find the words
_WITHOUT_SPACES = r"\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tai_Le}"
_ALPHABETIC = rf"[[\p{{L}}\p{{N}}]--[{HAN}{KANA}{_WITHOUT_SPACES}]]"
_LETTER = rf"(?:{_ALPHABETIC}[\p{{M}}\u00ad]*)"
_DIGIT = r"(?:\p{Nd}\p{M}*)"

_WORD = rf"{_LETTER}+(?:['’\u200c]{_LETTER}+)*"

_PIECE = (
    rf"(?P<han>(?:[{HAN}][{HAN_MARK}]*)+)"
    rf"|{_DIGIT}+(?:[.,:٫٬]{_DIGIT}+)+(?:{_LETTER}(?<!\p{{Nd}}))*"
    rf"|{_WORD}"
    r"|[\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]+"
    r"|\s|\X"
)
_GRAPHEME = r"\X"


@cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """Return a pattern of the library `regex`."""
    # The app shows its first frame before it needs this library.
    import regex

    return regex.compile(pattern, regex.DOTALL | regex.VERSION1)


def pieces(text: str, runs: str = "") -> Iterator[regex.Match[str]]:
    """Yield the words, marks and spaces that make up a text; runs of Chinese characters are in the group ``han``.

    runs: further alternatives, each with a group of its own, that come before the others.
    """
    yield from compiled(runs + _PIECE).finditer(text)


def words_of_letters(text: str) -> list[str]:
    """Return the words of a text that spaces separate, such as Latin ones, without marks and Chinese characters."""
    found: list[str] = compiled(_WORD).findall(text)
    return found


def composed(text: str) -> str:
    """Return a text in Unicode's form NFC, in which a letter and its marks are as few characters as possible."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def graphemes(text: str) -> list[str]:
    """Cut a text into extended grapheme clusters: what a reader sees as single characters."""
    found: list[str] = compiled(_GRAPHEME).findall(text)
    return found


def ends_in_letter(text: str) -> bool:
    """Whether the last character, without its marks, is of a script that has spaces between words."""
    return compiled(rf"{_LETTER}\Z").search(text) is not None


def begins_with_letter(text: str) -> bool:
    """Whether the first character is of a script that has spaces between words."""
    return compiled(_LETTER).match(text) is not None
