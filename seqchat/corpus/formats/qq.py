"""QQ: the text of its message manager, and what QQChatExporter makes of QQ NT."""

from __future__ import annotations

import re

from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import QQ
from seqchat.corpus.formats.records import RecordFormat

_TIME = r"(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2}) (?P<clock>(?:[上下]午 ?)?\d{1,2}:\d{2}:\d{2}(?: ?[AP]M)?)"
_NOBODY = frozenset({"系统消息", "系统提示"})

_TEXT = LineFormat(
    "QQ",
    (
        re.compile(
            rf"{_TIME} (?:【[^】]{{1,20}}】)?(?P<sender>[^\s].{{0,99}}?)?(?:[(（]\d{{4,12}}[)）]|<[^<>@\s]+@[^<>\s]+>)"
        ),
    ),
    chat=re.compile(r"消息对象[:：](?P<chat>.*)"),
    heading=re.compile(r"={8,}|消息记录[（(].*|消息分组[:：].*"),
    block=True,
    notes=QQ,
    nobody=_NOBODY,
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
