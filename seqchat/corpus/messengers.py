"""What messengers export: which rows, records and lines are messages, and of which chat and day they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from seqchat.corpus.dialogs import text_of

# A text is an export when this many of its lines begin a message.
_MIN_HEADS = 2
# A longer message is passed on in parts, and need not fit in memory.
_MAX_LINES = 1_000
_MAX_TIME_LENGTH = 64
# Larger times are in milliseconds; in seconds this would be the year 5138.
_MILLISECONDS_FROM = 1e11
_CLOCK_TIME = re.compile(r"\d{1,2}:\d{2}")
_NO_DIGITS_AT_THE_END = re.compile(r"\D+$")
# WhatsApp puts this mark before its own notes: "image omitted", "This message was edited".
_OWN_WORDS = "\u200e"


@dataclass(frozen=True)
class Message:
    """A message: the key of its conversation (chat and day), and its text.

    The text is empty if nothing was said, as with a picture or a call.
    """

    conversation: tuple[str, str]
    text: str


# --- records: rows of a table, objects in JSON -------------------------------------------------------------------


class RecordExport(NamedTuple):
    """An exporter that writes a record for each message, recognised by the names of its fields.

    chat: the field that distinguishes chats if one file has several; kind: the field of the message's kind; `spoken`:
    the kinds that people wrote.
    """

    exporter: str
    time: str
    sender: str
    text: str
    chat: str = ""
    kind: str = ""
    spoken: frozenset[str] = frozenset()

    def fits(self, record: Any) -> bool:
        """Whether a record has all the fields."""
        return isinstance(record, Mapping) and all(
            name in record for name in (self.time, self.sender, self.text, self.chat, self.kind) if name
        )

    def message(self, record: Mapping[str, Any], day: str, field: str) -> Message:
        """Return the message in a record that fits; `field` has its text."""
        spoken = not self.kind or str(record[self.kind]) in self.spoken
        chat = str(record[self.chat]) if self.chat else ""
        return Message((chat, day), (text_of(record[field]) if spoken else None) or "")


RECORD_EXPORTS = (
    RecordExport("Telegram Desktop", "date", "from", "text", kind="type", spoken=frozenset({"message"})),
    RecordExport(
        "DiscordChatExporter, JSON",
        "timestamp",
        "author",
        "content",
        kind="type",
        spoken=frozenset({"Default", "Reply"}),
    ),
    RecordExport("DiscordChatExporter, CSV", "Date", "Author", "Content"),
    RecordExport("signal-export", "date", "sender", "body"),
    RecordExport(
        "Signal Desktop's database",
        "sent_at",
        "conversationId",
        "body",
        chat="conversationId",
        kind="type",
        spoken=frozenset({"incoming", "outgoing"}),
    ),
    RecordExport(
        "iMazing",
        "Message Date",
        "Sender Name",
        "Text",
        chat="Chat Session",
        kind="Type",
        spoken=frozenset({"Incoming", "Outgoing"}),
    ),
    RecordExport(
        "WeChatMsg, all chats",
        "StrTime",
        "IsSender",
        "StrContent",
        chat="TalkerId",
        kind="Type",
        spoken=frozenset({"1"}),
    ),
    RecordExport("WeChatMsg, a chat", "时间", "发送人", "内容", kind="类型", spoken=frozenset({"文本"})),
    RecordExport("chatlog", "time", "sender", "content", chat="talker", kind="type", spoken=frozenset({"1"})),
    RecordExport("your own", "time", "sender", "text"),
)


def message_of(value: Any, field: str | None = None) -> Message | None:
    """Return the message in a record, or None; `field` names the field of the text if it is not the exporter's own."""
    export = next((export for export in RECORD_EXPORTS if export.fits(value)), None)
    if export is None or (field or export.text) not in value:
        return None
    day = _day(value[export.time])
    return None if day is None else export.message(value, day, field or export.text)


def chats_of(value: Any, field: str | None = None) -> list[list[Message]]:
    """Return the chats of a document that holds whole ones: lists of messages, as Telegram and Discord write them."""
    if not isinstance(value, Mapping):
        return []
    holders = [value, *_listed(value, "chats"), *_listed(value, "left_chats")]
    lists = [holder["messages"] for holder in holders if isinstance(holder.get("messages"), list)]
    found = [[message for item in items if (message := message_of(item, field))] for items in lists]
    return [messages for messages in found if messages]


def _listed(account: Mapping[str, Any], folder: str) -> list[Mapping[str, Any]]:
    """Return the chats that the export of a whole Telegram account has in a folder."""
    chats = account.get(folder)
    listed = chats.get("list") if isinstance(chats, Mapping) else None
    return [chat for chat in listed if isinstance(chat, Mapping)] if isinstance(listed, list) else []


def _day(time: Any) -> str | None:
    """Return the day of a point in time, in any notation that writes the date before the time of day."""
    if isinstance(time, str) and time.isdecimal():
        time = int(time[:_MAX_TIME_LENGTH])
    if isinstance(time, int | float) and not isinstance(time, bool):
        try:
            return datetime.fromtimestamp(time / 1000 if time > _MILLISECONDS_FROM else time, UTC).date().isoformat()
        except (OverflowError, OSError, ValueError):
            return None
    text = str(time) if isinstance(time, str | datetime) else ""
    clock = _CLOCK_TIME.search(text[:_MAX_TIME_LENGTH])
    day = _NO_DIGITS_AT_THE_END.sub("", text[: clock.start()] if clock else text)
    return day if 0 < len(day) <= _MAX_TIME_LENGTH else None


# --- lines of a text ---------------------------------------------------------------------------------------------

_DATE = r"\d{1,4}[./年-]\d{1,2}[./月-]\d{1,4}日?"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
_TIME = rf"(?P<time>{_DATE},?\s\D{{0,6}}{_CLOCK}\D{{0,8}}?)"
_SENDER = r"(?P<sender>[^\s:：][^:：]{0,99}?)"


class TextExport(NamedTuple):
    """A text format of chats: the line that begins a message, and lines between chats.

    head: gives `time`, `sender` (None for the messenger's own notes) and `text` if it is on the same line.
    """

    exporter: str
    head: re.Pattern[str]
    between: re.Pattern[str] | None = None


TEXT_EXPORTS = (
    TextExport("WhatsApp on Android", re.compile(rf"{_TIME}\s-\s(?:{_SENDER}:(?:\s|$))?(?P<text>.*)")),
    TextExport("WhatsApp on an iPhone", re.compile(rf"\[{_TIME}\]\s(?:{_SENDER}:(?:\s|$))?(?P<text>.*)")),
    TextExport(
        "QQ, and WeChatMsg",
        re.compile(r"(?P<time>\d{4}[-/]\d{1,2}[-/]\d{1,2}\s\d{1,2}:\d{2}:\d{2})\s(?P<sender>\S.{0,99})"),
        re.compile(r"={8,}|消息(?:记录|分组|对象)[（(:：].*"),
    ),
    TextExport("WechatExporter", re.compile(rf"(?P<sender>\S.{{0,99}}?)\s?\({_TIME}\)[:：](?P<text>.*)")),
    TextExport("messages copied from Telegram Desktop", re.compile(rf"(?P<sender>\S.{{0,99}}?), \[{_TIME}\]")),
    TextExport("messages copied from WeChat", re.compile(rf"(?P<sender>\S.{{0,99}}?)\s{_TIME}")),
)


def text_export(lines: Iterable[str]) -> TextExport | None:
    """Return the format of a text that begins with these lines; None if it is not a messenger's."""
    heads: Counter[TextExport] = Counter()
    for line in lines:
        for export in TEXT_EXPORTS:
            match = export.head.fullmatch(_unmarked(line))
            heads[export] += match is not None and match["sender"] is not None
    found, most = max(heads.items(), key=lambda item: item[1], default=(None, 0))
    return found if most >= _MIN_HEADS else None


class MessageReader:
    """Collects the messages of a text, line by line."""

    def __init__(self, export: TextExport) -> None:
        self._export = export
        self._chat = 0
        self._day: str | None = None
        self._lines: list[str] = []

    def feed(self, line: str) -> Message | None:
        """Take the next line; return the message that it ends, if it ends one."""
        line = _unmarked(line)
        head = self._export.head.fullmatch(line)
        if head is not None:
            ended = self.finish()
            # Lines after a messenger's own note are not a person's either.
            self._day = _day(head["time"]) if head["sender"] is not None else None
            self._lines = [head.groupdict().get("text") or ""]
            return ended
        if self._export.between is not None and self._export.between.fullmatch(line):
            ended = self.finish()
            self._chat += 1
            return ended
        if self._day is None:
            return None
        self._lines.append(line)
        return self._message() if len(self._lines) >= _MAX_LINES else None

    def finish(self) -> Message | None:
        """Return the last message."""
        message = self._message()
        self._day = None
        return message

    def _message(self) -> Message | None:
        if self._day is None:
            return None
        said = [line.partition(_OWN_WORDS)[0].strip() for line in self._lines]
        self._lines = []
        return Message((str(self._chat), self._day), "\n".join(line for line in said if line))


def _unmarked(line: str) -> str:
    return line.lstrip(_OWN_WORDS)
