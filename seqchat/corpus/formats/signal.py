"""Signal: signal-export, sigtop, and the desktop program's database as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seqchat.corpus.formats.base import SYSTEM
from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import SIGNAL
from seqchat.corpus.formats.records import RecordFormat, value_of

# WhatsApp's mark of its own words; on some phones its head is the same.
_WHATSAPP = "\u200e"


def _reason(record: Mapping[str, Any]) -> str:
    return "" if record.get("type") in ("incoming", "outgoing") else SYSTEM


_CLI_CHAT = "|".join(
    (
        "envelope.dataMessage.groupInfo.groupId",
        "envelope.syncMessage.sentMessage.groupInfo.groupId",
        "envelope.syncMessage.sentMessage.destination",
        "envelope.source",
    )
)


def _cli_reason(record: Mapping[str, Any]) -> str:
    """Receipts and signs of typing are events too."""
    said = value_of(record, "envelope.dataMessage|envelope.syncMessage.sentMessage")
    return "" if isinstance(said, Mapping) else SYSTEM


FORMATS: tuple[LineFormat, ...] = (
    LineFormat(
        "Signal",
        (
            re.compile(
                r"\[(?P<date>\d{4}-\d\d-\d\d),? (?P<clock>\d\d:\d\d(?::\d\d)?)\] "
                r"(?P<sender>[^:]{1,100}?): ?(?P<text>.*)"
            ),
        ),
        notes=SIGNAL,
        refine=lambda lines: None if any(_WHATSAPP in line for line in lines) else FORMATS[0],
    ),
)
RECORDS = (
    RecordFormat(
        "Signal (signal-cli)",
        time="envelope.timestamp",
        sender="envelope.sourceName|envelope.sourceNumber|envelope.source|envelope.sourceUuid",
        text="envelope.dataMessage.message|envelope.syncMessage.sentMessage.message",
        need=("envelope.timestamp", "envelope.source|envelope.sourceUuid"),
        chat=_CLI_CHAT,
        reason=_cli_reason,
    ),
    RecordFormat("Signal", time="date", sender="sender", text="body"),
    RecordFormat(
        "Signal",
        time="sent_at|received_at|timestamp",
        sender="source|sourceServiceId|sourceUuid|type",
        text="body",
        need=("sent_at", "body", "type", "conversationId"),
        chat="conversationId",
        mine="type",
        reason=_reason,
    ),
)
