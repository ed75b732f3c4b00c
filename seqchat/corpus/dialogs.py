"""A raw record becomes a dialog: its turns in order, cleaned, without the names of the speakers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any, NamedTuple

from seqchat.corpus.cleaning import clean
from seqchat.corpus.formats.records import text_of
from seqchat.corpus.scripts import composed
from seqchat.errors import SeqchatError, quoted

_LABEL = re.compile(r"\s*([^:：\n]{1,40}?)\s*[:：]\s*")
_SPEAKER_FIELDS = ("user1", "user2")
_TURNS_FIELDS = ("dialog", "dialogue", "conversation", "conversations", "messages", "turns", "utterances")
_SPEAKER_OF_TURN = ("role", "from", "speaker", "sender", "author", "name", "user")
# Fields of which each is a turn
_TURN_COLUMNS = (
    ("instruction", "output"),
    ("instruction", "response"),
    ("prompt", "response"),
    ("prompt", "completion"),
    ("question", "answer"),
    ("query", "response"),
    ("prompt", "chosen"),
    ("query", "answer"),
    ("question", "response"),
    ("input", "output"),
    ("human", "assistant"),
    ("user", "assistant"),
    ("问题", "回答"),
    ("问题", "答案"),
    ("提问", "回答"),
    ("質問", "回答"),
    ("질문", "답변"),
    ("frage", "antwort"),
    ("pregunta", "respuesta"),
    ("вопрос", "ответ"),
    ("问", "答"),
)
# What nobody says: instructions to a model, and what its tools give back
_NOT_SAID = frozenset({"system", "developer", "tool", "function", "observation", "function_call", "tool_call"})
_TEXT_FIELDS = ("text", "content", "message", "utterance", "sentence", "value")

# How many characters may stand beside the only text of a record, and how many times its own
_LITTLE, _MUCH = 200, 2
_MAX_DEPTH = 8

# No message is longer; a whole book on one line is no conversation.
MAX_TURN_CHARACTERS = 100_000


@dataclass(frozen=True)
class Dialog:
    """One conversation: its turns in order, cleaned, without speaker labels.

    source: the file or data set it is of; speakers: who says each turn, empty for one whose speaker is not known, and
    none at all if none is; mine: which turns are those of the owner of the export, none if it does not say; learned:
    which turns are learned and measured, and not only their context, none for all.
    """

    turns: tuple[str, ...]
    source: str = field(default="", compare=False)
    speakers: tuple[str, ...] = field(default=(), compare=False)
    mine: tuple[bool, ...] = field(default=(), compare=False)
    learned: tuple[bool, ...] = field(default=(), compare=False)


class Talk(NamedTuple):
    """Turns that were said in a row, as they were written, and who said each; mine: as in `Dialog`."""

    turns: Sequence[str]
    speakers: Sequence[str]
    mine: Sequence[bool] = ()


class NoDialogError(SeqchatError):
    """A record that is no dialog; the message says why."""


class NoFieldError(NoDialogError):
    """A record in which nothing looks like turns or text, or that lacks the named field."""


def dialog_of(value: Any, field: str | None, columns: Sequence[str] = ()) -> Dialog:
    """Return the dialog in a record.

    field: names the field of its turns or text, None to guess it; columns: names the fields that are its turns.

    Raises:
        NoDialogError: there is none.
    """
    if isinstance(value, Talk):
        return _dialog(value.turns, value.speakers, value.mine)
    talk = _talk_in_columns(value, columns) if isinstance(value, Mapping) and not field else None
    if columns and talk is None:
        raise NoFieldError(f"no fields {', '.join(columns)}")
    if talk is not None:
        return _dialog(talk.turns, talk.speakers)
    turns, speakers, labels = _turns(value, field)
    if turns is None:
        raise NoFieldError(f"no field {quoted(field)}" if field else "no field with turns or text")
    parts = [_parted(turn, labels) for turn in turns]
    names = speakers or [label for label, _ in parts]
    return _dialog([text for _, text in parts], names)


def _dialog(turns: Sequence[str], speakers: Sequence[str], mine: Sequence[bool] = ()) -> Dialog:
    longest = max(map(len, turns), default=0)
    if longest > MAX_TURN_CHARACTERS:
        raise NoDialogError(f"a turn of {longest:,} characters, more than {MAX_TURN_CHARACTERS:,}; break it up")
    own = mine or [False] * len(turns)
    said = [(composed(clean(turn)).strip(), name, me) for turn, name, me in zip(turns, speakers, own, strict=True)]
    kept = [(turn, composed(clean(name)).replace("\n", " ").strip(), me) for turn, name, me in said if turn]
    if not kept:
        raise NoDialogError("no text")
    texts, names, is_mine = zip(*kept, strict=True)
    return Dialog(texts, speakers=names if any(names) else (), mine=is_mine if any(is_mine) else ())


def _talk_in_columns(record: Mapping[str, Any], columns: Sequence[str]) -> Talk | None:
    """Return the turns that fields of a record hold, an instruction with its input as one of them."""
    by_lower_case = {name.lower(): name for name in record if isinstance(name, str)}
    for names in [columns] if columns else _TURN_COLUMNS:
        found = [by_lower_case.get(name.lower(), "") for name in names]
        values = [record.get(name) for name in found]
        if all(found) and all(isinstance(value, str) for value in values):
            turns = [str(value) for value in values]
            extra = record.get(by_lower_case.get("input", ""))
            if not columns and names[0] == "instruction" and isinstance(extra, str) and extra.strip():
                turns[0] = f"{turns[0]}\n{extra}"
            before = [] if columns else _history(record.get(by_lower_case.get("history", "")))
            return Talk([*before, *turns], [*found * (len(before) // 2), *found])
    return None


def _history(value: Any) -> list[str]:
    """Return the turns before an instruction, which are pairs."""
    rows = value if isinstance(value, list) else []
    pairs = all(isinstance(row, list) and len(row) == 2 and all(isinstance(text, str) for text in row) for row in rows)
    return [text for row in rows for text in row] if pairs else []


def without_patterns(dialog: Dialog, patterns: Sequence[str]) -> Dialog:
    """Return a dialog without what matches one of these regular expressions, and without turns that are then empty."""
    if not patterns:
        return dialog
    dropped = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
    turns = [dropped.sub("", turn).strip() for turn in dialog.turns]
    left = [bool(turn) for turn in turns]
    return replace(
        dialog,
        turns=tuple(compress(turns, left)),
        speakers=tuple(compress(dialog.speakers, left)),
        mine=tuple(compress(dialog.mine, left)),
        learned=tuple(compress(dialog.learned, left)),
    )


def has_turns(value: Mapping[str, Any], *, only_known: bool = False) -> bool:
    """Whether a record has a field that looks like turns or a text; only_known: by the name of a field of turns."""
    return any(name in value for name in _TURNS_FIELDS) if only_known else _guess_field(value) is not None


def _turns(value: Any, field: str | None) -> tuple[list[str] | None, list[str], frozenset[str]]:
    """Find the turns of a record, who says them if it says so, and the names that may precede them."""
    labels = frozenset(_SPEAKER_FIELDS)
    if isinstance(value, Mapping):
        names = (value.get(name) for name in _SPEAKER_FIELDS)
        labels |= {clean(name).strip() for name in names if isinstance(name, str) and name.strip()}
        found = field if field in value else None if field else _guess_field(value)
        value = value[found] if found is not None else None
    talk = _talk(value)
    return (None, [], labels) if talk is None else (list(talk.turns), list(talk.speakers), labels)


def _guess_field(record: Mapping[str, Any]) -> str | None:
    by_lower_case = {name.lower(): name for name in record if isinstance(name, str)}
    for known in (*_TURNS_FIELDS, *_TEXT_FIELDS):
        name = known if known in record else by_lower_case.get(known)
        if name is not None and _talk(record[name]) is not None:
            return name
    # Where turns are, but none that can be read, a title beside them is not what was said.
    return (
        None
        if any(isinstance(record.get(name), list | Mapping) for name in _TURNS_FIELDS)
        else _only_text_field(record)
    )


def _only_text_field(record: Mapping[str, Any]) -> str | None:
    text_fields = [n for n, v in record.items() if isinstance(v, str) and n not in _SPEAKER_FIELDS]
    if len(text_fields) != 1:
        return None
    # A title, or a name, stands beside what holds the text.
    beside = sum(_characters(value) for value in record.values() if isinstance(value, list | Mapping))
    return text_fields[0] if beside <= max(_LITTLE, _MUCH * len(record[text_fields[0]])) else None


def _characters(value: Any, depth: int = 0) -> int:
    """Return how many characters the texts in a value have."""
    if isinstance(value, str) or depth > _MAX_DEPTH:
        return len(value) if isinstance(value, str) else 0
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return sum(_characters(item, depth + 1) for item in inner)


def _talk(value: Any) -> Talk | None:
    """Read turns out of a string (a turn a line), a list of strings, or a list of messages; the names of speakers are
    empty where none is given, and none at all are given for strings."""
    if isinstance(value, str):
        return Talk(value.splitlines(), [])
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        return None
    if all(isinstance(item, str) for item in value):
        return Talk(value, [])
    said = [_said(item) for item in value]
    if None in said:
        return None
    kept = [turn for turn in said if turn is not None and turn[1] is not None]
    return Talk([text or "" for _, text in kept], [name for name, _ in kept])


def _said(item: Any) -> tuple[str, str | None] | None:
    """Return who says what in a message of a list; no text if it says nothing, None if it is no message."""
    if isinstance(item, str):
        return "", item
    if not isinstance(item, Mapping):
        return None
    known = [name for name in _TEXT_FIELDS if name in item]
    if not known:
        return None
    field, name = next(((n, text) for n in _SPEAKER_OF_TURN if isinstance(text := item.get(n), str)), ("", ""))
    text = next((text for n in known if (text := text_of(item[n])) is not None), None)
    if text is None and any(item[n] is not None and item[n] != [] for n in known):
        return None
    # A speaker of this name is the other side of a dialog.
    return name, None if field != "speaker" and name.lower() in _NOT_SAID else text


def _parted(turn: str, labels: frozenset[str]) -> tuple[str, str]:
    """Return the name before a turn, if it is one of the labels, and the turn without it."""
    turn = clean(turn)
    match = _LABEL.match(turn)
    return (match[1], turn[match.end() :].strip()) if match and match[1] in labels else ("", turn.strip())
