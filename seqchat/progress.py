"""What a long computation reports to whoever waits for it: the command line, a screen, or nobody."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives messages and the progress of a computation."""

    def message(self, text: str) -> None:
        """Show one sentence about what is being done."""

    def progress(self, text: str, share: float) -> None:
        """Show what is being done and the share of it that is done, from 0 to 1; 0 while the share is unknown."""


class SilentProgress:
    """Shows nothing."""

    def message(self, text: str) -> None:
        """Show nothing."""

    def progress(self, text: str, share: float) -> None:
        """Show nothing."""


SILENT: Progress = SilentProgress()
