"""Patterns: which neurons are on together at some words, and where else in the sample they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from seqchat.completion.engine_pool import EnginePool
from seqchat.errors import SeqchatError
from seqchat.tui import inference_messages as messages
from seqchat.tui import pattern_drawing
from seqchat.tui.keys import bindings
from seqchat.tui.language import say
from seqchat.tui.pattern_choice import PatternChoice, read_end
from seqchat.tui.widgets.footer import KeyLine
from seqchat.tui.widgets.gate_panel import GatePanel

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.insight.neurons.groups import NeuronGroups
    from seqchat.insight.neurons.matches import Matches
    from seqchat.insight.neurons.patterns import Pattern, ReadText
    from seqchat.model.cells import Gate

Submit = Callable[[messages.ModelQuery], object]

_TOPIC = "patterns"
# Words of the sample from which groups are found
_GROUP_WORDS = 6_000


class _Found(VerticalScroll, inherit_bindings=False):
    """Scrolls by pages; the arrows choose words and the threshold."""

    BINDINGS: ClassVar[list[BindingType]] = [("pageup", "page_up", ""), ("pagedown", "page_down", "")]


class PatternsScreen(Screen[None]):
    """Lets one choose a span, a gate and a threshold, and searches the sample in a thread."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("patterns")
    AUTO_FOCUS = "_Found"
    # The keys that come first in Help
    SCOPES = ("patterns",)

    class Progress(Message):
        """How far a search is."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Finished(Message):
        """A search has an answer, or a reason why there is none."""

        def __init__(self, found: Matches | NeuronGroups | None, problem: str = "") -> None:
            super().__init__()
            self.found, self.problem = found, problem

    def __init__(self, text: str, panel: GatePanel, model: str, pool: EnginePool, submit: Submit) -> None:
        """Take the text left of the cursor, what is selected in a panel, the model, and what runs queries with it."""
        super().__init__()
        self._text, self._layer, self._gates = text, panel.layer_name, panel.gates
        self._model, self._pool, self._submit = model, pool, submit
        gate = panel.selection[1] if panel.selection is not None and panel.alone is not None else None
        self._gate: Gate = gate or next(gate for gate in panel.gates if gate.name == "hidden")
        after = panel.trace.after if panel.trace is not None else 0
        self._back = max(panel.cursor.back - after, 0)
        self._requested = 0
        # What is chosen, and what was found last
        self.choice: PatternChoice | None = None
        self.found: Matches | NeuronGroups | None = None
        self._notice = say("Enter searches the sample for passages with the same neurons on.")

    def compose(self) -> ComposeResult:
        """Lay out the model, the words, the neurons, and what is found."""
        yield Static(Content.styled(f"{self._model} · {say('layer {layer}', layer=self._layer)}", "bold $accent"))
        yield Static(id="pattern-words")
        yield Static(id="pattern-neurons")
        with _Found():
            yield Static(id="found")
        yield KeyLine()

    def on_mount(self) -> None:
        """Read the text."""
        self._read()

    def on_resize(self) -> None:
        """Fit everything to the new size."""
        self._show()

    # --- what is chosen

    def _read(self) -> None:
        self._requested += 1
        run = partial(read_end, text=self._text, layer=self._layer, gate=self._gate.name)
        self._submit(messages.ModelQuery(_TOPIC, run, number=self._requested, to=self.post_message))

    def on_query_answered(self, message: messages.QueryAnswered) -> None:
        """Show the words, or why there are none."""
        if message.query.number != self._requested:
            return
        self._notice = message.problem or self._notice
        if not message.problem:
            read = cast("ReadText", message.result)
            self._choose(self.choice.of_gate(read) if self.choice else PatternChoice.ending(read, self._back))
        self._show()

    def _choose(self, choice: PatternChoice) -> None:
        self.choice = choice
        self._show()

    def action_span(self, steps: int) -> None:
        """Choose later words, or earlier ones."""
        if self.choice is not None:
            self._choose(self.choice.moved(steps))

    def action_longer(self, steps: int) -> None:
        """Choose more words, or fewer."""
        if self.choice is not None:
            self._choose(self.choice.lengthened(steps))

    def action_threshold(self, steps: int) -> None:
        """Choose a higher threshold, or a lower one."""
        if self.choice is not None:
            self._choose(self.choice.raised(steps))

    def action_gate(self, steps: int) -> None:
        """Look at the next gate, or the one before."""
        self._gate = self._gates[(self._gates.index(self._gate) + steps) % len(self._gates)]
        self._read()

    # --- searching

    def action_search(self) -> None:
        """Search the sample for passages that share most of the chosen neurons."""
        if self.choice is not None:
            self._start(partial(_matches, pattern=self.choice.pattern))

    def action_groups(self) -> None:
        """Find the groups of neurons of the layer that move together."""
        if self.choice is not None:
            self._start(partial(_groups, layer=self._layer, gate=self._gate.name))

    def _start(self, search: Callable[[Engine, Callable[[int], None]], Matches | NeuronGroups]) -> None:
        self.found, self._notice = None, say("Reading the sample …")
        self._show()
        self.run_worker(partial(self._search, search), thread=True, exclusive=True, exit_on_error=False)

    def _search(self, search: Callable[[Engine, Callable[[int], None]], Matches | NeuronGroups]) -> None:
        from seqchat.completion.states import AbandonedError

        worker = get_current_worker()

        def progress(dialogs: int) -> None:
            if worker.is_cancelled:
                raise AbandonedError
            if dialogs % 20 == 0:
                self.post_message(self.Progress(say("Reading the sample: {dialogs} dialogs …", dialogs=dialogs)))

        try:
            finished = self.Finished(search(self._pool.engine(self._model), progress))
        except AbandonedError:
            return
        except SeqchatError as error:
            finished = self.Finished(None, str(error))
        if not worker.is_cancelled:
            self.post_message(finished)

    def on_patterns_screen_progress(self, message: Progress) -> None:
        """Say how far the search is."""
        if self.found is None:
            self._notice = message.text
            self._show()

    def on_patterns_screen_finished(self, message: Finished) -> None:
        """Show what was found, or why nothing was."""
        self.found, self._notice = message.found, message.problem
        self._show()

    # --- drawing

    def _show(self) -> None:
        width = max(self.size.width - 6, 20)
        if self.choice is not None:
            self.query_one("#pattern-words", Static).update(pattern_drawing.words(self.choice, width))
            self.query_one("#pattern-neurons", Static).update(pattern_drawing.neurons(self.choice))
        found = Content(self._notice)
        if self.found is not None:
            found = pattern_drawing.found(self.found, width)
        self.query_one("#found", Static).update(found)


def _matches(engine: Engine, progress: Callable[[int], None], *, pattern: Pattern) -> Matches:
    from seqchat.corpus.source_names import SAMPLE
    from seqchat.corpus.sources import read_dialogs
    from seqchat.insight.neurons.matches import find_matches

    return find_matches(engine, read_dialogs([SAMPLE]), pattern, k=30, progress=lambda dialogs, _: progress(dialogs))


def _groups(engine: Engine, progress: Callable[[int], None], *, layer: str, gate: str) -> NeuronGroups:
    from seqchat.corpus.source_names import SAMPLE
    from seqchat.corpus.sources import read_dialogs
    from seqchat.insight.neurons.groups import find_groups
    from seqchat.insight.neurons.sample import collect

    sample = collect(engine, read_dialogs([SAMPLE]), layer, gate, words=_GROUP_WORDS, progress=progress)
    return find_groups(sample, engine.vocabulary)
