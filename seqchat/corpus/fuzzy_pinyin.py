"""Sounds that some speakers do not tell apart (模糊音): ``si`` may be typed for shi, ``lan`` for nan."""

from __future__ import annotations

from collections.abc import Collection, Iterator

INITIAL_PAIRS = {"zh/z": ("zh", "z"), "ch/c": ("ch", "c"), "sh/s": ("sh", "s"), "n/l": ("n", "l"), "f/h": ("f", "h")}
INITIAL_PAIRS |= {"r/l": ("r", "l")}
FINAL_PAIRS = {"an/ang": ("an", "ang"), "en/eng": ("en", "eng"), "in/ing": ("in", "ing")}
PAIRS = (*INITIAL_PAIRS, *FINAL_PAIRS)
# Pairs that often go together, for a choice of one
GROUPS = {
    "zh-ch-sh": ("zh/z", "ch/c", "sh/s"),
    "n-l": ("n/l",),
    "an-en-in": ("an/ang", "en/eng", "in/ing"),
    "zh-ch-sh-an-en-in": ("zh/z", "ch/c", "sh/s", "an/ang", "en/eng", "in/ing"),
    "all": PAIRS,
}
_TWO_LETTERS = ("zh", "ch", "sh")


def other_initials(typed: str, pairs: Collection[str]) -> Iterator[str]:
    """Yield letters with another initial that sounds the same."""
    initial = typed[:2] if typed[:2] in _TWO_LETTERS else typed[:1]
    for name in INITIAL_PAIRS.keys() & set(pairs):
        first, second = INITIAL_PAIRS[name]
        if initial in (first, second):
            yield (second if initial == first else first) + typed[len(initial) :]


def other_finals(typed: str, pairs: Collection[str]) -> Iterator[str]:
    """Yield letters with another final that sounds the same."""
    for name in FINAL_PAIRS.keys() & set(pairs):
        short, long = FINAL_PAIRS[name]
        if typed.endswith(long):
            yield typed.removesuffix(long) + short
        elif typed.endswith(short):
            yield typed.removesuffix(short) + long


def sounding_alike(typed: str, pairs: Collection[str]) -> dict[str, int]:
    """Return letters that sound the same, and in how many places they differ: their initial, their final, or both."""
    found = dict.fromkeys([*other_initials(typed, pairs), *other_finals(typed, pairs)], 1)
    for other in other_initials(typed, pairs):
        found |= {both: 2 for both in other_finals(other, pairs) if both not in found}
    return found
