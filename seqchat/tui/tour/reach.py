"""How strongly each word affects the prediction at the end, as bars on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from seqchat.lessons.reach import height, share
from seqchat.tui.heatmap import COLUMN, fit

if TYPE_CHECKING:
    from seqchat.lessons.study import Study

_EIGHTHS = " ▁▂▃▄▅▆▇█"


class Reach(Static):
    """One bar for each word, with the words below; the highest bar is the word with the strongest effect."""

    def __init__(self) -> None:
        super().__init__(classes="reach")
        self._study: Study | None = None
        self._notice = ""

    def notice(self, text: str) -> None:
        """Say something where no chart can be drawn."""
        self._notice = text
        self.refresh()

    def show(self, study: Study) -> None:
        """Draw the chart of another text."""
        self._study = study
        self.border_title = Content(f" {study.name} → {study.awaited} ")
        self.refresh()

    def render(self) -> Content:
        """Draw as many words as fit, the last ones."""
        if self._study is None or not self._study.reach:
            return Content(self._notice)
        width, height = self.content_size
        columns = max(width // COLUMN, 1)
        values = self._study.reach[-columns:]
        words = self._study.trace.words[-len(values) :]
        numbers = " ".join(fit(share(value, max(self._study.reach)), COLUMN - 1) for value in values)
        labels = " ".join(fit(word, COLUMN - 1) for word in words)
        rows = bars(values, max(self._study.reach), max(height - 2, 1))
        return Content.assemble(("\n".join(rows), "$accent"), "\n", (numbers, "$text-muted"), "\n", labels)


def bars(values: Sequence[float], most: float, rows: int) -> list[str]:
    """Draw values as bars of this many rows: a full one is `most`, an empty one 10⁻² of it or less."""
    levels = [round(height(value, most) * rows * 8) for value in values]
    return [
        "".join(_EIGHTHS[min(max(level - 8 * row, 0), 8)] * (COLUMN - 1) + " " for level in levels)
        for row in reversed(range(rows))
    ]
