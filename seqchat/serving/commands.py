"""Runs a command for a client of the private socket: the server's side of `client.py`."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeGuard, TypeVar, cast

import click

from seqchat.errors import SeqchatError, one_line, quoted
from seqchat.serving import address
from seqchat.serving.client import COMMANDS
from seqchat.serving.engines import Engines
from seqchat.serving.limits import MAX_BYTES, SECONDS, deadline, hang_up
from seqchat.serving.surroundings import Surroundings

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.corpus.spelling import Spelling
    from seqchat.model.output import Precision

# Runs the command line of a list of arguments in surroundings, and raises what goes wrong.
Run = Callable[[list[str], Surroundings], None]
T = TypeVar("T")
HELP = frozenset(["-h", "--help"])
# How long a command waits for the next line of input
LINE_SECONDS = 3_600.0


class RefusedError(Exception):
    """A request that is not answered; the message says why."""


class Client:
    """One end of a connection that speaks lines of JSON."""

    def __init__(self, connection: socket.socket, lines: io.BufferedIOBase) -> None:
        self.connection, self._lines = connection, lines

    def send(self, **message: Any) -> None:
        """Send a message."""
        self.connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any]:
        """Return the next message.

        Raises:
            RefusedError: it is no JSON object, or too large.
        """
        line = self._lines.readline(MAX_BYTES + 1)
        if len(line) > MAX_BYTES:
            raise RefusedError(f"A request has at most {MAX_BYTES:,} bytes.")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            raise RefusedError("A request is one line with a JSON object.") from None
        if not isinstance(message, dict):
            raise RefusedError("A request is one line with a JSON object.")
        return message


class ClientSurroundings(Surroundings):
    """Those of a command that a client asked for: it prints there, reads there, and shares the loaded models."""

    def __init__(self, client: Client, engines: Engines, folder: Path, terminal: Sequence[bool]) -> None:
        """folder: the client's current one; terminal: whether its output and its error output are terminals."""
        self._client, self._engines, self._folder = client, engines, folder
        self._out, self._err = (_Printer(client, error=error, terminal=terminal[error]) for error in (False, True))

    def engine(
        self, model: str, precision: Precision = "auto", lexicon: str | None = None, spelling: Spelling | None = None
    ) -> Engine:
        return self._engines.engine(model, precision, lexicon, spelling, self._folder)

    def lines(self) -> Iterator[bytes]:
        self._client.connection.settimeout(LINE_SECONDS)
        while True:
            self._client.send(ask="line")
            line = self._client.receive().get("line")
            if not isinstance(line, str):
                return
            yield line.encode("utf-8", errors="surrogateescape")

    def echo(self, text: str = "", *, nl: bool = True, err: bool = False) -> None:
        click.echo(text, cast("IO[str]", self._err if err else self._out), nl=nl)


class _Printer(io.TextIOBase):
    """Prints at the client."""

    def __init__(self, client: Client, *, error: bool, terminal: bool) -> None:
        super().__init__()
        self._client, self._error, self._terminal = client, error, terminal

    def write(self, text: str) -> int:
        self._client.send(print=text, error=self._error)
        return len(text)

    def isatty(self) -> bool:
        return self._terminal


def answer(client: Client, engines: Engines, run: Run, controls: Mapping[str, Callable[[], dict[str, Any]]]) -> None:
    """Answer the one request of a connection; controls: what else can be asked for, by name.

    Raises:
        RefusedError: it cannot be answered here.
    """
    with deadline(SECONDS, lambda: hang_up(client.connection)):
        request = client.receive()
    asked = next((name for name in controls if name in request), None)
    if asked is not None:
        client.send(**controls[asked]())
        return
    if request.get("fingerprint") != address.fingerprint():
        raise RefusedError("This engine is of another program, or of other folders for the user's data.")
    arguments, folder, terminal = (request.get(name) for name in ("run", "folder", "terminal"))
    if not _are(arguments, str) or not arguments or arguments[0] not in COMMANDS:
        raise RefusedError(f"The commands are {' and '.join(COMMANDS)}, not {quoted(arguments)}.")
    if not HELP.isdisjoint(arguments):
        raise RefusedError("Help is printed by the command itself.")
    if not isinstance(folder, str) or not Path(folder).is_absolute() or not _are(terminal, bool) or len(terminal) != 2:
        raise RefusedError("A command comes with its folder, and with whether its outputs are terminals.")
    try:
        run(arguments, ClientSurroundings(client, engines, Path(folder), terminal))
    except SeqchatError as error:
        raise RefusedError(one_line(error, 2_000)) from error
    client.send(status=0)


def _are(value: Any, kind: type[T]) -> TypeGuard[list[T]]:
    """Whether a value is a list of such items."""
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)
