"""What there is to read: files, and files in zip archives, as one kind of thing; and those that are no text."""

from __future__ import annotations

import os
import stat
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, NamedTuple

from seqchat.errors import SeqchatError, one_line

# A text is compressed to a tenth; what is this much larger than its archive is made to fill the memory.
_MAX_RATIO, _SMALL = 250, 10_000_000
_MAX_MEMBERS, _MAX_UNPACKED = 200_000, 50_000_000_000
_ENCRYPTED = 0x1
_SIDE_FILES = ("__MACOSX/", ".")


@dataclass(frozen=True)
class Content:
    """A file, or a file in an archive.

    name: as it is shown; path: its place in the folder or archive; size: in bytes; open: opens it for reading; file:
    where it is on the disk, None in an archive.
    """

    name: str
    path: PurePath
    size: int
    open: Callable[[], IO[bytes]]
    file: Path | None = None

    @property
    def suffix(self) -> str:
        """The ending of its name, in lower case."""
        return self.path.suffix.lower()

    def begins(self, most: int) -> bytes:
        """Return the first bytes."""
        with self.open() as file:
            return file.read(most)


class Found(NamedTuple):
    """The contents of a source, and how many files it has besides, by the endings of their names."""

    contents: list[Content]
    others: Counter[str]


def of_file(path: Path, name: str | None = None, inside: PurePath | None = None) -> Content:
    """Return a file as a content.

    Raises:
        OSError: it cannot be looked at.
    """
    return Content(name or str(path), inside or PurePath(path.name), path.stat().st_size, lambda: path.open("rb"), path)


def in_folder(folder: Path, readable: Callable[[str], bool]) -> Found:
    """Return the files of a folder and its folders that can be read, sorted; links to folders are not followed."""
    found, others = [], Counter[str]()
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = Path(place) / name
            if name.startswith("."):
                continue
            if not readable(path.suffix.lower()):
                others[path.suffix.lower()] += 1
            elif _is_regular(path):
                found.append(path)
    return Found([of_file(path, inside=path.relative_to(folder)) for path in sorted(found)], others)


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def in_archive(archive: Content, readable: Callable[[str], bool]) -> Found:
    """Return the files of a zip archive that can be read, sorted.

    Raises:
        SeqchatError: it is damaged, protected by a password, or made to do harm.
    """
    try:
        # The members are read as they are needed, from a file that stays open.
        opened = zipfile.ZipFile(_seekable(archive))
        members = [member for member in opened.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise SeqchatError(
            f"{one_line(archive.name)} is not a zip archive that can be read ({one_line(error)})."
        ) from error
    _check(archive, members)
    found, others = [], Counter[str]()
    for member in sorted(members, key=lambda member: member.filename):
        path = PurePosixPath(member.filename)
        if member.filename.startswith(_SIDE_FILES[0]) or path.name.startswith(_SIDE_FILES[1]):
            continue
        if readable(path.suffix.lower()):
            found.append(Content(f"{archive.name}/{member.filename}", path, member.file_size, _opener(opened, member)))
        else:
            others[path.suffix.lower()] += 1
    return Found(found, others)


def _seekable(archive: Content) -> IO[bytes]:
    file = archive.open()
    return file if file.seekable() else BytesIO(file.read())


def _opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    def open_member() -> IO[bytes]:
        try:
            return archive.open(member)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise SeqchatError(f"{one_line(member.filename)} cannot be unpacked ({one_line(error)}).") from error

    return open_member


def _check(archive: Content, members: list[zipfile.ZipInfo]) -> None:
    name = one_line(archive.name)
    if any(_climbs(member.filename) for member in members):
        raise SeqchatError(f"{name} holds files with paths that lead out of it, and is not read.")
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise SeqchatError(f"{name} is protected by a password; unpack it and name the folder.")
    unpacked = sum(member.file_size for member in members)
    bomb = any(_is_bomb(member) for member in members)
    if bomb or len(members) > _MAX_MEMBERS or unpacked > _MAX_UNPACKED:
        raise SeqchatError(f"{name} would be {unpacked:,} bytes when unpacked, too many for its size, and is not read.")


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > _SMALL and member.file_size > _MAX_RATIO * max(member.compress_size, 1)


def _climbs(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or parts[0] == "" or ":" in parts[0][:2]


# --- what is no text ------------------------------------------------------------------------------------------------

_AGAIN = "export the chat again as {}, or another format that docs/own-chats.md names"
_HTML = "a web page; " + _AGAIN.format("JSON (in Telegram: machine-readable JSON) or text")
_DATABASE = "a database; " + _AGAIN.format("text, CSV or JSON with a tool for it")
_PICKLE = "a pickle, which is never opened, as it may run programs"
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"SQLite format 3\x00", _DATABASE),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture, sound or film"),
    (b"OggS", "a sound"),
    (b"ID3", "a sound"),
    (b"%PDF", "a PDF document; save its text as .txt"),
    (b"\xd0\xcf\x11\xe0", "a document of Office; save it as text or CSV"),
    (b"\x1f\x8b", "compressed with gzip; unpack it"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it"),
    (b"Rar!", "a RAR archive; unpack it"),
    (b"\x80\x02", _PICKLE),
    (b"\x80\x03", _PICKLE),
    (b"\x80\x04", _PICKLE),
    (b"\x80\x05", _PICKLE),
    (b"<!doctype html", _HTML),
    (b"<html", _HTML),
    (b"\x7fELF", "a program"),
)
_SUFFIXES = {
    **dict.fromkeys((".db", ".sqlite", ".sqlite3", ".mdb"), _DATABASE),
    **dict.fromkeys((".html", ".htm"), _HTML),
    **dict.fromkeys((".pkl", ".pickle", ".pt"), _PICKLE),
    **dict.fromkeys(
        (".crypt12", ".crypt14", ".crypt15", ".backup", ".enc", ".ab"),
        "an encrypted backup; " + _AGAIN.format("text from the messenger itself"),
    ),
    **dict.fromkeys((".docx", ".xlsx", ".pptx", ".odt", ".ods"), "a document of Office; save it as text or CSV"),
}


def what_it_is(content: Content, beginning: bytes) -> str:
    """Return what a file is, and what to do, if it is no text; nothing if it may be one."""
    start = beginning[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    by_content = (kind for magic, kind in _KINDS if beginning.startswith(magic) or start.startswith(magic))
    return next(by_content, "") or _SUFFIXES.get(content.suffix, "")
