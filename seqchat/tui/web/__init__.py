"""The app in a browser: a page that needs nothing from the network, and a server for this machine only."""

from __future__ import annotations

import shlex
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from seqchat.errors import SeqchatError


def serve(arguments: Sequence[str], host: str, port: int) -> None:
    """Serve ``seqchat tui`` with these arguments until it is interrupted; each visitor gets an app of their own.

    Raises:
        SeqchatError: textual-serve is not installed, or the port is taken.
    """
    try:
        from seqchat.tui.web.server import LOOPBACK, LocalServer
    except ModuleNotFoundError as error:
        raise SeqchatError(
            f"The app in a browser needs {error.name}; install it with: pip install 'seqchat[web]'"
        ) from error
    command = shlex.join([sys.executable, "-m", "seqchat", "tui", *arguments])
    server = LocalServer(command, host, port, title="seqchat", templates_path=Path(__file__).parent)
    if host not in LOOPBACK:
        print(f"Everyone who reaches {host}:{port} can read and write your texts.", file=sys.stderr)
    try:
        _check_free(host, port)
        server.serve()
    except OSError as error:
        raise SeqchatError(f"Cannot listen on {host}:{port} ({error.strerror or error}).") from error


def _check_free(host: str, port: int) -> None:
    """Raise OSError if nothing can listen there; the server would announce its address before it tries."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind(address)
