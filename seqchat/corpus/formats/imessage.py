"""iMessage and SMS: imessage-exporter's text, iMazing's table, and SMS Backup's records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seqchat.corpus.formats.base import SYSTEM
from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.records import RecordFormat
from seqchat.corpus.speakers import ME


def _reason(record: Mapping[str, Any]) -> str:
    return "" if record.get("Type") in ("Incoming", "Outgoing", None, "") else SYSTEM


FORMATS = (
    LineFormat(
        "iMessage",
        (re.compile(r"(?P<date>[A-Z][a-z]{2} \d{2}, \d{4}) {1,2}(?P<clock>\d{1,2}:\d{2}:\d{2} [AP]M)(?: \(.*\))?"),),
        tail=re.compile(r"Tapbacks:|Stickers:|Edits?:|Attachments?:"),
        system=re.compile(
            r"This message responded to an earlier message\.|/\S.*\.\w{2,5}|(?:[\w.~-]+/)+[\w. -]+\.\w{2,5}|"
            r"Expressive: .*|Sent with .+|.* (?:unsent this message part|edited this message).*"
        ),
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
        table=True,
    ),
)
