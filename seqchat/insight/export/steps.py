"""A step that was opened as JSON values, with every addend in full precision."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from seqchat.insight.step import OpenedStep
from seqchat.model.cells.opening import OpenedAddend, OpenedGate


def step_document(step: OpenedStep, gates: Collection[str]) -> dict[str, Any]:
    """Return some gates of a neuron at a word; the products of a row are in the order of its inputs."""
    return {
        "model": step.model,
        "cell": step.cell.name,
        "layer": step.layer,
        "neuron": step.neuron,
        "step": step.position,
        "word": step.word,
        "previous": step.previous,
        "gates": {opened.gate.name: _gate(step, opened) for opened in step.gates if opened.gate.name in gates},
    }


def _gate(step: OpenedStep, opened: OpenedGate) -> dict[str, Any]:
    document: dict[str, Any] = {
        "symbol": opened.gate.symbol,
        "activation": opened.activation or None,
        "addends": [_addend(step, addend) for addend in opened.addends],
        "sum": opened.total,
        "value": opened.value,
    }
    if opened.gate.name in step.standings:
        found = step.standings[opened.gate.name]
        document["word"] = {
            "higher_than": found.below,
            "of_words": found.words,
            "highest": [{"word": word, "value": value} for word, value in found.highest],
            "lowest": [{"word": word, "value": value} for word, value in found.lowest],
        }
    if step.parts is not None and opened.gate.name == step.cell.kept_state:
        document["written_by"] = [{"step": p.position, "word": p.word, "value": p.value} for p in step.parts]
    return document


def _addend(step: OpenedStep, addend: OpenedAddend) -> dict[str, Any]:
    document: dict[str, Any] = {"symbol": step.symbol(addend), "value": addend.value}
    if addend.factors:
        document["factors"] = [
            {"symbol": symbol.replace("₋₁", step.before), "value": value} for symbol, value in addend.factors
        ]
    if addend.term is not None:
        document["term"] = addend.term
    sources = step.sources.get(addend.reads or "", [])
    if addend.weights is not None and addend.inputs is not None:
        document["inputs"] = (
            [{"layer": layer, "neurons": neurons} for layer, neurons in sources] if sources else "word vector"
        )
        document["weights"] = addend.weights.tolist()
        document["values"] = addend.inputs.tolist()
        document["products"] = addend.products.tolist()
    return document
