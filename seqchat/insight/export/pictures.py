"""What was recorded as heat maps, and saturation as scatter plots, drawn by matplotlib."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seqchat.corpus.words import has_han
from seqchat.insight.export.figures import drawing, fonts, saved
from seqchat.insight.neurons.overview import LayerOverview, ends_of, rows_of
from seqchat.insight.recording import Block
from seqchat.insight.statistics import Summary
from seqchat.insight.view import View
from seqchat.model.cells import CELLS, Gate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# More columns are too many for a picture.
MAX_WORDS = 200

# Inches: a column, the heights of a row of neurons, and how wide panels side by side may be together.
_COLUMN, _NEURON, _LOWEST, _HIGHEST, _WIDEST = 0.24, 0.05, 1.0, 3.4, 15.0
_MAX_LABEL_LENGTH = 8
_NUMBERED_NEURONS = 20


def heat_maps(view: View, block: Block, kind: str, overviews: Mapping[str, LayerOverview] | None = None) -> bytes:
    """Draw `heat_map_figure` as a file; kind: png or svg."""
    return saved(heat_map_figure(view, block, overviews), kind)


def heat_map_figure(view: View, block: Block, overviews: Mapping[str, LayerOverview] | None = None) -> Figure:
    """Draw a heat map, neurons by words, of each gate of each layer.

    overviews: how layers are drawn, by their names; without them, neurons are in their order of number.

    Raises:
        SeqchatError: matplotlib is not installed.
    """
    width = max(len(block.words) * _COLUMN, 2.0)
    height = min(max(len(view.neurons) * _NEURON, _LOWEST), _HIGHEST)
    columns = _columns(len(view.gates), width + 1.2)
    rows = math.ceil(len(view.gates) / columns)
    with drawing() as new_figure:
        figure = new_figure((columns * (width + 1.2), len(view.layers) * rows * (height + 0.9) + 0.4))
        panels = figure.subplots(len(view.layers) * rows, columns, squeeze=False)
        layout: Any = figure.get_layout_engine()
        layout.set(wspace=0.04)
        figure.suptitle(_title(view), parse_math=False)
        measured = overviews or {}
        for k, (name, layer) in enumerate(zip(view.layers, block.layers, strict=True)):
            rows_of_layer = rows_of(view, name, measured)
            numbers = [view.neurons[row] for row in rows_of_layer]
            panels_left = panels[k * rows : (k + 1) * rows].flat
            for gate, axes in zip(view.gates, panels_left, strict=False):
                axes.set_title(f"layer {name} · {gate.name}", fontsize=9)
                values = layer[gate.name]
                ends = ends_of(name, gate, values, measured)
                _heat_map(figure, axes, gate, values[:, rows_of_layer], ends, block.words, numbers)
            for axes in list(panels_left):
                axes.remove()
        return figure


def saturation_plots(summary: Summary, kind: str) -> bytes:
    """Draw, for each gate, each neuron's share of left-saturated words against its share of right-saturated ones.

    It is the figure of Karpathy, Johnson and Li (2015): a gate near the top is mostly shut, one far to the right
    mostly open, and one in the corner neither; no neuron is beyond the diagonal. kind: png or svg.

    Raises:
        SeqchatError: matplotlib is not installed.
    """
    view = summary.view
    columns = min(len(view.gates), 3)
    rows = math.ceil(len(view.gates) / columns)
    with drawing() as new_figure:
        figure = new_figure((3.5 * columns, 3.7 * rows + 0.8))
        panels_left = figure.subplots(rows, columns, squeeze=False).flat
        figure.suptitle(f"{_title(view)} · saturation over {summary.words:,} words", parse_math=False)
        for gate, axes in zip(view.gates, panels_left, strict=False):
            _scatter(axes, gate, summary)
        for axes in list(panels_left):
            axes.remove()
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 6), fontsize=9)
        return saved(figure, kind)


def missing_font(words: Sequence[str]) -> bool:
    """Whether words have Chinese characters but no installed font can draw them."""
    return any(map(has_han, words)) and not fonts()[1:]


def _heat_map(
    figure: Figure,
    axes: Axes,
    gate: Gate,
    values: Any,
    ends: tuple[float, float],
    words: Sequence[str],
    neurons: Sequence[int],
) -> None:
    signed = gate.low < 0
    image = axes.imshow(
        values.T,
        aspect="auto",
        interpolation="none",
        cmap="RdBu_r" if signed else "viridis",
        vmin=ends[0],
        vmax=ends[1],
    )
    beyond = "neither" if gate.kind == "sigmoid" else "both" if signed else "max"
    figure.colorbar(image, ax=axes, extend=beyond, fraction=0.05, pad=0.01, aspect=15).ax.tick_params(labelsize=7)
    axes.set_xticks(range(len(words)), [_label(word) for word in words], fontsize=8)
    for text, word in zip(axes.get_xticklabels(), words, strict=True):
        # A word with dollar signs is not a formula.
        text.set_parse_math(False)
        text.set_rotation(90 if _lies_down(word) else 0)
    axes.tick_params(axis="x", length=0)
    axes.tick_params(axis="y", labelsize=7)
    if len(neurons) <= _NUMBERED_NEURONS or sorted(neurons) != list(range(len(neurons))):
        step = math.ceil(len(neurons) / _NUMBERED_NEURONS)
        axes.set_yticks(range(0, len(neurons), step), [str(n) for n in neurons[::step]])
    axes.set_ylabel("neuron", fontsize=7)


def _scatter(axes: Axes, gate: Gate, summary: Summary) -> None:
    for layer in summary.layers:
        found = layer.gates[gate.name]
        axes.scatter(found.right, found.left, s=10, alpha=0.5, linewidths=0, label=f"layer {layer.name}")
    low, high = gate.saturation_limits
    axes.plot((0, 1), (1, 0), color="grey", linewidth=0.6, linestyle="--")
    axes.set(
        title=gate.name,
        xlabel=f"share right-saturated (> {high:.3g})" if high < math.inf else "share right-saturated (never)",
        ylabel=f"share left-saturated (< {low:.3g})" if high < math.inf else "share left-saturated (0)",
        xlim=(-0.03, 1.03),
        ylim=(-0.03, 1.03),
        aspect="equal",
    )
    axes.grid(alpha=0.3)


def _columns(panels: int, width: float) -> int:
    """Return how many panels to put in a row, so that the rows are about equally long."""
    fitting = min(max(int(_WIDEST / width), 1), panels)
    return math.ceil(panels / math.ceil(panels / fitting))


def _title(view: View) -> str:
    return f"{view.model} · {CELLS[view.cell].title}"


def _label(word: str) -> str:
    """Return the label of a column: a Chinese word from top to bottom, anything else as it is."""
    if word == " ":
        return "␣"
    word = word if len(word) <= _MAX_LABEL_LENGTH else f"{word[: _MAX_LABEL_LENGTH - 1]}…"
    return word if _lies_down(word) else "\n".join(word)


def _lies_down(word: str) -> bool:
    return len(word) > 1 and not all(unicodedata.east_asian_width(c) in "WF" or c == "…" for c in word)
