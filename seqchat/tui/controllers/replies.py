"""Replies of the model in a conversation, which the worker writes word by word."""

from __future__ import annotations

from seqchat.tui.controllers.models import ModelsController
from seqchat.tui.conversation import Conversation
from seqchat.tui.inference_messages import ReplyRequest, ReplyToken
from seqchat.tui.language import say
from seqchat.tui.live_settings import LiveSettings
from seqchat.tui.screens.dialog import confirm
from seqchat.tui.screens.views import Views


class ReplyController:
    """Requests replies and adds their words to the conversation."""

    def __init__(self, views: Views, settings: LiveSettings, models: ModelsController) -> None:
        self._views, self._settings, self._models = views, settings, models
        self._latest: ReplyRequest | None = None
        # The conversation that the latest request belongs to
        self._conversation = Conversation()

    @property
    def is_writing(self) -> bool:
        """Whether a reply is on its way."""
        return self._latest is not None

    def request(self, turns: tuple[str, ...]) -> None:
        """Request a reply instead of the current one."""
        number = self._latest.number + 1 if self._latest else 0
        settings = self._settings.current
        self._conversation = self._views.chat.conversation
        self._latest = ReplyRequest(number, turns, settings.temperature, settings.top_p)
        self._models.worker.request_reply(self._latest)

    def show(self, message: ReplyToken) -> bool:
        """Add a word to the reply; return whether it has ended.

        A word of an earlier request, or for a conversation that has made way for another one, is dropped.
        """
        if message.request is not self._latest:
            return False
        if message.ended:
            self._latest = None
        elif self._views.chat.conversation is self._conversation:
            self._views.chat.extend_reply(message.text)
        return message.ended

    def stop(self) -> None:
        """Drop what is still on its way."""
        self._latest = None

    async def replace(self, index: int) -> None:
        """Request another reply instead of a turn; if turns follow it, ask whether to remove them."""
        chat = self._views.chat
        following = len(chat.conversation.turns) - index - 1
        question = say("The turns after it will be removed. Ask for another reply?")
        own_turn = chat.conversation.turns[index].speaker == "you"
        if following <= own_turn or await confirm(self._views.screen, question, say("Another reply")):
            await chat.again(index)
            chat.prompt.focus()
