"""What is whole in a JSON document that is damaged."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

from seqchat.corpus.dialogs import has_turns
from seqchat.corpus.formats.documents import RECORD_FORMATS
from seqchat.corpus.formats.records import best_format, chats_in
from seqchat.corpus.readers.json_objects import RepeatedKeys

# Of a damaged document: lists of objects, the next object of a list and its end, and how much is tried
_LIST, _NEXT, _END = re.compile(r"\[\s*(?=\{)"), re.compile(r"\s*,\s*(?=\{)"), re.compile(r"\s*\]")
_SALVAGED_LISTS, _MAX_GAPS, _MAX_TRIED, _LAST = 100, 1_000, 1_000, 100


def salvaged(text: str, repeated: RepeatedKeys) -> tuple[list[Any], int]:
    """Return the whole objects of all lists of chats or dialogs in a document that is damaged, and how many are not
    whole; repeated: what the objects are made by."""
    parts, broken, position = list[list[Any]](), 0, 0
    for _ in range(_SALVAGED_LISTS):
        start = _LIST.search(text, position)
        if start is None:
            break
        found, gaps, end = _whole_objects(text, start.end(), repeated)
        if found and _hold_turns(found):
            parts.append(found)
            broken += gaps
            position = end
        else:
            position = start.end()
    return [value for part in parts for value in part] if not any(map(_chats_of, parts)) else parts, broken


def _whole_objects(text: str, position: int, repeated: RepeatedKeys) -> tuple[list[Any], int, int]:
    """Return the objects of a list whose first one begins here, at how many places one is not whole, and where it ends.

    What comes after a message that is not whole is looked for; after anything else it could be a part of that.
    """
    decoder, found, gaps = json.JSONDecoder(object_pairs_hook=repeated), list[Any](), 0
    while True:
        try:
            value, position = decoder.raw_decode(text, position)
            found.append(value)
            following = _NEXT.match(text, position)
            if following is None and _END.match(text, position):
                return found, gaps, position
        except (ValueError, RecursionError):
            following = None
        if following is None:
            gaps += 1
            messages = not found or best_format(found, RECORD_FORMATS) is not None
            start = _next_message(text, position + 1, found) if messages and gaps < _MAX_GAPS else None
            gaps += _texts_in(text[position : start or _list_after(text, position)], found) - 1 if messages else 0
        else:
            start = following.end()
        if start is None:
            return found, gaps, position
        position = start


def _list_after(text: str, position: int) -> int:
    """Return where the next list of objects begins, or the end of the text."""
    following = _LIST.search(text, position)
    return following.start() if following else len(text)


def _texts_in(gap: str, found: Sequence[Any]) -> int:
    """Return how many messages a part between whole ones has, by the names of the fields of their texts; 1 at least."""
    form = best_format(found, RECORD_FORMATS)
    names = {name.rpartition(".")[2] for name in form.text.split("|")} if form else set()
    return max([1, *(gap.count(json.dumps(name, ensure_ascii=False)) for name in names)])


def _next_message(text: str, position: int, found: Sequence[Any]) -> int | None:
    """Return where the next whole message begins, which need not be where one is expected; it begins as others do."""
    keys = {next(iter(value), None) for value in found[-_LAST:] if isinstance(value, dict)}
    names = "|".join(re.escape(json.dumps(key, ensure_ascii=False)) for key in keys if isinstance(key, str))
    begins = re.compile(rf"\{{\s*(?:{names})\s*:") if names else re.compile(r"(?<=[\[,])\s*\{")
    for match in islice(begins.finditer(text, position), _MAX_TRIED):
        start = text.index("{", match.start())
        try:
            value, _ = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if best_format([value], RECORD_FORMATS) is not None:
            return start
    return None


def _chats_of(values: Sequence[Any]) -> bool:
    return any(True for _ in chats_in(values, RECORD_FORMATS))


def _hold_turns(values: Sequence[Any]) -> bool:
    return _chats_of(values) or any(isinstance(value, dict) and has_turns(value, only_known=True) for value in values)
