"""How a word that a writer took is read: the letters that they typed say it, where its characters have several ways."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from seqchat.corpus.lexicon import Lexicon, is_han_word
from seqchat.corpus.words import is_han
from seqchat.errors import SeqchatError
from seqchat.locations import shipped_lexicon

_PIECE = re.compile(r"[A-Za-z]{1,6}|.", re.DOTALL)
_NOT_LETTERS = re.compile(r"[^a-zü]")
# What it costs that a syllable is typed in part, or not at all, or that it is the second one listed
_IN_PART, _UNTYPED, _RARER = 4, 16, 1

_Ways = Sequence[Sequence[str]]


def pinyin_of(word: str, letters: str = "") -> str:
    """Return the syllables of a word, one a character, ü as v, separated by spaces; empty if they are unknown.

    Latin letters in it are read as they are. letters: what was typed for it, as far as it was typed.
    """
    pieces = _PIECE.findall(word)
    ways = [_ways(piece) for piece in pieces]
    if not any(is_han(piece) for piece in pieces) or not all(ways):
        return ""
    typed = _NOT_LETTERS.sub("", letters.lower()).replace("ü", "v")
    return " ".join((_aligned(ways, typed) if typed else ()) or _of_word(word) or [way[0] for way in ways])


def spells(word: str, letters: str) -> bool:
    """Whether letters may be the pinyin of a Chinese word, typed in full or in part."""
    ways = [_ways(piece) for piece in _PIECE.findall(word)]
    typed = _NOT_LETTERS.sub("", letters.lower()).replace("ü", "v")
    return all(ways) and bool(_aligned(ways, typed))


def _aligned(ways: _Ways, letters: str) -> tuple[str, ...]:
    """Return the syllables that agree best with letters, nothing if none do."""
    # How many letters are used → what that costs, and the syllables
    reached: dict[int, tuple[int, tuple[str, ...]]] = {0: (0, ())}
    for listed in ways:
        longer: dict[int, tuple[int, tuple[str, ...]]] = {}
        for start, (cost, syllables) in reached.items():
            for place, syllable in enumerate(listed):
                for end, price in _ends(syllable, letters, start):
                    found = cost + price + _RARER * place, (*syllables, syllable)
                    longer[end] = min(longer.get(end, found), found)
        reached = longer
    return reached.get(len(letters), (0, ()))[1]


def _ends(syllable: str, letters: str, start: int) -> list[tuple[int, int]]:
    """Return where letters for a syllable may end, and what that costs."""
    if start == len(letters):
        return [(start, _UNTYPED)]
    sizes = [n for n in range(1, len(syllable) + 1) if letters.startswith(syllable[:n], start)]
    return [(start + n, 0 if n == len(syllable) else _IN_PART) for n in sizes]


def _ways(piece: str) -> tuple[str, ...]:
    """Return the ways to read a character, the most common first; Latin letters are read as they are."""
    if piece.isascii():
        return (piece.lower(),) if piece.isalpha() else ()
    return _of_character(piece)


def _of_word(word: str) -> Sequence[str]:
    """Return the most common way to read a word, nothing if the lexicon lacks it."""
    lexicon = _shipped()
    entry = -1 if lexicon is None or not is_han_word(word) else lexicon.find_word(word)
    return _read(lexicon, entry, len(word))[0] if lexicon is not None and entry >= 0 else ()


def _read(lexicon: Lexicon, entry: int, length: int) -> list[tuple[str, ...]]:
    """Return the ways to read a Chinese word of a lexicon, the most common first."""
    han = lexicon.han[length - 1]
    rows = (han.readers == entry - han.first).nonzero()[0].tolist()
    rows.sort(key=lambda row: -int(han.weights[row]))
    return [tuple(lexicon.syllables[code] for code in han.syllables[row]) for row in rows]


@lru_cache(10_000)
def _of_character(character: str) -> tuple[str, ...]:
    lexicon = _shipped()
    if lexicon is None:
        from seqchat.corpus.readings import readings

        return tuple(way.syllables[0] for way in readings([character])[0] if len(way.syllables) == 1)
    entry = lexicon.find_word(character) if is_han_word(character) else -1
    return tuple(way[0] for way in _read(lexicon, entry, 1)) if entry >= 0 else ()


@lru_cache(1)
def _shipped() -> Lexicon | None:
    try:
        return Lexicon.open(shipped_lexicon())
    except (OSError, SeqchatError):
        return None
