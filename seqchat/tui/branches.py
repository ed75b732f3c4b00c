"""Continuations as branches that start at the cursor; independent of widgets."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from seqchat.tui.keys import BRANCHES


@dataclass
class Branch:
    """One continuation: its words, the logarithm of each one's probability, and whether it has ended."""

    words: list[str] = field(default_factory=list)
    log_probabilities: list[float] = field(default_factory=list)
    ended: bool = False

    @property
    def text(self) -> str:
        """All that has streamed in."""
        return "".join(self.words)

    @property
    def probability(self) -> float:
        """The product of the words' probabilities."""
        return math.exp(sum(self.log_probabilities))

    def first_word(self) -> str:
        """Return the text up to the end of the first word; a space before it belongs to it."""
        taken = ""
        for word in self.words:
            taken += word
            if taken.strip():
                break
        return taken

    def without(self, start: str) -> Branch | None:
        """Return the rest of the branch after a text that it begins with; None if it begins otherwise or ends there."""
        words, log_probabilities = list(self.words), list(self.log_probabilities)
        while start and words:
            if start.startswith(words[0]):
                start = start[len(words[0]) :]
                del words[0], log_probabilities[0]
            elif words[0].startswith(start):
                words[0], start = words[0][len(start) :], ""
                log_probabilities[0] = 0.0
            else:
                return None
        return Branch(words, log_probabilities, self.ended) if words and not start else None


class Branches:
    """The branches on the screen; when the text grows, those that agree with it stay."""

    def __init__(self) -> None:
        self._all = [Branch() for _ in range(BRANCHES)]
        self._text: str | None = None
        # How many characters at the end of the text the branches replace
        self.replaced = 0

    def __getitem__(self, index: int) -> Branch:
        return self._all[index]

    @property
    def finished(self) -> bool:
        """Whether each has ended and has a text."""
        return all(branch.ended and branch.text for branch in self._all)

    def follow(self, text: str) -> tuple[int, ...]:
        """Continue from another text; return the numbers of the branches that must grow again."""
        before, self._text = self._text, text
        if text == before:
            return ()
        if before is not None and self.replaced:
            before = before[: -self.replaced]
        self.replaced = 0
        added = text[len(before) :] if before is not None and text.startswith(before) else None
        kept = [branch.without(added) if added is not None else None for branch in self._all]
        return self.restart(index for index, branch in enumerate(kept) if not self._keep(index, branch))

    def _keep(self, index: int, branch: Branch | None) -> bool:
        if branch is None:
            return False
        # Branches that were growing stop, since there is another text now.
        branch.ended = True
        self._all[index] = branch
        return True

    def restart(self, indices: Iterable[int] = range(BRANCHES)) -> tuple[int, ...]:
        """Empty some branches, or all; return their numbers."""
        emptied = tuple(indices)
        for index in emptied:
            self._all[index] = Branch()
        return emptied

    def add_word(self, index: int, word: str, log_probability: float, ended: bool, replaced: int = 0) -> None:
        """Add a word to a branch."""
        self.replaced = replaced
        branch = self._all[index]
        if word:
            branch.words.append(word)
            branch.log_probabilities.append(log_probability)
        branch.ended = ended
