"""How Chinese words are read: syllables of pinyin without tones, every common way with its probability."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from seqchat.corpus.jieba_words import jieba_frequencies
from seqchat.corpus.reading_tables import AS_WORDS, SPOKEN, WORDS

# What is kept of a word: the ways to read it that are at least this probable, and not more than so many.
_LEAST, _MOST = 0.005, 4
# A word in the dictionary of phrases is read as it says, and in this share in other common ways of its characters.
_OTHER_WAYS, _COMMON = 0.05, 0.1
# A word that is not in it is made of its characters as they are read at the same place in words that are, and, in this
# share of the times that they are words themselves and so many times more, as they are read then.
_AS_ITSELF, _PRIOR = 0.2, 100
# A character whose reading as a word is in no table has the first one listed in this share.
_FIRST_LISTED = 0.3

Syllables = tuple[str, ...]
_PLACES = ("first", "middle", "last")


class Pronunciation(NamedTuple):
    """One way to read a word: a syllable for each character, ü as v, without tones; and P(this way | the word)."""

    syllables: Syllables
    probability: float


def readings(words: Sequence[str]) -> list[tuple[Pronunciation, ...]]:
    """Return the ways to read each Chinese word, the most probable first.

    The probabilities of a word's ways sum to 1. A word with a character that pypinyin cannot read has none. They are
    estimated from pypinyin's dictionaries, with the frequencies of jieba's, and from `reading_tables.py`.
    """
    return [_ways(word) for word in words]


def _ways(word: str) -> tuple[Pronunciation, ...]:
    if not word:
        return ()
    only = [_ONLY_WAYS[character] for character in word]
    if all(only):
        return (Pronunciation(tuple(only), 1.0),)
    shares = _of_words(word) if word in WORDS or len(word) == 1 else _of_phrase(word)
    if not SPOKEN.keys().isdisjoint(word):
        shares = _with_spoken(word, shares)
    kept = sorted((-share, syllables) for syllables, share in shares.items() if share >= _LEAST)[:_MOST]
    total = math.fsum(-share for share, _ in kept)
    return tuple(Pronunciation(syllables, -share / total) for share, syllables in kept)


class _OnlyWays(dict[str, str]):
    """The reading of each character that has but one; empty for others."""

    def __missing__(self, character: str) -> str:
        ways = {syllable for place in _PLACES for syllable in _inside(character, place)}
        self[character] = ways.pop() if len(ways) == 1 and character not in SPOKEN else ""
        return self[character]


_ONLY_WAYS = _OnlyWays()


def _with_spoken(word: str, shares: Mapping[Syllables, float]) -> dict[Syllables, float]:
    """Return the ways to read a word, and those in which characters of it are read as in speech."""
    spoken: dict[Syllables, float] = defaultdict(float)
    for syllables, share in shares.items():
        for way, part in _product(map(_spoken, word, syllables, range(len(word)))).items():
            spoken[way] += share * part
    return spoken


def _spoken(character: str, syllable: str, index: int) -> dict[str, float]:
    usual, other, percentage = SPOKEN.get(character, ("", "", 0))
    # 儿 becomes a mere r only after another syllable.
    if syllable != usual or (index == 0 and other == "r"):
        return {syllable: 1.0}
    return {syllable: 1 - percentage / 100, other: percentage / 100}


def _of_phrase(word: str) -> dict[Syllables, float]:
    """Return the ways to read a word of several characters; one in the dictionary of phrases is read as it says."""
    phrases, last = _phrases(), len(word) - 1
    if word in phrases:
        own = phrases[word]
        common = [{s: p for s, p in _inside(c, _place(i, last)).items() if p >= _COMMON} for i, c in enumerate(word)]
        others = {way: _OTHER_WAYS * share for way, share in _product(common).items() if way != own}
        return {own: 1.0 - sum(others.values())} | others
    shares: list[Mapping[str, float]] = []
    while (start := len(shares)) < len(word):
        part = _longest_phrase(word, start)
        if part:
            shares += [{syllable: 1.0} for syllable in phrases[part]]
        else:
            shares.append(_inside(word[start], _place(start, last)))
    return _product(shares)


def _longest_phrase(word: str, start: int) -> str:
    """Return the longest phrase of the dictionary that begins at a position of a word; empty if there is none."""
    ends = range(len(word), start + 1, -1)
    return next((word[start:end] for end in ends if word[start:end] in _phrases()), "")


def _product(characters: Iterable[Mapping[str, float]]) -> dict[Syllables, float]:
    """Return the ways to read characters that do not depend on each other, without the rarest."""
    ways: dict[Syllables, float] = {(): 1.0}
    for shares in characters:
        longer = {(*way, s): share * p for way, share in ways.items() for s, p in shares.items()}
        ways = {way: share for way, share in longer.items() if share >= _LEAST}
    return ways


@cache
def _of_words(word: str) -> dict[Syllables, float]:
    """Return the ways to read a word of the tables, or a character that is a word, and their shares."""
    table = WORDS.get(word) or AS_WORDS.get(word)
    if table:
        parts = table.split()
        return {tuple(w.split("'")): int(p) / 100 for w, p in zip(parts[::2], parts[1::2], strict=True)}
    listed = _listed(word)
    if not listed:
        return {}
    counts = Counter({listed[0]: _PRIOR + _FIRST_LISTED * _frequencies().get(word, 0)})
    for place in _PLACES:
        counts.update(_in_phrases()[word, place])
    kept = {s: n for s, n in counts.items() if s in listed}
    return {(s,): n / sum(kept.values()) for s, n in kept.items()}


@cache
def _inside(character: str, place: str) -> dict[str, float]:
    """Return the ways to read a character at a place of longer words, and their shares."""
    as_itself = _PRIOR + _AS_ITSELF * _frequencies().get(character, 0)
    counts = Counter({way[0]: as_itself * share for way, share in _of_words(character).items()})
    counts.update(_in_phrases()[character, place])
    return {s: n / counts.total() for s, n in counts.items()}


def _place(index: int, last: int) -> str:
    return "first" if index == 0 else "last" if index == last else "middle"


@cache
def _in_phrases() -> Mapping[tuple[str, str], Counter[str]]:
    """Return how often each character is read in each way at each place, over the phrases by their frequencies."""
    frequencies, found = _frequencies(), defaultdict[tuple[str, str], Counter[str]](Counter)
    for phrase, syllables in _phrases().items():
        weight = frequencies.get(phrase, 0) + 1
        for index, (character, syllable) in enumerate(zip(phrase, syllables, strict=True)):
            found[character, _place(index, len(phrase) - 1)][syllable] += weight
    return found


_frequencies = cache(jieba_frequencies)


@cache
def _phrases() -> dict[str, Syllables]:
    """Return pypinyin's dictionary of phrases."""
    from pypinyin.constants import PHRASES_DICT

    found = {phrase: tuple(_without_tone(ways[0]) for ways in listed) for phrase, listed in PHRASES_DICT.items()}
    return {phrase: syllables for phrase, syllables in found.items() if len(phrase) == len(syllables)}


def _listed(character: str) -> list[str]:
    """Return the ways to read a character in pypinyin's order."""
    from pypinyin.constants import PINYIN_DICT

    listed = PINYIN_DICT.get(ord(character), "").split(",")
    return list(dict.fromkeys(s for s in map(_without_tone, listed) if s))


@cache
def _without_tone(syllable: str) -> str:
    """Return the letters of a syllable that can be typed."""
    letters = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v")
    return "".join(letter for letter in letters if "a" <= letter <= "z")
