"""Curves of a run in terminal cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import set_cell_size
from rich.text import Text

Colour = tuple[int, int, int]

# In a narrower or lower chart, nothing can be read.
_MIN_WIDTH, _MIN_HEIGHT = 12, 5
_LABELS = 3


@dataclass(frozen=True)
class Curve:
    """A line in a colour: where its points are, x and y."""

    colour: Colour
    x: Sequence[float]
    y: Sequence[float]


def draw(
    title: str,
    curves: Sequence[Curve],
    width: int,
    height: int,
    *,
    logarithmic: bool = False,
    mark: float | None = None,
    mark_colour: Colour = (128, 128, 128),
    limits: tuple[float, float] | None = None,
) -> Text:
    """Draw curves in this many cells; mark: an x at which a vertical line is drawn; limits: of y, those of the points
    if there are none."""
    import plotext

    if width < _MIN_WIDTH or height < _MIN_HEIGHT:
        return Text()
    points = [(curve, _usable(curve, logarithmic)) for curve in curves]
    drawn = [(curve, found) for curve, found in points if found]
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)
    plotext.plotsize(width, height - 1)
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)
    heading = Text(set_cell_size(f" {title}", width), style="italic")
    if not drawn:
        return heading
    if mark is not None:
        plotext.vertical_line(mark, color=mark_colour)
    for curve, found in drawn:
        x, y = zip(*found, strict=True)
        # A single point has no line.
        plotext.plot(
            [*x, x[0]] if len(x) == 1 else x, [*y, y[0]] if len(y) == 1 else y, color=curve.colour, marker="braille"
        )
    ys = [y for _, found in drawn for _, y in found]
    low, high = limits or (min(ys), max(ys))
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    plotext.ylim(low, high)
    ticks = [low + (high - low) * k / (_LABELS - 1) for k in range(_LABELS)]
    plotext.yticks(ticks, [_short(10**tick if logarithmic else tick) for tick in ticks])
    xs = [x for _, found in drawn for x, _ in found]
    left, right = min(xs), max(xs)
    plotext.xticks([left, right], [_short(left), _short(right)])
    return Text("\n").join((heading, Text.from_ansi(str(plotext.build()).rstrip("\n"))))


def _usable(curve: Curve, logarithmic: bool) -> list[tuple[float, float]]:
    """Return the points that can be drawn; on a logarithmic scale the exponents of 10."""
    points = zip(curve.x, curve.y, strict=True)
    if logarithmic:
        return [(x, math.log10(y)) for x, y in points if 0 < y < math.inf]
    return [(x, y) for x, y in points if math.isfinite(y)]


def _short(value: float) -> str:
    """Return a number for an axis in a few cells: 0.25, 12.3, 4,500, 2.5M, 3e-07."""
    size = abs(value)
    if size >= 1e6 and size < 1e9:
        return f"{value / 1e6:.3g}M"
    if size >= 1e4 and size < 1e6:
        return f"{value / 1e3:.3g}k"
    if 100 <= size < 1e4:
        return f"{value:,.0f}"
    if 1e-2 <= size < 100 or value == 0:
        return f"{value:.3g}"
    return f"{value:.0e}"
