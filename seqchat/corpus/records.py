"""A raw record of a file: what a reader hands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqchat.errors import one_line


@dataclass(frozen=True)
class Record:
    """One raw record, its position (``file:line``), and the share of its file that is read with it, 0 to 1.

    value: a message of a chat or why there is none (`formats.base`), or what a data set has for a dialog.
    """

    location: str
    value: Any
    error: str = ""
    share: float = 1.0


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, cut if it is long."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return one_line(lines[0], 120)
