"""The candidates at the cursor, while letters are open."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Offset

from seqchat.tui.candidate_pages import Slot
from seqchat.tui.heatmap import fit
from seqchat.tui.widgets.candidates import MAX_WORD_WIDTH, Candidates

if TYPE_CHECKING:
    from seqchat.completion.composing.meaning import Meaning
    from seqchat.tui.widgets.editor import Editor

# Rows of candidates where there is room for several on one, and where there is not
_ROWS, _NARROW_ROWS = 2, 3
_MAX_WIDTH, _NARROW = 56, 44
# The frame and the space inside it
_FRAME = 4


class CandidatePopup(Candidates, can_focus=False):
    """Numbered candidates under the letters that they are for; the title is the letters, cut into syllables."""

    BINDINGS: ClassVar[list[BindingType]] = []
    _room = _MAX_WIDTH
    _width = 0

    def show_at(self, editor: Editor, meaning: Meaning) -> None:
        """Show candidates below the open letters of an editor; the page stays if they are for the same letters."""
        syllables = meaning.syllables
        more = self.display and str(self.border_title) == syllables
        # A wide character across the edge of a widget below would not be drawn.
        self._room = max(min(_MAX_WIDTH, editor.region.width - _FRAME), 10)
        self.show(meaning.candidates, complete=meaning.complete, more=more)
        self.border_title = Content(syllables)
        self._retitle()
        self.absolute_offset = self._below(editor)
        self.display = True

    def _fit(self) -> None:
        """Be as large as the page, and as wide as what stands in the border."""
        slots = self.slots
        title = max(cell_len(str(self.border_title)), cell_len(self._question)) + 2
        width = max(max((slot.column + slot.width for slot in slots), default=1), min(title, self._room))
        self._width = width + _FRAME
        self.styles.width = self._width
        self.styles.height = (slots[-1].row if slots else 0) + 3

    def _below(self, editor: Editor) -> Offset:
        """Return where the first open letter stands; the margin leaves its line free."""
        row, column = editor.cursor_location
        cursor = editor.cursor_screen_offset
        before = editor.document.get_line(row)[column - editor.composer.span[0] : column]
        left = min(cursor.x - cell_len(before) - 2, editor.region.right - self._width)
        return Offset(max(left, editor.region.x), cursor.y)

    def action_page(self, steps: int) -> None:
        """Turn a page, and be as large as it."""
        super().action_page(steps)
        self._fit()

    def _measures(self) -> tuple[list[int], int, int]:
        widths = [2 + min(cell_len(s.word), MAX_WORD_WIDTH) for s in self.suggestions]
        return widths, self._room, _ROWS if self._room > _NARROW else _NARROW_ROWS

    def _draw(self, slot: Slot, number: int, selected: bool) -> Content:
        word = fit(self.suggestions[slot.index].word, max(slot.width - 2, 1)).rstrip()
        return Content.assemble((f"{number} ", "$text-muted"), (word, "bold" if slot.index == 0 else ""))

    def _retitle(self) -> None:
        self.border_subtitle = Content(self._question)
        self._fit()
        self.refresh()
