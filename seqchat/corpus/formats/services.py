"""Services of companies: Messenger, Instagram, Slack, Claude, Google Chat, Hangouts, Skype, Teams, Matrix."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

from seqchat.corpus.formats.base import CALL, DELETED, EMPTY, MEDIA, SYSTEM
from seqchat.corpus.formats.notes import META
from seqchat.corpus.formats.records import RecordFormat, text_of, value_of

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAK = re.compile(r"<(?:br|/p|/div|/li)\b[^<>]*>\n?", re.IGNORECASE)
_QUOTE = re.compile(r"<(quote|blockquote|mx-reply|legacyquote)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
# A picture that stands for a character
_EMOJI = re.compile(r"<(?:emoji|img)\b[^<>]*?\balt=\"([^\"<>\w]{1,12})\"[^<>]*>")
_AT = re.compile(r"<at\b[^<>]*>(.*?)</at>", re.DOTALL)
# Skype lists calls as a conversation.
_SKYPE_CALLS = "48:calllogs"
_SLACK_LINK = re.compile(r"<(https?:[^|<>]+|mailto:[^|<>]+)(?:\|([^<>]*))?>")
_SLACK_MENTION = re.compile(r"<@([A-Z0-9]+)>")
_SLACK_PROFILE = "user_profile.display_name|user_profile.name|user_profile.real_name"
_SLACK_NAME = re.compile(r"<([@#!])(?:[A-Z0-9]+\|)?([^<>|^]*)(?:\^[^<>|]*)?(?:\|@?([^<>]*))?>")


def repaired(text: str) -> str:
    """Return a text of which the bytes of UTF-8 were written as if they were characters, as Meta does."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def unmarked(text: str) -> str:
    """Return the words of HTML, without quotations."""
    text = _AT.sub(r"\1", _EMOJI.sub(r"\1", _QUOTE.sub("", text)))
    return unescape(_TAG.sub("", _BREAK.sub("\n", text))).strip()


def _slack(text: str) -> str:
    text = _SLACK_LINK.sub(lambda m: m[2] or m[1].removeprefix("mailto:"), text)
    text = _SLACK_NAME.sub(lambda m: f"{'#' if m[1] == '#' else '@'}{m[3] or m[2]}", text)
    return unescape(text).replace("\xa0", " ")


def named_in_text(record: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """Return a record of Slack with names for the ids of the users that its text mentions."""
    text = record.get("text")
    if not isinstance(text, str) or "<@" not in text:
        return record
    return {**record, "text": _SLACK_MENTION.sub(lambda m: f"@{names.get(m[1], m[1])}", text)}


def _with_names(records: Sequence[Any]) -> Sequence[Any]:
    """Return records with the names of users who wrote one of them, for their ids."""
    found = [record for record in records if isinstance(record, Mapping)]
    names = {str(r.get("user")): str(name) for r in found if (name := value_of(r, _SLACK_PROFILE))}
    return [named_in_text(record, names) if isinstance(record, Mapping) else record for record in records]


def _slack_reason(record: Mapping[str, Any]) -> str:
    if record.get("type", "message") != "message":
        return SYSTEM
    subtype = record.get("subtype")
    said = subtype in (None, "", "thread_broadcast", "me_message", "bot_message", "file_share", "file_comment")
    return "" if said else DELETED if subtype == "tombstone" else SYSTEM


def _meta_reason(record: Mapping[str, Any]) -> str:
    if record.get("is_unsent") or record.get("isUnsent"):
        return DELETED
    if record.get("type") in ("Call",) or "call_duration" in record:
        return CALL
    if record.get("type") in ("Subscribe", "Unsubscribe"):
        return SYSTEM
    words = record.get("content") or record.get("text")
    media = ("photos", "videos", "audio_files", "gifs", "sticker", "files", "share", "media")
    return "" if words else MEDIA if any(record.get(name) for name in media) else EMPTY


def _skype_reason(record: Mapping[str, Any]) -> str:
    kind = str(record.get("messagetype") or "")
    if str(record.get("conversationid")) == _SKYPE_CALLS:
        return CALL
    if kind in ("RichText", "Text", "RichText/Html", ""):
        return ""
    return CALL if "Call" in kind else MEDIA if kind.startswith("RichText") else SYSTEM


def _hangouts(value: Any) -> str | None:
    segments = value.get("segment") if isinstance(value, Mapping) else None
    if not isinstance(segments, list):
        return None
    kinds = [(part.get("type"), part.get("text", "")) for part in segments if isinstance(part, Mapping)]
    return "".join("\n" if kind == "LINE_BREAK" else str(text) for kind, text in kinds)


def _hangouts_reason(record: Mapping[str, Any]) -> str:
    if str(record.get("event_type", "REGULAR_CHAT_MESSAGE")) == "REGULAR_CHAT_MESSAGE":
        return ""
    return CALL if "HANGOUT" in str(record.get("event_type")) else SYSTEM


def _google_reason(record: Mapping[str, Any]) -> str:
    if str(record.get("message_state", "")) == "DELETED" or "deletion_metadata" in record:
        return DELETED
    return "" if record.get("text") else MEDIA if record.get("attached_files") or record.get("annotations") else EMPTY


def _matrix_reason(record: Mapping[str, Any]) -> str:
    content = record.get("content")
    if record.get("type") != "m.room.message" or not isinstance(content, Mapping):
        return SYSTEM
    relation = content.get("m.relates_to")
    if isinstance(relation, Mapping) and relation.get("rel_type") == "m.replace":
        return SYSTEM
    if "body" not in content:
        return DELETED
    return "" if content.get("msgtype") in ("m.text", "m.emote", "m.notice", None) else MEDIA


def _matrix(text: str) -> str:
    """Return a message without the message that it answers, which is quoted before it."""
    lines = text.split("\n")
    if not lines[0].startswith("> <"):
        return text
    while lines and lines[0].startswith(">"):
        lines.pop(0)
    return "\n".join(lines).strip()


def _teams_reason(record: Mapping[str, Any]) -> str:
    kind = str(record.get("messageType") or record.get("messagetype") or "message")
    if record.get("deletedDateTime"):
        return DELETED
    return "" if kind in ("message", "Text", "RichText", "RichText/Html") else SYSTEM


def _teams(value: Any) -> str | None:
    return text_of(value.get("content") if isinstance(value, Mapping) else value)


SLACK = RecordFormat(
    "Slack",
    time="ts",
    sender=f"{_SLACK_PROFILE}|user|username|bot_id",
    prepare=_with_names,
    text="text",
    need=("type", "ts"),
    reason=_slack_reason,
    decode=_slack,
)

RECORDS = (
    RecordFormat(
        "Messenger or Instagram",
        time="timestamp_ms",
        sender="sender_name",
        text="content",
        need=("sender_name", "timestamp_ms"),
        reason=_meta_reason,
        decode=repaired,
        name_of=repaired,
        notes=META,
    ),
    RecordFormat(
        "Messenger",
        time="timestamp",
        sender="senderName",
        text="text",
        need=("senderName", "timestamp", "text"),
        reason=_meta_reason,
        notes=META,
    ),
    SLACK,
    # A time of its own would end the conversation at a pause; one with a model has none.
    RecordFormat(
        "Claude",
        time="",
        sender="sender",
        text="text|content",
        need=("sender", "text", "uuid", "created_at|content"),
        mine="sender",
        mine_values=frozenset({"human"}),
    ),
    RecordFormat(
        "Google Chat",
        time="created_date",
        sender="creator.name|creator.email",
        text="text",
        need=("creator", "created_date"),
        reason=_google_reason,
    ),
    RecordFormat(
        "Hangouts",
        time="timestamp",
        sender="sender_id.name|sender_id.gaia_id|sender_id.chat_id",
        text="chat_message.message_content",
        need=("sender_id", "timestamp", "event_type|chat_message"),
        reason=_hangouts_reason,
        textual=_hangouts,
    ),
    RecordFormat(
        "Skype",
        time="originalarrivaltime",
        sender="from",
        identity="from",
        text="content",
        need=("originalarrivaltime", "from", "content", "messagetype"),
        reason=_skype_reason,
        decode=unmarked,
    ),
    RecordFormat(
        "Teams",
        time="createdDateTime|originalArrivalTime|originalarrivaltime",
        sender="from.user.displayName|from.displayName|from.application.displayName|imDisplayName|imdisplayname",
        text="body.content|body|content",
        need=("createdDateTime|originalArrivalTime", "from|imDisplayName", "body|content"),
        reason=_teams_reason,
        textual=_teams,
        decode=unmarked,
    ),
    RecordFormat(
        "Matrix",
        time="origin_server_ts",
        sender="sender|user_id",
        text="content.body",
        need=("origin_server_ts", "sender|user_id", "content", "type"),
        reason=_matrix_reason,
        decode=_matrix,
    ),
)
