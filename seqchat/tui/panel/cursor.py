"""The cursor of a gate panel: what is selected, and how keys move it; a plain module that knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class PanelCursor:
    """The selected layer, gate, neuron and word, each from 0, and the first place on the screen.

    gate: the one that is shown alone, None where all are shown; back: the words between the selected one and the last;
    first_place: how many neurons of the order come before those on the screen; chosen_only: whether single neurons are
    shown with their curves instead of all of them.
    """

    layer: int = 0
    gate: int | None = None
    neuron: int = 0
    first_place: int = 0
    back: int = 0
    chosen_only: bool = False

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

    def step_neuron(self, steps: int, order: Sequence[int]) -> None:
        """Select a neuron that is later in an order, or earlier; the first one if the selected one is not in it."""
        place = order.index(self.neuron) + steps if self.neuron in order else 0
        self.neuron = order[min(max(place, 0), len(order) - 1)]

    def scroll_to(self, place: int, shown: int, per_line: int) -> None:
        """Scroll to a place in the order; `shown` are on the screen at once, `per_line` of them a line."""
        if place < self.first_place:
            self.first_place = place // per_line * per_line
        elif place >= self.first_place + shown:
            self.first_place = (place - shown + per_line) // per_line * per_line

    def scroll(self, pages: int, order: Sequence[int], shown: int) -> None:
        """Scroll by pages; the selected neuron stays on the screen."""
        self.first_place = min(max(self.first_place + pages * shown, 0), max(len(order) - shown, 0))
        place = min(max(order.index(self.neuron), self.first_place), self.first_place + max(shown, 1) - 1)
        self.neuron = order[min(place, len(order) - 1)]
