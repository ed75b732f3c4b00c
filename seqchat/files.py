"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from seqchat.errors import SeqchatError, one_line

_PRIVATE_FILE, _PRIVATE_FOLDER, _ANY_FILE = 0o600, 0o700, 0o666
# Names have at most 255 bytes, and a character up to four.
_MAX_NAME_LENGTH = 50


def expanded(name: str) -> Path:
    """Return a path with the home folder for ``~``; if no user has that name, ``~name`` is the name of a file."""
    try:
        return Path(name).expanduser()
    except (RuntimeError, ValueError):
        return Path(name)


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; a name that is too long names none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether there is such a file that is no device or pipe; a name that is too long names none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_there(path: Path) -> bool:
    """Whether there is a file or folder of any kind; a name that is too long names none."""
    try:
        return path.exists()
    except OSError:
        return False


def read_bytes(path: Path, most: int) -> bytes:
    """Return the content of a file; a device, a pipe, or a file of more than `most` bytes is not read.

    Raises:
        OSError: it cannot be read, or must not be.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    if path.stat().st_size > most:
        raise OSError(errno.EFBIG, f"it is larger than {most // 1_000_000:,} MB", str(path))
    return path.read_bytes()


def private_folder(path: Path) -> Path:
    """Make a folder, and the missing ones above it, for its owner only; return it."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    return path


def write_file(path: Path, content: bytes | str, mode: int = _ANY_FILE, *, lasting: bool = True) -> None:
    """Write a file so that a reader, or a crash, finds the old content or the new, never a part.

    mode: its permissions, without those that the user's umask removes; lasting: wait until it is on the disk.
    """
    partial = path.with_name(f".{path.name[:_MAX_NAME_LENGTH]}.partial")
    try:
        with _created(partial, mode) as file:
            file.write(content.encode() if isinstance(content, str) else content)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, ValueError) as error:
        raise _unwritten(path, partial, error) from error


def write_private(path: Path, content: bytes | str) -> None:
    """Write a file as `write_file` does, readable by its owner only, into a folder that is made if necessary."""
    partial = path.with_name(f".{path.name[:_MAX_NAME_LENGTH]}.{os.getpid()}")
    try:
        private_folder(path.parent)
        with _created(partial, _PRIVATE_FILE) as file:
            file.write(content.encode() if isinstance(content, str) else content)
        partial.replace(path)
    except (OSError, ValueError) as error:
        raise _unwritten(path, partial, error) from error


def _created(path: Path, mode: int) -> BinaryIO:
    """Open a new file; an existing one, perhaps a link that another user left, is never written through."""
    path.unlink(missing_ok=True)
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode))


def _unwritten(path: Path, partial: Path, error: OSError | ValueError) -> SeqchatError:
    with contextlib.suppress(OSError, ValueError):
        partial.unlink(missing_ok=True)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return SeqchatError(f"{one_line(path, 300)} cannot be written ({one_line(reason)}).")


def partial_folder(path: Path) -> Path:
    """Return the hidden folder in which a folder is made before it appears under its name."""
    return path.with_name(f".{path.name}.partial")


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a hidden folder next to `path`, which is renamed to `path` when the block succeeds.

    It then replaces an existing folder of that name. When the block fails, nothing remains.
    """
    partial = partial_folder(path)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
    except OSError as error:
        raise SeqchatError(f"{path} cannot be written ({error.strerror or error}).") from error
    try:
        yield partial
        replace_folder(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def replace_folder(new: Path, path: Path) -> None:
    """Rename `new` to `path`, replacing an existing folder."""
    old = path.with_name(f".{path.name}.old")
    if old.exists() and not path.exists():
        old.rename(
            path
        )  # a process was killed between the two renames below; the folder that it moved away is the good one
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    new.rename(path)
    shutil.rmtree(old, ignore_errors=True)
