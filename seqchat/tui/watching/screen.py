"""The screen of runs of training: numbers, curves, and what the networks did at a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.color import Color
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import Static

from seqchat.errors import SeqchatError
from seqchat.training.course.control import ask
from seqchat.training.course.reading import RunFiles
from seqchat.training.presets import SHOWS
from seqchat.tui.keys import Key, bindings
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import confirm
from seqchat.tui.watching import charts
from seqchat.tui.watching.gates import SentenceGates
from seqchat.tui.watching.moment import Slider, continuations
from seqchat.tui.watching.summary import notices, table
from seqchat.tui.watching.watched import Moments, WatchedRun
from seqchat.tui.widgets.footer import KeyLine

if TYPE_CHECKING:
    from seqchat.training.course.launching import Launched

_LOOK_SECONDS = 0.5
# The colours of runs side by side, of the theme
_COLOURS = ("accent", "secondary", "success", "error")
_MUTED = (128, 128, 128)
# A lower screen has fewer lines for each text.
_ROOMY = 34


class WatchScreen(Screen[None]):
    """Looks at the files of runs twice a second; what is shown is of one moment, the newest or a chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("watching")
    SCOPES = ("watching",)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - so does Textual
    VERTICAL_BREAKPOINTS = [(0, "-low"), (_ROOMY, "-high")]  # noqa: RUF012

    def __init__(
        self, keys: Mapping[str, tuple[Key, ...]], folders: Sequence[Path], launched: Sequence[Launched] = ()
    ) -> None:
        """Look at runs; launched: the processes of those that were just started."""
        super().__init__()
        self._keys = keys
        processes = {run.folder: run for run in launched}
        self.runs = [WatchedRun(RunFiles(folder), processes.get(folder)) for folder in folders]
        self.moments = Moments()
        self._shown_run = 0

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield Static(id="summary")
        yield Static(id="notices")
        with Horizontal(id="curves"):
            for name in charts.CHARTS:
                yield Static(id=name)
        yield Static(id="explanation")
        with Vertical(id="moment"):
            yield Slider()
            yield Static(id="continuations")
        with Horizontal(id="inside"):
            yield SentenceGates()
            yield Static(id="reach")
        yield KeyLine()

    def on_mount(self) -> None:
        """Look at once, and again and again."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.show())
        self._look()
        self.set_interval(_LOOK_SECONDS, self._look)

    def on_resize(self) -> None:
        """Fit everything to the new size."""
        self.call_after_refresh(self.show)

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        """Read what is new, in a thread, as the disk may be elsewhere."""
        changed = await asyncio.to_thread(lambda: [run.poll() for run in self.runs])
        if any(changed) or not self.moments.all:
            self.moments.update(self.runs)
        # When the app ends meanwhile, the parts of a screen go before the screen itself.
        with suppress(NoMatches):
            self.show()

    # --- what is shown

    def colours(self) -> list[str]:
        """Return the colour of each run, as the theme has them."""
        variables = self.app.theme_variables
        return [Color.parse(variables[_COLOURS[n % len(_COLOURS)]]).hex6 for n in range(len(self.runs))]

    def show(self) -> None:
        """Show all that is known."""
        if not self.is_mounted:
            return
        width, colours = self.size.width, self.colours()
        self.query_one("#summary", Static).update(table(self.runs, colours, width))
        said = notices(self.runs)
        # Of several runs, each has one line.
        several = len(said) > 1
        text = Text("\n".join(said), "bold", no_wrap=several, overflow="ellipsis" if several else "fold")
        self._text("#notices", text, shown=bool(said))
        show = next((run.files.status.show for run in self.runs if run.files.status is not None), "")
        explained = say(SHOWS[show].explanation) if show in SHOWS else ""
        explanation = self.query_one("#explanation", Static)
        explanation.update(Content(explained))
        explanation.display = bool(explained)
        for name, chart in charts.CHARTS.items():
            self._draw(f"#{name}", chart, colours)
        self._draw("#reach", charts.reach, colours)
        self.query_one(Slider).show(self.moments, width - 2, colours[0])
        lines = 2 if len(self.runs) == 1 or self.size.height >= _ROOMY else 1
        text = continuations(self.runs, self.moments.tokens, colours, width - 2, lines)
        self._text("#continuations", text, shown=bool(text))
        self.query_one(SentenceGates).show(self.runs[self._shown_run], self.moments.tokens)

    def _text(self, name: str, text: Text, *, shown: bool) -> None:
        widget = self.query_one(name, Static)
        widget.update(text)
        widget.display = shown

    def _draw(self, name: str, chart: charts.Chart, colours: list[str]) -> None:
        widget = self.query_one(name, Static)
        if widget.display:
            rgb = [Color.parse(colour).rgb for colour in colours]
            widget.update(chart(self.runs, self.moments, rgb, _MUTED, widget.size))

    # --- keys

    def action_moment(self, steps: int) -> None:
        """Show an earlier moment, or a later one."""
        self.moments.go(min(max(self.moments.index + steps, 0), max(len(self.moments.all) - 1, 0)))
        self.show()

    @on(Slider.Moved)
    def _moved(self, message: Slider.Moved) -> None:
        self.moments.go(message.index)
        self.show()

    def action_gate(self, steps: int) -> None:
        """Show another gate."""
        self.query_one(SentenceGates).change(gate=steps)

    def action_layer(self, steps: int) -> None:
        """Show another layer."""
        self.query_one(SentenceGates).change(layer=steps)

    def action_run(self) -> None:
        """Show the gates of the next run."""
        self._shown_run = (self._shown_run + 1) % len(self.runs)
        self.show()

    def action_pause(self) -> None:
        """Let the runs pause, or go on if one of them does."""
        paused = any(run.condition == "paused" for run in self.runs)
        self._ask([run for run in self.runs if run.condition in ("training", "paused", "silent")], paused)

    def _ask(self, runs: list[WatchedRun], paused: bool) -> None:
        if not runs:
            self._say(say("There is nothing to pause: no run is training now."))
        for run in runs:
            self._wish(run, "run" if paused else "pause")

    @work
    async def action_stop(self) -> None:
        """Stop the runs, and save them, after a question."""
        going = [run for run in self.runs if run.condition in ("reading", "training", "paused", "silent")]
        if not going:
            self._say(say("There is nothing to stop: no run is training now."))
        elif await confirm(self, say("Stop training, and save what was learned? It can be resumed."), say("Stop")):
            for run in going:
                if run.condition == "reading" and run.launched is not None:
                    run.launched.interrupt()
                else:
                    self._wish(run, "stop")

    def _wish(self, run: WatchedRun, wish: Any) -> None:
        try:
            ask(run.files.folder, wish)
        except SeqchatError as error:
            self._say(str(error))

    def _say(self, text: str) -> None:
        self.notify(text, severity="warning", markup=False)

    def action_leave(self) -> None:
        """Leave; training goes on."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        else:
            self.app.exit()
