"""How far back gradients reach: a page that follows them through real text, for one or several models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import get_current_worker

from seqchat import heap
from seqchat.completion.engine_pool import EnginePool
from seqchat.errors import SeqchatError
from seqchat.model.model_registry import shipped
from seqchat.tui.keys import Key, bindings
from seqchat.tui.language import say
from seqchat.tui.widgets.footer import KeyLine

if TYPE_CHECKING:
    from seqchat.insight.gradient_flow import GradientFlow

_WORDS, _DISTANCE = 100, 40
GUIDE_1 = (
    "Learning sends the loss of a word back through the words before it. Each step back multiplies the gradient by "
    "∂h_t/∂h_t₋₁. If that mostly shrinks it, the network cannot learn from words far back."
)
GUIDE_2 = (
    "The curves show what is left of ‖∂L_t/∂h_t₋ₖ‖ after k words, on a logarithmic scale: a straight line falls by the "
    "same factor at each word. An LSTM also has its cell state c, whose direct path multiplies by the forget gate f."
)


class GradientsScreen(Screen[None]):
    """Measures one model after the other in a thread, and shows the results so far."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("page")
    AUTO_FOCUS = "VerticalScroll"
    # The keys that come first in Help
    SCOPES = ("page",)

    class Measured(Message):
        """A model's gradient was followed, or could not be."""

        def __init__(self, name: str, flow: GradientFlow | None, problem: str = "") -> None:
            super().__init__()
            self.name, self.flow, self.problem = name, flow, problem

    def __init__(self, keys: Mapping[str, tuple[Key, ...]], pool: EnginePool, opened: Sequence[str]) -> None:
        """Take the models that are open; those that ship are measured too."""
        super().__init__()
        self._models = list(dict.fromkeys([*opened, *(m.name for m in shipped() if m.config.objective == "next")]))
        self._pool = pool
        # What was measured so far
        self.flows: list[GradientFlow] = []
        self._notices: list[str] = []
        self._left = len(self._models)

    def compose(self) -> ComposeResult:
        """Lay out the chart, the numbers and the guide."""
        with VerticalScroll():
            yield Static(id="chart")
            yield Static(id="numbers")
            yield Static(Content(f"{say(GUIDE_1)}\n{say(GUIDE_2)}"), id="guide")
        yield KeyLine()

    @property
    def is_finished(self) -> bool:
        """Whether all models were measured."""
        return self._left == 0

    def on_mount(self) -> None:
        """Start to measure."""
        self._show()
        self.run_worker(self._measure, thread=True, exit_on_error=False)

    def on_resize(self) -> None:
        """Fit the chart to the new size."""
        self._show()

    def _measure(self) -> None:
        worker = get_current_worker()

        def go_on(_: int) -> None:
            if worker.is_cancelled:
                raise _PageLeftError

        with suppress(_PageLeftError):
            for name in self._models:
                go_on(0)
                self.post_message(_measured(self._pool, name, go_on))
        heap.release()

    def on_gradients_screen_measured(self, message: Measured) -> None:
        """Show one more model."""
        self._left -= 1
        if message.flow is not None:
            self.flows.append(message.flow)
        else:
            self._notices.append(message.problem)
        self._show()

    def _show(self) -> None:
        lines = [Text(notice) for notice in self._notices]
        if self.flows:
            lines = [*_report(self.flows), *lines]
        if self._left:
            name = Path(self._models[-self._left]).name
            lines.append(Text(say("Following the gradients of {name} through the sample …", name=name)))
        # The frame and the scroll bar are next to the chart.
        width, height = self.size.width - 6, min(max(self.size.height * 2 // 5, 10), 22)
        drawn = _chart(self.flows, width, height) if self.flows and width > 20 else Text()
        self.query_one("#chart", Static).update(drawn)
        self.query_one("#numbers", Static).update(Text("\n").join(lines))


class _PageLeftError(Exception):
    """Nobody looks at the page any more."""


def _measured(pool: EnginePool, name: str, progress: Callable[[int], None]) -> GradientsScreen.Measured:
    """Follow a model's gradients; in a thread. progress: called now and then with the number of words just done."""
    try:
        from seqchat.corpus.source_names import SAMPLE
        from seqchat.insight.gradient_flow import gradient_flow_on_text

        flow = gradient_flow_on_text(pool.engine(name), SAMPLE, words=_WORDS, distance=_DISTANCE, progress=progress)
        return GradientsScreen.Measured(name, flow)
    except SeqchatError as error:
        return GradientsScreen.Measured(name, None, str(error))


def _chart(flows: Sequence[GradientFlow], width: int, height: int) -> Text:
    from seqchat.insight.gradient_report import chart

    return Text.from_ansi(chart(flows, width, height, say=say))


def _report(flows: Sequence[GradientFlow]) -> list[Text]:
    """Return the table, and a paragraph for each model."""
    from seqchat.insight.gradient_report import describe, table

    rows = [Text.assemble((row.name, row.colour or ""), row.numbers) for row in table(flows, say=say)]
    return [*rows, Text(), *(Text(describe(flow, say=say)) for flow in flows)]
