"""What there is time for at the end of a run with a time limit, however busy the machine is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from seqchat.corpus.encoding import IdStream

if TYPE_CHECKING:
    from seqchat.training.loop import Trainer

# How many seconds of a processor it takes to count n-grams in a token, and to measure the finished model (measured)
COUNTING_SECONDS, MEASURING_SECONDS = 2e-6, 12.0
# Steps of this length around a circle spread evenly over it.
_GOLDEN_RATIO = (5**0.5 - 1) / 2
_FEWEST_TOKENS, _FEWEST_COUNTED, _LEAST_MEASURED = 1_000, 100_000, 0.05
_SHARE_TO_COUNT = 0.4


def part(stream: IdStream, share: float) -> IdStream:
    """Return about this share of the dialogs of a text, spread over it, at least one."""
    chosen = np.arange(stream.dialogs) * _GOLDEN_RATIO % 1 < share
    chosen[0] = True
    return stream.selected(chosen)


class ClosingTime:
    """How much of the texts the end of a run has time to read; all that is wanted if there is no limit."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._seconds_per_token = trainer.report_seconds / max(trainer.validation.targets, 1)
        self._began = time.monotonic()

    def text(self, readings: float) -> IdStream:
        """Return the text to validate on, or a part of it; what is left to do takes as long as reading it so often."""
        stream, left = self._trainer.validation, self._left()
        if left is None or not self._seconds_per_token:
            return stream
        tokens = max(left / (readings * self._seconds_per_token), _FEWEST_TOKENS)
        return stream if tokens >= stream.targets else part(stream, tokens / stream.targets)

    def has_read(self, stream: IdStream) -> None:
        """Take note of how long it took to read a text, since this was made."""
        self._seconds_per_token = (time.monotonic() - self._began) / max(stream.targets, 1)

    def tokens_to_count(self) -> int:
        """Return in how many tokens n-grams are counted."""
        most, left = self._trainer.settings.ngram_words, self._left()
        if left is None:
            return most
        seconds = COUNTING_SECONDS * self._trainer.slowdown
        return min(most, max(int(_SHARE_TO_COUNT * left / seconds), _FEWEST_COUNTED))

    def share_to_measure(self) -> float:
        """Return how much of the held-out dialogs there is time to measure the finished model on."""
        left = self._trainer.seconds_left()
        if left is None:
            return 1.0
        return min(1.0, max(left / (MEASURING_SECONDS * self._trainer.slowdown), _LEAST_MEASURED))

    def _left(self) -> float | None:
        """Return the seconds that are left before the finished model is measured."""
        left = self._trainer.seconds_left()
        return None if left is None else max(left - MEASURING_SECONDS * self._trainer.slowdown, 0.0)
