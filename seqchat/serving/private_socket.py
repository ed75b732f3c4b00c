"""The private socket, which only its user can open, and by which commands are run."""

from __future__ import annotations

import contextlib
import os
import socketserver
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from seqchat.errors import SeqchatError, one_line
from seqchat.files import private_folder
from seqchat.serving import address, peers
from seqchat.serving.commands import Client, RefusedError, answer
from seqchat.serving.limits import SECONDS, drain

if TYPE_CHECKING:
    from seqchat.serving.resident import Resident

# An engine that was asked to end may need as long.
_LOCK_SECONDS = 5.0


@contextlib.contextmanager
def private_server(resident: Resident) -> Iterator[socketserver.BaseServer]:
    """Listen on the private socket; the file of a process that was killed is replaced."""
    folder, path = Path(address.folder()), Path(address.socket_path())
    try:
        private_folder(folder)
        if not address.is_private(str(folder)):
            raise SeqchatError(f"{one_line(folder)} must be a folder of yours that only you can enter (chmod 700).")
        with FileLock(path.with_suffix(".lock"), timeout=_LOCK_SECONDS, mode=0o600):
            path.unlink(missing_ok=True)
            yield _PrivateServer(str(path), resident)
            path.unlink(missing_ok=True)
    except Timeout as error:
        raise SeqchatError("Another engine is running, and does not answer; end its process.") from error
    except OSError as error:
        raise SeqchatError(f"{one_line(path)} cannot be used ({one_line(error.strerror or error)}).") from error


class _PrivateServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens on the private socket; a thread answers each client."""

    daemon_threads, block_on_close = True, False
    request_queue_size = 64

    def __init__(self, path: str, resident: Resident) -> None:
        self.resident = resident
        super().__init__(path, _Handler)

    def server_bind(self) -> None:
        before = os.umask(0o177)
        try:
            super().server_bind()
        finally:
            os.umask(before)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that has gone is no news."""


class _Handler(socketserver.StreamRequestHandler):
    """Answers one client, who sends a line of JSON, or speaks HTTP."""

    server: _PrivateServer
    timeout = SECONDS

    def handle(self) -> None:
        resident, connection = self.server.resident, self.connection
        client = Client(connection, self.rfile)
        with resident.activity.client() as admitted:
            try:
                if not peers.is_own(connection):
                    raise RefusedError("This engine belongs to another user.")
                if not admitted:
                    raise RefusedError("The resident engine has too many clients.")
                answer(client, resident.engines, resident.run_command, resident.controls())
            except OSError:
                pass
            except RefusedError as error:
                client.send(refused=str(error))
            except Exception as error:
                client.send(refused=f"Something unexpected happened ({type(error).__name__}: {one_line(error)}).")
            drain(connection)
        resident.engines.tidy()
