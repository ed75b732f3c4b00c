"""How strongly words affect a prediction, as heights of bars on a logarithmic scale and as short numbers."""

from __future__ import annotations

import math

from seqchat.wording import ratio

# From the foot of a bar to its head
DECADES = 2


def height(value: float, most: float) -> float:
    """Return the height of a bar as a share of the full height, on a logarithmic scale."""
    if value <= 0 or most <= 0:
        return 0.0
    return min(max(1 + math.log10(value / most) / DECADES, 0.0), 1.0)


def share(value: float, most: float) -> str:
    """Return a value as a share of the largest, in at most four characters."""
    return ratio(value / most if most > 0 else 0.0, decimals=0)
