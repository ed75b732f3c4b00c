"""Candidates on pages of numbered slots; a plain module that knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from seqchat.tui.keys import CANDIDATES

GAP = 2


@dataclass(frozen=True)
class Slot:
    """Where a candidate is drawn: its index, its row, its first terminal column, and its width."""

    index: int
    row: int
    column: int
    width: int


def lay_out_page(widths: Sequence[int], first: int, room: int, rows: int) -> list[Slot]:
    """Return the slots of the page that begins with candidate `first`: as many as fit, at least one, at most nine.

    widths: the terminal cells of each candidate; room: those of a row.
    """
    slots: list[Slot] = []
    row = column = 0
    for index in range(first, min(first + CANDIDATES, len(widths))):
        width = min(widths[index], max(room, 1))
        if column and column + width > room:
            row, column = row + 1, 0
        if row >= rows:
            break
        slots.append(Slot(index, row, column, width))
        column += width + GAP
    return slots


@dataclass
class Pages:
    """The page that is shown, by its first candidate, and the first candidates of the pages before it.

    complete: whether there are no more candidates than those that are known.
    """

    first: int = 0
    complete: bool = False
    _before: list[int] = field(default_factory=list)

    def slots(self, widths: Sequence[int], room: int, rows: int) -> list[Slot]:
        """Return the slots of the page."""
        return lay_out_page(widths, self.first, room, rows)

    def restart(self) -> None:
        """Show the first page."""
        self.first = 0
        self._before.clear()

    def turn_back(self) -> bool:
        """Show the page before; False if there is none."""
        if self._before:
            self.first = self._before.pop()
            return True
        return False

    def turn_on(self, widths: Sequence[int], room: int, rows: int, *, even_if_short: bool) -> bool:
        """Show the next page; False where more candidates are needed for it.

        even_if_short: also where the page has free slots that candidates to come would fill.
        """
        slots = self.slots(widths, room, rows)
        if not slots or slots[-1].index + 1 >= len(widths):
            return False
        following = slots[-1].index + 1
        is_short = lay_out_page(widths, following, room, rows)[-1].index + 1 == len(widths)
        if is_short and not self.complete and not even_if_short:
            return False
        self._before.append(self.first)
        self.first = following
        return True
