"""Discord: what DiscordChatExporter writes, and the package of one's own data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from seqchat.corpus.formats.base import CALL, SYSTEM
from seqchat.corpus.formats.lines import LineFormat, plain
from seqchat.corpus.formats.notes import DISCORD
from seqchat.corpus.formats.records import RecordFormat
from seqchat.corpus.formats.times import DATE, NAMED

_SAID = frozenset({"Default", "Reply", "ChatInputCommand", "ThreadStarterMessage", "0", "19"})


def _reason(record: Mapping[str, Any]) -> str:
    kind = str(record.get("type", "Default"))
    return "" if kind in _SAID else CALL if kind == "Call" else SYSTEM


_WHEN = (
    r"\[(?P<date>(?:\d{1,4}[-./ ]\w{1,9}[-./ ]\d{1,4}|\d{1,2}[-./]\d{1,2}\.?|[^\W\d][^\d\]]{0,14}))?,?\s?"
    r"(?P<clock>\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[^\d\]]{1,8})?)\]"
)
_HEAD = re.compile(rf"{_WHEN}\s(?P<sender>[^:\s<*][^:]{{0,99}}?)(?: \(pinned\))?")
# After a colon could be what is said, as in other formats.
_ANY_HEAD = re.compile(rf"{_WHEN}\s(?P<sender>[^\s<*].{{0,99}}?)(?: \(pinned\))?")


def _refined(lines: Sequence[str]) -> LineFormat:
    """Return the format in which a name may have a colon, if most names have none, so that no words are beside them."""
    heads = [line for line in map(plain, lines) if _ANY_HEAD.fullmatch(line)]
    alone = sum(_HEAD.fullmatch(line) is not None for line in heads)
    return replace(FORMATS[0], heads=(_ANY_HEAD,), refine=None) if 2 * alone > len(heads) > alone else FORMATS[0]


FORMATS: tuple[LineFormat, ...] = (
    LineFormat(
        "Discord or Teams",
        (_HEAD,),
        refine=_refined,
        notes=DISCORD,
        heading=re.compile(r"={20,}|(?:Guild|Channel|Topic|After|Before): .*|Exported [\d,.]+ message\(s\)"),
        tail=re.compile(r"\{(?:Attachments|Embed|Embeds|Reactions|Stickers|Inline Emojis)\}"),
        block=True,
    ),
    # What is copied from the program
    LineFormat(
        "Discord",
        (
            re.compile(
                rf"(?P<sender>\S.{{0,60}}?)\s+[—–]\s+(?:(?P<date>{DATE})|Today at|Yesterday at)?,?\s?"
                r"(?P<clock>\d{1,2}:\d{2}(?:\s?[AaPp][Mm])?)"
            ),
        ),
        heading=re.compile(rf"(?i:{NAMED})"),
        block=True,
        strict=True,
    ),
)
RECORDS = (
    RecordFormat(
        "Discord",
        time="timestamp",
        sender="author.nickname|author.name|author.username|author.global_name",
        text="content",
        need=("timestamp", "author", "content", "type"),
        reason=_reason,
    ),
    RecordFormat("Discord", time="Date", sender="Author", text="Content", notes=DISCORD),
    # The package of one's own data
    RecordFormat(
        "Discord",
        time="Timestamp",
        sender="Author",
        text="Contents",
        need=("ID", "Timestamp", "Contents"),
        owned=True,
    ),
)
