"""The folder of a run as somebody sees it who looks again and again; reads files only, and needs no PyTorch."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from seqchat.errors import SeqchatError, one_line
from seqchat.files import is_folder, partial_folder, read_bytes
from seqchat.model.folder import CONFIG, MAX_CONFIG_BYTES, TRAINING
from seqchat.model.migration import check_format
from seqchat.training.course.status import BEHAVIOUR, STEPS, Status
from seqchat.training.course.tail import Tail
from seqchat.training.history import METRICS

# What can be told of a run: what it said last; or that its process is gone, or has been silent for long.
Condition = Literal["reading", "training", "paused", "finishing", "ended", "failed", "gone", "silent", "unknown"]

# A validation on another machine may take as long without a word.
_SILENT_SECONDS = 60.0
# Runs that can be looked at side by side
MAX_RUNS = 4


class RunFiles:
    """What a run has written so far.

    status: None for a run of an older version; steps, reports, behaviours: the lines of their files; replacing: the
    status of another run that will take its place.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status: Status | None = None
        self.replacing: Status | None = None
        self._changed_at = time.monotonic()
        self._steps, self._reports, self._behaviours = self._tails()
        self._checked = False

    def _tails(self) -> tuple[Tail, Tail, Tail]:
        training = self.folder / TRAINING
        return Tail(training / STEPS), Tail(self.folder / METRICS), Tail(training / BEHAVIOUR)

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.folder.resolve().name

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The points of the curves."""
        return self._steps.lines

    @property
    def reports(self) -> list[dict[str, Any]]:
        """The validations."""
        return self._reports.lines

    @property
    def behaviours(self) -> list[dict[str, Any]]:
        """What the network did, the untrained one first."""
        return self._behaviours.lines

    def poll(self) -> bool:
        """Read what is new; return whether anything is.

        Raises:
            SeqchatError: there is no run, or no longer, or it cannot be read.
        """
        before = self.status
        there, staged = is_folder(self.folder), _staged(self.folder)
        if not there and staged is None:
            raise SeqchatError(self._missing())
        self._check_format()
        self.replacing = staged if there else None
        self.status = Status.read(self.folder / TRAINING) if there else staged
        if before is not None and (self.status is None or self.status.run != before.run):
            self._steps, self._reports, self._behaviours = self._tails()
            self._checked = False
        polled = [tail.poll() for tail in (self._steps, self._reports, self._behaviours)]
        if there and self.status is None and not self.reports:
            raise SeqchatError(_no_run(self.folder))
        changed = any(polled) or self.status != before
        if changed:
            self._changed_at = time.monotonic()
        return changed

    @property
    def condition(self) -> Condition:
        """What the run is doing, as far as can be told."""
        status = self.status
        if status is None:
            return "unknown"
        if status.is_over or status.host == socket.gethostname():
            return status.state if status.is_over or _is_alive(status.process) else "gone"
        silent = status.state != "paused" and time.monotonic() - self._changed_at > _SILENT_SECONDS
        return "silent" if silent else status.state

    def to_json(self) -> dict[str, Any]:
        """Return what the run is doing, with its last validation, as JSON values."""
        status = {} if self.status is None else {n: v for n, v in vars(self.status).items() if n not in ("run", "time")}
        report = self.reports[-1] if self.reports else None
        return {"folder": str(self.folder), **status, "state": self.condition, "report": report}

    def _missing(self) -> str:
        if self.status is not None or self.reports:
            return f"{one_line(self.folder)} is no longer there; it was removed, or another run is replacing it."
        if self.folder.exists():
            return f"{one_line(self.folder)} is a file; give the folder of a run, which 'seqchat train' writes."
        return f"There is no folder {one_line(self.folder)}, nor a run that is about to make it."

    def _check_format(self) -> None:
        """Refuse a model of a newer format; its configuration is read once."""
        if self._checked:
            return
        with suppress(OSError, ValueError, RecursionError):
            document = json.loads(read_bytes(self.folder / CONFIG, MAX_CONFIG_BYTES).decode("utf-8"))
            self._checked = True
            if isinstance(document, dict) and "format" in document:
                check_format(one_line(self.folder), document["format"])


def runs_in(folder: Path) -> list[RunFiles]:
    """Return the run in a folder, or those in the folders inside it, as they race.

    Raises:
        SeqchatError: there is none, or there are too many.
    """
    if _is_run(folder) or not is_folder(folder):
        return [RunFiles(folder)]
    inside = {_final(path) for path in folder.iterdir() if path.is_dir()}
    found = sorted((path for path in inside if _is_run(path)), key=lambda path: path.name)
    if not found:
        raise SeqchatError(_no_run(folder))
    if len(found) > MAX_RUNS:
        raise SeqchatError(f"{one_line(folder)} has {len(found)} runs; name {MAX_RUNS} of them at most.")
    return [RunFiles(path) for path in found]


def _no_run(folder: Path) -> str:
    return (
        f"{one_line(folder)} is not the folder of a run: it has neither {METRICS} nor {TRAINING}/, which 'seqchat "
        "train' writes."
    )


def _is_run(folder: Path) -> bool:
    return (folder / TRAINING).is_dir() or (folder / METRICS).is_file() or _staged(folder) is not None


def _final(path: Path) -> Path:
    """Return the folder that a hidden one will become."""
    return path.with_name(path.name[1:].removesuffix(".partial")) if path.name.startswith(".") else path


def _staged(folder: Path) -> Status | None:
    """Return the status of a run that is still being prepared for a folder."""
    try:
        return Status.read(partial_folder(folder.resolve()) / TRAINING)
    except SeqchatError:
        return None


def _is_alive(process: int) -> bool:
    """Whether there is a process of this number on this machine; Windows does not tell."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
