"""Letters cut into the syllables of pinyin: whether they can be, and how they are for a given word."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from seqchat.corpus.words import is_han

_VOWELS = frozenset("aeiouv")
_LONGEST = 6


class Syllables:
    """The syllables that a vocabulary's words are read with; those without a vowel, as of 嗯, are no guide to a cut."""

    def __init__(self, names: Collection[str], of_character: Callable[[str], Sequence[str]]) -> None:
        """Take the syllables, and what returns those of a Chinese character."""
        self._names = frozenset(name for name in names if not _VOWELS.isdisjoint(name))
        self._beginnings = frozenset(name[:end] for name in self._names for end in range(1, len(name) + 1))
        self._of_character = of_character

    def spell(self, plain: str, breaks: Collection[int] = (), *, finished: bool = False) -> bool:
        """Whether letters are syllables typed in full; the last one may lack its end, unless they are `finished`."""
        reached = [True] + [False] * len(plain)
        for end in range(1, len(plain) + 1):
            reached[end] = any(
                reached[start] and plain[start:end] in self._names and not _crosses(breaks, start, end)
                for start in range(max(end - _LONGEST, 0), end)
            )
        if reached[-1] or finished:
            return reached[-1]
        return any(
            reached[start] and plain[start:] in self._beginnings and not _crosses(breaks, start, len(plain))
            for start in range(max(len(plain) - _LONGEST, 0), len(plain))
        )

    def cut(self, plain: str, breaks: Collection[int] = (), word: str = "") -> list[str]:
        """Cut letters into syllables, whole or in part: those of a word's characters if they agree, else the fewest.

        What is no syllable at all is cut into single letters.
        """
        characters = [character for character in word if is_han(character)]
        return self._cut_for(plain, breaks, characters) or self._fewest(plain, breaks)

    def _cut_for(self, plain: str, breaks: Collection[int], characters: Sequence[str]) -> list[str]:
        """Return a part of the letters for each of the first characters; an empty list where that cannot be."""
        # position → the parts up to there and how many letters of their syllables were typed
        ways: dict[int, tuple[int, list[str]]] = {0: (0, [])}
        for character in characters:
            longer: dict[int, tuple[int, list[str]]] = {}
            names = self._of_character(character)
            for start, (score, parts) in ways.items():
                for end in range(start + 1, min(start + _LONGEST, len(plain)) + 1):
                    part = plain[start:end]
                    if _crosses(breaks, start, end) or not any(name.startswith(part) for name in names):
                        continue
                    better = score + (2 if part in names else 0)
                    if end not in longer or better > longer[end][0]:
                        longer[end] = better, [*parts, part]
            if len(plain) in ways and not longer:
                break
            ways = longer
        return ways.get(len(plain), (0, []))[1]

    def _fewest(self, plain: str, breaks: Collection[int]) -> list[str]:
        """Return the cut with the fewest letters that are no syllable, and then with the fewest parts."""
        best: list[tuple[int, int, list[str]]] = [(0, 0, [])]
        for end in range(1, len(plain) + 1):
            ways = []
            for start in range(max(end - _LONGEST, 0), end):
                part = plain[start:end]
                whole = part in self._names or (end == len(plain) and part in self._beginnings)
                if (whole or end == start + 1) and not _crosses(breaks, start, end):
                    odd, count, parts = best[start]
                    ways.append((odd + (not whole), count + 1, [*parts, part]))
            best.append(min(ways, key=lambda way: way[:2]))
        return best[-1][2]


def _crosses(breaks: Collection[int], start: int, end: int) -> bool:
    return any(start < offset < end for offset in breaks)
