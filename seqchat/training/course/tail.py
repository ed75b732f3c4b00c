"""A file of JSON lines that another program is still writing, read on from where the last look ended."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, BinaryIO

# What a run writes of its course is much shorter; no look reads more.
_MOST_BYTES = 64_000_000


class Tail:
    """The complete lines of a file so far; `lines` begins again when another file takes its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: list[dict[str, Any]] = []
        self._offset = 0
        self._file: tuple[int, int] | None = None

    def poll(self) -> bool:
        """Read what was added; return whether anything changed."""
        try:
            with self._path.open("rb") as file:
                return self._read(file)
        except FileNotFoundError:
            return self._begin_again()
        except OSError:  # a disk elsewhere that does not answer now
            return False

    def _read(self, file: BinaryIO) -> bool:
        about = os.fstat(file.fileno())
        changed = False
        if self._file != (about.st_dev, about.st_ino) or about.st_size < self._offset:
            changed = self._begin_again()
            self._file = about.st_dev, about.st_ino
        file.seek(self._offset)
        whole, newline, _rest = file.read(_MOST_BYTES).rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        for line in whole.split(b"\n") if newline else ():
            if (values := _parsed(line)) is not None:
                self.lines.append(values)
                changed = True
        return changed

    def _begin_again(self) -> bool:
        had = bool(self.lines)
        self.lines, self._offset, self._file = [], 0, None
        return had


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line; None for a damaged one, or one without its tokens."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) and isinstance(values.get("tokens"), int) else None
