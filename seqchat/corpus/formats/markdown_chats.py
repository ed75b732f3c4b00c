"""Chats in Markdown: a heading or a name in bold before what each says, as assistants' exporters write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from seqchat.corpus.formats.base import BEFORE, EMPTY, HEADING, Item, LeftOut, Message
from seqchat.corpus.formats.prose import FENCE, RULE, without_marks

NAME = "Markdown with names"
_NAME = r"(?P<sender>[^\s*_#:：][^*_#:：]{0,39}?)"
_LABELS = (
    re.compile(rf"(?:#{{1,6}}\s+)?(?:\*\*|__){_NAME}\s?(?:[:：]?(?:\*\*|__)|(?:\*\*|__)\s?[:：])(?:\s+(?P<text>.*))?"),
    re.compile(rf"#{{1,6}}\s+{_NAME}\s?[:：]?"),
    re.compile(rf"{_NAME}\s?(?::(?=\s|$)|：)\s*(?P<text>.*)"),
)
# Two labels are enough if they are names of those who talk to a program.
_ROLES = frozenset(
    {"user", "assistant", "human", "you", "me", "ai", "chatgpt", "claude", "gemini", "copilot", "cursor"}
    | {"prompt", "response", "用户", "助手"}
)
_SHARE_OF_NAMES = 0.6


def fits(lines: Sequence[str]) -> float:
    """Return 1 if names recur before what is said, or 0."""
    return 1.0 if _label_of(lines) else 0.0


def read(beginning: Sequence[str], lines: Iterable[str], _keep_notes: bool) -> Iterator[list[Item]]:
    """Yield what each line adds: for a name, the message before it. Code and rules are left out."""
    label, message, in_code = _label_of(beginning) or _LABELS[0], _Said("", []), False
    begun = False
    for raw in lines:
        line = raw.strip()
        match = None if in_code else label.fullmatch(line)
        if match:
            yield _ended(message) if begun else []
            text = without_marks(match.groupdict().get("text") or "")
            message, begun = _Said(match["sender"].strip(), [text] if text else []), True
        elif in_code or FENCE.fullmatch(line):
            in_code ^= FENCE.fullmatch(line) is not None
            yield [LeftOut("line of code")] if line else []
        elif RULE.fullmatch(line):
            yield [LeftOut(HEADING)]
        elif not line or begun:
            message.lines.extend([without_marks(line)] if line and begun else [])
            yield []
        else:
            yield [LeftOut(BEFORE)]
    yield _ended(message) if begun else []


class _Said(NamedTuple):
    sender: str
    lines: list[str]


def _ended(message: _Said) -> list[Item]:
    text = "\n".join(filter(None, message.lines))
    return [Message(text, message.sender) if text else LeftOut(EMPTY)]


def _label_of(lines: Sequence[str]) -> re.Pattern[str] | None:
    """Return how names are written, if most of what is said has one that recurs; bold ones first."""
    said = [line.strip() for line in lines]
    return next((label for label in _LABELS if _recurs(label, said)), None)


def _recurs(label: re.Pattern[str], lines: Sequence[str]) -> bool:
    names = Counter(match["sender"].strip().lower() for line in lines if (match := label.fullmatch(line)))
    heads = names.total()
    if heads < 2 or len(names) < 2:
        return False
    return set(names) <= _ROLES or (heads > 2 and len(names) <= max(2, _SHARE_OF_NAMES * heads))
