"""Threema: the tables of its backup, and the text of a chat on iPhones; that of Android has WhatsApp's form."""

import re
from collections.abc import Mapping
from typing import Any

from seqchat.corpus.formats.base import MEDIA, SYSTEM
from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import WHATSAPP
from seqchat.corpus.formats.records import RecordFormat
from seqchat.corpus.formats.times import CLOCK, DATE


def _reason(record: Mapping[str, Any]) -> str:
    if str(record.get("isstatusmessage")) in ("1", "true"):
        return SYSTEM
    return "" if record.get("type") in ("TEXT", "", None) else MEDIA


FORMATS = (
    LineFormat(
        "Threema",
        (
            # What comes in and what goes out
            re.compile(
                rf"(?P<sender><<<|>>>)\s(?P<date>{DATE})(?P<clock>[^\d:]{{1,12}}{CLOCK}[^\d:]{{0,16}}(?:[+-]\d{{1,2}})?):\s"
                r"(?P<text>.*)"
            ),
        ),
        notes=WHATSAPP,
    ),
)
RECORDS = (
    RecordFormat(
        "Threema",
        time="posted_at|created_at",
        sender="identity",
        text="body",
        need=("identity|apiid", "isoutbox", "type", "body"),
        chat="identity",
        mine="isoutbox",
        reason=_reason,
    ),
)
