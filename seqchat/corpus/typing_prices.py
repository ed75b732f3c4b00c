"""What it costs in probability that a writer does not type the syllables of a word in full."""

from __future__ import annotations

from typing import NamedTuple


class TypingPrices(NamedTuple):
    """Logarithms of P(what is typed of a syllable | the syllable), where typing all of it has 0.

    abbreviated: its first letter, or zh, ch, sh, and then the next syllable; unfinished: its first letters, at the end
    of what is typed; clipped: its first letters, and then the next syllable, where letters are syllables in full;
    unbegun: nothing yet, after the end; slip: all of it, but two letters next to each other have
    changed places; fuzzy: another initial or final that sounds the same to the writer. A word's syllables are typed
    independently of each other.
    """

    abbreviated: float
    unfinished: float
    clipped: float
    unbegun: float
    slip: float
    fuzzy: float


# The best for words typed in full, cut, and in first letters: tests/benchmarks/typing_prices.py --tune --count 400
PRICES = TypingPrices(abbreviated=-0.5, unfinished=-1.0, clipped=-4.0, unbegun=-2.0, slip=-5.0, fuzzy=-1.5)
