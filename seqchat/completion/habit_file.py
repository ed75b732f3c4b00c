"""The learned words on disk: a file that only the writer can read, to which every window adds what it learns.

A line is a word, its pinyin, how often it was taken, and when, with tabs between them. What is taken is added at the
end; lines of the same word count together. A lock keeps two windows from writing at once.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from seqchat import locations
from seqchat.completion.habits import MAX_COUNT, MAX_LENGTH, Habit, Habits, is_learnable
from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError, one_line
from seqchat.files import private_folder, read_bytes, write_private
from seqchat.wording import counted

_HEADER = "# seqchat: learned words, format 1"
_HEADER_BYTES = 100
_LINE = re.compile(
    rf"(?! )([^\t\n]{{1,{MAX_LENGTH}}})(?<! )\t((?:[a-z]{{1,6}}(?: [a-z]{{1,6}})*)?)"
    r"\t(\d{1,7}(?:\.\d+)?)\t(\d{1,11})"
)
MAX_WORDS = 200_000
_MAX_BYTES = 50_000_000
_LOCK_SECONDS = 5
# A file with more lines than words is written again when it is read.
_MAX_LINES_PER_WORD, _FEW_LINES = 1.5, 1_000


class Found(NamedTuple):
    """What was read: the habits, and a sentence on what is wrong with the file, empty if nothing is."""

    habits: list[Habit]
    problem: str


class HabitFile:
    """A file of learned words, by default the user's."""

    def __init__(self, path: Path | None = None) -> None:
        # A link to a file elsewhere stays one.
        self.path = Path(os.path.realpath(path or locations.learned_words()))

    def load(self) -> Found:
        """Read the file; damaged lines are left out, and kept in a copy of the file.

        Raises:
            SeqchatError: it cannot be used, or is not a file of learned words; then it stays as it is.
        """
        if not self.path.exists():
            return Found([], "")
        with self._locked():
            return self._read()

    def add(self, taken: Iterable[Habit]) -> None:
        """Add what was taken, at the end.

        Raises:
            SeqchatError: as for `load`.
        """
        lines = "".join(map(_line, taken))
        if not lines:
            return
        with self._locked(), self._opened() as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if size and not _begins(file.read(_HEADER_BYTES)):
                raise self._foreign()
            file.seek(max(size - 1, 0))
            begin = f"{_HEADER}\n" if not size else "" if file.read() == b"\n" else "\n"
            file.write((begin + lines).encode())

    def change(self, change: Callable[[Habits], object]) -> str:
        """Change all habits, and write them; return what was wrong with the file, empty if nothing was.

        Raises:
            SeqchatError: as for `load`, or there would be too many words.
        """
        with self._locked():
            found = self._read() if self.path.exists() else Found([], "")
            habits = Habits(found.habits)
            change(habits)
            if len(habits) > MAX_WORDS:
                raise SeqchatError(f"More than {MAX_WORDS:,} words cannot be learned; nothing was changed.")
            self._write(habits)
        return found.problem

    def forget(self, word: str) -> None:
        """Remove a word, however it is read; other lines stay as they are, so that it is quick in a long file.

        Raises:
            SeqchatError: as for `load`.
        """
        if not self.path.exists():
            return
        with self._locked():
            content = read_bytes(self.path, _MAX_BYTES)
            if content and not _begins(content):
                raise self._foreign()
            lines, its_own = content.split(b"\n"), f"{word}\t".encode()
            kept = [line for line in lines if not line.startswith(its_own)]
            if len(kept) < len(lines):
                write_private(self.path, b"\n".join(kept))

    def remove(self) -> int:
        """Remove the file and its copies, whatever is in them; return how many words were learned."""
        try:
            words = len(Habits(_parsed(read_bytes(self.path, _MAX_BYTES))[0])) if self.path.exists() else 0
        except OSError:
            words = 0
        try:
            for path in (self.path, *self.path.parent.glob(f"{self.path.name}.damaged*"), self._lock_path):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error) from error
        return words

    # --- with the lock

    def _read(self) -> Found:
        try:
            content = read_bytes(self.path, _MAX_BYTES)
        except OSError as error:
            raise self._unusable(error) from error
        if content and not _begins(content):
            raise self._foreign()
        lines, damaged, count = _parsed(content)
        habits, problem = [*Habits(lines)], ""
        if damaged:
            copy = self._set_aside(content)
            problem = (
                f"{counted(damaged, 'line')} of {self._shown} could not be read; the rest is used, and {copy} "
                "is a copy of the file as it was."
            )
        if damaged or count > _FEW_LINES + _MAX_LINES_PER_WORD * len(habits):
            self._write(habits)
        return Found(habits, problem)

    def _write(self, habits: Iterable[Habit]) -> None:
        write_private(self.path, "".join([f"{_HEADER}\n", *map(_line, habits)]))

    def _set_aside(self, content: bytes) -> str:
        """Copy a damaged file; return the name of the copy."""
        number = 1
        while (path := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists():
            number += 1
        write_private(path, content)
        return path.name

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        try:
            private_folder(self.path.parent)
            with FileLock(self._lock_path, timeout=_LOCK_SECONDS, mode=0o600):
                yield
        except Timeout as error:
            raise SeqchatError(f"{self._shown} is being written by another program; try again later.") from error
        except OSError as error:
            raise self._unusable(error) from error

    @property
    def _lock_path(self) -> Path:
        return self.path.with_name(f".{self.path.name}.lock")

    def _opened(self) -> BinaryIO:
        return open(self.path, "r+b", opener=lambda name, _: os.open(name, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600))

    # --- what is wrong

    @property
    def _shown(self) -> str:
        return one_line(self.path)

    def _foreign(self) -> SeqchatError:
        return SeqchatError(
            f"{self._shown} is not a file of learned words that this version knows. It stays as it is, and nothing is "
            "learned for good until you move it away; 'seqchat words import' reads lists of words."
        )

    def _unusable(self, error: OSError) -> SeqchatError:
        return SeqchatError(f"{self._shown} cannot be used ({one_line(error.strerror or error)}).")


def _begins(content: bytes) -> bool:
    """Whether a file begins as one of learned words, perhaps saved by an editor with a mark of its own before it."""
    return content.removeprefix(codecs.BOM_UTF8).startswith(_HEADER.encode())


def _line(habit: Habit) -> str:
    """Return the line of a habit."""
    count = f"{min(habit.count, MAX_COUNT):.3f}".rstrip("0").rstrip(".")
    return f"{habit.word}\t{habit.pinyin}\t{count}\t{int(habit.time)}\n" if float(count) else ""


def _parsed(content: bytes) -> tuple[list[Habit], int, int]:
    """Return the habits of a file in the order of their last use, and how many lines are damaged, and of how many."""
    text = content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    lines = [line for line in text.split("\n")[1:] if line]
    # One look at the whole text is fast, and nearly always enough.
    body = text.replace("\t", "")
    is_safe = body == clean(body) and "\ufffd" not in body
    habits = []
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is not None and (is_safe or (is_learnable(match[1]) and "\ufffd" not in line)):
            habits.append(Habit(match[1], match[2], float(match[3]), float(match[4])))
    damaged = len(lines) - len(habits)
    # Zero takes is what is left of a word that was forgotten by time.
    return sorted((habit for habit in habits if habit.count), key=lambda habit: habit.time), damaged, len(lines)
