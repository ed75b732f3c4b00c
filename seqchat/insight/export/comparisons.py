"""Two runs side by side as JSON values."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from seqchat.insight.intervention import Intervention
from seqchat.insight.run_comparison import ComparedRun, Comparison
from seqchat.insight.splits import Contribution, LogitComparison, LogitSplit


def comparison_document(
    text: str, intervention: Intervention, comparison: Comparison, logits: LogitComparison | None, neurons: int
) -> dict[str, Any]:
    """Return what was changed, both runs, how they differ, and the split of a logit, ``why``.

    neurons: how many of those that raise the logit most, lower it most, and changed most are listed.
    """
    return {
        "text": text,
        **asdict(intervention),
        "untouched": _run(comparison.untouched),
        "changed": _run(comparison.changed),
        "bits": comparison.bits,
        "state": comparison.state,
        "columns": comparison.columns,
        "layers": [_layer(comparison, k, name) for k, name in enumerate(comparison.untouched.trace.names)],
        "substitutes": comparison.substitutes,
        "text_substitutes": comparison.text_substitutes,
        "why": None if logits is None else _logits(logits, neurons),
    }


def _run(run: ComparedRun) -> dict[str, Any]:
    words = [{"word": w.word, "untouched": w.untouched, "changed": w.changed} for w in run.suggestions]
    return {"first": run.first, "words": run.words, "suggestions": words}


def _layer(comparison: Comparison, layer: int, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "distance": comparison.distance[layer].tolist(),
        "cosine": [None if math.isnan(value) else value for value in comparison.cosine[layer].tolist()],
        "movers": [change._asdict() for change in comparison.changed_neurons(layer)],
    }


def _logits(logits: LogitComparison, neurons: int) -> dict[str, Any]:
    return {
        "word": logits.word,
        "rather_than": logits.rather_than,
        "untouched": _split(logits.untouched, neurons),
        "changed": _split(logits.changed, neurons),
        "moved": [
            {"layer": before.layer, "neuron": before.neuron, "untouched": before.value, "changed": now.value}
            for before, now in logits.top_changes(neurons)
        ],
    }


def _split(split: LogitSplit, neurons: int) -> dict[str, Any]:
    raising, lowering = split.strongest(neurons)
    return {
        "logit": split.total,
        "bias": split.bias,
        "raising": [_contribution(part) for part in raising],
        "lowering": [_contribution(part) for part in lowering],
    }


def _contribution(part: Contribution) -> dict[str, Any]:
    return {"layer": part.layer, "neuron": part.neuron, "activation": part.activation, "contribution": part.value}
