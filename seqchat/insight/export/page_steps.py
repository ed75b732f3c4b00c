"""What a page needs to open a neuron at a word: the formulas, the states of all words, and the neurons' weights."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.corpus.vocabulary import DIALOG_ID
from seqchat.insight.gates import GateTrace
from seqchat.insight.view import View
from seqchat.insight.wiring import Wired, wiring
from seqchat.model.cells import Cell
from seqchat.model.cells.opening import Bias, Row

# Weights, of two or four bytes each; with more, a page would be slow to open.
MAX_WEIGHTS = 3_000_000


def step_data(engine: Engine, view: View, trace: GateTrace) -> dict[str, Any] | None:
    """Return what the script opens steps with; None if that is too much, and fewer neurons should be in view."""
    network = engine.network
    layers = [layer for layer in wiring(network) if layer.name in view.layers]
    terms = _terms(network.cell)
    rows = len(view.neurons) * sum(isinstance(term, Row) for term in terms)
    if sum(rows * max(network.config.hidden_size, weights_width(layer)) for layer in layers) > MAX_WEIGHTS:
        return None
    window = engine.config.objective == "window"
    x = network.vectors[torch.tensor(trace.ids)]
    return {
        "formulas": [{"gate": g.name, "symbol": g.symbol} | _formula(network.cell, g.name) for g in network.cell.gates],
        "starts": [0] if window else [i for i, word_id in enumerate(trace.ids) if word_id == DIALOG_ID],
        "states": [{name: _packed(values[name]) for name in network.cell.state_names} for values in trace.layers],
        "names": trace.names,
        "hidden": network.config.hidden_size,
        "layers": {layer.name: _layer(layer, view, terms, x) for layer in layers},
    }


def weights_width(layer: Wired) -> int:
    """Return how many inputs the widest weight of a layer has."""
    return max(weight.shape[-1] for weight in layer.weights.values() if weight.ndim == 2)


def _terms(cell: Cell) -> list[Row | Bias]:
    addends = (addend for formula in cell.formulas.values() for addend in formula.addends)
    return [addend.term for addend in addends if addend.term is not None]


def _formula(cell: Cell, gate: str) -> dict[str, Any]:
    formula = cell.formulas[gate]
    addends = [
        {
            "factors": [asdict(factor) | {"symbol": cell.gate(factor.gate).symbol} for factor in addend.factors],
            "term": None if addend.term is None else {"reads": None} | asdict(addend.term),
        }
        for addend in formula.addends
    ]
    return {"activation": formula.activation, "addends": addends}


def _layer(layer: Wired, view: View, terms: list[Row | Bias], x: torch.Tensor) -> dict[str, Any]:
    """Return a layer's rows of the neurons in view, by weight and block; where it reads the word, its products."""
    rows: dict[str, Any] = {}
    for term in terms:
        hidden = _hidden(layer, terms)
        chosen = torch.tensor(view.neurons) + term.block * hidden
        weights = layer.weights[term.weights][chosen]
        if isinstance(term, Row) and term.reads == "x" and not layer.below:
            weights = x.double() @ weights.double().T
        rows[f"{term.weights}/{term.block}"] = _packed(weights.numpy())
    return {"below": list(layer.below), "backward": layer.backward, "rows": rows}


def _hidden(layer: Wired, terms: list[Row | Bias]) -> int:
    """Return how many neurons a layer has: the rows of a block of a weight."""
    term = terms[0]
    blocks = 1 + max(each.block for each in terms if each.weights == term.weights)
    return len(layer.weights[term.weights]) // blocks


def _packed(values: NDArray[Any]) -> dict[str, str]:
    """Return numbers in base64, in two bytes each where that is exact."""
    single = values.astype("<f4")
    half = single.astype("<f2")
    kind = "f2" if np.array_equal(half.astype("<f4"), single) else "f4"
    return {"kind": kind, "values": base64.b64encode((half if kind == "f2" else single).tobytes()).decode()}
