"""Prose and Markdown: paragraphs are turns, and lines that were broken to a width belong together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from seqchat.corpus.formats.base import HEADING, Item, LeftOut, Message

# Lines that are broken to a width have lengths in this range, most of them near the longest.
_NARROWEST, _WIDEST = 45, 110
FENCE = re.compile(r"(?:```|~~~).*")
RULE = re.compile(r"(?:[-*_=]\s?){3,}|\|?[\s:|-]{3,}\|?|<!--.*-->")
_MARKER = re.compile(r"^(?:#{1,6}|>|[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_OWN_LINE = re.compile(r"(?:#{1,6}|>|[-*+]|\d{1,3}[.)])\s+.*")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)|<(https?://[^<>]+)>")
_EMPHASIS = re.compile(r"(\*\*|__|\*|_|~~|`)(?=\S)(.+?)(?<=\S)\1(?!\w)")


def fits_wrapped(lines: Sequence[str]) -> float:
    """Return 1 if the lines of a text are broken to a width, paragraphs being separated by blank lines."""
    paragraphs = list(_paragraphs(line.strip() for line in lines))
    inner = [len(line) for paragraph in paragraphs for line in paragraph[:-1]]
    if len(inner) < 4 or len(paragraphs) < 2:
        return 0.0
    width = max(len(line) for paragraph in paragraphs for line in paragraph)
    near = sum(length > 0.75 * width for length in inner)
    open_ends = sum(line[-1].isalnum() or line[-1] in ",;-" for p in paragraphs for line in p[:-1])
    wrapped = _NARROWEST <= width <= _WIDEST and near >= 0.85 * len(inner) and open_ends >= 0.6 * len(inner)
    return 1.0 if wrapped else 0.0


def read_wrapped(_beginning: Sequence[str], lines: Iterable[str], _keep_notes: bool) -> Iterator[list[Item]]:
    """Yield a paragraph as a turn when the blank line after it is read."""
    paragraph: list[str] = []
    for raw in lines:
        line = raw.strip()
        if line:
            paragraph.append(line)
            yield []
        else:
            yield _joined(paragraph)
            paragraph = []
    yield _joined(paragraph)


def read_markdown(_beginning: Sequence[str], lines: Iterable[str], _keep_notes: bool) -> Iterator[list[Item]]:
    """Yield paragraphs, headings and points of lists as turns, without marks; code and rules are left out."""
    for items in _markdown(lines):
        yield [unmarked for item in items if (unmarked := _unmarked(item)) is not None]


def _unmarked(item: Item) -> Item | None:
    if not isinstance(item, Message):
        return item
    text = without_marks(item.text)
    return Message(text) if text else None


def _markdown(lines: Iterable[str]) -> Iterator[list[Item]]:
    paragraph: list[str] = []
    in_code = in_matter = False
    for number, raw in enumerate(lines):
        line = raw.strip()
        if (number == 0 and line == "---") or in_matter:
            in_matter = number == 0 or line != "---"
            yield [LeftOut(HEADING)] if line else []
        elif FENCE.fullmatch(line) or in_code:
            in_code ^= FENCE.fullmatch(line) is not None
            yield [*_joined(paragraph), *([LeftOut("line of code")] if line else [])]
            paragraph = []
        elif not line or RULE.fullmatch(line):
            yield [*_joined(paragraph), *([LeftOut(HEADING)] if line else [])]
            paragraph = []
        elif _OWN_LINE.fullmatch(line):
            yield _joined(paragraph)
            paragraph = [line]
        else:
            paragraph.append(line)
            yield []
    yield _joined(paragraph)


def _paragraphs(lines: Iterable[str]) -> Iterator[list[str]]:
    paragraph: list[str] = []
    for line in lines:
        if line:
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _joined(lines: Sequence[str]) -> list[Item]:
    text = ""
    for line in lines:
        # Between Chinese or Japanese characters there are no spaces.
        text += line if not text or (ord(text[-1]) > 0x2E80 and ord(line[0]) > 0x2E80) else f" {line}"
    return [Message(text)] if text else []


def without_marks(text: str) -> str:
    """Return a paragraph of Markdown as a reader sees it."""
    text = _LINK.sub(lambda m: m[1] or m[2], _IMAGE.sub(r"\1", _MARKER.sub("", text, count=1)))
    return _EMPHASIS.sub(r"\2", text).strip()
