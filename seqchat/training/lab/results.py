"""What the memory test measured: each network in each run, after some updates and at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

from torch import Tensor

from seqchat.training.lab.contenders import LabNetwork
from seqchat.training.lab.settings import LabSettings

_FIRST_MILESTONE = 50


@dataclass(frozen=True)
class Standing:
    """After some updates: the learning rate that validation chooses, and the number of correct answers at each
    distance."""

    updates: int
    learning_rate: float
    validation_loss: float
    correct: tuple[int, ...]


@dataclass(frozen=True)
class Trained:
    """A contender in one run.

    seconds_per_update: the median; standings: the last one is the result; weights: of the network that was measured.
    """

    seconds_per_update: float
    standings: tuple[Standing, ...]
    weights: Mapping[str, Tensor] = field(default_factory=dict, repr=False)

    def at(self, updates: int | None) -> Standing:
        """Return the standing after this many updates; None: at the end."""
        return next((s for s in self.standings if s.updates == updates), self.standings[-1])


@dataclass
class MemoryResult:
    """A contender in all runs."""

    contender: LabNetwork
    runs: list[Trained] = field(default_factory=list)

    @property
    def seconds_per_update(self) -> float:
        """The median over the runs."""
        return median(run.seconds_per_update for run in self.runs)

    @property
    def best(self) -> int:
        """The number of the run with the lowest loss on validation texts, counted from 0."""
        losses = [run.standings[-1].validation_loss for run in self.runs]
        return losses.index(min(losses))


@dataclass
class MemoryReport:
    """What was measured; updates: how many each network of each run had; stopped: whether it ended early."""

    settings: LabSettings
    results: list[MemoryResult]
    updates: list[int] = field(default_factory=list)
    seconds: float = 0.0
    stopped: bool = False

    def add(self, updates: int, run: Iterable[Trained]) -> None:
        """Add a run of this many updates, in which each contender was trained."""
        for result, trained in zip(self.results, run, strict=True):
            result.runs.append(trained)
        self.updates.append(updates)

    @property
    def milestones(self) -> list[int]:
        """After how many updates all runs were measured before their ends."""
        return milestones(min(self.updates))


def milestones(updates: int) -> list[int]:
    """Return the numbers of updates at which to measure on the way, each twice the one before."""
    counts, count = [], _FIRST_MILESTONE
    while count < updates:
        counts.append(count)
        count *= 2
    return counts
