"""Starts `seqchat train` in processes of their own, which go on when whoever started them has gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seqchat import locations
from seqchat.errors import one_line
from seqchat.files import private_folder

# What processes wrote is kept for the last runs.
_KEPT_LOGS = 20
_THREADS = "OMP_NUM_THREADS"


@dataclass(frozen=True)
class Launched:
    """A process that trains: the folder of its run, and the files with what it says and what it prints."""

    process: subprocess.Popen[bytes]
    folder: Path
    log: Path
    printed: Path

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    @property
    def failure(self) -> str:
        """Why it ended without success; nothing while it runs, or after a success."""
        if self.process.poll() in (None, 0):
            return ""
        lines = [line for line in _text(self.log).splitlines() if line.strip()]
        said = lines[-1].removeprefix("Error: ") if lines else f"It ended with status {self.process.returncode}."
        return one_line(said)

    @property
    def output(self) -> str:
        """What it has printed."""
        return _text(self.printed)

    def interrupt(self) -> None:
        """Ask it to stop and save, as Ctrl-C does."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)


def launch(arguments: Sequence[str], folder: Path, *, beside: int = 1) -> Launched:
    """Start `seqchat train` with arguments that make it write to a folder.

    beside: how many such processes share the cores.
    """
    logs = private_folder(locations.cache() / "training")
    _forget_old(logs)
    name = f"{time.time_ns()}-{folder.name[:50]}"
    log, printed = logs / f"{name}.log", logs / f"{name}.out"
    environment = dict(os.environ)
    if beside > 1:
        environment.setdefault(_THREADS, str(max(1, (os.cpu_count() or 1) // beside)))
    with log.open("wb") as said, printed.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "seqchat", "train", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=said,
            env=environment,
            # Neither Ctrl-C nor the end of the terminal reaches it.
            start_new_session=True,
        )
    return Launched(process, folder, log, printed)


def _forget_old(logs: Path) -> None:
    for path in sorted(logs.iterdir())[: -2 * _KEPT_LOGS]:
        path.unlink(missing_ok=True)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
