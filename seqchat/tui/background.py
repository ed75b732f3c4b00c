"""A thread that waits for what is asked of it, and ends when it is told to."""

from __future__ import annotations

import threading

from seqchat.errors import SeqchatError
from seqchat.tui.language import say

# A product of matrices, or a word, takes less.
_END_SECONDS = 0.5


class Background:
    """The thread; what it does is `_run`, and what it waits for is told by `_changed`."""

    def __init__(self, name: str) -> None:
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the word it is at."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def join(self) -> None:
        """Wait a little for the end of the thread."""
        if self._thread.is_alive():
            self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        raise NotImplementedError


def reason(error: Exception) -> str:
    """Return the sentence that says what went wrong."""
    if isinstance(error, SeqchatError):
        return str(error)
    return say("Something unexpected happened ({error}).", error=f"{type(error).__name__}: {error}")
