"""A raw record becomes a dialog: its turns in order, cleaned, without the names of the speakers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError, quoted

_LABEL = re.compile(r"\s*([^:：\n]{1,40}?)\s*[:：]\s*")
_SPEAKER_FIELDS = ("user1", "user2")
_TURNS_FIELDS = ("dialog", "dialogue", "conversation", "conversations", "messages", "turns", "utterances")
_TEXT_FIELDS = ("text", "content", "message", "utterance", "sentence", "value")

# No message is longer; a whole book on one line is no conversation.
MAX_TURN_CHARACTERS = 100_000


@dataclass(frozen=True)
class Dialog:
    """One conversation: its turns in order, cleaned, without speaker labels; source: the file or data set it is of."""

    turns: tuple[str, ...]
    source: str = field(default="", compare=False)


class NoDialogError(SeqchatError):
    """A record that is no dialog; the message says why."""


class NoFieldError(NoDialogError):
    """A record in which nothing looks like turns or text, or that lacks the named field."""


def dialog_of(value: Any, field: str | None) -> Dialog:
    """Return the dialog in a record; `field` names the field of its turns or text, None to guess it.

    Raises:
        NoDialogError: there is none.
    """
    turns, speakers = _turns(value, field)
    if turns is None:
        raise NoFieldError(f"no field {quoted(field)}" if field else "no field with turns or text")
    longest = max(map(len, turns), default=0)
    if longest > MAX_TURN_CHARACTERS:
        raise NoDialogError(f"a turn of {longest:,} characters, more than {MAX_TURN_CHARACTERS:,}; break it up")
    cleaned = [_without_label(clean(turn), speakers) for turn in turns]
    kept = tuple(turn for turn in cleaned if turn)
    if not kept:
        raise NoDialogError("no text")
    return Dialog(kept)


def without_patterns(dialog: Dialog, patterns: Sequence[str]) -> Dialog:
    """Return a dialog without what matches one of these regular expressions, and without turns that are then empty."""
    if not patterns:
        return dialog
    dropped = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
    turns = (dropped.sub("", turn).strip() for turn in dialog.turns)
    return replace(dialog, turns=tuple(turn for turn in turns if turn))


def text_of(value: Any) -> str | None:
    """Return the text of a message: a string, or the strings in a list and in the `text` of its parts, joined."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return None
    parts = [part.get("text") if isinstance(part, Mapping) else part for part in value]
    return "".join(part for part in parts if isinstance(part, str)) if parts else None


def has_turns(value: Mapping[str, Any]) -> bool:
    """Whether a record has a field that looks like turns or a text."""
    return _guess_field(value) is not None


def _turns(value: Any, field: str | None) -> tuple[list[str] | None, frozenset[str]]:
    """Find the turns of a record, and the names that may precede them."""
    speakers = frozenset(_SPEAKER_FIELDS)
    if isinstance(value, Mapping):
        names = (value.get(name) for name in _SPEAKER_FIELDS)
        speakers |= {clean(name).strip() for name in names if isinstance(name, str) and name.strip()}
        found = field if field in value else None if field else _guess_field(value)
        value = value[found] if found is not None else None
    return _strings(value), speakers


def _guess_field(record: Mapping[str, Any]) -> str | None:
    by_lower_case = {name.lower(): name for name in record if isinstance(name, str)}
    for known in (*_TURNS_FIELDS, *_TEXT_FIELDS):
        name = known if known in record else by_lower_case.get(known)
        if name is not None and _strings(record[name]) is not None:
            return name
    return _only_text_field(record)


def _only_text_field(record: Mapping[str, Any]) -> str | None:
    text_fields = [n for n, v in record.items() if isinstance(v, str) and n not in _SPEAKER_FIELDS]
    return text_fields[0] if len(text_fields) == 1 else None


def _strings(value: Any) -> list[str] | None:
    """Read turns out of a string (a turn a line), a list of strings, or a list of messages."""
    if isinstance(value, str):
        return value.splitlines()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        return None
    turns: list[str] = []
    for item in value:
        if isinstance(item, Mapping):
            item = next((text for n in _TEXT_FIELDS if (text := text_of(item.get(n))) is not None), None)
        if not isinstance(item, str):
            return None
        turns.append(item)
    return turns


def _without_label(turn: str, speakers: frozenset[str]) -> str:
    match = _LABEL.match(turn)
    if match and match[1] in speakers:
        turn = turn[match.end() :]
    return turn.strip()
