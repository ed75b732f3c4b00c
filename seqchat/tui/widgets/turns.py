"""The turns of a conversation, one below the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from seqchat.tui.conversation import Turn
from seqchat.tui.keys import bindings

# A turn on the screen takes 40 KB, so earlier turns are drawn only when someone scrolls up to them.
MAX_VIEWS = 60


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

    def render(self) -> Content:
        """Draw the speaker and what was said; a turn without text is being written."""
        style = "bold $secondary" if self.turn.speaker == "you" else "bold $accent"
        return Content.assemble((f"{self._speaker(self.turn)}  ", style), self.turn.text or "…")

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

    def mark_replaced(self, first: int | None) -> None:
        """Mark the turns from one on, by its index, as those that will be replaced; None marks none."""
        for index, view in enumerate(self.views, self._first):
            view.set_class(first is not None and index >= first, "-replaced")

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
