"""Who is at the other end of a private socket."""

from __future__ import annotations

import os
import socket
import struct

_LOCAL_PEERCRED, _SOL_LOCAL = 1, 0  # of macOS and BSD, <sys/un.h>


def user_of(connection: socket.socket) -> int | None:
    """Return the number of the user at the other end, None if the system does not say."""
    try:
        if hasattr(socket, "SO_PEERCRED"):
            _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        else:
            # struct xucred: a version and the effective user come first.
            _, user = struct.unpack_from("2I", connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, 76))
    except (OSError, struct.error):
        return None
    return int(user)


def is_own(connection: socket.socket) -> bool:
    """Whether the other end belongs to this user; where the system does not say, the folder's permissions decide."""
    return user_of(connection) in (None, os.getuid())
