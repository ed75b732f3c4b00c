"""The charts of the screen: which numbers of a run are drawn against which."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich.text import Text
from textual.geometry import Size

from seqchat.model.cells import CELLS
from seqchat.tui.language import say
from seqchat.tui.watching.curves import Colour, Curve, draw
from seqchat.tui.watching.watched import Moments, WatchedRun

# Runs, the moment, the colour of each run, a muted colour, and the size → the drawing
Chart = Callable[[Sequence[WatchedRun], Moments, Sequence[Colour], Colour, Size], Text]
TITLES = ("loss", "validation perplexity", "gradient norm; grey: clipped")
# Less than this share of a gradient is drawn as this much.
_LEAST_SHARE = 1e-30
# Values that are so many times as large as others need a logarithmic scale.
_WIDE = 20.0


def _over_training(title: str, source: str, measures: tuple[str, ...], *, logarithmic: bool = False) -> Chart:
    """Return the chart of numbers over the words that were read; those after the first are muted."""

    def chart(
        runs: Sequence[WatchedRun], moments: Moments, colours: Sequence[Colour], muted: Colour, size: Size
    ) -> Text:
        curves = [
            Curve(muted if number else colour, *_points(getattr(run.files, source), measure))
            for run, colour in zip(runs, colours, strict=True)
            for number, measure in reversed(list(enumerate(measures)))
        ]
        mark = None if moments.follows else float(moments.tokens)
        scaled = logarithmic or _spread(curves) > _WIDE
        return draw(say(title), curves, size.width, size.height, logarithmic=scaled, mark=mark, mark_colour=muted)

    return chart


def _spread(curves: Sequence[Curve]) -> float:
    """Return how many times the largest value is the smallest."""
    values = [value for curve in curves for value in curve.y if value > 0]
    return max(values) / min(values) if values else 1.0


def _points(lines: Sequence[dict[str, object]], measure: str) -> tuple[list[float], list[float]]:
    found = [(line["tokens"], line[measure]) for line in lines if isinstance(line.get(measure), int | float)]
    return [float(str(x)) for x, _ in found], [float(str(y)) for _, y in found]


# The charts by the name of their widget, in their order; narrow screens leave out the one of perplexity, whose last
# value is in the table.
CHARTS: dict[str, Chart] = {
    "loss": _over_training(TITLES[0], "steps", ("loss",)),
    "perplexity": _over_training(TITLES[1], "reports", ("validation_perplexity",), logarithmic=True),
    "gradient": _over_training(TITLES[2], "steps", ("gradient_norm", "clipped_norm"), logarithmic=True),
}


def reach(runs: Sequence[WatchedRun], moments: Moments, colours: Sequence[Colour], muted: Colour, size: Size) -> Text:
    """Draw how much of the gradient of the state that a cell keeps is left some words back, at the moment."""
    curves = [
        Curve(colour, range(len(shares)), shares)
        for run, colour in zip(runs, colours, strict=True)
        if (shares := shares_at(run, moments.tokens))
    ]
    everything = [s for run in runs for m in moments.all for s in shares_at(run, m)]
    limits = _limits(everything) if everything else None
    title = say("gradient left, k words back")
    return draw(title, curves, size.width, size.height, logarithmic=True, limits=limits)


def shares_at(run: WatchedRun, tokens: int) -> list[float]:
    """Return ‖∂L_t/∂s_{t−k}‖ for k = 0, 1 … as shares of that for 0, s being the state that the cell keeps."""
    status, behaviour = run.files.status, run.behaviour_at(tokens)
    if status is None or behaviour is None or status.cell not in CELLS:
        return []
    norms = behaviour.reach.get(CELLS[status.cell].kept_state, [])
    return [max(norm / norms[0], _LEAST_SHARE) for norm in norms] if norms and norms[0] > 0 else []


def _limits(shares: Sequence[float]) -> tuple[float, float]:
    """Return the limits of the exponents of 10, the same for all moments."""
    exponents = [math.log10(share) for share in shares if 0 < share < math.inf] or [0.0]
    return math.floor(min(*exponents, -0.5)), max(math.ceil(max(exponents)), 0.0)
