"""Candidates on pages of numbered cells; a plain module that knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seqchat.tui.keys import CANDIDATES

GAP = 2


@dataclass(frozen=True)
class Slot:
    """Where a candidate stands: its number, its row, its first terminal column, and its width."""

    index: int
    row: int
    column: int
    width: int


def lay_out_page(widths: Sequence[int], first: int, room: int, rows: int) -> list[Slot]:
    """Return the cells of the page that begins with candidate `first`: as many as fit, at least one, at most nine.

    widths: the terminal cells of each candidate; room: those of a row.
    """
    cells: list[Slot] = []
    row = column = 0
    for index in range(first, min(first + CANDIDATES, len(widths))):
        width = min(widths[index], max(room, 1))
        if column and column + width > room:
            row, column = row + 1, 0
        if row >= rows:
            break
        cells.append(Slot(index, row, column, width))
        column += width + GAP
    return cells
