"""A run that is looked at: its files, its name and colour, and what its network did at each report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seqchat.errors import SeqchatError
from seqchat.training.course.reading import Condition, RunFiles

if TYPE_CHECKING:
    from seqchat.insight.behaviour import Behaviour
    from seqchat.training.course.launching import Launched


@dataclass
class WatchedRun:
    """One run.

    problem: why its files cannot be read now, if so; was_replaced: whether another run took the place of the first.
    """

    files: RunFiles
    launched: Launched | None = None
    problem: str = ""
    was_replaced: bool = False
    _parsed: list[Behaviour] = field(default_factory=list)
    _first: object = None

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.files.name

    @property
    def condition(self) -> Condition:
        """What the run is doing, as far as can be told."""
        if self.failure:
            return "failed"
        return self.files.condition

    @property
    def failure(self) -> str:
        """Why the run failed, if it did."""
        status = self.files.status
        if status is not None and status.state == "failed":
            return status.text
        return self.launched.failure if self.launched is not None else ""

    def poll(self) -> bool:
        """Read what is new; return whether anything is. What cannot be read is a problem, and no error."""
        before, status = self.problem, self.files.status
        try:
            changed = self.files.poll()
            self.problem = ""
        except SeqchatError as error:
            changed = False
            # A run that was just started has no folder yet.
            starting = status is None and self.launched is not None and self.launched.is_running
            self.problem = "" if starting else str(error)
        now = self.files.status
        if status is not None and now is not None and status.run != now.run:
            self.was_replaced = True
        return changed or self.problem != before

    @property
    def behaviours(self) -> list[Behaviour]:
        """What the network did, the earliest first."""
        from seqchat.insight.behaviour import Behaviour

        lines = self.files.behaviours
        first = lines[0] if lines else None
        if first is not self._first:
            self._parsed, self._first = [], first
        for line in lines[len(self._parsed) :]:
            self._parsed.append(Behaviour.from_json(line))
        return self._parsed

    def behaviour_at(self, tokens: int) -> Behaviour | None:
        """Return the last one after at most so many tokens, or the first; None if there is none."""
        found = self.behaviours
        return next(
            (behaviour for behaviour in reversed(found) if behaviour.tokens <= tokens), found[0] if found else None
        )


class Moments:
    """The moments at which any of some runs was looked at, in tokens, and which of them is shown."""

    def __init__(self) -> None:
        self.all: list[int] = []
        self._index: int | None = None

    def update(self, runs: list[WatchedRun]) -> None:
        """Take the moments of runs; the chosen one stays chosen."""
        chosen = self.tokens
        self.all = sorted({behaviour.tokens for run in runs for behaviour in run.behaviours})
        if self._index is not None:
            before = [i for i, tokens in enumerate(self.all) if tokens <= chosen]
            self._index = before[-1] if before else None

    @property
    def index(self) -> int:
        """Which one is shown, from 0; −1 if there is none."""
        return len(self.all) - 1 if self._index is None else self._index

    @property
    def tokens(self) -> int:
        """The moment that is shown."""
        return self.all[self.index] if self.all else 0

    @property
    def follows(self) -> bool:
        """Whether the newest one is shown, whatever comes."""
        return self._index is None

    def go(self, index: int) -> None:
        """Show another one; the last one is followed."""
        last = len(self.all) - 1
        self._index = None if index >= last else max(index, 0)
