"""``--fast``: a command is run by the resident engine, and printed here. Imports next to nothing.

The first message says which command; the engine answers with what is to be printed, asks for lines of standard input
where the command reads them, and ends with a status. Whatever goes wrong before anything is printed, the command is run
here instead, and says itself what is wrong.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

from seqchat.serving import address

COMMANDS = ("complete", "generate")
# How long a model may take to load, and a new engine to listen
_ANSWER_SECONDS, _START_SECONDS = 60.0, 10.0
# After so many seconds without a request, an engine that was started here ends.
IDLE_SECONDS = 900


def run(arguments: list[str]) -> int | None:
    """Run a command in the resident engine, which is started if necessary; return its status.

    None if the command has to be run here, and nothing was printed or read.
    """
    if not address.is_supported() or arguments[:1] == [] or arguments[0] not in COMMANDS or not _prints_unicode():
        return None
    connection = connect() or _start()
    if connection is None:
        return None
    with connection:
        return _run(connection, arguments)


def connect() -> socket.socket | None:
    """Return a connection to the resident engine, None if there is none."""
    if not address.is_private(address.folder()):
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_ANSWER_SECONDS)
        connection.connect(address.socket_path())
    except OSError:
        connection.close()
        return None
    return connection


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Send one message, a line of JSON."""
    connection.sendall(json.dumps(message).encode() + b"\n")


def answers(connection: socket.socket) -> Iterator[dict[str, Any]]:
    """Yield the answers to a message until the engine ends the connection."""
    with connection.makefile("rb") as lines:
        for line in lines:
            yield json.loads(line)


def _run(connection: socket.socket, arguments: list[str]) -> int | None:
    touched = False
    try:
        send(
            connection,
            {
                "fingerprint": address.fingerprint(),
                "folder": os.getcwd(),  # noqa: PTH109
                "terminal": [sys.stdout.isatty(), sys.stderr.isatty()],
                "run": arguments,
            },
        )
        for answer in answers(connection):
            if "status" in answer:
                return int(answer["status"])
            if "refused" in answer:
                return _failed(answer["refused"]) if touched else None
            touched = True
            if "print" in answer:
                _print(answer["print"], sys.stderr if answer.get("error") else sys.stdout)
            else:
                send(connection, {"line": _line()})
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except _NoReaderError:
        # What remains in the buffers is for nobody.
        sys.stderr.close()
        return 1
    except (OSError, ValueError):
        pass
    return _failed("The resident engine has ended in the middle of its answer.") if touched else None


class _NoReaderError(Exception):
    """The reader of the output has gone, as `| head` does."""


def _print(text: str, out: Any) -> None:
    try:
        out.write(text)
        out.flush()
    except BrokenPipeError as error:
        raise _NoReaderError from error


def _line() -> str | None:
    """Return the next line of standard input, None at its end; bytes that are no UTF-8 stay as they are."""
    line = sys.stdin.buffer.readline()
    return line.decode("utf-8", errors="surrogateescape") if line else None


def _failed(reason: str) -> int:
    print(f"Error: {reason}", file=sys.stderr)
    return 1


def _prints_unicode() -> bool:
    return all(out is not None and (out.encoding or "").lower() != "ascii" for out in (sys.stdout, sys.stderr))


def _start() -> socket.socket | None:
    """Start an engine, which ends when it is idle, and return a connection to it; None if it does not listen."""
    import subprocess
    import time

    package = address.fingerprint()[1]
    path = os.pathsep.join(filter(None, [os.path.dirname(package), os.environ.get("PYTHONPATH")]))  # noqa: PTH120
    engine = subprocess.Popen(
        [sys.executable, "-m", "seqchat", "serve", "--no-http", "--idle", f"{IDLE_SECONDS}s"],
        env={**os.environ, "PYTHONPATH": path},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends:
        connection = connect()
        if connection is not None:
            return connection
        if engine.poll() is not None:
            # Of several that are started at once, all but one end, and that one may need a moment.
            ends = min(ends, time.monotonic() + 1.0)
        time.sleep(0.02)
    return None
