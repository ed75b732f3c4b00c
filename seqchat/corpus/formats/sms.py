"""SMS Backup & Restore: an XML file with an element for each message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, iterparse

from seqchat.corpus.formats.base import EMPTY, MEDIA, SYSTEM, Item, LeftOut, Message
from seqchat.corpus.formats.records import RecordFormat
from seqchat.corpus.formats.times import seconds_of
from seqchat.corpus.speakers import ME

NAME = "SMS Backup & Restore"
ROOT = "smses"
# The halves of a character outside of Unicode's first plane, which XML does not allow on their own
_HIGH = rb"&#([xX][dD][89abAB][0-9a-fA-F]{2}|55[2-9]\d\d|56[0-3]\d\d);"
_PAIR = re.compile(_HIGH + rb"&#([xX][dD][c-fC-F][0-9a-fA-F]{2}|56[3-9]\d\d|57\d{3});")
# What may be the beginning of both at the end of what is read
_UNFINISHED, _LONGEST = re.compile(rb"(?:%b)?(?:&(?:#\w{0,5})?)?\Z" % _HIGH), 16
_RECEIVED, _SENT = "1", "2"


RECORDS = (
    # The table of Android, as other programs write it
    RecordFormat(
        "SMS",
        time="date",
        sender="__display_name|contact_name|address",
        text="body",
        need=("address", "body", "date", "type", "thread_id|date_sent|read"),
        chat="__display_name|contact_name|address",
        mine="type",
        mine_values=frozenset({_SENT}),
        reason=lambda record: "" if str(record.get("type")) in (_RECEIVED, _SENT) else SYSTEM,
    ),
)


class _Paired:
    """A file of XML in which two halves of a character, as Java writes them, are one."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._rest = file, b""

    def read(self, size: int = -1) -> bytes:
        """Return about so many bytes, none at the end."""
        new = self._file.read(size)
        whole, self._rest = self._rest + new, b""
        cut = _UNFINISHED.search(whole, max(len(whole) - _LONGEST, 0))
        if new and cut:
            whole, self._rest = whole[: cut.start()], cut[0]
        return _PAIR.sub(_joined, whole) or (self.read(size) if new else b"")


def _joined(pair: re.Match[bytes]) -> bytes:
    high, low = (int(half[1:], 16) if half[:1] in b"xX" else int(half) for half in pair.groups())
    both = 0xD800 <= high < 0xDC00 <= low < 0xE000
    return b"&#%d;" % (0x10000 + ((high - 0xD800) << 10) + low - 0xDC00) if both else pair[0]


def items_of(file: IO[bytes]) -> Iterator[Item]:
    """Yield the messages of a backup; what is damaged ends it.

    Raises:
        ParseError: it is not XML from here on.
        ValueError: it is no backup of messages.
    """
    root: Element | None = None
    for event, element in iterparse(_Paired(file), ("start", "end")):
        if root is None:
            root = element
            if root.tag != ROOT:
                raise ValueError(f"XML with the root {root.tag}")
        elif event == "end" and element.tag in ("sms", "mms"):
            yield _item(element)
            root.clear()


def _text_of_parts(element: Element) -> str:
    parts = (part.get("text", "") for part in element.iter("part") if part.get("ct") == "text/plain")
    return "\n".join(part for part in parts if part != "null")


def _item(element: Element) -> Item:
    kind, address, text = (element.get(name, "") for name in ("type", "address", "body"))
    if element.tag == "mms":
        kind, text = element.get("msg_box", ""), _text_of_parts(element)
    if kind not in (_RECEIVED, _SENT):
        return LeftOut(SYSTEM)
    if not text.strip() or text == "null":
        return LeftOut(MEDIA if element.tag == "mms" else EMPTY)
    name = element.get("contact_name", "")
    known = name if name not in ("", "null", "(Unknown)") else address
    mine = kind == _SENT
    return Message(text, ME if mine else known, seconds_of(element.get("date")), address, mine)
