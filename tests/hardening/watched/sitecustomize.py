"""Python imports this at its start, in every process of a command: it notes what is written and asked of the network.

Each line of the file that SEQCHAT_WATCH names is ``write`` or ``network``, a tab, and what it concerns. Whatever asks
the network fails, as on a machine that has none.
"""

import os
import socket
import sys

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate", "shutil.move", "shutil.copyfile"}
_ASKS = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto"}
_ASKS |= {"socket.sendmsg", "socket.bind", "http.client.connect", "urllib.Request", "ftplib.connect", "smtplib.connect"}

_log = os.open(os.environ["SEQCHAT_WATCH"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def _note(kind, what):
    os.write(_log, f"{kind}\t{what}\n".encode("utf-8", "backslashreplace"))


def _path(name):
    return os.path.abspath(os.fsdecode(name))  # noqa: PTH100 (a link that is written is not what it points to)


def _watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writes = flags & _WRITING if isinstance(flags, int) else mode is not None and set(mode) & set("wax+")
        if writes and isinstance(path, (str, bytes)):
            _note("write", _path(path))
    elif event in _CHANGES:
        # Of two names the second is the new one.
        names = [name for name in arguments[:2] if isinstance(name, (str, bytes))]
        if names:
            _note("write", _path(names[-1]))
    elif event in _ASKS and getattr(arguments[0], "family", None) != getattr(socket, "AF_UNIX", None):
        _note("network", f"{event} {arguments[1:] if 'socket' in event else arguments}")
        raise PermissionError(f"{event} is not allowed here")


sys.addaudithook(_watch)
