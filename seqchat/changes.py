"""What is new: the newest section of the changelog, and whether this version runs for the first time after another."""

from __future__ import annotations

import re
from typing import NamedTuple

from seqchat import __version__, locations
from seqchat.errors import SeqchatError
from seqchat.files import write_private

_SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_LONGEST_VERSION = 40


class Changes(NamedTuple):
    """A section of the changelog: its title, and its paragraphs, each with whether it is a heading."""

    title: str
    paragraphs: list[tuple[str, bool]]


def newest() -> Changes:
    """Return the newest section; an empty one if the changelog is not there."""
    try:
        text = locations.changelog().read_text("utf-8")
    except (OSError, ValueError):
        text = ""
    section = _SECTION.search(text)
    return Changes("", []) if section is None else Changes(section[1].strip(), list(_paragraphs(section[2])))


def is_updated() -> bool:
    """Whether another version ran last; from now on, this one did."""
    path = locations.last_version()
    try:
        before = path.read_bytes()[:_LONGEST_VERSION].decode("utf-8", errors="replace").strip()
    except OSError:
        before = ""
    if before != __version__:
        try:
            write_private(path, f"{__version__}\n")
        except SeqchatError:
            return False
    return before not in ("", __version__)


def _paragraphs(text: str) -> list[tuple[str, bool]]:
    """Return paragraphs on one line each: headings, and points of lists with a bullet."""
    found: list[tuple[str, bool]] = []
    for line in text.splitlines():
        if line.startswith("#"):
            found.append((line.lstrip("# "), True))
        elif line.startswith("- "):
            found.append((f"• {line[2:]}", False))
        elif line.strip() and found and line.startswith("  "):
            found[-1] = (f"{found[-1][0]} {line.strip()}", found[-1][1])
        elif line.strip():
            found.append((line.strip(), False))
    return [(_plain(paragraph), is_heading) for paragraph, is_heading in found]


def _plain(text: str) -> str:
    """Return a paragraph without the marks of Markdown."""
    return _LINK.sub(r"\1", text).replace("`", "").replace("**", "")
