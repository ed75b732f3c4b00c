"""Gradients over the distance as JSON values, and as curves drawn by matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from seqchat.corpus.cleaning import clean
from seqchat.insight.export.figures import drawing, saved
from seqchat.insight.gradient_decay import Decay, Values
from seqchat.insight.gradient_flow import GradientFlow
from seqchat.insight.gradient_report import DISTANCE_LABEL, sign

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Styles of lines: of the hidden state, of another state, and of gates
_LINES, _DOTTED = ("-", "--"), ":"


def gradients_document(flows: Sequence[GradientFlow]) -> dict[str, Any]:
    """Return ``models``, each with its norms over the distance; what is infinite is null."""
    return {"models": [_flow(flow) for flow in flows]}


def gradients_picture(flows: Sequence[GradientFlow], kind: str) -> bytes:
    """Draw `gradients_figure` as a file; kind: png or svg."""
    return saved(gradients_figure(flows), kind)


def gradients_figure(flows: Sequence[GradientFlow]) -> Figure:
    """Draw the curves: a colour for each model, solid for the hidden state, dashed for the cell state, dotted gates.

    Raises:
        SeqchatError: matplotlib is not installed.
    """
    with drawing() as new_figure:
        figure = new_figure((8, 5))
        axes = figure.subplots()
        for number, flow in enumerate(flows):
            # A dollar sign would begin a formula.
            name, colour = clean(flow.name).replace("$", r"\$"), f"C{number}"
            for (state, norms), line in zip(flow.norms.items(), cycle(_LINES), strict=False):
                label = f"∂L/∂{sign(flow, state)} of {name}: {flow.decays[state].trend}"
                axes.plot(flow.distances, norms / norms[0], line, color=colour, label=label)
            if flow.keep_gate is not None and flow.gate_product is not None:
                label = f"{flow.keep_gate.in_formulas} gates of {name}"
                axes.plot(flow.distances, flow.gate_product, _DOTTED, color=colour, label=label)
        axes.set(yscale="log", xlabel=DISTANCE_LABEL, ylabel="share of the gradient that is left")
        axes.grid(alpha=0.3)
        axes.legend()
        return figure


def _flow(flow: GradientFlow) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": flow.name,
        "cell": flow.cell,
        "layer": flow.layer,
        "words": flow.words,
        "distance": flow.distances,
        "norm": _finite(flow.norms["hidden"]),
        "step_norm": flow.step_norm,
        "seen": flow.trend,
    }
    document |= {f"{state}_norm": _finite(norms) for state, norms in flow.norms.items() if state != "hidden"}
    if flow.keep_gate is not None and flow.gate_product is not None:
        document["gate"] = flow.keep_gate.name
        document["gate_product"] = _finite(flow.gate_product)
    document["decay"] = {part: _decay(decay) for part, decay in flow.decays.items()}
    return document


def _decay(decay: Decay) -> dict[str, Any]:
    return {
        "factor": _or_none(decay.factor),
        "halving": decay.half_life,
        "half_distance": decay.half_distance,
        "seen": decay.trend,
    }


def _finite(values: Values) -> list[float | None]:
    return [_or_none(value) for value in values.tolist()]


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
