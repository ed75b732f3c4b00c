"""Text is saved while it is written, so that the next start can continue it, also after a crash."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError, one_line
from seqchat.files import private_folder, read_bytes, write_private
from seqchat.tui.conversation import Conversation, Turn

# Imported when something is written: it takes longer than all of this.
if TYPE_CHECKING:
    from filelock import FileLock

Mode = Literal["compose", "chat"]
MAX_SESSIONS = 10
# A pasted text may be larger than the largest file that can be opened.
_MAX_BYTES = 100_000_000


@dataclass(frozen=True)
class Session:
    """Everything that a start needs to continue: the text with its cursor and file, the conversation and its draft.

    turns: speaker, text, and the name of the model if one replied.
    """

    mode: Mode = "compose"
    text: str = ""
    cursor: tuple[int, int] = (0, 0)
    path: str = ""
    turns: list[tuple[str, ...]] = field(default_factory=list)
    draft: str = ""
    ended: bool = False
    time: float = 0.0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to continue."""
        return not (self.text.strip() or self.turns or self.draft.strip())

    def conversation(self) -> Conversation:
        """Return the conversation, without empty replies."""
        turns = [Turn("model" if speaker == "model" else "you", text, *name) for speaker, text, *name in self.turns]
        return Conversation([turn for turn in turns if turn.text])

    def title(self, most: int = 40) -> str:
        """Return how its text begins, on one line."""
        said = self.text or self.draft or " / ".join(turn[1] for turn in self.turns)
        line = " ".join(said.split())
        return line if len(line) <= most else f"{line[: most - 1]}…"


class Sessions:
    """The sessions of a folder; this process writes its own, whose lock it holds while it runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**9:09}-{os.getpid()}.json"
        self._lock: FileLock | None = None
        self._saved: Session | None = None

    def save(self, session: Session) -> None:
        """Write the session, unless it is unchanged.

        Raises:
            SeqchatError: it cannot be written.
        """
        if self._saved is not None and dataclasses.replace(session, time=self._saved.time) == self._saved:
            return
        if session.empty and self._saved is None:
            return
        if self._saved is None:
            self._acquire_lock()
        self._saved = dataclasses.replace(session, time=time.time())
        write_private(self._own, json.dumps(dataclasses.asdict(self._saved), ensure_ascii=False))

    def _acquire_lock(self) -> None:
        from filelock import FileLock

        try:
            private_folder(self._folder)
            self._lock = FileLock(self._own.with_suffix(".lock"))
            self._lock.acquire(timeout=0)
        except OSError as error:
            raise SeqchatError(f"{self._folder} cannot be written ({error.strerror or one_line(error)}).") from error

    def close(self, session: Session, *, crashed: bool = False) -> None:
        """Write the last state, marked as ended unless it `crashed`, and remove older sessions."""
        try:
            self.save(dataclasses.replace(session, ended=not crashed))
            if session.empty:
                self._own.unlink(missing_ok=True)
            for path in self._others()[MAX_SESSIONS:]:
                path.unlink(missing_ok=True)
        finally:
            if self._lock is not None:
                self._lock.release()
            self._own.with_suffix(".lock").unlink(missing_ok=True)

    def earlier(self) -> Iterator[tuple[Path, Session]]:
        """Yield the sessions of processes that no longer run, the latest first; unreadable ones are skipped."""
        for path in self._others():
            session = _read(path)
            if session is not None and not session.empty and not _runs(path):
                yield path, session

    def mark_ended(self, path: Path) -> None:
        """Note that a session that did not end normally has been dealt with."""
        session = _read(path)
        if session is not None:
            write_private(path, json.dumps(dataclasses.asdict(dataclasses.replace(session, ended=True))))
            path.with_suffix(".lock").unlink(missing_ok=True)

    def _others(self) -> list[Path]:
        found = self._folder.glob("*.json") if self._folder.is_dir() else []
        return sorted((path for path in found if path != self._own), reverse=True)


def forget(folder: Path) -> int:
    """Remove the sessions of processes that no longer run; return how many there were."""
    paths = [path for path in folder.glob("*.json") if not _runs(path)] if folder.is_dir() else []
    for path in paths:
        path.unlink(missing_ok=True)
        path.with_suffix(".lock").unlink(missing_ok=True)
    return len(paths)


def _runs(path: Path) -> bool:
    """Whether the process that writes a session still runs."""
    from filelock import FileLock, Timeout

    lock = path.with_suffix(".lock")
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def _read(path: Path) -> Session | None:
    try:
        return _session(json.loads(read_bytes(path, _MAX_BYTES)))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _session(document: dict[str, Any]) -> Session:
    """Check and clean the content of a file, which anyone may have changed."""
    row, column = document["cursor"]
    return Session(
        mode="chat" if document["mode"] == "chat" else "compose",
        text=clean(document["text"]),
        cursor=(int(row), int(column)),
        path=clean(document["path"]),
        # Sessions of earlier versions have no names of models.
        turns=[(clean(speaker), clean(text), *map(clean, name[:1])) for speaker, text, *name in document["turns"]],
        draft=clean(document["draft"]),
        ended=bool(document["ended"]),
        time=float(document["time"]),
    )
