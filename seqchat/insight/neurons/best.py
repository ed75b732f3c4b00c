"""The best few of many finds, in memory that does not grow with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Find = TypeVar("Find")

# The words that a find is about: of several finds about the same words, the best counts.
Key = tuple[int, ...]
Score = tuple[float, ...]


@dataclass
class Best(Generic[Find]):
    """The k finds with the highest scores, the best of each key, and the first of those with equal scores."""

    k: int
    _found: dict[Key, tuple[Score, Find]] = field(default_factory=dict)

    def accepts(self, score: Score, key: Key) -> bool:
        """Whether a find of this score would be among the best."""
        if key in self._found:
            return score > self._found[key][0]
        return len(self._found) < self.k or score > min(worst for worst, _ in self._found.values())

    def add(self, score: Score, key: Key, find: Find) -> None:
        """Take a find that is accepted, and drop the worst; of equally bad ones, the latest."""
        self._found.pop(key, None)
        self._found[key] = (score, find)
        if len(self._found) > self.k:
            worst = min(reversed(self._found), key=lambda entry: self._found[entry][0])
            del self._found[worst]

    def ranked(self) -> list[Find]:
        """Return the finds, the best first."""
        return [find for _, find in sorted(self._found.values(), key=lambda entry: entry[0], reverse=True)]
