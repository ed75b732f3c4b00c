"""Where a text stands in others; independent of widgets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Hit(NamedTuple):
    """A place where it stands: the number of the text, its first character there, and the one after its last."""

    text: int
    start: int
    end: int


def find(texts: Sequence[str], wanted: str) -> list[Hit]:
    """Return all places, in their order; small letters find capitals too, and capitals only themselves."""
    if not wanted:
        return []
    pattern = re.compile(re.escape(wanted), re.IGNORECASE if wanted == wanted.lower() else 0)
    return [Hit(index, *match.span()) for index, text in enumerate(texts) for match in pattern.finditer(text)]


def replaced(text: str, hits: Sequence[Hit], by: str) -> str:
    """Return a text with something else in all these places of it."""
    parts, end = [], 0
    for hit in hits:
        parts += [text[end : hit.start], by]
        end = hit.end
    return "".join(parts) + text[end:]
