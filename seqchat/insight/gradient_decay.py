"""How a gradient's norm changes with the distance: the factor of each word, half-life and half distance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# A slope between this and 0 comes from rounding.
_ROUNDING = 1e-9

# The name of a trend, by the smallest factor of one more word; the first that fits counts. A factor of 1.02 doubles a
# gradient in 35 words, 0.98 halves it in 34; 0.9 halves it in 7 and leaves a thousandth after 66.
TRENDS = ((1.02, "exploding"), (0.98, "kept"), (0.9, "fading slowly"), (0.0, "vanishing"))


@dataclass(frozen=True)
class Decay:
    """How a gradient changes with the distance.

    factor: by which one more word multiplies its norm, from a straight line through the logarithms of the norms at
    distances of 1 and more (at 0 it has not gone through time yet); half_life: in how many words this line halves it,
    None if it does not; half_distance: the distance at which half of the norm at 0 is left, None if more is left
    everywhere; trend: the name in `TRENDS` for the factor. A gradient that falls fast at first and slowly later, as an
    LSTM's does, has a half distance much shorter than its half-life.
    """

    factor: float
    half_life: float | None
    half_distance: float | None
    trend: str

    @classmethod
    def of(cls, norms: Values) -> Decay:
        """Fit to norms [distance + 1]; zeros and infinities are left out, as long as two norms remain."""
        distance = np.arange(len(norms))
        usable = (distance > 0) & (norms > 0) & np.isfinite(norms)
        if usable.sum() < 2:
            exploding = not np.isfinite(norms).all()
            return cls(math.inf, None, None, "exploding") if exploding else cls(0.0, 0.0, _half(norms), "vanishing")
        slope = float(np.polyfit(distance[usable], np.log(norms[usable]), 1)[0])
        factor = math.exp(slope)
        trend = next(word for minimum, word in TRENDS if factor >= minimum)
        return cls(factor, math.log(2) / -slope if slope < -_ROUNDING else None, _half(norms), trend)


def _half(norms: Values) -> float | None:
    """Return the first distance at which half of the first norm is left, interpolated between two words."""
    below = np.flatnonzero(norms <= norms[0] / 2)
    if not len(below):
        return None
    after = int(below[0])
    if after == 0:
        return 0.0
    high, low = norms[after - 1] / norms[0], norms[after] / norms[0]
    return float(after - 1 + (high - 0.5) / (high - low))
