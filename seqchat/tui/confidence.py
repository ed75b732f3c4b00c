"""How sure a model is: a mark for those who write, a number for those who want to know."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seqchat.wording import log_probability, probability

# From this probability on, in falling order: the mark
_MARKS = ((0.5, "▆"), (0.2, "▄"), (0.05, "▂"), (0.0, "▁"))


def confidence(share: float, *, numbers: bool) -> str:
    """Return the mark of a probability, a cell wide, or the number itself."""
    return probability(share) if numbers else _mark(share)


def branch_confidence(log_probs: Sequence[float], *, numbers: bool) -> str:
    """Return the probability of words in a row, given the logarithm of each one's; its mark is that of a usual word.

    The probability of many words is tiny, however likely each of them is; the mark is that of the geometric mean.
    """
    if numbers:
        return log_probability(sum(log_probs))
    return _mark(math.exp(sum(log_probs) / len(log_probs)))


def _mark(share: float) -> str:
    return next(mark for least, mark in _MARKS if share >= least)
