"""Where the resident engine of a user listens.

Each command with --fast imports this, so it imports next to nothing, not even pathlib, which takes 5 ms.
"""

from __future__ import annotations

import os
import stat
import sys
from binascii import crc32

import seqchat

# What the answers of a command depend on, besides its arguments and its folder
_VARIABLES = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "SEQCHAT_LEXICON")
# The path of a socket has 104 bytes at most on macOS, 108 on Linux.
_MAX_BYTES = 100


def is_supported() -> bool:
    """Whether this system has private sockets; Windows has none in Python."""
    return os.name == "posix"


def fingerprint() -> list[str]:
    """Return the program and the surroundings that an engine has to share with a command that it runs."""
    package = os.path.dirname(os.path.abspath(seqchat.__file__))  # noqa: PTH100, PTH120
    return [seqchat.__version__, package, sys.executable, *(os.environ.get(name, "") for name in _VARIABLES)]


def folder() -> str:
    """Return the folder of the socket; it may not be there yet."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime) and len(os.fsencode(runtime)) < _MAX_BYTES - 40:  # noqa: PTH117
        return f"{runtime}/seqchat"
    return f"/tmp/seqchat-{os.getuid()}"


def socket_path() -> str:
    """Return the path of the socket; programs of different versions or users' folders have different ones."""
    return f"{folder()}/engine-{crc32(chr(0).join(fingerprint()).encode(errors='surrogateescape')):08x}.sock"


def is_private(path: str) -> bool:
    """Whether a path is a folder that belongs to this user and that nobody else can enter."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
