"""The resident process: listens on the private socket, and on a port for HTTP, until it is stopped or idle."""

from __future__ import annotations

import contextlib
import os
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import Any

from seqchat.errors import SeqchatError
from seqchat.serving import address, client
from seqchat.serving.commands import Run
from seqchat.serving.engines import Engines
from seqchat.serving.http import HttpServer
from seqchat.serving.limits import Activity

_LOOK_SECONDS = 0.2


class Resident:
    """A process's servers."""

    def __init__(self, engines: Engines, run: Run, http: HttpServer | None, idle: float | None) -> None:
        """run: runs a command; http: listens already; idle: after how many seconds without clients it ends."""
        self.engines, self.run_command = engines, run
        self._http, self._idle = http, idle
        self.activity = Activity() if http is None else http.activity
        self._ended = threading.Event()

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Answer clients within the block.

        Raises:
            SeqchatError: another process serves already, or the socket cannot be made.
        """
        with contextlib.ExitStack() as stack:
            if address.is_supported():
                from seqchat.serving.private_socket import private_server

                stack.enter_context(_served(stack.enter_context(private_server(self))))
            if self._http is not None:
                stack.enter_context(_served(self._http))
            yield

    def wait(self) -> None:
        """Return after `end`, or when nobody has asked for anything for a while."""
        while not self._ended.wait(_LOOK_SECONDS):
            if self._idle is not None and self.activity.is_idle_for(self._idle):
                return

    def end(self) -> None:
        """Ask for the end, from any thread."""
        self._ended.set()

    def controls(self) -> dict[str, Callable[[], dict[str, Any]]]:
        """What a client of the socket can ask for besides commands."""
        return {"state": self._state, "stop": self._stop}

    def _state(self) -> dict[str, Any]:
        return {"process": os.getpid(), "http": None if self._http is None else self._http.url}

    def _stop(self) -> dict[str, Any]:
        self.end()
        return self._state()


@contextlib.contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=[_LOOK_SECONDS], daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def ask(what: str) -> dict[str, Any] | None:
    """Ask the running engine for its state, or to stop; None if there is none."""
    connection = client.connect() if address.is_supported() else None
    if connection is None:
        return None
    with connection, contextlib.suppress(OSError, ValueError):
        client.send(connection, {what: True})
        return next(client.answers(connection), None)
    return None


def make_way(*, for_http: bool) -> None:
    """Make sure that no other engine runs: for one with HTTP, an engine that a command has started ends.

    Raises:
        SeqchatError: another one runs.
    """
    state = ask("state")
    if state is None:
        return
    if not for_http or state.get("http") is not None:
        raise SeqchatError(
            f"An engine is running already, in process {state.get('process')}; 'seqchat serve --stop' ends it."
        )
    ask("stop")
