"""Double pinyin: each syllable is two keys, one for its initial and one for its final (双拼).

The layouts are those that their makers publish: where a key has several finals, the initial says which one is meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from seqchat.corpus.letters import MAX_LETTERS, letters_at_end
from seqchat.corpus.mandarin_syllables import FINALS


class Layout(NamedTuple):
    """A layout of keys.

    name: as it is called in Chinese; finals: for each key its finals, ``ü`` as v; zero: the key before a final without
    an initial, or an empty text if such a syllable is spelled: one letter twice, two letters as they are, of three the
    first one and the key of the final.
    """

    name: str
    finals: Mapping[str, str]
    zero: str = ""


class Typed(NamedTuple):
    """A syllable, or its initial, and how many keys were typed for it."""

    syllable: str
    keys: int


_INITIALS = {"zh": "v", "ch": "i", "sh": "u"}
# What three layouts have in common
_COMMON = {
    "q": "iu", "w": "ia ua", "e": "e", "r": "uan er", "t": "ue ve", "u": "u", "i": "i", "o": "o uo", "p": "un",
    "a": "a", "s": "ong iong", "d": "iang uang", "f": "en", "g": "eng", "h": "ang", "j": "an", "k": "ao", "l": "ai",
    "z": "ei", "x": "ie", "c": "iao", "b": "ou", "n": "in", "m": "ian",
}  # fmt: skip
LAYOUTS = {
    "xiaohe": Layout(
        "小鹤",
        {
            "q": "iu", "w": "ei", "e": "e", "r": "uan", "t": "ue ve", "y": "un", "u": "u", "i": "i", "o": "o uo",
            "p": "ie", "a": "a", "s": "ong iong", "d": "ai", "f": "en", "g": "eng", "h": "ang", "j": "an",
            "k": "ing uai", "l": "iang uang", "z": "ou", "x": "ia ua", "c": "ao", "v": "ui v", "b": "in", "n": "iao",
            "m": "ian",
        },
    ),
    "ziranma": Layout("自然码", {**_COMMON, "y": "ing uai", "v": "ui v"}),
    "microsoft": Layout("微软", {**_COMMON, "y": "uai v", "v": "ui ve", ";": "ing"}, zero="o"),
    "sogou": Layout("搜狗", {**_COMMON, "y": "uai v", "v": "ui", ";": "ing"}, zero="o"),
}  # fmt: skip
SEMICOLON = ";"
_KEYS = re.compile(r"[a-z](?:[a-z;]|(?<=[a-z;])['’])*\Z", re.IGNORECASE)


@lru_cache(None)
def syllables_of(layout: str) -> Mapping[str, str]:
    """Return what each pair of keys of a layout is typed for."""
    found: dict[str, str] = {}
    for initial, finals in FINALS.items():
        for final in finals.split():
            for pair in _pairs(LAYOUTS[layout], initial, final):
                # lo has no keys of its own: they are those of luo.
                found[pair] = max(found.get(pair, ""), initial + final, key=len)
    return found


def _pairs(layout: Layout, initial: str, final: str) -> list[str]:
    keys = [key for key, finals in layout.finals.items() if final in finals.split()]
    if initial:
        return [_INITIALS.get(initial, initial) + key for key in keys]
    if layout.zero:
        return [layout.zero + key for key in keys]
    if len(final) == 2:
        return [final]
    return [final * 2] if len(final) == 1 else [final[0] + key for key in keys]


def ends_pair(layout: str, typed: str, key: str) -> bool:
    """Whether a key after others is the second one of a syllable, as a semicolon may be.

    typed: lower-case letters, semicolons and apostrophes.
    """
    pairs, position = syllables_of(layout), 0
    while position < len(typed) - 1:
        position += 2 if typed[position : position + 2] in pairs else 1
    return position < len(typed) and typed[position] + key in pairs


def keys_at_end(layout: str, text: str) -> str:
    """Return the keys at the end of a text, with the marks that part syllables, as `letters_at_end` of pinyin.

    A semicolon that ends no syllable is punctuation, and the keys begin after it.
    """
    letters = letters_at_end(text)
    if SEMICOLON not in LAYOUTS[layout].finals:
        return letters
    match = _KEYS.search(text, max(len(text) - MAX_LETTERS, 0))
    if match is None or len(match[0]) == MAX_LETTERS:
        return letters
    keys = match[0].lower()
    start = 0
    for index, key in enumerate(keys):
        if key == SEMICOLON and not ends_pair(layout, keys[start:index], key):
            start = index + 1
    return match[0][start:].lstrip("'’")


def spelled_out(layout: str, typed: str) -> list[Typed]:
    """Return the syllables that keys are typed for, those that are unfinished by their initial.

    typed: lower-case letters, and semicolons where the layout has some. A pair of keys that is no syllable is two
    initials. Nothing is returned for what is no double pinyin.
    """
    pairs, initials = syllables_of(layout), {key: initial for initial, key in _INITIALS.items()}
    found: list[Typed] = []
    position = 0
    while position < len(typed):
        pair = typed[position : position + 2]
        if pair[0] == SEMICOLON:
            return []
        if pair in pairs:
            found.append(Typed(pairs[pair], 2))
            position += 2
        else:
            found.append(Typed(initials.get(pair[0], pair[0]), 1))
            position += 1
    return found
