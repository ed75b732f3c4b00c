"""Texts that no messenger wrote: names before a colon, and tables with the columns that the manual names."""

import re
from collections.abc import Mapping
from typing import Any

from seqchat.corpus.formats.base import SYSTEM
from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.records import RecordFormat

FORMATS = (
    LineFormat(
        "names and colons",
        (re.compile(r"(?P<sender>[^\W\d_][^:：\t]{0,39}?)\s?(?::(?!//)|：)\s?(?P<text>\S.*)"),),
        strict=True,
        blank_ends=True,
    ),
)
_TIME = "time|Time|timestamp|Timestamp|date|Date|datetime|created_at|createdAt|sent_at|TIME|DATE"
_SENDER = (
    "sender|Sender|from|From|author|Author|user|User|username|name|Name|speaker|Speaker|nickname|SENDER|sender_name"
)
_TEXT = "text|Text|message|Message|content|Content|body|Body|msg|TEXT|MESSAGE"

_SAID_BY = frozenset({"user", "assistant", "human", "model", "ai", "bot"})


def _role_reason(record: Mapping[str, Any]) -> str:
    return "" if str(record.get("role")).lower() in _SAID_BY else SYSTEM


RECORDS = (
    RecordFormat("table of messages", time=_TIME, sender=_SENDER, text=_TEXT),
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
