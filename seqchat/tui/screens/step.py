"""One neuron at one word, opened: the formulas with their numbers, and what contributed most to each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from seqchat.tui import inference_messages as messages
from seqchat.tui import step_drawing
from seqchat.tui.keys import bindings
from seqchat.tui.language import say
from seqchat.tui.step_place import OpenedPlace, StepPlace, open_place
from seqchat.tui.widgets.footer import KeyLine
from seqchat.tui.widgets.gate_panel import GatePanel

if TYPE_CHECKING:
    from seqchat.model.cells import Gate

Submit = Callable[[messages.ModelQuery], object]

_TOPIC = "step"


class _Numbers(VerticalScroll, inherit_bindings=False):
    """Scrolls by pages; the arrows go through time and the layers."""

    BINDINGS: ClassVar[list[BindingType]] = [("pageup", "page_up", ""), ("pagedown", "page_down", "")]


class StepScreen(Screen[None]):
    """Opens a place, and goes on from it: through time, the gates, the neurons and the layers."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("step")
    AUTO_FOCUS = "_Numbers"
    # The keys that come first in Help
    SCOPES = ("step",)

    def __init__(self, place: StepPlace, gate: Gate, gates: tuple[Gate, ...], submit: Submit) -> None:
        """Take what to open, the gate to show first, all gates, and the function that submits queries to a model."""
        super().__init__()
        self._place, self._gate, self._gates, self._submit = place, gate, gates, submit
        self._requested = 0
        # What is shown
        self.opened: OpenedPlace | None = None

    @classmethod
    def of(cls, panel: GatePanel, around: tuple[str, str], submit: Submit) -> StepScreen | None:
        """Open what is selected in a panel of the text `around` the cursor; None if nothing is."""
        if panel.trace is None or panel.selection is None:
            return None
        _, gate, neuron = panel.selection
        if panel.alone is None:
            # The memory, which the other gates are about
            gate = next(gate for gate in panel.gates if gate.role == "state")
        words = len(panel.trace.words) - panel.trace.after
        place = StepPlace(*around, words, panel.layer_name, neuron, panel.cursor.back)
        return cls(place, gate, panel.gates, submit)

    def compose(self) -> ComposeResult:
        """Lay out what is opened, its words, the formulas, and what is in the chosen one."""
        yield Static(id="step-head")
        yield Static(id="step-words")
        with _Numbers():
            yield Static(id="formulas")
            yield Static(id="addends")
        yield KeyLine()

    def on_mount(self) -> None:
        """Start."""
        self._open(self._place)

    def on_resize(self) -> None:
        """Fit the words to the new size."""
        self._show()

    # --- opening

    def _open(self, place: StepPlace | None) -> None:
        if place is None:
            return
        self._place = place
        self._requested += 1
        query = messages.ModelQuery(
            _TOPIC, partial(open_place, place=place), number=self._requested, to=self.post_message
        )
        self._submit(query)

    def on_query_answered(self, message: messages.QueryAnswered) -> None:
        """Show the result, or why there is none; the last one stays."""
        if message.query.number != self._requested:
            return
        if message.problem:
            self.notify(message.problem, severity="warning", markup=False)
            if self.opened is not None:
                self._place = self.opened.place
            return
        self.opened = cast(OpenedPlace, message.result)
        self._show()

    def _show(self) -> None:
        if self.opened is None:
            return
        width = max(self.size.width - 4, 1)
        parts = {
            "#step-head": step_drawing.head(self.opened),
            "#step-words": step_drawing.words(self.opened, width),
            "#formulas": step_drawing.formulas(self.opened, self._gate.name),
            "#addends": step_drawing.addends(self.opened, self._gate),
        }
        for selector, content in parts.items():
            self.query_one(selector, Static).update(content)

    # --- keys

    @property
    def gate(self) -> Gate:
        """The gate whose addends are shown."""
        return self._gate

    def action_word(self, steps: int) -> None:
        """Open a later word, or an earlier one."""
        if self.opened is not None and (place := self.opened.beside(steps)) != self.opened.place:
            self._open(place)

    def action_neuron(self, steps: int) -> None:
        """Open another neuron of the layer."""
        self._open(replace(self._place, neuron=max(self._place.neuron + steps, 0)))

    def action_below(self) -> None:
        """Open the neuron of the layer below that contributes most."""
        if self.opened is None:
            return
        place = self.opened.below(self._gate.name)
        if place is None:
            self.notify(say("This is the bottom layer: below it is the word."), timeout=3)
        self._open(place)

    def action_above(self) -> None:
        """Open the same neuron of the layer above."""
        if self.opened is not None:
            self._open(self.opened.above())

    def action_gate(self, letter: str) -> None:
        """Show the gate of that letter in the formulas; a candidate is g or n."""
        found = [gate for gate in self._gates if gate.symbol == letter]
        if not found and letter in "gn":
            found = [gate for gate in self._gates if gate.role == "candidate"]
        if found:
            self._gate = found[0]
            self._show()

    def action_next_gate(self, steps: int) -> None:
        """Show the next gate; after the last, the first."""
        self._gate = self._gates[(self._gates.index(self._gate) + steps) % len(self._gates)]
        self._show()
