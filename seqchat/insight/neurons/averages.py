"""Means of neighbouring neurons, where there are more of them than places; a plain module that needs no torch."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def averaged(values: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """Return the means [tokens, columns] of neighbours in values [tokens, neurons], in columns of about one size."""
    starts, counts = _columns(values.shape[1], columns)
    return np.asarray(np.add.reduceat(values, starts, axis=1) / counts, dtype=np.float32)


@lru_cache(maxsize=64)
def _columns(neurons: int, columns: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the place of each column's first neuron, and how many it has."""
    starts = np.arange(columns) * neurons // columns
    return starts, np.diff(starts, append=neurons).astype(np.float32)
