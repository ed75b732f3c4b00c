"""Messages become conversations: what was said in one chat without a long pause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from seqchat.corpus.dialogs import MAX_TURN_CHARACTERS, Talk
from seqchat.corpus.formats.base import TOO_LONG, Break, LeftOut, Message
from seqchat.corpus.reading_options import PAUSE
from seqchat.corpus.records import Record

# A longer conversation is cut, and need not fit in memory.
_MAX_TURNS = 10_000
_DAY = 86_400
_MAX_PEOPLE = 100_000


@dataclass
class MessageCounts:
    """What the messages of a file are: how many, by how many people, on how many days, and what is left out why."""

    messages: int = 0
    people: set[str] = field(default_factory=set)
    days: set[int] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, message: Message) -> None:
        """Count a message."""
        self.messages += 1
        if message.sender and len(self.people) < _MAX_PEOPLE:
            self.people.add(message.sender)
        if message.time is not None:
            self.days.add(int(message.time // _DAY))


def conversations(records: Iterable[Record], counts: MessageCounts, pause: float = PAUSE) -> Iterator[Record]:
    """Join the messages of a chat that follow each other within `pause` seconds; other records pass unchanged.

    A conversation is a record whose value is a `Talk`. The chats of a file that are told apart by their messages come
    one after the other, at its end.
    """
    chats: dict[str, _Conversation] = {"": _Conversation("", pause)}
    for record in records:
        value = record.value
        if isinstance(value, LeftOut):
            counts.left_out[value.reason] += value.number
        elif isinstance(value, Message) and len(value.text) > MAX_TURN_CHARACTERS:
            counts.left_out[TOO_LONG] += 1
            yield Record(record.location, None, _too_long(value.text), record.share)
        elif isinstance(value, Message):
            counts.add(value)
            chat = chats.setdefault(value.chat, _Conversation(value.chat, pause))
            chat.add(value, record)
            yield from chat.ready()
        elif isinstance(value, Break):
            yield from chats[""].end()
        else:
            if not record.error:
                yield from chats[""].end()
            yield record
    for chat in chats.values():
        yield from chat.end()


def _too_long(text: str) -> str:
    return f"a turn of {len(text):,} characters, more than {MAX_TURN_CHARACTERS:,}; break it up"


class _Conversation:
    """The turns of a chat collected so far, and where they came from."""

    def __init__(self, chat: str, pause: float) -> None:
        self._streams, self._pause = not chat, pause
        self._finished: list[Record] = []
        self._time: float | None = None
        self._location, self._share = "", 0.0
        self._turns: list[str] = []
        self._speakers: list[str] = []
        self._mine: list[bool] = []

    def add(self, message: Message, record: Record) -> None:
        """Take the next message of the chat."""
        if self._is_over(message):
            self._finish()
        if not self._turns:
            self._location = record.location
        self._share = record.share
        self._time = message.time if message.time is not None else self._time
        self._turns.append(message.text)
        self._speakers.append(message.sender)
        self._mine.append(message.mine)

    def ready(self) -> Iterator[Record]:
        """Yield the conversations that need not wait for the end of the file."""
        if self._streams:
            yield from self._finished
            self._finished = []

    def end(self) -> Iterator[Record]:
        """Yield all conversations; what follows begins another one."""
        self._finish()
        yield from self._finished
        self._finished, self._time = [], None

    def _is_over(self, message: Message) -> bool:
        if len(self._turns) >= _MAX_TURNS:
            return True
        if self._time is None or message.time is None:
            return False
        return abs(message.time - self._time) > self._pause

    def _finish(self) -> None:
        if self._turns:
            talk = Talk(self._turns, self._speakers, self._mine)
            self._finished.append(Record(self._location, talk, share=self._share))
        self._turns, self._speakers, self._mine = [], [], []
