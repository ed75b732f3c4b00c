"""Slack's archive of a workspace: a folder a channel, a file a day, and the names of its users."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seqchat.corpus.formats.base import OTHER_RECORD, Item, LeftOut, Message
from seqchat.corpus.formats.records import text_of, value_of
from seqchat.corpus.formats.services import SLACK, named_in_text

NAME = SLACK.name
USERS = "users.json"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
# Lists of what a workspace has, none of them said
LISTS = frozenset(
    {USERS, "channels.json", "groups.json", "dms.json", "mpims.json", "integration_logs.json", "canvases.json"}
)
_NAME = "profile.display_name|name|profile.real_name|real_name"


def names_of(users: Any) -> dict[str, str]:
    """Return the names of users by their ids."""
    listed = [user for user in users if isinstance(user, Mapping)] if isinstance(users, list) else []
    return {str(user.get("id")): text_of(value_of(user, _NAME)) or str(user.get("id")) for user in listed}


def items_of_day(records: Sequence[Any], names: Mapping[str, str], keep_notes: bool) -> Iterator[Item]:
    """Yield the messages of a day, with the names of users for their ids."""
    for record in records:
        if not SLACK.fits(record):
            yield LeftOut(OTHER_RECORD)
            continue
        item = SLACK.item(named_in_text(record, names), "", None, keep_notes)
        if isinstance(item, Message):
            item = item._replace(sender=names.get(str(record.get("user")), item.sender))
        yield item
