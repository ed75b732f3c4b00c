"""The gates of the network over the last words, as heat maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from seqchat.tui.heatmap import COLUMN, fit, heat_rows, label_row

if TYPE_CHECKING:
    from seqchat.insight.gates import GateTrace
    from seqchat.model.cells import Gate

_SYMBOLS = {
    "input": "i",
    "forget": "f",
    "candidate": "g",
    "output": "o",
    "cell": "c",
    "hidden": "h",
    "reset": "r",
    "update": "z",
}


class GatePanel(Widget):
    """Every gate of one layer in a band of its own, or one gate alone; a column a word, two neurons a row."""

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "Gates"
        self._trace: GateTrace | None = None
        self._gates: tuple[Gate, ...] = ()
        self._title = ""
        self._layer = 0
        self._alone: int | None = None
        self._first_neuron = 0

    def describe(self, title: str, gates: tuple[Gate, ...]) -> None:
        """Learn which cell is shown."""
        self._title, self._gates = title, gates
        self._retitle()

    def show(self, trace: GateTrace) -> None:
        """Show the gates of another text."""
        self._trace = trace
        self._retitle()

    def next_gate(self) -> None:
        """Show the next gate alone; after the last, all of them."""
        following = 0 if self._alone is None else self._alone + 1
        self._alone = following if following < len(self._gates) else None
        self._first_neuron = 0
        self._retitle()

    def next_layer(self) -> None:
        """Show the layer above; after the last, the bottom one."""
        if self._trace is not None:
            self._layer = (self._layer + 1) % len(self._trace.layers)
        self._retitle()

    def scroll_neurons(self, pages: int) -> None:
        """Show the neurons that come after those shown now, or before."""
        if self._trace is None:
            return
        shown = self._band_rows() * 2
        last = max(self._neurons() - shown, 0)
        self._first_neuron = min(max(self._first_neuron + pages * shown, 0), last)
        self._retitle()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Show later neurons."""
        self.scroll_neurons(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Show earlier neurons."""
        self.scroll_neurons(-1)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the title to the new size."""
        self._retitle()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the panel."""
        ground = self.rich_style
        width = self.content_size.width
        segments = self._line(y, ground)
        return Strip(segments).adjust_cell_length(width, ground)

    def _line(self, y: int, ground: Style) -> list[Segment]:
        if self._trace is None:
            return [Segment("They appear with the first word." if y == 0 else "", ground)]
        words = self._trace.words[-self._columns() :]
        bands = self._bands()
        rows = self._band_rows()
        if y == len(bands) * (rows + 1):
            return label_row(words, ground)
        band, row = divmod(y, rows + 1)
        if band >= len(bands):
            return []
        gate = bands[band]
        values = self._values(gate)[-len(words) :]
        if row == 0:
            return self._heading(gate, values[-1], ground)
        first = self._first_neuron + (row - 1) * 2
        drawn = heat_rows(values[:, first : first + 2], gate.low, gate.high, ground)
        return drawn[0] if drawn else []

    def _heading(self, gate: Gate, current: NDArray[np.float32], ground: Style) -> list[Segment]:
        """Name a gate, with its mean at the current word and, for a sigmoid, the neurons below 0.1 and above 0.9."""
        text = f"{gate.name} {_SYMBOLS[gate.name]} {current.mean():+.2f}"
        if gate.low == 0:
            shut, opened = (current < 0.1).mean(), (current > 0.9).mean()
            text = f"{gate.name} {_SYMBOLS[gate.name]} {current.mean():.2f}  shut {shut:.0%} open {opened:.0%}"
        return [Segment(fit(text, self.content_size.width), ground + Style(italic=True))]

    def _bands(self) -> tuple[Gate, ...]:
        return self._gates if self._alone is None else (self._gates[self._alone],)

    def _band_rows(self) -> int:
        """Return how many rows of half blocks each band has, when all fit below each other."""
        bands = max(len(self._bands()), 1)
        room = self.content_size.height - 1 - bands
        return max(1, min(room // bands, -(-self._neurons() // 2)))

    def _columns(self) -> int:
        return max(1, self.content_size.width // COLUMN)

    def _neurons(self) -> int:
        return self._values(self._gates[0]).shape[1] if self._trace is not None else 1

    def _values(self, gate: Gate) -> NDArray[np.float32]:
        assert self._trace is not None
        return self._trace.layers[self._layer][gate.name]

    def _retitle(self) -> None:
        title = f"Gates · {self._title}" if self._title else "Gates"
        if self._trace is not None and len(self._trace.layers) > 1:
            title += f" · layer {self._trace.names[self._layer]} of {len(self._trace.names)}"
        self.border_title = title
        if self._trace is not None:
            last = min(self._first_neuron + self._band_rows() * 2, self._neurons())
            self.border_subtitle = f"neurons {self._first_neuron + 1}–{last} of {self._neurons()}"
        self.refresh()
