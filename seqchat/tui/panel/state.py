"""What a panel of gates knows: the trace, what is selected, and how layers are drawn; a plain module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seqchat.tui.panel.chosen import ChosenNeurons
from seqchat.tui.panel.cursor import PanelCursor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqchat.insight.gates import GateTrace
    from seqchat.insight.neurons.overview import LayerOverview
    from seqchat.model.cells import Gate

MAX_TOP_CHANGES = 12


@dataclass
class PanelState:
    """What is shown of one model.

    gates: of its cell; featured: the names of those that are shown where none is alone, empty for all; overviews: how
    its layers are drawn, by their names, empty until that is known; before: the gates of the last word before the last
    key; bars: whether nothing is drawn in colours.
    """

    gates: tuple[Gate, ...] = ()
    featured: tuple[str, ...] = ()
    trace: GateTrace | None = None
    cursor: PanelCursor = field(default_factory=PanelCursor)
    chosen: ChosenNeurons = field(default_factory=ChosenNeurons)
    overviews: Mapping[str, LayerOverview] = field(default_factory=dict)
    before: list[dict[str, NDArray[np.float32]]] | None = None
    bars: bool = False

    def replace_trace(self, trace: GateTrace, *, new: bool) -> None:
        """Show another text; not `new`: the same text, over more words."""
        if new:
            self.before = _last_words(self.trace)
            # At the word left of the cursor
            self.cursor.back = trace.after
        self.trace = trace

    @property
    def words(self) -> list[str]:
        """The words that are traced."""
        return self.trace.words if self.trace is not None else []

    @property
    def column(self) -> int:
        """The index of the selected word in the trace."""
        return max(len(self.words) - 1 - self.cursor.back, 0)

    @property
    def gate(self) -> Gate:
        """The gate that is shown alone, or the last one."""
        return self.gates[self.cursor.gate if self.cursor.gate is not None else -1]

    @property
    def shown_gates(self) -> tuple[Gate, ...]:
        """The gates that are shown, each in a band of its own."""
        if self.cursor.gate is not None:
            return (self.gate,)
        return tuple(gate for gate in self.gates if gate.name in self.featured) or self.gates

    @property
    def neurons(self) -> int:
        """How many neurons a layer has."""
        return self.values(self.gates[0]).shape[1] if self.trace is not None and self.gates else 1

    @property
    def layer_name(self) -> str:
        """What the selected layer is called."""
        return self.trace.names[self.cursor.layer] if self.trace is not None else str(self.cursor.layer + 1)

    def values(self, gate: Gate) -> NDArray[np.float32]:
        """Return a gate's values [words, neurons] in the selected layer."""
        assert self.trace is not None
        return self.trace.layers[self.cursor.layer][gate.name]

    @property
    def overview(self) -> LayerOverview | None:
        """How the selected layer is drawn; a layer without an arrow reads forwards."""
        found = self.overviews.get(self.layer_name) or self.overviews.get(f"{self.layer_name}→")
        # A model may have been trained anew, in another size, since it was loaded.
        return found if found is not None and len(found.order) == self.neurons else None

    @property
    def order(self) -> Sequence[int]:
        """The neurons in the order in which they are drawn."""
        found = self.overview
        return found.order.tolist() if found is not None else range(self.neurons)

    def range_of(self, gate: Gate, together: float = 1.0) -> tuple[float, float]:
        """Return the lower and the upper end of the colours of a gate, of which so many neighbours are averaged."""
        found = self.overview
        return found.range_of(gate, together) if found is not None else (gate.low, gate.top(self.values(gate)))

    def top_changes(self) -> list[tuple[int, float]]:
        """Return which neurons changed most: at the last word since the last key, else since the word before."""
        from seqchat.insight.gates import top_changes

        values = self.values(self.gate)
        at_cursor = self.trace is not None and self.cursor.back == self.trace.after
        if at_cursor and self.before is not None and self.cursor.layer < len(self.before):
            before = self.before[self.cursor.layer][self.gate.name]
        elif self.column > 0:
            before = values[self.column - 1]
        else:
            return []
        return top_changes(before, values[self.column], MAX_TOP_CHANGES)


def _last_words(trace: GateTrace | None) -> list[dict[str, NDArray[np.float32]]] | None:
    """Return the gates of the last word left of the cursor, layer by layer."""
    if trace is None:
        return None
    return [{name: values[-1 - trace.after] for name, values in layer.items()} for layer in trace.layers]
