"""How a text becomes windows of ids, and the shapes of what torch.nn returns, as lines; independent of widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from seqchat.lessons.lesson import WINDOW
from seqchat.lessons.shape_lines import shape_lines
from seqchat.tui.heatmap import fit
from seqchat.tui.language import say

if TYPE_CHECKING:
    from seqchat.lessons.study import Study

_GAP = 2


class CourseView(Static):
    """Lines about a study, as many as there is room for."""

    def __init__(self, lines: Callable[[Study, int, int], list[str]]) -> None:
        super().__init__(classes="course-view")
        self._lines, self._study, self._notice = lines, None, ""

    _study: Study | None

    def notice(self, text: str) -> None:
        """Say something while there is nothing to show."""
        self._notice = text
        self.refresh()

    def show(self, study: Study) -> None:
        """Show another text."""
        self._study = study
        self.border_title = Content(f" {study.name} ")
        self.refresh()

    def render(self) -> Content:
        """Draw the lines."""
        if self._study is None:
            return Content(self._notice)
        return Content("\n".join(self._lines(self._study, *self.content_size)[: self.content_size.height]))


def windows(study: Study, width: int, height: int) -> list[str]:
    """Show the words of a text, their ids, and a window over them a line: X → y."""
    words, ids = study.tokens, [str(number) for number in study.ids]
    cells = [max(cell_len(word), len(number)) + 1 for word, number in zip(words, ids, strict=True)]
    heads = [say("words"), say("ids"), "X → y"]
    margin = max(map(cell_len, heads)) + _GAP
    room, shown = width - margin, 0
    while shown < len(cells) and sum(cells[: shown + 1]) <= room:
        shown += 1
    lines = [fit(heads[0], margin) + _row(words[:shown], cells), fit(heads[1], margin) + _row(ids[:shown], cells), ""]
    for start in range(max(len(ids) - WINDOW, 0)):
        window, target = range(start, start + WINDOW), start + WINDOW
        read = " ".join(fit(ids[n], max(map(len, ids))) for n in window)
        said = " ".join(words[n] for n in window)
        head = heads[2] if not start else ""
        lines.append(fit(head, margin) + f"[{read}] → {ids[target]}   {said} → {words[target]}")
    if len(ids) <= WINDOW:
        lines.append(say("A window of five words and the next one needs more text."))
    return [fit(line, width) if cell_len(line) > width else line for line in lines]


def _row(texts: Sequence[str], cells: Sequence[int]) -> str:
    return "".join(fit(text, width) for text, width in zip(texts, cells, strict=False)).rstrip()


def shapes(study: Study, width: int, height: int) -> list[str]:
    """Show what a module of each structure returns for the text."""
    return [fit(line, width) if cell_len(line) > width else line for line in shape_lines(study, say)]
