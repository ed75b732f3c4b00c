"""How much of a run is done: its clock, what a time limit leaves for training, and the share that sets the rate."""

from __future__ import annotations

import time

from seqchat.corpus.encoding import IdStream
from seqchat.training.closing import COUNTING_SECONDS, MEASURING_SECONDS, closing_seconds, machine_factor
from seqchat.training.events import Counters
from seqchat.training.settings import TrainingSettings

# A time limit leaves the end of a run no more than this share of it.
_MOST_CLOSING = 0.5
# If the reports alone would take a larger share, less is validated on.
MOST_READING = 0.3


class Clock:
    """The time of a run; while it is paused, it stands."""

    def __init__(self) -> None:
        self._started = self._began = self._worked = 0.0

    def start(self, passed: float) -> None:
        """Start, or go on after some seconds."""
        self._began = time.monotonic()
        self._started = self._began - passed
        self._worked = time.process_time()

    @property
    def passed(self) -> float:
        """Seconds since the run began, those of earlier parts of it included."""
        return time.monotonic() - self._started

    def stand(self, seconds: float) -> None:
        """Leave out the last seconds."""
        self._started += seconds
        self._began += seconds

    @property
    def slowdown(self) -> float:
        """How many times longer than on an idle processor everything takes, 1 at least."""
        passed, worked = time.monotonic() - self._began, time.process_time() - self._worked
        return max(passed / worked, 1.0) if worked > 0 else 1.0


def seconds_to_read(tokens: int, report: float) -> float:
    """Return how long the last report and what follows it take, given the tokens and the seconds of a report."""
    return report + closing_seconds(tokens, report / max(tokens, 1))


def seconds_to_train(
    settings: TrainingSettings, limit: float, train: IdStream, reading: float, slowdown: float, *, expected: bool
) -> float:
    """Return how much of a time limit is for training; the rest is for the end of the run.

    reading: as `seconds_to_read` returns it; expected: whether no report has shown that yet.
    """
    counting = COUNTING_SECONDS * min(len(train), settings.ngram_words) * bool(settings.ngrams)
    reading = min(reading, MOST_READING * limit) if expected else reading
    working = (counting + MEASURING_SECONDS) * slowdown * machine_factor()
    return limit - min(reading + working, _MOST_CLOSING * limit)


def share_done(counters: Counters, tokens: int, seconds: float | None) -> float:
    """Return the share of a run that is done, 0 to 1, of all its tokens, or of its seconds if it has a limit."""
    share = counters.tokens / tokens if tokens else 1.0
    return min(share if seconds is None else max(share, counters.seconds / seconds), 1.0)
