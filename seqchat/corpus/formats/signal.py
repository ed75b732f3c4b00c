"""Signal: signal-export, sigtop, and the desktop program's database as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seqchat.corpus.formats.base import SYSTEM
from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.records import RecordFormat


def _reason(record: Mapping[str, Any]) -> str:
    return "" if record.get("type") in ("incoming", "outgoing") else SYSTEM


FORMATS: tuple[LineFormat, ...] = (
    LineFormat(
        "Signal",
        (
            re.compile(
                r"\[(?P<date>\d{4}-\d\d-\d\d),? (?P<clock>\d\d:\d\d(?::\d\d)?)\] "
                r"(?P<sender>[^:]{1,100}?): ?(?P<text>.*)"
            ),
        ),
        system=re.compile(r"\(- .* -\)|!?\[[^\]]*\]\([^)]*\)|>.*"),
    ),
)
RECORDS = (
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
