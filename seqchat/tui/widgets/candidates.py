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

from seqchat.tui.candidate_pages import Pages, Slot
from seqchat.tui.confidence import confidence
from seqchat.tui.heatmap import fit
from seqchat.tui.keys import bindings
from seqchat.tui.language import say

if TYPE_CHECKING:
    from seqchat.completion.suggestion import Suggestion

# The signs of candidates that finish a word, and of those that come next
KINDS = {True: "+", False: "→"}
MAX_WORD_WIDTH = 24


class Candidates(Widget, can_focus=True):
    """Numbered candidates in pages; with the focus, keys move among them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("bar")

    # The index of the candidate that would be committed, while the bar has the focus
    cursor = reactive(0)
    # Whether the candidates stand at the cursor of the text, so that those here would be in the way
    covered = reactive(False)
    # Whether the candidates have their probabilities, or marks
    numbers = reactive(False)

    class Committed(Message):
        """A candidate should be inserted."""

        def __init__(self, suggestion: Suggestion) -> None:
            super().__init__()
            self.suggestion = suggestion

    class ForgetWanted(Message):
        """A candidate should be forgotten, if it was learned."""

        def __init__(self, word: str) -> None:
            super().__init__()
            self.word = word

    class CursorMoved(Message):
        """Another candidate is the one that would be committed."""

    class MoreWanted(Message):
        """The next page was asked for, and more than `count` candidates are needed for it."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    class Exited(Message):
        """The bar should lose the focus; `typed` is what was typed to leave it."""

        def __init__(self, typed: str = "") -> None:
            super().__init__()
            self.typed = typed

    def __init__(self) -> None:
        super().__init__()
        self._suggestions: Sequence[Suggestion] = ()
        self._notice = say("Loading…")
        self._pages = Pages()
        self._wants_next_page = False
        # What the candidates are for, where they are for letters
        self._letters = ""
        # What is asked about them
        self._question = ""

    def on_mount(self) -> None:
        """Set the title."""
        self.border_title = say("Candidates")

    # --- what is shown

    @property
    def suggestions(self) -> Sequence[Suggestion]:
        """All candidates, those of other pages too."""
        return self._suggestions

    @property
    def current(self) -> Suggestion | None:
        """The candidate that would be committed: the one under the cursor, without the focus the first one."""
        if not self.has_focus:
            return self._suggestions[0] if self._suggestions else None
        slots = self.slots
        return self._suggestions[self._cursor_in(slots)] if slots else None

    @property
    def slots(self) -> list[Slot]:
        """The slots of the page that is shown."""
        return self._pages.slots(*self._measures())

    def show(self, suggestions: Sequence[Suggestion], *, complete: bool = False, more: bool = False) -> None:
        """Show candidates, the most probable first; `complete`: there are no others; `more`: the text is the same as
        before."""
        self._pages.complete = complete
        self._suggestions = suggestions
        self._notice = say("Nothing to suggest here")
        if not more:
            self._pages.restart()
            self.cursor = 0
        elif self._wants_next_page:
            self._turn_on()
        self._wants_next_page = False
        self._retitle()

    def notice(self, text: str) -> None:
        """Show one sentence instead of candidates."""
        self._suggestions, self._notice = (), text
        self._retitle()

    def candidate_at(self, number: int) -> Suggestion | None:
        """Return the candidate of a number on this page, from 0, or None."""
        slots = self.slots
        return self._suggestions[slots[number].index] if number < len(slots) else None

    def render(self) -> Content:
        """Draw the page."""
        if not self._suggestions:
            return Content.styled(self._notice, "$text-muted")
        if self.covered and not self.has_focus:
            return Content.styled(
                say("Space and 1–9 insert, Enter and Esc keep the letters, - = turn pages"), "$text-muted"
            )
        rows: list[Content] = []
        slots = self.slots
        for number, slot in enumerate(slots, 1):
            if slot.row == len(rows):
                rows.append(Content(""))
            gap = " " * (slot.column - rows[-1].cell_length)
            selected = self.has_focus and slot.index == self._cursor_in(slots)
            rows[-1] = rows[-1] + Content(gap) + self._draw(slot, number, selected)
        return Content("\n").join(rows)

    def _draw(self, slot: Slot, number: int, selected: bool) -> Content:
        suggestion = self._suggestions[slot.index]
        kind, sure = self._after(suggestion)
        room = slot.width - cell_len(f"{kind}{sure}") - 2
        style = "bold reverse" if selected else "bold" if slot.index == 0 else ""
        return Content.assemble(
            (f"{number} ", "$text-muted"),
            (fit(suggestion.word, max(room, 1)).rstrip(), style),
            (kind, "$success" if suggestion.completes else "$secondary"),
            (sure, "$foreground-muted"),
        )

    def _after(self, suggestion: Suggestion) -> tuple[str, str]:
        """Return what stands after a word: a space and its kind, if it is shown, and a mark or a probability."""
        kind = KINDS[suggestion.completes] if self.numbers else ""
        return f" {kind}", confidence(suggestion.probability, numbers=self.numbers)

    def _measures(self) -> tuple[list[int], int, int]:
        """Return the width of each candidate, of a row, and the number of rows."""
        after = ["".join(self._after(suggestion)) for suggestion in self._suggestions]
        words = [min(cell_len(suggestion.word), MAX_WORD_WIDTH) for suggestion in self._suggestions]
        widths = [2 + word + cell_len(rest) for word, rest in zip(words, after, strict=True)]
        return widths, max(self.content_size.width, 1), max(self.content_size.height, 1)

    def describe(self, letters: str) -> None:
        """Say which letters the candidates are for, cut into syllables; empty for none."""
        if letters != self._letters:
            self._letters = letters
            self._retitle()

    def ask(self, question: str) -> None:
        """Ask something about the candidates; empty for nothing."""
        if question != self._question:
            self._question = question
            self._retitle()

    def _retitle(self) -> None:
        kinds = say("+ finishes the word  → comes next") if self.numbers else ""
        self.border_subtitle = Content(self._question) or Content(self._letters) or kinds
        self.refresh()

    def _cursor_in(self, slots: Sequence[Slot]) -> int:
        return min(max(self.cursor, slots[0].index), slots[-1].index) if slots else 0

    def watch_numbers(self) -> None:
        """Say what the signs mean, if there are any."""
        self._retitle()

    def watch_cursor(self) -> None:
        """Say that another candidate would be committed."""
        self.post_message(self.CursorMoved())

    def on_focus(self) -> None:
        """Say so too when the cursor appears."""
        self.post_message(self.CursorMoved())

    def on_blur(self) -> None:
        """Say so too when the first candidate is the one again."""
        self.post_message(self.CursorMoved())

    # --- keys and mouse

    def action_commit(self, number: int) -> None:
        """Commit the candidate of a number on this page, from 0."""
        suggestion = self.candidate_at(number)
        if suggestion is not None:
            self.post_message(self.Committed(suggestion))

    def action_commit_current(self) -> None:
        """Commit the candidate under the cursor."""
        if slots := self.slots:
            self.action_commit(self._cursor_in(slots) - slots[0].index)

    def action_forget(self) -> None:
        """Forget the candidate under the cursor."""
        if self.current is not None:
            self.post_message(self.ForgetWanted(self.current.word))

    def action_move(self, steps: int) -> None:
        """Move among the candidates, also from page to page."""
        slots = self.slots
        if not slots:
            return
        target = self._cursor_in(slots) + steps
        if target > slots[-1].index:
            self.action_page(1)
        elif target < slots[0].index:
            self.action_page(-1)
            self.cursor = max(target, 0)
        else:
            self.cursor = target

    def action_page(self, steps: int) -> None:
        """Turn a page."""
        if steps < 0:
            if self._pages.turn_back():
                self.cursor = self._pages.first
                self.refresh()
        elif not self._turn_on() and not self._pages.complete:
            self._wants_next_page = True
            self.post_message(self.MoreWanted(len(self._suggestions)))

    def _turn_on(self) -> bool:
        turned = self._pages.turn_on(*self._measures(), even_if_short=self._wants_next_page)
        if turned:
            self.cursor = self._pages.first
            self.refresh()
        return turned

    def action_leave(self) -> None:
        """Go back to the text."""
        self.post_message(self.Exited())

    def on_key(self, event: events.Key) -> None:
        """Pass on what is typed to the text, unless it is one of the bar's own keys."""
        if not event.is_printable or not event.character:
            return
        bound = self.screen.active_bindings.get(event.key)
        if bound is None or bound.node is not self:
            event.stop()
            self.post_message(self.Exited(event.character))

    def on_paste(self, event: events.Paste) -> None:
        """Pass on what is pasted to the text."""
        event.stop()
        self.post_message(self.Exited(event.text))

    def on_click(self, event: events.Click) -> None:
        """Commit the candidate under the mouse."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for number, slot in enumerate(self.slots):
            if offset.y == slot.row and slot.column <= offset.x < slot.column + slot.width:
                self.action_commit(number)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Turn to the next page."""
        self.action_page(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Turn to the page before."""
        self.action_page(-1)
