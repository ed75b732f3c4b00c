"""Right answers as numbers that can be compared: shares with their intervals, and how far a network reaches.

`updates` is always a milestone of the report, or None for the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from seqchat.training.lab.results import MemoryReport, MemoryResult

# Half way between chance and always being right.
REMEMBERED = 0.75
_Z = 1.96


@dataclass(frozen=True)
class DistanceScore:
    """How well a network does at a distance.

    correct: right answers in each run; share: of all runs together; low, high: its 95 % interval over the texts;
    lowest, highest: the shares of the worst and the best run.
    """

    distance: int
    correct: tuple[int, ...]
    share: float
    low: float
    high: float
    lowest: float
    highest: float

    @property
    def bounds(self) -> tuple[float, float]:
        """The worst and the best run; of a single run, the interval."""
        return (self.lowest, self.highest) if len(self.correct) > 1 else (self.low, self.high)


def interval(correct: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    share = correct / total
    middle = share + _Z**2 / (2 * total)
    half = _Z * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    scale = 1 + _Z**2 / total
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def scores(report: MemoryReport, result: MemoryResult, updates: int | None = None) -> list[DistanceScore]:
    """Return a contender's score at each distance."""
    texts = report.settings.texts
    found = []
    for index, distance in enumerate(report.settings.distances):
        correct = tuple(run.at(updates).correct[index] for run in result.runs)
        total = texts * len(correct)
        low, high = interval(sum(correct), total)
        lowest, highest = min(correct) / texts, max(correct) / texts
        found.append(DistanceScore(distance, correct, sum(correct) / total, low, high, lowest, highest))
    return found


def reach(distances: Sequence[int], correct: Sequence[int], texts: int) -> int:
    """Return the farthest distance up to which `REMEMBERED` of the answers are right at every distance; 0 for none."""
    reached = 0
    for distance, count in zip(distances, correct, strict=True):
        if count / texts < REMEMBERED:
            break
        reached = distance
    return reached


def reaches(report: MemoryReport, result: MemoryResult, updates: int | None = None) -> list[int]:
    """Return the reach of a contender in each run."""
    settings = report.settings
    return [reach(settings.distances, run.at(updates).correct, settings.texts) for run in result.runs]


def mean_accuracies(report: MemoryReport, result: MemoryResult, updates: int | None = None) -> list[float]:
    """Return the share of right answers over all distances, in each run."""
    return [mean(run.at(updates).correct) / report.settings.texts for run in result.runs]


def widest_apart(report: MemoryReport) -> int | None:
    """Return the milestone at which the contenders' shares of right answers differ most, or None for the end."""

    def difference(updates: int | None) -> float:
        means = [mean(mean_accuracies(report, result, updates)) for result in report.results]
        return max(means) - min(means)

    return max([None, *report.milestones], key=difference)
