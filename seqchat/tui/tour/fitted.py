"""Texts whose lines depend on the width there is: formulas, and the diagram of a network."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from seqchat.lessons.lesson import Lesson
from seqchat.tui.tour import network_diagram

GAP = "   "


class FittedText(Static):
    """A text that is as high as its lines at the given width."""

    def lines(self, width: int) -> list[str]:
        """Return its lines for a width in cells."""
        raise NotImplementedError

    def render(self) -> Content:
        """Draw the lines."""
        return Content("\n".join(self.lines(self.content_size.width)))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines there are."""
        return len(self.lines(width))


class FormulaLines(FittedText):
    """Formulas, as many on a line as fit."""

    def __init__(self, formulas: Sequence[str]) -> None:
        super().__init__()
        self._formulas = formulas

    def lines(self, width: int) -> list[str]:
        """Return its lines for a width in cells."""
        return packed(self._formulas, width)


def packed(formulas: Sequence[str], width: int) -> list[str]:
    """Return lines of formulas; each line holds as many as its width in cells allows, at least one."""
    lines: list[str] = []
    for formula in formulas:
        if lines and cell_len(lines[-1]) + len(GAP) + cell_len(formula) <= width:
            lines[-1] += GAP + formula
        else:
            lines.append(formula)
    return lines


class NetworkDiagram(FittedText):
    """The paths of the words through the layers or directions of a lesson's network."""

    def __init__(self, lesson: Lesson) -> None:
        super().__init__(classes="drawing")
        self._lesson = lesson
        self._words: list[str] = []
        self._layers = 1

    def show(self, words: list[str], layers: int) -> None:
        """Draw the paths of these words through the layers that a model has, or through two if it has one."""
        self._words, self._layers = words, layers
        self.refresh(layout=True)

    def lines(self, width: int) -> list[str]:
        """Return its lines for a width in cells."""
        if self._lesson.drawing == "directions":
            return network_diagram.directions(self._words, width)
        if self._lesson.drawing == "both":
            return network_diagram.both(self._words, self._layers, width)
        state = "c,h" if self._lesson.formulas else "h"
        return network_diagram.layers(self._words, max(self._layers, 2), state, width)
