"""What was recorded, and statistics of it, as JSON values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.insight.recording import Block
from seqchat.insight.statistics import EVENTS, KINDS, Keeping, LayerSummary, Summary
from seqchat.insight.view import View

# Rounding to this many decimals changes values by about 1e-7, the precision of float32.
_DECIMALS = 7
# About 10 bytes each in a file, and six times as much in memory.
MAX_VALUES = 5_000_000


def recording_document(view: View, block: Block) -> dict[str, Any]:
    """Return ``cell``, ``words``, and ``layers``: bottom layer first, for each gate a row of neurons a word."""
    layers = [{gate: _rounded(values) for gate, values in layer.items()} for layer in block.layers]
    return {"cell": view.cell, "words": block.words, "layers": layers}


def statistics_document(summary: Summary) -> dict[str, Any]:
    """Return the statistics of a text; what is infinite or unknown is null."""
    return {
        "cell": summary.view.cell,
        "words": summary.words,
        "counts": summary.counts,
        "beyond_chance": {event: limit if limit < math.inf else None for event, limit in summary.limits.items()},
        "neurons": list(summary.view.neurons),
        "layers": [_layer(layer) for layer in summary.layers],
    }


def _layer(layer: LayerSummary) -> dict[str, Any]:
    gates = {
        name: {"mean": _rounded(s.mean), "left_saturated": _rounded(s.left), "right_saturated": _rounded(s.right)}
        for name, s in layer.gates.items()
    }
    kept: dict[str, Any] = {} if layer.keeping is None else _keeping(layer.keeping)
    return {"name": layer.name, "gates": gates, **kept}


def _keeping(keeping: Keeping) -> dict[str, Any]:
    return {
        "half_life": _rounded(keeping.half_life),
        "kept": dict(zip(KINDS, _rounded(keeping.mean), strict=True)),
        "difference_in_standard_errors": dict(zip(EVENTS, _rounded(keeping.difference), strict=True)),
    }


def _rounded(values: NDArray[Any]) -> Any:
    found = np.round(values.astype(np.float64), _DECIMALS)
    if not np.isfinite(found).all():
        found = found.astype(object)
        found[~np.isfinite(values)] = None
    return found.tolist()
