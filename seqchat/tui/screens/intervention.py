"""Hold gates and swap words, and see at once what changes compared with the untouched run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar, cast

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from seqchat.tui import inference_messages as messages
from seqchat.tui import intervention_setup
from seqchat.tui.heatmap import fit
from seqchat.tui.intervention_setup import InterventionSetup, Outcome
from seqchat.tui.keys import Key, bindings, keys_of
from seqchat.tui.language import say
from seqchat.tui.screens.formula import Formulas
from seqchat.tui.widgets.footer import KeyLine
from seqchat.tui.widgets.gate_panel import GatePanel
from seqchat.wording import probability

_TOPIC = "experiment"
_WORD = 14
_TITLES = {"#holds": "Held: gate=value@layer:neurons", "#swaps": "Swapped: word=word", "#facts": "What differs"}
_RUNS = {"untouched": "untouched run", "changed": "changed run"}


class RunPanel(GatePanel, inherit_bindings=False):
    """The gates of one run; both always share the screen."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        "panel", without=("hide", "wider", "narrower", "maximise", "shade", "open", "patterns")
    )


class InterventionScreen(Screen[InterventionSetup]):
    """Two fields, both runs' suggestions and gates side by side, and what differs; returns the fields."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("experiment")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - so does Textual
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012
    # The keys that come first in Help
    SCOPES = ("experiment", "panel")

    def __init__(
        self,
        keys: Mapping[str, tuple[Key, ...]],
        text: str,
        setup: InterventionSetup,
        submit: Callable[[messages.ModelQuery], object],
        model: str,
        *,
        bars: bool,
        at_gates: bool = False,
    ) -> None:
        """Take the text, the first contents of the fields, and the function that submits queries to the worker.

        model: what to load to measure its neurons; at_gates: start with the focus on the gates.
        """
        super().__init__()
        self._keys, self._text, self._initial, self._submit, self._bars = keys, text, setup, submit, bars
        self._at_gates, self._model = at_gates, model
        self._requested = 0
        # The setup that is run, what is wrong with the fields, and the last result
        self._current_setup = setup
        self.problem = ""
        self.outcome: Outcome | None = None
        self._alone = False

    def compose(self) -> ComposeResult:
        """Lay out the fields, the suggestions, the facts and the gates."""
        with Horizontal(id="fields"):
            yield Input(
                self._initial.holds,
                placeholder=say("such as {example}", example="forget=0@1  input=1@1:n5,n17"),
                id="holds",
                compact=True,
            )
            yield Input(
                self._initial.swaps,
                placeholder=say("such as {example}", example="小帅=小美  他=她"),
                id="swaps",
                compact=True,
            )
        with Horizontal(id="results"):
            for name in _RUNS:
                yield Static(id=f"{name}-words", classes="words")
        with VerticalScroll(id="facts"):
            yield Static(id="fact")
        with Horizontal(id="runs"):
            for _ in _RUNS:
                yield RunPanel()
        yield KeyLine()

    def on_mount(self) -> None:
        """Name the parts and start."""
        for selector, title in _TITLES.items():
            self.query_one(selector).border_title = Content(say(title))
        for name, title in _RUNS.items():
            self.query_one(f"#{name}-words").border_title = f"{say(title)} · {say('the network alone')}"
        for panel in self.query(GatePanel):
            panel.bars = self._bars
        (self.query(GatePanel).first() if self._at_gates else self.query_one("#holds")).focus()
        self._request()

    # --- running

    @property
    def setup(self) -> InterventionSetup:
        """The content of the fields."""
        return InterventionSetup(self.query_one("#holds", Input).value, self.query_one("#swaps", Input).value)

    @on(Input.Changed)
    def _request(self) -> None:
        self._requested += 1
        self.problem = ""
        self._start(self.setup)

    def _start(self, setup: InterventionSetup) -> None:
        self._current_setup = setup
        run = partial(intervention_setup.run, text=self._text, setup=setup)
        self._submit(messages.ModelQuery(_TOPIC, run, number=self._requested, to=self.post_message))

    def on_query_answered(self, message: messages.QueryAnswered) -> None:
        """Show the result, or why there is none; the last one stays."""
        if message.query.number != self._requested:
            return
        if message.problem:
            self.problem = message.problem
            self._show_facts()
            if self.outcome is None and self._current_setup != InterventionSetup():
                # The untouched run can be shown all the same.
                self._start(InterventionSetup())
            return
        before, self.outcome = self.outcome, cast(Outcome, message.result)
        if before is None:
            for title, panel in zip(_RUNS.values(), self.query(GatePanel), strict=True):
                panel.describe(say(title), self.outcome.cell, self.outcome.gates, self._model)
        self._show(self.outcome)

    def _show(self, outcome: Outcome) -> None:
        runs = (outcome.comparison.untouched, outcome.comparison.changed)
        for name, panel, found in zip(_RUNS, self.query(GatePanel), runs, strict=True):
            panel.show(found.trace)
            words = intervention_setup.chances(outcome, changed=name == "changed")
            self.query_one(f"#{name}-words", Static).update(_table(words))
        self._show_facts()

    def _show_facts(self) -> None:
        for field in self.query(Input):
            field.set_class(bool(self.problem), "-invalid")
        if self.problem:
            self.query_one("#fact", Static).update(Content.styled(self.problem, "$error"))
            return
        panels = list(self.query(GatePanel))
        selection = panels[0].selection
        if self.outcome is None or selection is None:
            return
        layer, _, neuron = selection
        lines = intervention_setup.facts(self.outcome, layer, neuron, (panels[0].column, panels[1].column))
        self.query_one("#fact", Static).update(Content("\n".join(lines)))

    # --- gates

    @on(GatePanel.SelectionMoved)
    def _selection_moved(self, message: GatePanel.SelectionMoved) -> None:
        """Show the same neuron, layer, gate and word in the other panel, and split that neuron's state."""
        for panel in self.query(GatePanel):
            if panel is not message.panel:
                panel.follow(message.panel)
        self._show_facts()

    def action_watch(self) -> None:
        """Go to the gates of the first run, then of the second one, then back to the fields."""
        panels = list(self.query(GatePanel))
        index = next((k for k, panel in enumerate(panels) if panel.has_focus), -1) + 1
        (panels[index] if index < len(panels) else self.query_one("#holds")).focus()

    def action_hold(self, value: int) -> None:
        """Hold the gate that is shown alone at its lowest (0) or highest value: all of it, or the selected neuron."""
        panel = self.query(GatePanel).first()
        if panel.selection is None:
            return
        _, gate, neuron = panel.selection
        field = self.query_one("#holds", Input)
        held, alone = intervention_setup.held_value(gate, value), neuron if self._alone else None
        field.value = intervention_setup.with_hold(field.value, gate.name, held, panel.layer_name, alone)

    def action_scope(self) -> None:
        """From now on hold only the selected neuron, or the whole gate."""
        self._alone = not self._alone
        self.notify(say("0 and 1 hold the selected neuron." if self._alone else "0 and 1 hold the whole gate."))

    def action_free(self) -> None:
        """Remove all changes."""
        for field in self.query(Input):
            field.value = ""

    def action_formula(self) -> None:
        """Explain the gates."""
        if self.outcome is not None:
            cell, gates = self.outcome.cell, self.outcome.gates
            self.app.push_screen(Formulas(cell, gates, None, keys_of("formula", self._keys)))

    def action_write(self) -> None:
        """Go back to the text."""
        self.dismiss(self.setup)


def _table(words: list[tuple[str, float, float]]) -> Content:
    """One line for each word: how probable it was, and is."""
    room = max([cell_len(word) for word, _, _ in words], default=0)
    lines = []
    for word, before, now in words:
        style = "$success" if now > before * 1.05 else "$error" if now < before * 0.95 else "$text-muted"
        lines.append(
            Content.assemble(
                fit(word, min(room, _WORD)),
                f" {probability(before):>6}",
                (" → ", "$text-muted"),
                (f"{probability(now):>6}", style),
            )
        )
    return Content("\n").join(lines)
