"""Gates at the words of a text, in a notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seqchat.errors import SeqchatError
from seqchat.insight.gates import GateTrace
from seqchat.insight.neurons.overview import drawn_range, scale_of
from seqchat.insight.notebook import html
from seqchat.insight.notebook.drawable import drawable
from seqchat.insight.recording import Block
from seqchat.insight.selection import check_layer
from seqchat.insight.view import View
from seqchat.model.cells import CELLS
from seqchat.wording import listed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# More columns make a page slow.
_MOST_WORDS = 100


@dataclass(frozen=True)
class Observed(GateTrace):
    """Every gate of every layer over some words; view: what was looked at."""

    view: View = field(kw_only=True)

    @classmethod
    def of(cls, trace: GateTrace, view: View) -> Observed:
        """Make it of what was traced."""
        return drawable(cls, trace, view=view)

    def frame(self, gate: str | None = None, layer: str | None = None) -> Any:
        """Return a table of pandas: a row a word; its columns are layer, gate and neuron, or of those chosen.

        Raises:
            SeqchatError: there is no such gate or layer.
        """
        import pandas as pd

        self._check(gate, layer)
        parts = {
            (name, of): pd.DataFrame(values)
            for name, gates in zip(self.names, self.layers, strict=True)
            for of, values in gates.items()
            if gate in (None, of) and layer in (None, name)
        }
        table = pd.concat(parts, axis=1, names=["layer", "gate", "neuron"])
        table.index = pd.Index(self.words, name="word")
        single = [
            name
            for name, chosen in (("layer", layer), ("gate", gate))
            if chosen or (name == "layer" and len(self.names) == 1)
        ]
        return table.droplevel(single, axis=1)

    def _check(self, gate: str | None, layer: str | None) -> None:
        gates = [each.name for each in self.view.gates]
        if gate is not None and gate not in gates:
            raise SeqchatError(f"{self.view.model} has no gate {gate!r}; it has {listed(gates)}.")
        if layer is not None:
            check_layer(layer, self.names, self.names)

    def figure(self) -> Figure:
        """Return a figure of matplotlib: a heat map of each gate of each layer.

        Raises:
            SeqchatError: matplotlib is not installed.
        """
        from seqchat.insight.export.pictures import heat_map_figure

        return heat_map_figure(self.view, Block(list(self.ids), self.words, self.layers))

    def _repr_html_(self) -> str:
        words = self.words[-_MOST_WORDS:]
        note = CELLS[self.view.cell].title + (
            f", the last {len(words)} of {len(self.words)} words" * (len(words) < len(self.words))
        )
        maps = []
        for name, layer in zip(self.names, self.layers, strict=True):
            for gate in self.view.gates:
                values = layer[gate.name][-_MOST_WORDS:]
                ends = drawn_range(gate, scale_of(values))
                maps.append(html.heat_map(f"layer {name} · {gate.name}", words, values, ends, signed=gate.low < 0))
        return html.heading(self.view.model, note) + html.beside(maps)
