"""What there is time for at the end of a run with a time limit, however busy the machine is."""

from __future__ import annotations

import math
import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqchat.corpus.encoding import IdStream

if TYPE_CHECKING:
    from seqchat.training.loop import Trainer

# How many seconds of a processor it takes to count n-grams in a token; to measure the new model and the shipped one on
# all dialogs that are kept; and, of that, to load them. Measured where some work took so many seconds.
COUNTING_SECONDS, MEASURING_SECONDS, _LOADING_SECONDS = 1.5e-6, 25.0, 4.0
_WORK, _WORK_SECONDS = 200_000, 0.025
# How late a run may end; and after how many seconds of work the pace of its end is known.
_GRACE_SECONDS, _KNOWN_AFTER = 5.0, 1.0
# What is left to do reads the text to validate on so often, and of a long one so many tokens: to validate, to tune the
# mixture, the cache, the lexicon
_STAGES = ((1.0, math.inf), (1.5, 200_000), (1.3, 40_000), (1.2, 200_000))
# Steps of this length around a circle spread evenly over it.
_GOLDEN_RATIO = (5**0.5 - 1) / 2
_FEWEST_TOKENS, _FEWEST_COUNTED, _LEAST_MEASURED = 1_000, 100_000, 0.05
_SHARE_TO_COUNT = 0.4


@cache
def machine_factor() -> float:
    """Return how many times longer this processor needs than the one on which the constants were measured."""
    seconds = []
    for _ in range(3):
        began, counts = time.process_time(), dict.fromkeys(range(1024), 0)
        for number in range(_WORK):
            counts[number & 1023] += number
        seconds.append(time.process_time() - began)
    return min(seconds) / _WORK_SECONDS


def closing_seconds(tokens: int, seconds_per_token: float, stage: int = 0) -> float:
    """Return how long it takes to read a text of so many tokens in a stage of the end of a run and those after it."""
    return seconds_per_token * sum(times * min(tokens, most) for times, most in _STAGES[stage:])


def part(stream: IdStream, share: float) -> IdStream:
    """Return about this share of the dialogs of a text, spread over it, at least one."""
    chosen = np.arange(stream.dialogs) * _GOLDEN_RATIO % 1 < share
    chosen[0] = True
    return stream.selected(chosen)


class TimeToMeasure(NamedTuple):
    """What there is time for when a model is finished.

    share: of the held-out dialogs; ends: when the time is over, by the monotonic clock; None if there is no limit.
    """

    share: float = 1.0
    ends: float | None = None

    def allows(self, seconds: float) -> bool:
        """Whether something that takes so long ends in time, or nearly."""
        return self.ends is None or time.monotonic() + seconds <= self.ends + _GRACE_SECONDS


UNLIMITED = TimeToMeasure()


class ClosingTime:
    """How much of the texts the end of a run has time to read; all that is wanted if there is no limit."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._seconds_per_token = trainer.report_seconds / max(trainer.validation.targets, 1)
        self._began, self._worked = time.monotonic(), time.process_time()

    def text(self, stage: int) -> IdStream:
        """Return the text to read in a stage of what is left to do, or a part of it."""
        stream, left = self._trainer.validation, self._left()
        needed = closing_seconds(stream.targets, self._seconds_per_token, stage)
        if left is None or needed <= left:
            return stream
        tokens = max(stream.targets * left / needed, _FEWEST_TOKENS)
        return stream if tokens >= stream.targets else part(stream, tokens / stream.targets)

    def has_read(self, stream: IdStream) -> None:
        """Take note of how long it took to read a text, since this was made."""
        self._seconds_per_token = (time.monotonic() - self._began) / max(stream.targets, 1)

    def tokens_to_count(self) -> int:
        """Return in how many tokens n-grams are counted."""
        most, left = self._trainer.settings.ngram_words, self._left()
        if left is None:
            return most
        return min(most, max(int(_SHARE_TO_COUNT * left / (COUNTING_SECONDS * self._slowdown)), _FEWEST_COUNTED))

    def time_to_measure(self) -> TimeToMeasure:
        """Return what there is time for to measure the finished model."""
        left = self._trainer.seconds_left()
        if left is None:
            return UNLIMITED
        worked = left / self._slowdown - _LOADING_SECONDS
        share = min(1.0, max(worked / (MEASURING_SECONDS - _LOADING_SECONDS), _LEAST_MEASURED))
        return TimeToMeasure(share, time.monotonic() + left)

    @property
    def _slowdown(self) -> float:
        """How many times longer everything takes than where the constants were measured, of late if that is known."""
        passed, worked = time.monotonic() - self._began, time.process_time() - self._worked
        known = worked >= _KNOWN_AFTER and self._trainer.device.type == "cpu"
        return (max(passed / worked, 1.0) if known else self._trainer.slowdown) * machine_factor()

    def _left(self) -> float | None:
        """Return the seconds that are left before the finished model is measured; half of them, if there are few."""
        left = self._trainer.seconds_left()
        return None if left is None else max(left - MEASURING_SECONDS * self._slowdown, left / 2, 0.0)
