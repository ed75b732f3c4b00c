"""The messages of an export become conversations: what was said on one day in one chat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from seqchat.corpus.messengers import Message, chats_of, message_of
from seqchat.corpus.readers import Record

# A longer conversation is cut, and need not fit in memory.
_MAX_TURNS = 10_000


def conversations(records: Iterable[Record], field: str | None = None) -> Iterator[Record]:
    """Join consecutive messages of the same chat and day; other records pass unchanged.

    A conversation is a record whose value is a list of turns, each a line of a message; `field` names the field of the
    text if it is not the exporter's own.
    """
    open_one = _Conversation()
    for record in records:
        chats = [] if record.error else _chats(record.value, field)
        for number, messages in enumerate(chats):
            for message in messages:
                if not open_one.goes_on_with(number, message):
                    yield from open_one.finish()
                open_one.add(number, message, record)
        if not chats:
            if not record.error:
                yield from open_one.finish()
            yield record
    yield from open_one.finish()


def _chats(value: Any, field: str | None) -> list[list[Message]]:
    """Return the chats in a record; none if it has no messages."""
    message = value if isinstance(value, Message) else message_of(value, field)
    return [[message]] if message else chats_of(value, field)


class _Conversation:
    """The turns collected so far, and where they came from."""

    def __init__(self) -> None:
        self._key: tuple[int, tuple[str, str]] | None = None
        self._location, self._share = "", 0.0
        self._turns: list[str] = []

    def goes_on_with(self, chat: int, message: Message) -> bool:
        return self._key == (chat, message.conversation) and len(self._turns) < _MAX_TURNS

    def add(self, chat: int, message: Message, record: Record) -> None:
        if not self._turns:
            self._key, self._location = (chat, message.conversation), record.location
        self._share = record.share
        self._turns += [line for line in message.text.splitlines() if line.strip()]

    def finish(self) -> Iterator[Record]:
        """Yield the conversation, if anything was said."""
        if self._turns:
            yield Record(self._location, self._turns, share=self._share)
        self._key, self._turns = None, []
