"""What one client may take of the resident engine, and how long it stays without any."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Connections at the same time, bytes of a request, and seconds that it, or taking a part of its answer, may last
MAX_CLIENTS, MAX_BYTES, SECONDS = 32, 1_000_000, 30.0
# Seconds that one answer may be computed
ANSWER_SECONDS = 60.0
_DRAIN_SECONDS = 2.0


class Activity:
    """Counts the clients of a process, and knows since when there are none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients = 0
        self._since = time.monotonic()

    @contextmanager
    def client(self) -> Iterator[bool]:
        """Count a client in the block; give False if there are too many."""
        with self._lock:
            self._clients += 1
            admitted = self._clients <= MAX_CLIENTS
        try:
            yield admitted
        finally:
            with self._lock:
                self._clients -= 1
                self._since = time.monotonic()

    def is_idle_for(self, seconds: float) -> bool:
        """Whether there has been no client for so long."""
        with self._lock:
            return not self._clients and time.monotonic() - self._since >= seconds


@contextmanager
def deadline(seconds: float, end: Callable[[], object]) -> Iterator[None]:
    """Call `end` if the block takes longer, from another thread."""
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def hang_up(connection: socket.socket) -> None:
    """End a connection that another thread may be reading."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def drain(connection: socket.socket) -> None:
    """Take what a client still sends, for a moment, so that it can read the answer before the connection ends."""
    with contextlib.suppress(OSError), deadline(_DRAIN_SECONDS, lambda: hang_up(connection)):
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):
            pass
