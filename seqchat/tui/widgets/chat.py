"""A conversation with the model: what was said, and the line one writes."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from seqchat.tui.conversation import Conversation, Speaker, Turn
from seqchat.tui.keys import Key, bind
from seqchat.tui.language import say
from seqchat.tui.widgets.editor import Prompt


class TurnView(Static, can_focus=True):
    """One turn; with the focus, keys change it, repeat it or copy it."""

    class Chosen(Message):
        """Something should be done with the turn: ``edit``, ``again``, ``copy``, or ``move`` to another one."""

        def __init__(self, view: TurnView, what: str, steps: int = 0) -> None:
            super().__init__()
            self.view, self.what, self.steps = view, what, steps

    def __init__(self, turn: Turn, name: str, keys: Mapping[str, tuple[Key, ...]]) -> None:
        super().__init__(classes=turn.speaker)
        bind(self, "turn", table=keys)
        self.turn, self._name = turn, name

    def render(self) -> Content:
        """Draw the speaker and what was said; an empty turn is on its way."""
        style = "bold $secondary" if self.turn.speaker == "you" else "bold $accent"
        return Content.assemble((f"{self._name}  ", style), self.turn.text or "…")

    def action_edit(self) -> None:
        """Change it and send it again."""
        self.post_message(self.Chosen(self, "edit"))

    def action_again(self) -> None:
        """Ask for another reply."""
        self.post_message(self.Chosen(self, "again"))

    def action_copy(self) -> None:
        """Copy it."""
        self.post_message(self.Chosen(self, "copy"))

    def action_move(self, steps: int) -> None:
        """Go to another turn."""
        self.post_message(self.Chosen(self, "move", steps))


class Chat(Vertical):
    """The turns, and below them the prompt."""

    class ReplyWanted(Message):
        """The model should reply to what was said."""

        def __init__(self, turns: tuple[str, ...]) -> None:
            super().__init__()
            self.turns = turns

    class Changed(Message):
        """Turns came or went, so that another text stands before the prompt."""

    def __init__(self, keys: Mapping[str, tuple[Key, ...]], id: str) -> None:
        super().__init__(id=id)
        self._keys = keys
        self.conversation = Conversation()
        self.model_name = ""

    def compose(self) -> ComposeResult:
        """Lay the turns and the prompt out."""
        yield VerticalScroll(id="turns", can_focus=False)
        yield Prompt(self._keys, "text", "prompt", id="prompt")

    def on_mount(self) -> None:
        """Say what is here."""
        turns = self.query_one("#turns")
        turns.border_title = say("Chat")
        turns.border_subtitle = say("Enter sends")

    @property
    def prompt(self) -> Prompt:
        """The line one writes."""
        return self.query_one(Prompt)

    @property
    def names(self) -> dict[Speaker, str]:
        """What the two sides are called."""
        return {"you": say("You"), "model": self.model_name or say("Model")}

    async def load(self, conversation: Conversation, draft: str = "") -> None:
        """Show another conversation."""
        self.conversation = conversation
        self.prompt.load_text(draft)
        self.prompt.move_cursor(self.prompt.document.end)
        await self._rebuild()

    async def clear(self) -> None:
        """Begin anew."""
        await self.load(Conversation())

    async def _rebuild(self) -> None:
        """Show the turns as they are; views of turns that are still there stay."""
        turns = self.query_one("#turns", VerticalScroll)
        there = {id(view.turn): view for view in self.query(TurnView)}
        wanted = {id(turn): turn for turn in self.conversation.turns}
        await turns.remove_children([view for key, view in there.items() if key not in wanted])
        new = [TurnView(turn, self.names[turn.speaker], self._keys) for key, turn in wanted.items() if key not in there]
        await turns.mount_all(new)
        turns.scroll_end(animate=False)
        self.post_message(self.Changed())

    def grow(self, text: str) -> None:
        """Let the reply grow that is on its way."""
        views = self.query(TurnView)
        if views and views.last().turn.speaker == "model":
            view = views.last()
            view.turn.text += text
            view.refresh(layout=True)
            self.query_one("#turns", VerticalScroll).scroll_end(animate=False)

    async def on_prompt_sent(self, message: Prompt.Sent) -> None:
        """Say it, and wait for the reply."""
        message.stop()
        self.conversation.say(message.text)
        await self._reply()

    async def again(self, index: int | None = None) -> None:
        """Ask for another reply, by default instead of the last one."""
        place = self.conversation.last("model") if index is None else index
        if place is not None and self.conversation.again(place):
            await self._reply()

    async def _reply(self) -> None:
        await self._rebuild()
        self.post_message(self.ReplyWanted(tuple(self.conversation.history()[:-1])))

    async def edit(self, index: int) -> None:
        """Take a turn back into the prompt, with all that follows."""
        text = self.conversation.take_back(index)
        self.prompt.load_text(text)
        self.prompt.move_cursor(self.prompt.document.end)
        self.prompt.focus()
        await self._rebuild()

    def on_prompt_edit_last(self) -> None:
        """Go to the last turn of the writer."""
        place = self.conversation.last("you")
        if place is not None:
            self._view(place).focus()

    async def on_turn_view_chosen(self, message: TurnView.Chosen) -> None:
        """Do what was asked for with a turn."""
        message.stop()
        views = list(self.query(TurnView))
        index = views.index(message.view)
        if message.what == "edit":
            await self.edit(index)
        elif message.what == "again":
            await self.again(index)
            self.prompt.focus()
        elif message.what == "copy":
            self.app.copy_to_clipboard(message.view.turn.text)
            self.notify(say("Copied."), markup=False)
        elif 0 <= index + message.steps < len(views):
            views[index + message.steps].focus()
        else:
            self.prompt.focus()

    def _view(self, index: int) -> TurnView:
        return list(self.query(TurnView))[index]

    def on_click(self, event: events.Click) -> None:
        """A click beside the turns goes on with the prompt."""
        if not isinstance(event.widget, TurnView):
            self.prompt.focus()
