"""The gates of one sentence at a moment of the training, as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from seqchat.model.cells import CELLS, Gate
from seqchat.tui.heatmap import COLUMN, fit, heat_rows, label_row
from seqchat.tui.language import in_use, say

if TYPE_CHECKING:
    from seqchat.insight.behaviour import Behaviour
    from seqchat.tui.watching.watched import WatchedRun

# Left of the values, the number of a neuron
_GUTTER = 5
# The share of the values that a scale shows without cutting them
_SCALED = 95


class SentenceGates(Widget):
    """One gate of one layer of one run, a column a word; keys choose another gate, layer or run."""

    def __init__(self) -> None:
        super().__init__(id="gates")
        self._run: WatchedRun | None = None
        self._behaviour: Behaviour | None = None
        self._gate: int | None = None
        self._layer = 0
        self._scale = 1.0

    def show(self, run: WatchedRun, tokens: int) -> None:
        """Show a run at a moment."""
        if self._run is not None and run is not self._run:
            self._gate = None
        self._run, self._behaviour = run, run.behaviour_at(tokens)
        if self._gates:
            self._scale = self._scale_of_all()
        self.refresh()

    @property
    def _gates(self) -> tuple[Gate, ...]:
        """The gates of the run's cell that were recorded; none before anything was."""
        status = self._run.files.status if self._run is not None else None
        if status is None or self._behaviour is None or status.cell not in CELLS:
            return ()
        recorded = next(iter(self._behaviour.layers.values()), {})
        return tuple(gate for gate in CELLS[status.cell].gates if gate.name in recorded)

    @property
    def gate(self) -> Gate:
        """The gate that is shown: at first the one that keeps the state, or the state itself."""
        keeping = [i for i, gate in enumerate(self._gates) if gate.role == "keep"]
        default = keeping[0] if keeping else len(self._gates) - 1
        return self._gates[default if self._gate is None else self._gate % len(self._gates)]

    def change(self, *, gate: int = 0, layer: int = 0) -> None:
        """Go on by some gates, or some layers."""
        if self._behaviour is None or not self._gates:
            return
        self._gate = (self._gates.index(self.gate) + gate) % len(self._gates)
        self._layer = (self._layer + layer) % len(self._behaviour.layers)
        self._scale = self._scale_of_all()
        self.refresh()

    def _scale_of_all(self) -> float:
        """Return the end of the scale: one for all moments, so that what grows is seen to grow."""
        import numpy as np

        assert self._run is not None
        if self.gate.kind == "sigmoid":
            return 1.0
        found = [
            np.abs(layer[self.gate.name].values).ravel()
            for behaviour in self._run.behaviours
            for layer in behaviour.layers.values()
            if self.gate.name in layer
        ]
        # A rectifier's zeros would hide how large the others are.
        sizes = np.concatenate(found) if found else np.empty(0)
        sizes = sizes[sizes > 0]
        return float(np.percentile(sizes, _SCALED)) if len(sizes) else 1.0

    def render_line(self, y: int) -> Strip:
        """Draw the heading, the neurons, two a line, and the words below them."""
        ground, width = self.rich_style, self.size.width
        line = self._line(y, width, ground)
        return Strip(line).adjust_cell_length(width, ground)

    def _line(self, y: int, width: int, ground: Style) -> list[Segment]:
        behaviour = self._behaviour
        if behaviour is None or not self._gates:
            return []
        if y == 0:
            return [Segment(fit(self._heading(behaviour), width), ground + Style(italic=True))]
        words = max((width - _GUTTER) // COLUMN, 1)
        layer = list(behaviour.layers.values())[self._layer % len(behaviour.layers)]
        values = layer[self.gate.name].values[:words]
        rows = min(self.size.height - 2, -(-values.shape[1] // 2))
        if y == rows + 1:
            return [Segment(" " * _GUTTER, ground), *label_row(behaviour.words[:words], -1, ground)]
        if y > rows:
            return []
        first = 2 * (y - 1)
        low = -self._scale if self.gate.kind == "signed" else 0.0
        number = Segment(f"{behaviour.neurons[first]:>{_GUTTER - 1}} ", ground + Style(dim=True))
        return [number, *heat_rows(values[:, first : first + 2], low, self._scale, ground)[0]]

    def _heading(self, behaviour: Behaviour) -> str:
        gate = self.gate
        name = f"{gate.name} {gate.symbol}" if in_use() == "en" else f"{gate.chinese} {gate.name} {gate.symbol}"
        parts = [name]
        if len(behaviour.layers) > 1:
            parts.append(say("layer {name}", name=list(behaviour.layers)[self._layer % len(behaviour.layers)]))
        sign = "±" if gate.kind == "signed" else "0 … "
        parts += [f"{sign}{self._scale:.2g}", say("{n} neurons", n=len(behaviour.neurons))]
        assert self._run is not None
        return " · ".join([self._run.name, *parts])
