"""WeChat: what it copies, and what other people's tools export of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from seqchat.corpus.formats.base import MEDIA, SYSTEM
from seqchat.corpus.formats.lines import LineFormat
from seqchat.corpus.formats.notes import ASIAN
from seqchat.corpus.formats.records import RecordFormat
from seqchat.corpus.formats.times import CLOCK

_DATE = r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/月]\d{1,2}日?|昨天|今天|星期[一二三四五六日天])"
_WHEN = rf"(?P<date>{_DATE})?\s?(?P<clock>(?:[^\d\s()（）]{{1,4}}\s?)?{CLOCK}(?:\s?[AaPp][Mm])?)"
_ISO = r"(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2})\s(?P<clock>\d{1,2}:\d{2}:\d{2})"
_RECALLED = re.compile(
    rf"{_ISO}\s(?P<text>[“\"'].{{1,60}}[”\"']\s?[^\s”\"'].*|.*(?:撤回了.*消息|加入了?群聊|拍了拍.*))"
)
_QUOTED = re.compile(r"\s*(?:\[引用\]|「引用」|引用[:： ]).*")

FORMATS = (
    # WechatExporter
    LineFormat(
        "WeChat",
        (re.compile(rf"(?P<sender>[^\s(（].{{0,99}}?)\s?\((?P<date>{_DATE})\s(?P<clock>{CLOCK})\)[:：](?P<text>.*)"),),
        notes=ASIAN,
    ),
    # What is copied, and chatlog's text
    LineFormat(
        "WeChat",
        (
            re.compile(rf"(?P<sender>[^\s>].{{0,60}}?)[(（][\w@-]{{3,60}}[)）]\s{_WHEN}"),
            re.compile(
                rf"(?P<sender>[^\s>].{{0,60}}?)[:：]?\s(?P<date>{_DATE})\s"
                rf"(?P<clock>(?:[^\d\s]{{1,4}}\s?)?{CLOCK}(?: ?[AP]M)?)"
            ),
        ),
        block=True,
        strict=True,
        notes=ASIAN,
    ),
    # WeChat's history sent as mail, and what is copied from Slack
    LineFormat(
        "WeChat or Slack",
        (re.compile(r"(?P<sender>\S.{0,60}?)\s{2,}(?P<clock>\d{1,2}:\d{2}(?:\s?[AaPp][Mm])?)"),),
        day=re.compile(r"[—-]{3,}\s+(?P<date>\d{4}-\d{1,2}-\d{1,2})\s+[—-]{3,}"),
        heading=re.compile(r"(?:微信聊天记录如下|WeChat [Cc]hat [Hh]istory).*|Dear:?|.{0,60}在微信上的聊天记录.*"),
        block=True,
        strict=True,
        notes=ASIAN,
    ),
    # WeChatMsg
    LineFormat(
        "WeChat",
        (_RECALLED, re.compile(rf"{_ISO}\s[\"'‘“]?(?P<sender>\S.{{0,60}}?)[\"'’”]?")),
        block=True,
        strict=True,
        notes=ASIAN,
    ),
)

_KINDS_SAID = frozenset(
    {
        "1",
        "文本",
        "文本消息",
        "text",
        "引用",
        "引用消息",
        "引用回复",
        "带有引用的文本消息",
        "回复消息",
        "quote",
        "49/57",
        "244813135921",
    }
)
_SYSTEM = frozenset({"10000", "10002", "系统消息", "系统通知", "系统提示", "拍一拍", "80"})
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


def _kind(record: Mapping[str, Any], *fields: str) -> str:
    return next((str(record[name]).strip() for name in fields if record.get(name) not in (None, "")), "")


def _spoken(*fields: str, sub: str = "") -> Any:
    """Return what says why a record is no message, by the field of its kind; `sub` is that of a kind's part."""

    def reason(record: Mapping[str, Any]) -> str:
        kind = _kind(record, *fields)
        if sub and kind == "49" and str(record.get(sub, "")).strip() == "57":
            return ""
        if not kind or kind in _KINDS_SAID:
            return ""
        return SYSTEM if kind in _SYSTEM else MEDIA

    return reason


def words(text: str) -> str:
    """Return what was written in a message that quotes another one, which is XML, or has the quotation below it."""
    if text.lstrip().startswith(("<?xml", "<msg")):
        title = _TITLE.search(text)
        return unescape(title[1].removeprefix("<![CDATA[").removesuffix("]]>")).strip() if title else ""
    kept = [line for line in text.split("\n") if not _QUOTED.match(line)]
    return "\n".join(kept).strip() or text


RECORDS = (
    RecordFormat(
        "WeChat (WeChatMsg)",
        time="CreateTime|StrTime",
        sender="Sender|NickName|Remark|IsSender",
        text="StrContent",
        need=("StrContent", "IsSender"),
        chat="TalkerId",
        mine="IsSender",
        reason=_spoken("Type", sub="SubType"),
        decode=words,
        notes=ASIAN,
    ),
    RecordFormat(
        "WeChat (WeChatMsg)",
        time="时间",
        sender="发送人|发送者|发送者身份|发送者昵称",
        text="内容",
        need=("时间", "内容"),
        reason=_spoken("类型", "消息类型"),
        decode=words,
        notes=ASIAN,
    ),
    RecordFormat(
        "WeChat (PyWxDump)",
        time="CreateTime",
        sender="talker",
        text="msg",
        need=("is_sender", "talker", "msg"),
        chat="room_name",
        mine="is_sender",
        reason=_spoken("type_name"),
        decode=words,
        notes=ASIAN,
    ),
    RecordFormat(
        "WeChat (WeFlow)",
        time="createTime|formattedTime",
        sender="senderDisplayName|senderUsername",
        text="content|parsedContent|rawContent",
        need=("senderUsername", "content"),
        mine="isSend",
        reason=_spoken("type"),
        decode=words,
        notes=ASIAN,
    ),
    RecordFormat(
        "WeChat (chatlog)",
        time="time|Time",
        sender="senderName|SenderName|sender|Sender",
        text="content|Content",
        need=("sender|Sender", "content|Content", "talker|Talker", "time|Time"),
        chat="talker|Talker",
        mine="isSelf",
        reason=_spoken("type", "Type", sub="subType"),
        decode=words,
        notes=ASIAN,
    ),
    RecordFormat(
        "ChatLab",
        time="timestamp",
        sender="accountName|groupNickname|senderName|sender",
        text="content",
        need=("sender", "timestamp", "content", "accountName|platformMessageId|groupNickname"),
        reason=lambda record: "" if str(record.get("type")) in ("0", "25", "text") else MEDIA,
        notes=ASIAN,
    ),
)
