"""A thread that waits for work, and ends when it is told to."""

from __future__ import annotations

import threading

from seqchat.errors import SeqchatError
from seqchat.tui.language import say

# A word, or a product of matrices, takes less.
_END_SECONDS = 0.5


class BackgroundThread:
    """The thread; `_run` is what it does, and `_changed` tells it that there is something to do."""

    def __init__(self, name: str) -> None:
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the current step."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    @property
    def is_running(self) -> bool:
        """Whether the thread was started and has not ended."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait a short time for the thread to end."""
        if self._thread.is_alive():
            self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        raise NotImplementedError


def reason(error: Exception) -> str:
    """Return the sentence that says what went wrong."""
    if isinstance(error, SeqchatError):
        return str(error)
    return say("Something unexpected happened ({error}).", error=f"{type(error).__name__}: {error}")
