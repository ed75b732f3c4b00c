"""What `seqchat inspect` prints: gates word by word, and statistics of a text."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size

from seqchat.cli.tables import aligned
from seqchat.insight.recording import Block
from seqchat.insight.statistics import EVENTS, Keeping, LayerSummary, Summary
from seqchat.insight.view import View
from seqchat.model.cells import CELLS, Gate, KeepGate
from seqchat.wording import counted, percentage

_WORD, _LAYER, _GATE = 10, 5, 9  # cells
# The share of words from which on a gate counts as nearly always saturated.
_NEARLY_ALWAYS = 0.9
_NAMED = 3


class GateTable:
    """Writes one line for each word and layer, with a column for each gate; where that is too wide, one line for each
    gate."""

    def __init__(self, view: View, *, single: bool) -> None:
        """Show each neuron in view by itself (`single`), or the mean and the saturation of all of them."""
        self._view = view
        self._single = single
        names = [f"n{neuron}" for neuron in view.neurons]
        self._numbers = "".join(f"{name:>9}" for name in names) if single else " mean  lo  hi"
        beside = _WORD + _LAYER + len(view.gates) * (len(self._numbers) + 2)
        self._wide = beside <= shutil.get_terminal_size((120, 24)).columns

    def head(self) -> list[str]:
        """Return the titles of the columns."""
        left = set_cell_size("word", _WORD) + "layer".ljust(_LAYER)
        if not self._wide:
            return [f"{left}  {'gate'.ljust(_GATE)}  {self._numbers}"]
        above = "".join(f"  {gate.name:>{len(self._numbers)}}" for gate in self._view.gates)
        return [" " * (_WORD + _LAYER) + above, left + f"  {self._numbers}" * len(self._view.gates)]

    def rows(self, block: Block) -> Iterator[str]:
        """Yield the lines of some words."""
        for i, word in enumerate(block.words):
            for k, (name, layer) in enumerate(zip(self._view.layers, block.layers, strict=True)):
                left = _fit("" if k else word, _WORD) + name.ljust(_LAYER)
                cells = [self._cell(gate, layer[gate.name][i]) for gate in self._view.gates]
                if self._wide:
                    yield left + "".join(f"  {cell}" for cell in cells)
                    continue
                for gate, cell in zip(self._view.gates, cells, strict=True):
                    yield f"{left}  {gate.name.ljust(_GATE)}  {cell}"
                    left = " " * (_WORD + _LAYER)

    def foot(self) -> str:
        """Return what the numbers are."""
        if self._single:
            return "Neurons are counted from 0."
        return (
            f"mean: of the absolute values of {len(self._view.neurons):,} neurons; lo, hi: % of them left- and "
            f"right-saturated:\n{_limits(self._view)}"
        )

    def _cell(self, gate: Gate, values: NDArray[np.float32]) -> str:
        if self._single:
            return "".join(f"{value:9.4f}" for value in values)
        low, high = gate.saturation_limits
        left, right = (100 * float(share.mean()) for share in (values < low, values > high))
        return f"{float(np.abs(values).mean()):5.2f} {left:3.0f} {right:3.0f}"


def statistics_text(summary: Summary) -> str:
    """Return the tables of saturation, half-life and resets."""
    view, cell = summary.view, CELLS[summary.view.cell]
    counts = ", ".join(f"{count:,} {name}" for name, count in summary.counts.items())
    parts = [f"{view.model}, {cell.title}: {counted(summary.words, 'word')} ({counts}).", _saturation(summary)]
    keeping = [(layer, layer.keeping) for layer in summary.layers if layer.keeping is not None]
    if cell.keep_gate is None:
        parts.append(cell.lacks_keep_gate)
    elif keeping:
        parts += [_half_lives(view, keeping), _resets(summary, keeping)]
    return "\n\n".join(parts)


def _saturation(summary: Summary) -> str:
    head = ["layer", "gate", "mean", "left", "right", "mostly left", "mostly right"]
    rows = [head, *([layer.name, gate, *_shares(layer, gate)] for layer in summary.layers for gate in layer.gates)]
    return (
        f"Saturation (Karpathy, Johnson and Li 2015)\n{_table(rows, left=2)}\n"
        f"mostly: how many of {len(summary.view.neurons):,} neurons are saturated at "
        f"{percentage(_NEARLY_ALWAYS, 0)} of words;\n"
        f"left, right: % of words and neurons:\n{_limits(summary.view)}"
    )


def _shares(layer: LayerSummary, gate: str) -> list[str]:
    found = layer.gates[gate]
    often = [str(int((share >= _NEARLY_ALWAYS).sum())) for share in (found.left, found.right)]
    return [f"{found.mean.mean():.3f}", f"{100 * found.left.mean():.1f}", f"{100 * found.right.mean():.1f}", *often]


def _half_lives(view: View, layers: Sequence[tuple[LayerSummary, Keeping]]) -> str:
    gate = _keep_gate(view)
    rows = [["layer", "median", "90 %", "longest"]]
    for layer, keeping in layers:
        longest = np.argsort(-keeping.half_life, kind="stable")[:_NAMED]
        named = ", ".join(f"n{view.neurons[i]} {_words(keeping.half_life[i])}" for i in longest)
        median, upper = np.quantile(keeping.half_life, [0.5, 0.9], method="inverted_cdf")
        rows.append([layer.name, _words(median), _words(upper), named])
    return (
        f"Half-life of what the {gate.name} gate keeps, in words (ln 0.5 / mean ln {gate.in_formulas})\n"
        f"{_table(rows)}\n90 %: of the neurons are below."
    )


def _keep_gate(view: View) -> KeepGate:
    gate = CELLS[view.cell].keep_gate
    assert gate is not None
    return gate


def _resets(summary: Summary, layers: Sequence[tuple[LayerSummary, Keeping]]) -> str:
    gate = _keep_gate(summary.view)
    head = ["layer", "word", "words", "limit", "lower", "resetting"]
    rows = [[*head, "clearest: mean there, elsewhere, standard errors"]]
    for layer, keeping in layers:
        for event in EVENTS:
            limit = summary.limits[event]
            lower, resetting = keeping.lower(event, limit), keeping.resetting(event, limit)
            named = "; ".join(_reset(summary, keeping, event, i) for i in [*resetting, *lower][:_NAMED])
            found = ["too few", "", ""] if limit == math.inf else [f"{limit:.1f}", str(len(lower)), str(len(resetting))]
            rows.append([layer.name, event, f"{summary.counts[event]:,}", *found, named])
    return (
        f"Where neurons reset: {gate.in_words} there against elsewhere\n{_table(rows, left=2)}\n"
        "lower: neurons beyond chance, by more standard errors than the limit; resetting: those of them that keep at\n"
        "most half as much as elsewhere. With many words, small differences are beyond chance too: any kind of word\n"
        "differs a little from others."
    )


def _reset(summary: Summary, keeping: Keeping, event: str, index: int) -> str:
    number = EVENTS.index(event)
    there, elsewhere = keeping.mean[number, index], keeping.mean[-1, index]
    return f"n{summary.view.neurons[index]} {there:.2f}, {elsewhere:.2f}, {keeping.difference[number, index]:.0f}"


def _limits(view: View) -> str:
    """Say beyond which values the gates in view are saturated, in one line for those that agree."""
    by_limits: dict[str, list[str]] = {}
    for gate in view.gates:
        low, high = gate.saturation_limits
        text = "0 and never" if high == math.inf else f"below {low:g} and above {high:g}"
        by_limits.setdefault(text if gate.bounded else "tanh below -0.9 and above 0.9", []).append(gate.name)
    return "\n".join(f"  {', '.join(names)}: {text}" for text, names in by_limits.items())


def _words(value: float) -> str:
    return "∞" if value == math.inf else f"{value:,.1f}"


def _fit(text: str, cells: int) -> str:
    """Cut or pad a text to this number of terminal cells, at least one of them blank."""
    if cell_len(text) >= cells:
        text = set_cell_size(text, cells - 2).rstrip() + "…"
    return set_cell_size(text, cells)


def _table(rows: list[list[str]], left: int = 1) -> str:
    """Write rows below each other; the first columns and the last are aligned left, numbers right."""
    last = len(rows[0]) - 1
    return aligned(rows, {*range(left), *([last] if any(c.isalpha() for c in rows[-1][last]) else [])})
