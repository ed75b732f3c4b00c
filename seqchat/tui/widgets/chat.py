"""A conversation with the model: what was said, and the line one writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from seqchat.tui.conversation import Conversation, Speaker, Turn
from seqchat.tui.keys import bindings
from seqchat.tui.language import say
from seqchat.tui.widgets.editor import Prompt

# A turn on the screen takes 40 KB; those before the last ones are drawn when they are asked for.
MAX_VIEWS = 60


class TurnView(Static, can_focus=True):
    """One turn; with the focus, keys change it, repeat it or copy it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("turn")

    class ActionChosen(Message):
        """Something should be done with the turn: ``edit``, ``again``, ``copy``, or ``move`` to another one."""

        def __init__(self, view: TurnView, what: str, steps: int = 0) -> None:
            super().__init__()
            self.view, self.what, self.steps = view, what, steps

    def __init__(self, turn: Turn, name: Callable[[], str]) -> None:
        super().__init__(classes=turn.speaker)
        self.turn, self._name_of_speaker = turn, name

    def render(self) -> Content:
        """Draw the speaker and what was said; an empty turn is on its way."""
        style = "bold $secondary" if self.turn.speaker == "you" else "bold $accent"
        return Content.assemble((f"{self._name_of_speaker()}  ", style), self.turn.text or "…")

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


class Chat(Vertical):
    """The turns, and below them the prompt."""

    class ReplyWanted(Message):
        """The model should reply to what was said."""

        def __init__(self, turns: tuple[str, ...]) -> None:
            super().__init__()
            self.turns = turns

    class OtherReplyWanted(Message):
        """Another reply is wanted in place of a turn, or behind it."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class HistoryChanged(Message):
        """Turns came or went, so that another text stands before the prompt."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.conversation = Conversation()
        self._model_name = ""
        # The turn of the writer that is being changed
        self._changing: int | None = None
        # The first turn that is drawn
        self._first = 0
        self._placing = False

    def compose(self) -> ComposeResult:
        """Lay the turns and the prompt out."""
        yield VerticalScroll(id="turns", can_focus=False)
        yield Prompt(id="prompt")

    def on_mount(self) -> None:
        """Say what is here."""
        turns = self.query_one("#turns")
        turns.border_title = say("Chat")
        turns.border_subtitle = say("Enter sends")
        self.watch(turns, "scroll_y", self._scrolled, init=False)

    @property
    def prompt(self) -> Prompt:
        """The line one writes."""
        return self.query_one(Prompt)

    def call_model(self, name: str) -> None:
        """Call the model that replies from now on by its name."""
        self._model_name = name
        for view in self.query(TurnView):
            view.refresh(layout=True)

    @property
    def names(self) -> dict[Speaker, str]:
        """What the two sides are called."""
        return {"you": say("You"), "model": self._model_name or say("Model")}

    async def load(self, conversation: Conversation, draft: str = "") -> None:
        """Show another conversation."""
        self.change_nothing()
        self.conversation = conversation
        self.prompt.load_text(draft)
        self.prompt.move_cursor(self.prompt.document.end)
        await self._rebuild()

    async def clear(self) -> None:
        """Begin anew."""
        await self.load(Conversation())

    async def _rebuild(self) -> None:
        """Show the last turns as they are; views of turns that are still there stay."""
        turns = self.query_one("#turns", VerticalScroll)
        self._first = max(len(self.conversation.turns) - MAX_VIEWS, 0)
        there = {id(view.turn): view for view in self.query(TurnView)}
        wanted = {id(turn): turn for turn in self.conversation.turns[self._first :]}
        await turns.remove_children([view for key, view in there.items() if key not in wanted])
        await turns.mount_all(self._draw(turn) for key, turn in wanted.items() if key not in there)
        turns.scroll_end(animate=False)
        self.post_message(self.HistoryChanged())

    def _draw(self, turn: Turn) -> TurnView:
        return TurnView(turn, lambda: turn.name or self.names[turn.speaker])

    async def _show_earlier(self) -> None:
        """Draw turns before those that are drawn; what is on the screen stays where it is."""
        views = self.query(TurnView)
        first = max(self._first - MAX_VIEWS, 0)
        earlier = self.conversation.turns[first : self._first]
        if not earlier or not views or self._placing:
            return
        self._first, self._placing = first, True
        turns = self.query_one("#turns", VerticalScroll)
        top = views.first()
        await turns.mount_all(map(self._draw, earlier), before=top)
        turns.call_after_refresh(self._place, top)

    def _place(self, top: TurnView) -> None:
        """Have what was at the top there again."""
        self.query_one("#turns", VerticalScroll).scroll_to_widget(top, animate=False, top=True)
        if isinstance(self.screen.focused, TurnView):
            self.screen.focused.scroll_visible(animate=False)
        self._placing = False

    async def _scrolled(self) -> None:
        # Where it is now: it may have gone on since it was at the top.
        if self.query_one("#turns").scroll_y <= 0:
            await self._show_earlier()

    def grow(self, text: str) -> None:
        """Let the reply grow that is on its way."""
        views = self.query(TurnView)
        if views and views.last().turn.speaker == "model":
            view = views.last()
            view.turn.text += text
            view.refresh(layout=True)
            self.query_one("#turns", VerticalScroll).scroll_end(animate=False)

    async def on_prompt_sent(self, message: Prompt.Sent) -> None:
        """Say it, in place of the turn that is being changed and what follows it, and wait for the reply."""
        message.stop()
        if self._changing is not None:
            self.conversation.take_back(self._changing)
            self.change_nothing()
        self.conversation.say(message.text, self._model_name)
        await self._reply()

    async def again(self, index: int | None = None) -> None:
        """Ask for another reply, by default instead of the last one."""
        self.change_nothing()
        place = self.conversation.last("model") if index is None else index
        if place is not None and self.conversation.again(place, self._model_name):
            await self._reply()

    async def _reply(self) -> None:
        await self._rebuild()
        self.post_message(self.ReplyWanted(tuple(self.conversation.history()[:-1])))

    def edit(self, index: int) -> None:
        """Take what the writer said into the prompt; what follows goes once it is sent again."""
        self.change_nothing()
        self._changing = self.conversation.own(index)
        self.prompt.load_text(self.conversation.turns[self._changing].text)
        self.prompt.move_cursor(self.prompt.document.end)
        self.prompt.focus()
        for view in self.query(TurnView):
            view.set_class(self.conversation.turns.index(view.turn) >= self._changing, "-replaced")
        self.query_one("#turns").border_subtitle = say("Enter sends it anew, Esc leaves all as it was")
        self.post_message(self.HistoryChanged())

    def change_nothing(self) -> bool:
        """Leave the turn as it is that was being changed; False where none was."""
        changed, self._changing = self._changing is not None, None
        if changed:
            self.query(TurnView).remove_class("-replaced")
            self.prompt.load_text("")
            self.query_one("#turns").border_subtitle = say("Enter sends")
            self.post_message(self.HistoryChanged())
        return changed

    def history(self) -> list[str]:
        """Return the turns before the prompt; before a turn that is being changed, those before it."""
        return self.conversation.history()[: self._changing]

    def on_prompt_dismissed(self) -> None:
        """Leave the turn as it is that was being changed."""
        self.change_nothing()

    def on_prompt_edit_last(self) -> None:
        """Go to the last turn of the writer."""
        place = self.conversation.last("you")
        if place is not None:
            self._view(place).focus()

    async def on_turn_view_action_chosen(self, message: TurnView.ActionChosen) -> None:
        """Do what was asked for with a turn."""
        message.stop()
        views = list(self.query(TurnView))
        place = views.index(message.view)
        index = self._first + place
        if message.what == "edit":
            self.edit(index)
        elif message.what == "again":
            self.post_message(self.OtherReplyWanted(index))
        elif message.what == "copy":
            self.app.copy_to_clipboard(message.view.turn.text)
            self.notify(say("Copied."), markup=False)
        elif place + message.steps < 0:
            await self._show_earlier()
            self._view(max(index + message.steps, 0)).focus()
        elif place + message.steps < len(views):
            views[place + message.steps].focus()
        else:
            self.prompt.focus()

    def _view(self, index: int) -> TurnView:
        return list(self.query(TurnView))[index - self._first]

    def on_click(self, event: events.Click) -> None:
        """A click beside the turns goes on with the prompt."""
        if not isinstance(event.widget, TurnView):
            self.prompt.focus()
