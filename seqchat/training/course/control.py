"""What a run is asked to do while it trains, through a file in its folder: to pause, to go on, or to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from seqchat.files import read_bytes, write_file
from seqchat.model.folder import TRAINING
from seqchat.training.course.status import CONTROL

Wish = Literal["run", "pause", "stop"]
# How often the file is looked at; on the disk of another machine, each look takes a while.
_LOOK_SECONDS = 0.25
_MOST_BYTES = 100


def ask(folder: Path, wish: Wish) -> None:
    """Ask the run in a folder of something.

    Raises:
        SeqchatError: the folder cannot be written.
    """
    write_file(folder / TRAINING / CONTROL, f"{wish}\n", lasting=False)


class Control:
    """Says whether a run should stop; while it should pause, the answer takes as long."""

    def __init__(self, folder: Path, interrupted: Callable[[], bool]) -> None:
        """Take the folder of the run, and what says whether the person at its terminal wants it to end."""
        self._path, self._interrupted = folder / TRAINING / CONTROL, interrupted
        self._looked = 0.0
        self._stop = False
        # Told when a pause begins (True) and ends (False)
        self.on_pause: Callable[[bool], None] = lambda _: None

    def forget(self) -> None:
        """Drop what was asked of an earlier run."""
        self._path.unlink(missing_ok=True)

    def __call__(self) -> bool:
        """Whether to stop now."""
        if self._interrupted():
            return True
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            self._follow(self._wish())
        return self._stop or self._interrupted()

    def _follow(self, wish: str) -> None:
        self._looked = time.monotonic()
        if wish == "pause":
            self.on_pause(True)
            while wish == "pause" and not self._interrupted():
                time.sleep(_LOOK_SECONDS)
                wish = self._wish()
            self.on_pause(False)
        self._stop = wish == "stop"

    def _wish(self) -> str:
        try:
            return read_bytes(self._path, _MOST_BYTES).decode("utf-8", errors="replace").strip()
        except OSError:
            return "run"
