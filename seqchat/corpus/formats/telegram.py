"""Telegram Desktop: its JSON, a chat or a whole account, and messages copied from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seqchat.corpus.formats.base import SYSTEM
from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import TELEGRAM
from seqchat.corpus.formats.records import RecordFormat
from seqchat.corpus.formats.times import CLOCK, DATE

_WHEN = rf"(?P<date>{DATE})(?P<clock>[^\d\[\]]{{1,8}}{CLOCK}[^\d\[\]]{{0,10}})"


def _reason(record: Mapping[str, Any]) -> str:
    return "" if record.get("type", "message") == "message" else SYSTEM


FORMATS = (
    LineFormat(
        "Telegram",
        (re.compile(rf"(?P<sender>\S.{{0,99}}?),\s?\[{_WHEN}\]:?(?:\s(?P<text>.*))?"),),
        block=True,
        notes=TELEGRAM,
    ),
)
RECORDS = (
    RecordFormat(
        "Telegram",
        time="date_unixtime|date",
        sender="from|from_id",
        identity="from_id",
        text="text",
        need=("type", "date", "text", "from|actor|from_id|action"),
        reason=_reason,
    ),
)
