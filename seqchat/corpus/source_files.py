"""Which files a source names, and how it is called in public."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

from seqchat.corpus.readers.files import READERS
from seqchat.corpus.source_names import SAMPLE
from seqchat.errors import SeqchatError, one_line
from seqchat.files import expanded, is_file, is_folder
from seqchat.locations import SAMPLE_CORPUS

ARCHIVE = ".zip"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def is_local(source: str) -> bool:
    """Whether a source is on this machine, and not a hub id.

    Raises:
        SeqchatError: it looks local, but does not exist.
    """
    return local_files(source) is not None


def is_hub(name: str) -> bool:
    """Whether a name, with what may follow it, is a hub id."""
    try:
        return not is_local(name.split(" ")[0])
    except SeqchatError:
        return False


def public_name(source: str) -> str:
    """Return a source's name without the folders of this machine."""
    if _existing_files(source) is None:
        return source
    # A pattern cannot be resolved as a path.
    return Path(source).name if glob.has_magic(source) else expanded(source).resolve().name


def known_names(source: str) -> set[str]:
    """Return all names that a text may have been learned by: its own, its files', and its folders'."""
    paths = _existing_files(source) or ()
    return {public_name(source), *(part for path in paths for part in path.resolve().parts)} - {"/"}


def _existing_files(source: str) -> list[Path] | None:
    """Return the existing files of a source; None if it is the sample, a hub id or nothing."""
    try:
        return None if source == SAMPLE else local_files(source)
    except SeqchatError:
        return None


def local_files(source: str) -> list[Path] | None:
    """Return the files that a source names; None if it is a hub id."""
    if source == SAMPLE:
        return [SAMPLE_CORPUS]
    path = expanded(source)
    if is_folder(path):
        return _paths_in(path, source)
    if is_file(path):
        return [path]
    if glob.has_magic(source):
        return _paths_matching(path, source)
    if is_readable(path.suffix.lower()) or not _HUB_ID.fullmatch(source):
        raise SeqchatError(f"There is no file or folder {one_line(source)}.")
    return None


def _paths_in(folder: Path, source: str) -> list[Path]:
    found = sorted(
        Path(place) / name
        for place, _, names in os.walk(folder)
        for name in names
        if not name.startswith(".") and is_readable(Path(name).suffix.lower()) and is_file(Path(place) / name)
    )
    if not found:
        raise SeqchatError(f"The folder {one_line(source)} holds no {_kinds()} file.")
    return found


def _paths_matching(pattern: Path, source: str) -> list[Path]:
    matches = sorted(Path(p) for p in glob.glob(str(pattern), recursive=True))  # noqa: PTH207 (absolute patterns)
    found = [path for path in matches if is_readable(path.suffix.lower()) and is_file(path)]
    if not found:
        raise SeqchatError(f"No {_kinds()} file matches {one_line(source)}.")
    return found


def is_readable(suffix: str) -> bool:
    """Whether files with this ending are read."""
    return suffix in READERS or suffix == ARCHIVE


def _kinds() -> str:
    return ", ".join([*READERS, ARCHIVE])
