"""A conversation with the model: what was said, and the prompt."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from seqchat.tui.conversation import Conversation, Speaker, Turn
from seqchat.tui.finding import Hit
from seqchat.tui.language import say
from seqchat.tui.widgets.prompt import Prompt
from seqchat.tui.widgets.turns import Turns, TurnView


class Chat(Vertical):
    """The turns, and below them the prompt."""

    class ReplyWanted(Message):
        """The model should reply to what was said."""

        def __init__(self, turns: tuple[str, ...]) -> None:
            super().__init__()
            self.turns = turns

    class OtherReplyWanted(Message):
        """Another reply is wanted instead of a turn, or after it."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class HistoryChanged(Message):
        """Turns came or went, so that the text before the prompt is another one."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.conversation = Conversation()
        self._model_name = ""
        # The index of the writer's turn that is being changed
        self._edited: int | None = None
        self._turns = Turns(self._speaker, id="turns")

    def compose(self) -> ComposeResult:
        """Lay out the turns and the prompt."""
        yield self._turns
        yield Prompt(id="prompt")

    def on_mount(self) -> None:
        """Name the turns."""
        self._turns.border_title = say("Chat")
        self._turns.border_subtitle = say("Enter sends")
        self.prompt.composer.above = lambda: "".join(self.history()[-1:])

    @property
    def prompt(self) -> Prompt:
        """The prompt."""
        return self.query_one(Prompt)

    def call_model(self, name: str) -> None:
        """Set the name of the model that replies from now on."""
        self._model_name = name
        self._turns.redraw()

    @property
    def names(self) -> dict[Speaker, str]:
        """What the two sides are called."""
        return {"you": say("You"), "model": self._model_name or say("Model")}

    def _speaker(self, turn: Turn) -> str:
        return turn.name or self.names[turn.speaker]

    def history(self) -> list[str]:
        """Return the turns before the prompt; while a turn is being changed, those before it."""
        return self.conversation.history()[: self._edited]

    # --- the conversation

    async def load(self, conversation: Conversation, draft: str = "") -> None:
        """Show another conversation."""
        self.cancel_edit()
        self.conversation = conversation
        self._write(draft)
        await self._show_turns()

    async def clear(self) -> None:
        """Start a new conversation."""
        await self.load(Conversation())

    def extend_reply(self, text: str) -> None:
        """Add text to the reply that is being written."""
        self._turns.extend_reply(text)

    async def on_prompt_sent(self, message: Prompt.Sent) -> None:
        """Add the turn, instead of the one that is being changed and those after it, and wait for the reply."""
        message.stop()
        if self._edited is not None:
            self.conversation.remove_from(self._edited)
            self.cancel_edit()
        self.conversation.add(message.text, self._model_name)
        await self._ask_for_reply()

    async def again(self, index: int | None = None) -> None:
        """Ask for another reply, by default instead of the last one."""
        self.cancel_edit()
        replaced = self.conversation.last("model") if index is None else index
        if replaced is not None and self.conversation.restart_reply(replaced, self._model_name):
            await self._ask_for_reply()

    async def _ask_for_reply(self) -> None:
        await self._show_turns()
        self.post_message(self.ReplyWanted(tuple(self.conversation.history()[:-1])))

    async def _show_turns(self) -> None:
        await self._turns.show(self.conversation.turns)
        self.post_message(self.HistoryChanged())

    # --- what is found

    def mark(self, hits: Sequence[Hit], current: Hit | None) -> None:
        """Draw parts of the turns as found, and one of them as the current one."""
        self._turns.mark(hits, current)

    async def reveal(self, hit: Hit) -> None:
        """Show the turn of a hit."""
        await self._turns.reveal(hit.text)

    # --- changing a turn

    def edit(self, index: int) -> None:
        """Put what the writer said into the prompt; the turns after it are dropped once it is sent again."""
        self.cancel_edit()
        self._edited = self.conversation.own_turn(index)
        self._write(self.conversation.turns[self._edited].text)
        self.prompt.focus()
        self._turns.mark_replaced(self._edited)
        self._turns.border_subtitle = say("Enter sends it again, Esc leaves everything as it was")
        self.post_message(self.HistoryChanged())

    def cancel_edit(self) -> bool:
        """Leave the turn unchanged that was being changed; False if there was none."""
        if self._edited is None:
            return False
        self._edited = None
        self._turns.mark_replaced(None)
        self.prompt.load_text("")
        self._turns.border_subtitle = say("Enter sends")
        self.post_message(self.HistoryChanged())
        return True

    def _write(self, text: str) -> None:
        """Put a text into the prompt, with the cursor at its end."""
        self.prompt.load_text(text)
        self.prompt.move_cursor(self.prompt.document.end)

    # --- keys and mouse

    def on_prompt_dismissed(self) -> None:
        """Leave the turn unchanged that was being changed."""
        self.cancel_edit()

    def on_prompt_edit_last(self) -> None:
        """Go to the last turn of the writer."""
        index = self.conversation.last("you")
        if index is not None:
            self._turns.focus_turn(index)

    async def on_prompt_scrolled(self, message: Prompt.Scrolled) -> None:
        """Show another part of the conversation."""
        message.stop()
        await self._turns.scroll_pages(message.pages)

    async def on_turn_view_typed(self, message: TurnView.Typed) -> None:
        """Go on in the prompt, with what was typed on a turn."""
        message.stop()
        self.prompt.focus()
        await self.prompt.type_text(message.text)

    async def on_turn_view_action_chosen(self, message: TurnView.ActionChosen) -> None:
        """Do what was asked for with a turn."""
        message.stop()
        index = self._turns.index(message.view)
        match message.what:
            case "edit":
                self.edit(index)
            case "again":
                self.post_message(self.OtherReplyWanted(index))
            case "copy":
                self.app.copy_to_clipboard(message.view.turn.text)
                self.notify(say("Copied."), markup=False)
            case _:
                if not await self._turns.move_focus(message.view, message.steps):
                    self.prompt.focus()

    def on_click(self, event: events.Click) -> None:
        """A click outside the turns focuses the prompt."""
        if not isinstance(event.widget, TurnView):
            self.prompt.focus()
