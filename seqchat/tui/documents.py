"""Text files that are opened, and saved so that nothing is lost."""

from __future__ import annotations

import contextlib
import re
import stat
from pathlib import Path
from typing import NamedTuple

from seqchat.corpus.cleaning import clean
from seqchat.corpus.words import has_han
from seqchat.errors import SeqchatError, one_line
from seqchat.files import is_folder, write_file
from seqchat.tui.language import say

MAX_BYTES = 10_000_000


class Document(NamedTuple):
    """A text file as it was last read or written: its path, its text, its line break, and when it was changed."""

    path: Path
    text: str
    newline: str
    changed_ns: int

    @classmethod
    def read(cls, path: Path) -> Document:
        """Read a UTF-8 text.

        Raises:
            SeqchatError: there is no such file, it is not text, or larger than `MAX_BYTES`.
        """
        try:
            if path.stat().st_size > MAX_BYTES:
                raise SeqchatError(say("{path} is larger than {most} MB.", path=path, most=MAX_BYTES // 1_000_000))
            changed = path.stat().st_mtime_ns
            raw = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise SeqchatError(say("{path} is not UTF-8 text.", path=path)) from None
        except OSError as error:
            raise SeqchatError(
                say("{path} cannot be read ({reason}).", path=one_line(path), reason=error.strerror)
            ) from error
        return cls(path, clean(raw), "\r\n" if "\r\n" in raw else "\n", changed)

    @classmethod
    def new(cls, path: Path) -> Document:
        """Return an empty text that is not on the disk yet.

        Raises:
            SeqchatError: there is no folder for it.
        """
        if not is_folder(path.parent):
            raise SeqchatError(say("There is no folder {path}.", path=one_line(path.parent)))
        return cls(path, "", "\n", 0)

    @classmethod
    def write(cls, path: Path, text: str, newline: str = "\n") -> Document:
        """Write a text atomically; a link stays a link, and permissions stay.

        Raises:
            SeqchatError: it cannot be written.
        """
        try:
            target = path.resolve()
            mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        except (OSError, RuntimeError) as error:  # too long a name, or links in a circle
            reason = one_line(getattr(error, "strerror", None) or error)
            raise SeqchatError(
                say("{path} cannot be written ({reason}).", path=one_line(path), reason=reason)
            ) from error
        if not target.parent.is_dir():
            raise SeqchatError(say("{path} cannot be written ({reason}).", path=path, reason=say("no such folder")))
        if mode is None:
            write_file(target, text.replace("\n", newline))
        else:
            # Whoever could not read the old text must not read the new one, not even while it is written.
            write_file(target, text.replace("\n", newline), mode)
            with contextlib.suppress(OSError):
                target.chmod(mode)
        return cls(path, text, newline, target.stat().st_mtime_ns)

    @property
    def changed_by_others(self) -> bool:
        """Whether the file on the disk has changed since it was last read or written."""
        try:
            return self.path.stat().st_mtime_ns != self.changed_ns
        except FileNotFoundError:
            return False
        except OSError:
            return True


_WORD = re.compile(r"[^\W_]+(?:['’_-][^\W_]+)*")


def describe_length(text: str) -> str:
    """Say how long a text is: in characters without spaces if it has Chinese ones, else in words."""
    if has_han(text):
        count = len("".join(text.split()))
        return say("1 character") if count == 1 else say("{count:,} characters", count=count)
    count = sum(1 for _ in _WORD.finditer(text))
    return say("1 word") if count == 1 else say("{count:,} words", count=count)
