"""The cursor of a gate panel: what is selected, and how keys move it; a plain module that knows no widget."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class PanelCursor:
    """The selected layer, gate, neuron and word, each from 0, and the first neuron on the screen.

    gate: the one that is shown alone, None where all are shown; back: the words between the selected one and the last.
    """

    layer: int = 0
    gate: int | None = None
    neuron: int = 0
    first_neuron: int = 0
    back: int = 0

    def step_gate(self, steps: int, gates: int) -> None:
        """Show the next gate alone; after the last, all of them."""
        position = 0 if self.gate is None else self.gate + 1
        position = (position + steps) % (gates + 1)
        self.gate = position - 1 if position else None

    def step_layer(self, steps: int, layers: int) -> None:
        """Select a layer above, or below; after the last, the first."""
        self.layer = (self.layer + steps) % layers

    def step_word(self, steps: int, words: int) -> None:
        """Select a later word, or an earlier one."""
        self.back = min(max(self.back - steps, 0), words - 1)

    def select_word(self, index: int, words: int) -> None:
        """Select the word of an index, or the nearest one."""
        self.back = min(max(words - 1 - index, 0), words - 1)

    def step_neuron(self, steps: int, neurons: int, shown: int, per_line: int) -> None:
        """Select another neuron, and scroll to it; `shown` are on the screen at once, `per_line` of them a line."""
        self.neuron = min(max(self.neuron + steps, 0), neurons - 1)
        if self.neuron < self.first_neuron:
            self.first_neuron = self.neuron // per_line * per_line
        elif self.neuron >= self.first_neuron + shown:
            self.first_neuron = (self.neuron - shown + per_line) // per_line * per_line

    def scroll_neurons(self, pages: int, neurons: int, shown: int) -> None:
        """Scroll by pages; the selected neuron stays on the screen."""
        self.first_neuron = min(max(self.first_neuron + pages * shown, 0), max(neurons - shown, 0))
        self.neuron = min(max(self.neuron, self.first_neuron), self.first_neuron + max(shown, 1) - 1)
