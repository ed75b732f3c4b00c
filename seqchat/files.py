"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqchat.errors import SeqchatError


def write_file(path: Path, content: bytes | str) -> None:
    """Write a file so that a reader, or a crash, finds the old content or the new, never a part."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise SeqchatError(f"{path} cannot be written ({error.strerror or error}).") from error


def write_private(path: Path, content: str) -> None:
    """Write a file as `write_file` does, for its owner's eyes only, into a folder that is made if need be."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise SeqchatError(f"{path} cannot be written ({error.strerror or error}).") from error


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a hidden folder to fill beside `path`; it takes the name `path` when the block ends well.

    An existing folder of that name is replaced then. When the block fails, nothing is left behind.
    """
    partial = path.with_name(f".{path.name}.partial")
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
    """Rename `new` to `path`, over a folder that may be there."""
    old = path.with_name(f".{path.name}.old")
    if old.exists() and not path.exists():
        old.rename(path)  # a process was killed between the two renames below; what it moved away is the good one
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    new.rename(path)
    shutil.rmtree(old, ignore_errors=True)
