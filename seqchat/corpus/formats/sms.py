"""SMS Backup & Restore: an XML file with an element for each message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, iterparse

from seqchat.corpus.formats.base import EMPTY, MEDIA, SYSTEM, Item, LeftOut, Message
from seqchat.corpus.formats.times import seconds_of
from seqchat.corpus.speakers import ME

NAME = "SMS Backup & Restore"
ROOT = "smses"
_RECEIVED, _SENT = "1", "2"


def items_of(file: IO[bytes]) -> Iterator[Item]:
    """Yield the messages of a backup; what is damaged ends it.

    Raises:
        ParseError: it is not XML from here on.
        ValueError: it is no backup of messages.
    """
    root: Element | None = None
    for event, element in iterparse(file, ("start", "end")):
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
