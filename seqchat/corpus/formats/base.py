"""What a file of a messenger consists of: messages, and what is left out for a reason."""

from __future__ import annotations

from typing import NamedTuple

# Reasons why something is left out, as nouns that can be counted
MEDIA = "media note"
DELETED = "deleted message"
CALL = "call"
SYSTEM = "system line"
HEADING = "heading line"
BEFORE = "line before the first message"
EMPTY = "message without words"
OTHER_KIND = "message of another kind"
OTHER_RECORD = "other record"
OTHER_BRANCH = "message of another branch"
QUOTED = "quoted line"
TOO_LONG = "message that is too long"
TIMING = "line of times"


class Message(NamedTuple):
    """What one person wrote at once.

    time: seconds on the export's own clock, None if it has none; chat: tells the chats of one file apart; mine: whether
    the export says that its owner wrote it.
    """

    text: str
    sender: str = ""
    time: float | None = None
    chat: str = ""
    mine: bool = False


class LeftOut(NamedTuple):
    """Lines or messages that nobody said, and why."""

    reason: str
    number: int = 1


class Break(NamedTuple):
    """The dialog ends here."""


Item = Message | LeftOut | Break
