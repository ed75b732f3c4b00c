"""iMessage and SMS: imessage-exporter's text, iMazing's table, and SMS Backup's records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from seqchat.corpus.formats.base import SYSTEM
from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import ANSWERS, IMESSAGE
from seqchat.corpus.formats.records import RecordFormat
from seqchat.corpus.speakers import ME


def _reason(record: Mapping[str, Any]) -> str:
    return "" if record.get("Type") in ("Incoming", "Outgoing", None, "") else SYSTEM


_WHEN = r"(?P<date>[A-Z][a-z]{2} \d{2}, \d{4}) {1,2}(?P<clock>\d{1,2}:\d{2}:\d{2} [AP]M)"


def _shown_twice(form: LineFormat, lines: Sequence[str]) -> LineFormat:
    """Return the format without the answers that are indented below a message, if they are in their own place too."""
    twice = any(line.strip() == ANSWERS for line in lines)
    return replace(form, echo=re.compile(r"(?: {4}|\t).*"), refine=None) if twice else form


FORMATS: tuple[LineFormat, ...] = (
    LineFormat(
        "iMessage",
        (re.compile(rf"{_WHEN}(?: \(.*\))?"),),
        tail=re.compile(r"Tapbacks:|Stickers:|Edits?:|Attachments?:"),
        system=re.compile(rf"{_WHEN} (?!\().+"),
        notes=IMESSAGE,
        refine=lambda lines: _shown_twice(FORMATS[0], lines),
        block=True,
        sender_below=True,
    ),
)
RECORDS = (
    RecordFormat(
        "iMessage (iMazing)",
        time="Message Date",
        sender="Sender Name|Sender ID|Type",
        text="Text",
        need=("Message Date", "Text", "Sender Name|Sender ID"),
        chat="Chat Session",
        mine="Type",
        reason=_reason,
        name_of=lambda name: ME if name == "Outgoing" else name.strip(),
    ),
    RecordFormat(
        "iMessage",
        time="date|message_date|timestamp|date_utc",
        sender="sender|handle|handle_id|contact|phone_number",
        text="text|body|message",
        need=("is_from_me", "text|body|message", "date|message_date|timestamp|date_utc"),
        chat="chat_id|chat_identifier|chat|cache_roomnames",
        mine="is_from_me",
    ),
)
