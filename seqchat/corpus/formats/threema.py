"""Threema: the tables of its backup; the text of a chat has WhatsApp's form."""

from collections.abc import Mapping
from typing import Any

from seqchat.corpus.formats.base import MEDIA, SYSTEM
from seqchat.corpus.formats.records import RecordFormat


def _reason(record: Mapping[str, Any]) -> str:
    if str(record.get("isstatusmessage")) in ("1", "true"):
        return SYSTEM
    return "" if record.get("type") in ("TEXT", "", None) else MEDIA


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
