"""Which moment of the training is shown, as a slider, and how the networks continued the prompt then."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Static

from seqchat.corpus.cleaning import clean
from seqchat.tui.language import say
from seqchat.tui.watching.watched import Moments, WatchedRun

_LINE, _KNOB = "─", "●"
_MIN_CELLS = 8


class Slider(Static):
    """A line from the untrained network to the newest report; a click goes to a moment."""

    class Moved(Message):
        """Another moment is to be shown."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__(id="slider")
        self._begin = self._cells = self._count = 0

    def show(self, moments: Moments, width: int, accent: str) -> None:
        """Draw the line for some moments."""
        self._count = len(moments.all)
        if not self._count:
            self.update(Text(say("The network will be shown here once training begins."), style="dim"))
            return
        said = _moment(moments)
        self._cells = max(width - cell_len(said) - 2, _MIN_CELLS)
        knob = round(moments.index / max(self._count - 1, 1) * (self._cells - 1))
        line = Text(_LINE * knob, style=accent)
        line.append(_KNOB, style=Style.parse(accent) + Style(bold=True))
        line.append(_LINE * (self._cells - knob - 1), style="dim")
        self.update(Text.assemble(line, "  ", said, no_wrap=True))

    def on_click(self, event: events.Click) -> None:
        """Go to the moment there."""
        if self._count and event.x < self._cells:
            self.post_message(self.Moved(round(event.x / max(self._cells - 1, 1) * (self._count - 1))))


def _moment(moments: Moments) -> str:
    if moments.tokens == 0:
        return say("untrained")
    after = say("after {tokens:,} words", tokens=moments.tokens)
    return f"{after} ({moments.index}/{len(moments.all) - 1})" + (f" · {say('now')}" if moments.follows else "")


def continuations(runs: Sequence[WatchedRun], tokens: int, colours: Sequence[str], width: int, lines: int) -> Text:
    """Return what each network made of the prompt at a moment, in at most this many lines each."""
    text = Text()
    for run, colour in zip(runs, colours, strict=True):
        behaviour = run.behaviour_at(tokens)
        if behaviour is None:
            continue
        line = Text("● ", style=colour)
        line.append(clean(behaviour.prompt), "dim")
        line.append(clean(behaviour.continuation) or say("(not a number any more)"), "bold")
        line.truncate(width * lines, overflow="ellipsis")
        text.append_text(line)
        text.append("\n")
    text.rstrip()
    return text
