"""QQ: the text of its message manager, and what QQChatExporter makes of QQ NT."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import QQ
from seqchat.corpus.formats.records import RecordFormat

_TIME = r"(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2}) (?P<clock>(?:[上下]午 ?)?\d{1,2}:\d{2}:\d{2}(?: ?[AP]M)?)"
_NOBODY = frozenset({"系统消息", "系统提示"})

_NUMBER = r"(?:[(（]\d{4,12}[)）]|<[^<>@\s]+@[^<>\s]+>)"
_SENDER = r"(?:【[^】]{1,20}】)?(?P<sender>[^\s].{0,99}?)"
_MANAGER = re.compile(r"消息记录[（(].*|消息分组[:：].*|消息对象[:：].*")


def _refined(lines: Sequence[str]) -> LineFormat:
    """Return the format without numbers of people, which chats with one person do not have."""
    if not any(_MANAGER.fullmatch(line.strip("\ufeff \t\r")) for line in lines):
        return _TEXT
    return replace(_TEXT, heads=(*_TEXT.heads, re.compile(rf"{_TIME} {_SENDER}")), refine=None)


_TEXT = LineFormat(
    "QQ",
    (re.compile(rf"{_TIME} (?:{_SENDER})?{_NUMBER}"),),
    chat=re.compile(r"消息对象[:：](?P<chat>.*)"),
    heading=re.compile(r"={8,}|消息记录[（(].*|消息分组[:：].*"),
    block=True,
    notes=QQ,
    nobody=_NOBODY,
    refine=_refined,
)
FORMATS = (_TEXT,)
RECORDS = (
    RecordFormat(
        "QQChatExporter",
        time="timestamp|time|createTime",
        sender="sender.name|sender.nickname|sender.remark|sender.groupCard|sender.uin",
        text="content.text",
        need=("sender", "content.text"),
        skip={"isSystemMessage|system": "system line", "isRecalled|recalled": "deleted message"},
        notes=QQ,
    ),
)
