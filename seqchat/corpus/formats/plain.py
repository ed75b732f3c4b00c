"""Texts that no messenger wrote: names before a colon, and tables with the columns that the manual names."""

import re
from collections.abc import Mapping
from typing import Any

from seqchat.corpus.formats.base import SYSTEM
from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import VIBER
from seqchat.corpus.formats.records import RecordFormat

# What programs write beside the words: a clock in brackets
_CLOCK = r"[\[(](?P<clock>\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?)[\])]"

FORMATS = (
    LineFormat(
        "clocks and names",
        (
            re.compile(rf"{_CLOCK}\s?(?P<sender>[^\s:：<*][^:：\t]{{0,59}}?)[:：](?:\s(?P<text>.*)|$)"),
            re.compile(rf"{_CLOCK}\s(?P<own>[^:：]+)"),
        ),
        heading=re.compile(r"Conversation with .{1,100} at .{8,60}"),
        strict=True,
    ),
    LineFormat(
        "names and colons",
        (re.compile(r"(?P<sender>[^\W\d_][^:：\t]{0,39}?)\s?(?::(?!//|(?<=\d:)\d)|：)\s?(?P<text>\S.*)"),),
        strict=True,
        blank_ends=True,
    ),
    LineFormat(
        "names and colons",
        (re.compile(r"(?P<sender>[^\W\d_][^:：\t]{0,39}?)\s?[:：]"),),
        block=True,
        strict=True,
    ),
)


def _cased(names: str) -> str:
    """Return names of columns in the ways in which people write them."""
    return "|".join(dict.fromkeys(way for name in names.split() for way in (name, name.capitalize(), name.upper())))


# The first that is there counts: a clock with its date before a date alone
_TIME = _cased("""
    time timestamp datetime created_at createdAt sent_at date_sent created_utc uhrzeit zeit hora heure ora время
    时间 時間 日時 時刻 시간 date datum fecha data дата 日期 日付 날짜
""")
_DAY = _cased("date day datum fecha data дата 日期 日付 날짜")
_SENDER = _cased("""
    sender from author user username name speaker nickname sender_name absender remitente expéditeur auteur mittente
    remetente отправитель автор имя 发送者 发送人 昵称 姓名 傳送者 送信者 名前 보낸사람 이름
""")
_TEXT = _cased("""
    text message content body msg nachricht mensaje texto mensagem texte messaggio testo сообщение текст 消息 内容 文本
    訊息 メッセージ 本文 메시지 내용
""")
_DIALOG = _cased("dialogue_id dialog_id conversation_id conv_id chat_id thread_id session_id dialogueId conversationId")

_SAID_BY = frozenset({"user", "assistant", "human", "prompter", "model", "ai", "bot"})


def _role_reason(record: Mapping[str, Any]) -> str:
    return "" if str(record.get("role")).lower() in _SAID_BY else SYSTEM


RECORDS = (
    RecordFormat("table of messages", time=_TIME, sender=_SENDER, text=_TEXT, day=_DAY, notes=VIBER),
    # A time of its own would end the conversation at a pause; one with a model has none.
    RecordFormat(
        "conversations with a model",
        time="",
        sender="role",
        text="content|text",
        need=("role", "content|text", _TIME),
        reason=_role_reason,
    ),
)
# Rows and lines that are turns, which in a document of another kind would be parts of its records
TURNS = (
    RecordFormat(
        "table of turns",
        time="",
        sender=f"role|{_SENDER}",
        text=f"utterance|{_TEXT}",
        chat=_DIALOG,
        need=(f"role|{_SENDER}", f"utterance|{_TEXT}", _DIALOG),
    ),
    RecordFormat(
        "conversation with a model",
        time="",
        sender="role",
        text="content|text",
        need=("role", "content|text"),
        reason=_role_reason,
    ),
)
