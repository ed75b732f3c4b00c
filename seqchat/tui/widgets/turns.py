"""The turns of a conversation, one below the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from seqchat.tui.conversation import Turn
from seqchat.tui.finding import Hit
from seqchat.tui.keys import bindings
from seqchat.tui.widgets.prompt import Prompt

# A turn on the screen takes 40 KB, so earlier turns are drawn only when someone scrolls up to them.
MAX_VIEWS = 60
# How hits are drawn: the current one, and others
_CURRENT, _FOUND = "bold reverse", "underline $text-warning on $warning-muted"


class TurnView(Static, can_focus=True):
    """One turn; with the focus, keys change it, repeat it or copy it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("turn")

    class ActionChosen(Message):
        """Something should be done with the turn: ``edit``, ``again``, ``copy``, or ``move`` to another one."""

        def __init__(self, view: TurnView, what: str, steps: int = 0) -> None:
            super().__init__()
            self.view, self.what, self.steps = view, what, steps

    def __init__(self, turn: Turn, speaker: Callable[[Turn], str]) -> None:
        """Show a turn; `speaker` names who said it."""
        super().__init__(classes=turn.speaker)
        self.turn, self._speaker = turn, speaker
        # What was found in it, and which hit is the current one
        self._marks: list[tuple[int, int, bool]] = []

    class Typed(Message):
        """A text was typed or pasted, which belongs into the prompt."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def render(self) -> Content:
        """Draw the speaker and what was said; a turn without text is being written."""
        style = "bold $secondary" if self.turn.speaker == "you" else "bold $accent"
        said = Content(self.turn.text or "…")
        for start, end, current in self._marks:
            said = said.stylize(_CURRENT if current else _FOUND, start, end)
        return Content.assemble((f"{self._speaker(self.turn)}  ", style), said)

    def mark(self, marks: list[tuple[int, int, bool]]) -> None:
        """Draw parts of the turn as found, and one of them as the current one."""
        if marks != self._marks:
            self._marks = marks
            self.refresh()

    def on_key(self, event: events.Key) -> None:
        """Pass on what is typed to the prompt."""
        if event.is_printable and event.character:
            event.stop()
            self.post_message(self.Typed(event.character))

    def on_paste(self, event: events.Paste) -> None:
        """Pass on what is pasted to the prompt."""
        event.stop()
        self.post_message(self.Typed(event.text))

    def action_edit(self) -> None:
        """Change it and send it again."""
        self.post_message(self.ActionChosen(self, "edit"))

    def action_again(self) -> None:
        """Ask for another reply."""
        self.post_message(self.ActionChosen(self, "again"))

    def action_copy(self) -> None:
        """Copy it."""
        self.post_message(self.ActionChosen(self, "copy"))

    def action_move(self, steps: int) -> None:
        """Go to another turn."""
        self.post_message(self.ActionChosen(self, "move", steps))

    def action_page(self, pages: int) -> None:
        """Show what was said before, or after it."""
        self.post_message(Prompt.Scrolled(pages))

    def action_end(self, side: int) -> None:
        """Show the start of the conversation, or its end."""
        self.post_message(Prompt.Scrolled(math.inf * side))


class Turns(VerticalScroll, can_focus=False):
    """Views of the last turns; those before them are added when someone scrolls up."""

    def __init__(self, speaker: Callable[[Turn], str], id: str) -> None:
        super().__init__(id=id)
        self._speaker = speaker
        self._turns: list[Turn] = []
        # The index of the first turn that is drawn
        self._first = 0
        self._is_adding = False

    def on_mount(self) -> None:
        """Watch for the top being reached."""
        self.watch(self, "scroll_y", self._scrolled, init=False)

    async def show(self, turns: list[Turn]) -> None:
        """Show the last turns; views of turns that are still there stay."""
        self._turns = turns
        self._first = max(len(turns) - MAX_VIEWS, 0)
        present = {id(view.turn): view for view in self.views}
        wanted = {id(turn): turn for turn in turns[self._first :]}
        await self.remove_children([view for key, view in present.items() if key not in wanted])
        await self.mount_all(TurnView(turn, self._speaker) for key, turn in wanted.items() if key not in present)
        self.scroll_end(animate=False)

    @property
    def views(self) -> list[TurnView]:
        """The views, from the first to the last."""
        return list(self.query(TurnView))

    def index(self, view: TurnView) -> int:
        """Return the index of the turn that a view shows."""
        return self._first + self.views.index(view)

    def focus_turn(self, index: int) -> None:
        """Put the focus on a turn that is drawn."""
        self.views[index - self._first].focus()

    async def move_focus(self, view: TurnView, steps: int) -> bool:
        """Put the focus on another turn than that of a view; False if there is none after it."""
        index = self.index(view) + steps
        if index < self._first:
            await self._add_earlier()
            self.focus_turn(max(index, 0))
        elif index < len(self._turns):
            self.focus_turn(index)
        return index < len(self._turns)

    def redraw(self) -> None:
        """Draw all again, since a name has changed."""
        for view in self.views:
            view.refresh(layout=True)

    def extend_reply(self, text: str) -> None:
        """Add text to the reply that is being written."""
        views = self.views
        if views and views[-1].turn.speaker == "model":
            views[-1].turn.text += text
            views[-1].refresh(layout=True)
            self.scroll_end(animate=False)

    def mark(self, hits: Sequence[Hit], current: Hit | None) -> None:
        """Draw parts of the turns as found, and one of them as the current one; turns count from 0."""
        marks: dict[int, list[tuple[int, int, bool]]] = {}
        for hit in hits:
            marks.setdefault(hit.text, []).append((hit.start, hit.end, hit == current))
        for index, view in enumerate(self.views, self._first):
            view.mark(marks.get(index, []))

    def mark_replaced(self, first: int | None) -> None:
        """Mark the turns from one on, by its index, as those that will be replaced; None marks none."""
        for index, view in enumerate(self.views, self._first):
            view.set_class(first is not None and index >= first, "-replaced")

    async def scroll_pages(self, pages: float) -> None:
        """Move by some pages, or to an end where there are infinitely many."""
        if math.isfinite(pages):
            self.scroll_relative(y=pages * max(self.content_size.height - 1, 1), animate=False)
        elif pages > 0:
            self.scroll_end(animate=False)
        else:
            await self._draw_from(0)
            self.call_after_refresh(self.scroll_home, animate=False)

    async def reveal(self, index: int) -> None:
        """Show a turn."""
        await self._draw_from(index)
        self.call_after_refresh(self.scroll_to_widget, self.views[index - self._first], animate=False)

    async def _draw_from(self, index: int) -> None:
        """Draw all turns from one on."""
        views, earlier = self.views, self._turns[index : self._first]
        if earlier and views:
            self._first = index
            await self.mount_all((TurnView(turn, self._speaker) for turn in earlier), before=views[0])

    async def _scrolled(self) -> None:
        # The current position counts: it may have moved on since the top was reached.
        if self.scroll_y <= 0:
            await self._add_earlier()

    async def _add_earlier(self) -> None:
        """Draw turns before those that are drawn; what is on the screen stays where it is."""
        views = self.views
        first = max(self._first - MAX_VIEWS, 0)
        earlier = self._turns[first : self._first]
        if not earlier or not views or self._is_adding:
            return
        self._first, self._is_adding = first, True
        await self.mount_all((TurnView(turn, self._speaker) for turn in earlier), before=views[0])
        self.call_after_refresh(self._scroll_back, views[0])

    def _scroll_back(self, top: TurnView) -> None:
        """Show again at the top what was there before."""
        self.scroll_to_widget(top, animate=False, top=True)
        if isinstance(self.screen.focused, TurnView):
            self.screen.focused.scroll_visible(animate=False)
        self._is_adding = False
