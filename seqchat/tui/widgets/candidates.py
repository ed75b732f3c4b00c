"""The candidate bar: words that may come next, as an input method shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from seqchat.tui.candidate_pages import Slot, lay_out_page
from seqchat.tui.heatmap import fit
from seqchat.tui.keys import bindings
from seqchat.tui.language import say
from seqchat.wording import probability

if TYPE_CHECKING:
    from seqchat.completion.suggestion import Suggestion

# What finishes a word, and what comes next
KINDS = {True: "+", False: "→"}
_MAX_WORD_WIDTH = 24


class Candidates(Widget, can_focus=True):
    """Numbered cells in pages; with the focus, keys move among them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("bar")

    # The one that would be committed, while the bar has the focus
    cursor = reactive(0)

    class Committed(Message):
        """A candidate should be inserted."""

        def __init__(self, suggestion: Suggestion) -> None:
            super().__init__()
            self.suggestion = suggestion

    class CursorMoved(Message):
        """Another candidate is the one that would be taken."""

    class MoreWanted(Message):
        """The next page was asked for, and more than `count` candidates are needed for it."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    class Exited(Message):
        """The bar should be left; `typed` is what was typed to leave it."""

        def __init__(self, typed: str = "") -> None:
            super().__init__()
            self.typed = typed

    def __init__(self) -> None:
        super().__init__()
        self._suggestions: Sequence[Suggestion] = ()
        self._notice = say("Loading…")
        self._first = 0
        # The first candidates of the pages before
        self._before: list[int] = []
        self._complete = False
        self._wants_next = False

    def on_mount(self) -> None:
        """Name the bar and its signs."""
        self.border_title = say("Candidates")

    # --- what is shown

    @property
    def suggestions(self) -> Sequence[Suggestion]:
        """All candidates, those of other pages too."""
        return self._suggestions

    @property
    def current(self) -> Suggestion | None:
        """The candidate that would be taken: the one under the cursor, without the focus the first one."""
        if not self.has_focus:
            return self._suggestions[0] if self._suggestions else None
        cells = self.cells
        return self._suggestions[self._cursor_in(cells)] if cells else None

    @property
    def cells(self) -> list[Slot]:
        """What is on the page."""
        return lay_out_page([self._width(s) for s in self._suggestions], self._first, *self._room())

    def show(self, suggestions: Sequence[Suggestion], asked: int, *, more: bool = False) -> None:
        """Show candidates, the most probable first; `asked` were asked for, and `more` of the same text as before."""
        self._complete = len(suggestions) < asked
        self._suggestions = suggestions
        self._notice = say("Nothing to suggest here")
        if not more:
            self._first, self._before, self.cursor = 0, [], 0
        elif self._wants_next:
            self._turn_on()
        self._wants_next = False
        self._retitle()

    def notice(self, text: str) -> None:
        """Show one sentence in place of candidates."""
        self._suggestions, self._notice = (), text
        self._retitle()

    def candidate_at(self, number: int) -> Suggestion | None:
        """Return the candidate of a number on this page, from 0; None where there is none."""
        cells = self.cells
        return self._suggestions[cells[number].index] if number < len(cells) else None

    def render(self) -> Content:
        """Draw the page."""
        if not self._suggestions:
            return Content.styled(self._notice, "$text-muted")
        rows: list[Content] = []
        cells = self.cells
        for cell in cells:
            if cell.row == len(rows):
                rows.append(Content(""))
            gap = " " * (cell.column - rows[-1].cell_length)
            chosen = self.has_focus and cell.index == self._cursor_in(cells)
            rows[-1] = rows[-1] + Content(gap) + self._cell(cell, cells[0].index, chosen)
        return Content("\n").join(rows)

    def _cell(self, cell: Slot, first: int, chosen: bool) -> Content:
        suggestion = self._suggestions[cell.index]
        kind = KINDS[suggestion.completes]
        room = cell.width - cell_len(_numbers(suggestion)) - 2
        style = "bold reverse" if chosen else "bold" if cell.index == 0 else ""
        return Content.assemble(
            (f"{cell.index - first + 1} ", "$text-muted"),
            (fit(suggestion.word, max(room, 1)).rstrip(), style),
            (f" {kind}", "$success" if suggestion.completes else "$secondary"),
            (probability(suggestion.probability), "$text-muted"),
        )

    def _width(self, suggestion: Suggestion) -> int:
        return 2 + min(cell_len(suggestion.word), _MAX_WORD_WIDTH) + cell_len(_numbers(suggestion))

    def _room(self) -> tuple[int, int]:
        return max(self.content_size.width, 1), max(self.content_size.height, 1)

    def _retitle(self) -> None:
        self.border_subtitle = say("+ finishes the word  → comes next")
        self.refresh()

    def _cursor_in(self, cells: Sequence[Slot]) -> int:
        return min(max(self.cursor, cells[0].index), cells[-1].index) if cells else 0

    def watch_cursor(self) -> None:
        """Say that another candidate would be taken."""
        self.post_message(self.CursorMoved())

    def on_focus(self) -> None:
        """Say so too where the cursor comes back."""
        self.post_message(self.CursorMoved())

    def on_blur(self) -> None:
        """The first candidate is the one again."""
        self.post_message(self.CursorMoved())

    # --- keys and mouse

    def action_commit(self, number: int) -> None:
        """Take the candidate of a number."""
        suggestion = self.candidate_at(number)
        if suggestion is not None:
            self.post_message(self.Committed(suggestion))

    def action_commit_current(self) -> None:
        """Take the candidate under the cursor."""
        if cells := self.cells:
            self.action_commit(self._cursor_in(cells) - cells[0].index)

    def action_move(self, steps: int) -> None:
        """Move among the candidates, over the ends of pages too."""
        cells = self.cells
        if not cells:
            return
        target = self._cursor_in(cells) + steps
        if target > cells[-1].index:
            self.action_page(1)
        elif target < cells[0].index:
            self.action_page(-1)
            self.cursor = max(target, 0)
        else:
            self.cursor = target

    def action_page(self, steps: int) -> None:
        """Turn a page."""
        if steps < 0:
            if self._before:
                self._first = self._before.pop()
                self.cursor = self._first
                self.refresh()
        elif not self._turn_on() and not self._complete:
            self._wants_next = True
            self.post_message(self.MoreWanted(len(self._suggestions)))

    def _turn_on(self) -> bool:
        """Go to the next page; False where all candidates that are known stand on this one or before."""
        cells = self.cells
        if not cells or cells[-1].index + 1 >= len(self._suggestions):
            return False
        # A page that is not full yet would be shown with gaps, while more may come.
        rest = lay_out_page([self._width(s) for s in self._suggestions], cells[-1].index + 1, *self._room())
        if not self._complete and rest[-1].index + 1 == len(self._suggestions) and not self._wants_next:
            return False
        self._before.append(self._first)
        self._first = self.cursor = cells[-1].index + 1
        self.refresh()
        return True

    def action_leave(self) -> None:
        """Go back to the text."""
        self.post_message(self.Exited())

    def on_key(self, event: events.Key) -> None:
        """Let what is typed go on in the text, unless it is one of the bar's own keys."""
        bound = self.screen.active_bindings.get(event.key)
        if event.is_printable and event.character and (bound is None or bound.node is not self):
            event.stop()
            self.post_message(self.Exited(event.character))

    def on_paste(self, event: events.Paste) -> None:
        """Let what is pasted go into the text."""
        event.stop()
        self.post_message(self.Exited(event.text))

    def on_click(self, event: events.Click) -> None:
        """Take the candidate under the mouse."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for number, cell in enumerate(self.cells):
            if offset.y == cell.row and cell.column <= offset.x < cell.column + cell.width:
                self.action_commit(number)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Turn on."""
        self.action_page(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Turn back."""
        self.action_page(-1)


def _numbers(suggestion: Suggestion) -> str:
    return f" {KINDS[suggestion.completes]}{probability(suggestion.probability)}"
