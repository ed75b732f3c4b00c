"""Chats as records: rows of a table and objects in JSON, recognised by the names of their fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from seqchat.corpus.formats.base import EMPTY, OTHER_RECORD, Item, LeftOut, Message
from seqchat.corpus.formats.notes import PLAIN, Notes
from seqchat.corpus.formats.times import date_order, moment, seconds_of
from seqchat.corpus.speakers import ME

# Documents are not nested deeper.
_MAX_DEPTH = 8
_MINE = frozenset({"1", "true", "yes", "1.0", "outgoing"})
_NOT_MINE = frozenset({"0", "false", "no", "0.0"})


@dataclass(frozen=True)
class RecordFormat:
    """An exporter that writes a record for each message.

    time, sender, text, chat, mine: the names of fields, separated by `|` if there are several, with dots for fields
    of fields; the first that has a value counts. day: the field of the date, if `time` has only the clock. need: fields
    that a record must have to be of this format, by default those of time, sender and text. mine: tells whether the
    owner of the export wrote it, if it is one of mine_values; owned: whether the owner wrote all of it; identity: says
    who wrote it as `owner_of` says who owns the document. prepare: changes records by what they say about each other.
    reason: says why a record is no message. skip: fields that, if they are true, are the reason why. decode: undoes
    what the exporter does to texts.
    """

    name: str
    time: str
    sender: str
    text: str
    day: str = ""
    need: tuple[str, ...] = ()
    chat: str = ""
    mine: str = ""
    mine_values: frozenset[str] = _MINE
    owned: bool = False
    identity: str = ""
    prepare: Callable[[Sequence[Any]], Sequence[Any]] | None = None
    reason: Callable[[Mapping[str, Any]], str] | None = None
    skip: Mapping[str, str] = field(default_factory=dict)
    decode: Callable[[str], str] | None = None
    textual: Callable[[Any], str | None] | None = None
    name_of: Callable[[str], str] | None = None
    notes: Notes = PLAIN

    def fits(self, record: Any) -> bool:
        """Whether a record has the fields."""
        if not isinstance(record, Mapping):
            return False
        return all(_has(record, names) for names in self.need or (self.time, self.sender, self.text))

    def item(self, record: Mapping[str, Any], order: str, field: str | None, keep_notes: bool, owner: str = "") -> Item:
        """Return the message of a record that fits, or why there is none.

        field: the one of its text, None for that of the format; owner: of the document, as `owner_of` returns it.
        """
        reason = self._reason(record)
        if reason:
            return LeftOut(reason)
        found = value_of(record, field or self.text, keep_empty=True)
        text = (self.textual or text_of)(found)
        text = self.decode(text) if text and self.decode else text
        if not text or not text.strip():
            return LeftOut(EMPTY)
        if not keep_notes:
            lines = [self.notes.cut(line) for line in text.split("\n")]
            reasons = [self.notes.reason(line.strip()) if line.strip() else "" for line in lines]
            text = "\n".join(line for line, why in zip(lines, reasons, strict=True) if not why).strip()
            if not text:
                return LeftOut(next(filter(None, reasons), EMPTY))
        chat = str(value_of(record, self.chat) or "") if self.chat else ""
        time = seconds_of(self.when(record), order)
        mine = self._is_mine(record) or self.owned or (bool(owner) and value_of(record, self.identity) == owner)
        return Message(text, self._sender(record), time, chat, mine)

    def when(self, record: Mapping[str, Any]) -> Any:
        """Return the time of a record as it is written, with its date."""
        time = value_of(record, self.time)
        day = value_of(record, self.day) if self.day and isinstance(time, str) and not moment(time).date else None
        return time if day is None or day == time else f"{day} {time}"

    def _reason(self, record: Mapping[str, Any]) -> str:
        skipped = (
            why for names, why in self.skip.items() if value_of(record, names) not in (None, False, "", 0, "0", [])
        )
        return next(skipped, "") or (self.reason(record) if self.reason else "")

    def _sender(self, record: Mapping[str, Any]) -> str:
        name = _name(value_of(record, self.sender))
        if self.chat and self._is_mine(record) and name == _name(value_of(record, self.chat)):
            return ME
        if not name or name.lower() in _MINE | _NOT_MINE:
            name = ME if self._is_mine(record) else _name(value_of(record, self.chat)) if self.chat else name
        return self.name_of(name) if self.name_of else name.strip()

    def _is_mine(self, record: Mapping[str, Any]) -> bool:
        return bool(self.mine) and str(value_of(record, self.mine, keep_empty=True)).lower() in self.mine_values


def value_of(record: Mapping[str, Any], names: str, *, keep_empty: bool = False) -> Any:
    """Return the first value that one of the fields has, or None; an empty one only with `keep_empty`."""
    empty = None
    for name in names.split("|"):
        value = _field(record, name)
        if value is not None and value != "":
            return value
        empty = value if empty is None else empty
    return empty if keep_empty else None


def _field(record: Any, name: str) -> Any:
    if isinstance(record, Mapping) and name in record:
        return record[name]
    for part in name.split("."):
        record = record.get(part) if isinstance(record, Mapping) else None
    return record


def _has(record: Mapping[str, Any], names: str) -> bool:
    return any(_present(record, name) for name in names.split("|"))


def _present(record: Any, name: str) -> bool:
    if isinstance(record, Mapping) and name in record:
        return True
    first, _, rest = name.partition(".")
    return bool(rest) and isinstance(record, Mapping) and first in record and _present(record[first], rest)


def text_of(value: Any) -> str | None:
    """Return the text of a message: a string, or the strings in a list and in the `text` of its parts, joined."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return None
    parts = [part.get("text") if isinstance(part, Mapping) else part for part in value]
    return "".join(part for part in parts if isinstance(part, str)) if parts else None


def _name(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else text_of(value) or ""


def best_format(records: Iterable[Any], formats: Sequence[RecordFormat]) -> RecordFormat | None:
    """Return the format that most records have; None if it is fewer than half of them."""
    fitting: Counter[int] = Counter()
    total = 0
    for record in records:
        total += 1
        fitting.update([number for number, form in enumerate(formats) if form.fits(record)])
    if not fitting:
        return None
    number, most = max(fitting.items(), key=lambda item: (item[1], -item[0]))
    return formats[number] if most * 2 >= total else None


def chats_in(
    document: Any, formats: Sequence[RecordFormat], depth: int = 0
) -> Iterator[tuple[RecordFormat, list[Any]]]:
    """Yield the lists of messages that a document holds, wherever they are, each with its format."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(document, list):
        form = best_format(document, formats) if any(isinstance(item, Mapping) for item in document) else None
        if form is not None:
            yield form, document
            return
        parts: Iterable[Any] = document
    else:
        parts = document.values() if isinstance(document, Mapping) else ()
    for part in parts:
        if isinstance(part, list | Mapping):
            yield from chats_in(part, formats, depth + 1)


def owner_of(document: Any) -> str:
    """Return who owns a document, as its messages name people; empty if it does not say."""
    skype, telegram = (value_of(document, name) for name in ("userId", "personal_information.user_id"))
    return skype if isinstance(skype, str) else f"user{telegram}" if isinstance(telegram, int) else ""


def items_of(
    form: RecordFormat, records: Sequence[Any], field: str | None = None, keep_notes: bool = False, owner: str = ""
) -> Iterator[Item]:
    """Yield the messages of a chat, from the first to the last; newer ones may come first in the list."""
    records = form.prepare(records) if form.prepare else records
    order = order_of(form, records)
    items = [
        form.item(record, order, field, keep_notes, owner) if form.fits(record) else LeftOut(OTHER_RECORD)
        for record in records
        if record is not None
    ]
    yield from reversed(items) if _newest_first(items) else items


def order_of(form: RecordFormat, records: Iterable[Any]) -> str:
    """Return the order in which records write year, month and day."""
    times = (form.when(record) for record in records if isinstance(record, Mapping))
    return date_order(moment(time) for time in times if isinstance(time, str))


def _newest_first(items: Sequence[Item]) -> bool:
    times = [item.time for item in items if isinstance(item, Message) and item.time is not None]
    steps = [later - earlier for earlier, later in pairwise(times)]
    return sum(step < 0 for step in steps) > sum(step > 0 for step in steps)
