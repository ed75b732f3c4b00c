"""Gradients over the distance as a chart, a table and sentences, for the command line and the app alike.

Whatever is said goes through a function that translates English texts and puts values in; `TEXTS` holds all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain, cycle
from string import ascii_lowercase
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from seqchat.corpus.cleaning import clean
from seqchat.insight.gradient_decay import TRENDS, Values
from seqchat.insight.gradient_flow import GradientFlow
from seqchat.model.cells import CELLS
from seqchat.wording import Say, plain, ratio

DISTANCE_LABEL = "words back (k)"
_TABLE_TITLE = "left after k words"
_GATE_ROW = "{name} {gate} gates"
_FACTOR = "{name}, layer {layer}: {trend}. Each further word multiplies ∂L/∂{sign} by {factor:.2f}."
_HALF_LIFE = " At this rate it halves every {words:.1f} words."
_HALF = " Half of it is left after {words:.1f} words."
_MORE_THAN_HALF = " More than half of it is left at every distance."
_STEP = (
    " The largest factor of a step for ∂L/∂h, the spectral norm of ∂h_t/∂h_t₋₁, is {step:.2f} on average over words."
)
_STEP_BESIDE = (
    " Beside ∂L/∂{sign}, the largest factor of a step for ∂L/∂h while {sign} is held fixed, the spectral norm of "
    "∂h_t/∂h_t₋₁, is {step:.2f} on average over words."
)
_DIRECT_PATH = " The {gate} gates alone, the direct path, leave {share} after {words} words."
_NO_DIRECT_PATH = " No gate decides how much of the state stays, so there is no direct path."
TEXTS = (
    *(DISTANCE_LABEL, _TABLE_TITLE, _GATE_ROW),
    *(_FACTOR, _HALF_LIFE, _HALF, _MORE_THAN_HALF, _STEP, _STEP_BESIDE, _DIRECT_PATH, _NO_DIRECT_PATH),
    *(trend for _, trend in TRENDS),
)

# plotext's names of colours, and those of rich and click
_COLOURS = {"cyan": "cyan", "orange": "yellow", "green": "green", "magenta": "magenta", "red": "red"}
# Columns of the table, as far as the curves reach; the farthest distance is the last column.
_DISTANCES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
# The distance at which a sentence says what the direct path leaves.
_DIRECT_PATH_DISTANCE = 10
# On a logarithmic scale; within a single decade, these too.
_MAX_TICKS, _BETWEEN = 6, (0.2, 0.5, 2.0, 5.0)


class Curve(NamedTuple):
    """What is left of a gradient at each distance, as a share of that at 0, and the letter and colour that mark it."""

    letter: str
    colour: str
    flow: GradientFlow
    state: str
    shares: list[float]

    @property
    def name(self) -> str:
        """The model and the state."""
        return f"{clean(self.flow.name)} ∂L/∂{sign(self.flow, self.state)}"


class TableRow(NamedTuple):
    """A row of the table: its name, padded, in a colour of rich and click, and its numbers."""

    name: str
    colour: str | None
    numbers: str


def sign(flow: GradientFlow, state: str) -> str:
    """Return the letter of a state in formulas."""
    return CELLS[flow.cell].gate(state).symbol


def curves(flows: Sequence[GradientFlow]) -> list[Curve]:
    """Return the curves of some models: one for each state."""
    marks = zip(cycle(ascii_lowercase), cycle(_COLOURS), strict=False)
    states = ((flow, state) for flow in flows for state in flow.norms)
    return [
        Curve(letter, colour, flow, state, (flow.norms[state] / flow.norms[state][0]).tolist())
        for (flow, state), (letter, colour) in zip(states, marks, strict=False)
    ]


def chart(
    flows: Sequence[GradientFlow], width: int, height: int, *, say: Say = plain, letters: bool = False, title: str = ""
) -> str:
    """Draw the curves on a logarithmic scale in this many terminal cells, coloured by ANSI sequences.

    letters: draw each curve with its letter, for terminals without colours; otherwise in braille dots.
    """
    import plotext

    drawn = curves(flows)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.limit_size(False, False)
    for curve in drawn:
        points = [(k, math.log10(share)) for k, share in enumerate(curve.shares) if 0 < share < math.inf]
        plotext.plot(*zip(*points, strict=True), color=curve.colour, marker=curve.letter if letters else "braille")
    labels = ticks(chain.from_iterable(curve.shares for curve in drawn))
    plotext.yticks(list(labels), list(labels.values()))
    distance = max(flow.distances[-1] for flow in flows)
    plotext.xticks(list(range(0, distance + 1, max(1, distance // 5))))
    plotext.xlabel(say(DISTANCE_LABEL))
    plotext.title(title)
    plotext.plotsize(width, height)
    return str(plotext.build()).rstrip()


def ticks(shares: Iterable[float]) -> dict[float, str]:
    """Return the ticks of a logarithmic scale of shares: what is written at which logarithm to the base 10.

    All are between the smallest and the largest of the shares and 1; values that are not positive are left out.
    """
    logs = [0.0, *(math.log10(share) for share in shares if 0 < share < math.inf)]
    low, high = min(logs), max(logs)
    decades = range(math.ceil(low), math.floor(high) + 1)
    step = math.ceil(len(decades) / _MAX_TICKS)
    values = [10.0**decade for decade in decades if decade % step == 0]
    if len(decades) == 1:
        values += [value for value in _BETWEEN if low <= math.log10(value) <= high]
    return {math.log10(value): f"{value:g}" for value in values}


def table(flows: Sequence[GradientFlow], *, say: Say = plain, letters: bool = False) -> list[TableRow]:
    """Return what is left at some distances: a row for each curve, and one for the gates of a direct path.

    letters: begin each row with the letter of its curve.
    """
    distance = max(flow.distances[-1] for flow in flows)
    columns = [*(k for k in _DISTANCES if k < distance), distance]
    rows: list[tuple[str, str | None, list[str]]] = [(say(_TABLE_TITLE), None, [f"{k:>9}" for k in columns])]
    for curve in curves(flows):
        flow, mark = curve.flow, f"{curve.letter}  " * letters
        rows.append((f"{mark}{curve.name}", _COLOURS[curve.colour], _numbers(curve.shares, columns)))
        if curve.state == flow.memory_state and flow.keep_gate and flow.gate_product is not None:
            name = say(_GATE_ROW, name=clean(flow.name), gate=flow.keep_gate.in_formulas)
            rows.append((f"{' ' * len(mark)}{name}", None, _numbers(flow.gate_product, columns)))
    width = max(map(cell_len, [row[0] for row in rows]))
    return [TableRow(set_cell_size(name, width), colour, "".join(numbers)) for name, colour, numbers in rows]


def _numbers(shares: Sequence[float] | Values, columns: Sequence[int]) -> list[str]:
    # A window ends before the distance that others are followed over.
    return [f"{ratio(shares[k]) if k < len(shares) else '':>9}" for k in columns]


def describe(flow: GradientFlow, *, say: Say = plain) -> str:
    """Say how the gradient of the state that the cell is built to keep changes with the distance, in sentences."""
    decay = flow.decays[flow.memory_state]
    sentences = [
        say(
            _FACTOR,
            name=clean(flow.name),
            layer=flow.layer,
            trend=say(flow.trend),
            sign=sign(flow, flow.memory_state),
            factor=decay.factor,
        )
    ]
    if decay.half_life is not None:
        sentences.append(say(_HALF_LIFE, words=decay.half_life))
    half = decay.half_distance
    sentences.append(say(_MORE_THAN_HALF) if half is None else say(_HALF, words=half))
    if flow.memory_state == "hidden":
        sentences.append(say(_STEP, step=flow.step_norm))
    else:
        sentences.append(say(_STEP_BESIDE, step=flow.step_norm, sign=sign(flow, flow.memory_state)))
    sentences.append(_direct_path(flow, say))
    return "".join(sentences)


def _direct_path(flow: GradientFlow, say: Say) -> str:
    if flow.keep_gate is None or flow.gate_product is None:
        return say(_NO_DIRECT_PATH)
    words = min(_DIRECT_PATH_DISTANCE, flow.distances[-1])
    share = ratio(flow.gate_product[words])
    return say(_DIRECT_PATH, gate=flow.keep_gate.in_formulas, share=share, words=words)
