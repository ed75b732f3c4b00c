"""The words that may come next, with their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from seqchat.tui.heatmap import fit
from seqchat.tui.keys import SUGGESTIONS

if TYPE_CHECKING:
    from seqchat.completion.suggestion import Suggestion

_KINDS = {True: "词补全", False: "下一词"}
_WORD_CELLS = 14
_BAR_CELLS = 10
_BLOCKS = " ▏▎▍▌▋▊▉█"


class SuggestionBar(Widget):
    """A row a suggestion: its number, the word, its probability as a bar and in per cent, and its kind."""

    class Picked(Message):
        """A suggestion was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "Suggestions"
        self._suggestions: Sequence[Suggestion] = ()
        self._notice = "Loading…"

    @property
    def suggestions(self) -> Sequence[Suggestion]:
        """What is shown now."""
        return self._suggestions

    def show(self, suggestions: Sequence[Suggestion]) -> None:
        """Show suggestions, the most probable first."""
        self._suggestions = suggestions[:SUGGESTIONS]
        self._notice = "Nothing to suggest here"
        self.refresh()

    def notice(self, text: str) -> None:
        """Show one sentence in place of suggestions."""
        self._suggestions, self._notice = (), text
        self.refresh()

    def render(self) -> Content:
        """Draw the rows."""
        if not self._suggestions:
            return Content.styled(self._notice, "$text-muted")
        return Content("\n").join(self._row(n, s) for n, s in enumerate(self._suggestions, 1))

    def on_click(self, event: events.Click) -> None:
        """Pick the row under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < len(self._suggestions):
            self.post_message(self.Picked(offset.y))

    def _row(self, number: int, suggestion: Suggestion) -> Content:
        word = suggestion.word
        room = max(cell_len(word), 1) if self.content_size.width > 60 else _WORD_CELLS
        return Content.assemble(
            (f"{number} ", "$text-muted"),
            (fit(word, max(_WORD_CELLS, min(room, 24))), "bold" if number == 1 else ""),
            (_bar(suggestion.probability), "$accent"),
            f" {suggestion.probability:5.1%} ",
            (_KINDS[suggestion.completes], "$text-muted"),
        )


def _bar(share: float) -> str:
    """Draw a share as a bar in eighths of a cell."""
    eighths = round(share * _BAR_CELLS * 8)
    whole, rest = divmod(min(eighths, _BAR_CELLS * 8), 8)
    return fit("█" * whole + (_BLOCKS[rest] if rest else ""), _BAR_CELLS)
