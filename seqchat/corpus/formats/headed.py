"""Texts in which a head of several lines, each with the name of a field, is above a message: sigtop, QQChatExporter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from seqchat.corpus.formats.base import BEFORE, EMPTY, HEADING, MEDIA, SYSTEM, Item, LeftOut, Message
from seqchat.corpus.formats.lines import plain
from seqchat.corpus.formats.notes import PLAIN, QQ, SIGNAL, Notes
from seqchat.corpus.formats.times import seconds_of


class HeadedFormat(NamedTuple):
    """A format in which a line `sender` is followed by others of the head.

    times: the line of the head with the time; text: the line in which the words begin, if that is not after a blank
    line; media: a line of the head that says there is a file; below: a line after the words that nobody said; end: a
    line after which nothing is said; least: how many heads there have to be for a line.
    """

    name: str
    sender: re.Pattern[str]
    second: re.Pattern[str]
    other: re.Pattern[str]
    time: re.Pattern[str]
    media: re.Pattern[str]
    text: re.Pattern[str] | None = None
    notes: Notes = PLAIN
    system: frozenset[str] = frozenset()
    below: re.Pattern[str] | None = None
    end: re.Pattern[str] | None = None
    least: float = 1 / 12

    def fits(self, lines: Sequence[str]) -> float:
        """Return 1 if the first message of a text has such a head, or 0."""
        said = [line for raw in lines if (line := plain(raw))]
        pairs = pairwise(said)
        heads = sum(self.begins(first, second) for first, second in pairs)
        return 1.0 if heads and heads >= self.least * len(said) else 0.0

    def begins(self, first: str, second: str) -> bool:
        """Whether two lines begin a head."""
        return self.sender.fullmatch(first) is not None and self.second.fullmatch(second) is not None

    def read(self, _beginning: Sequence[str], lines: Iterable[str], keep_notes: bool) -> Iterator[list[Item]]:
        """Yield what each line adds."""
        reader = _Reader(self, keep_notes)
        before = ""
        for raw in lines:
            line = plain(raw)
            yield reader.feed(before, line)
            before = line
        yield reader.feed(before, "") + reader.finish()


class _Reader:
    """Reads with one line of delay, as a head is recognised by its second line."""

    def __init__(self, form: HeadedFormat, keep_notes: bool) -> None:
        self._form, self._keep = form, keep_notes
        self._sender: str | None = None
        self._time: float | None = None
        self._in_head = self._has_media = False
        self._lines: list[str] = []

    def feed(self, line: str, following: str) -> list[Item]:
        form = self._form
        if form.begins(line, following):
            ended = self.finish()
            match = form.sender.fullmatch(line)
            self._sender, self._in_head = (match["sender"].strip() if match else ""), True
            return ended
        if self._sender is None:
            return [LeftOut(BEFORE)] if line else []
        if self._in_head:
            return self._head(line)
        if form.end is not None and form.end.fullmatch(line):
            ended = self.finish()
            return [*ended, LeftOut(HEADING)]
        if form.below is not None and form.below.fullmatch(line):
            return [LeftOut(HEADING)]
        self._lines.append(line)
        return []

    def _head(self, line: str) -> list[Item]:
        form = self._form
        if form.text is not None and (text := form.text.fullmatch(line)):
            self._in_head = False
            self._lines.append(text["text"])
            return []
        if time := form.time.fullmatch(line):
            self._time = seconds_of(time["time"].partition(" (")[0])
        self._has_media |= form.media.fullmatch(line) is not None
        if not line and form.text is None:
            self._in_head = False
            return []
        if line and form.other.fullmatch(line) is None:
            self._in_head = False
            self._lines.append(line)
            return []
        return [LeftOut(HEADING)] if line else []

    def finish(self) -> list[Item]:
        if self._sender is None:
            return []
        items: list[Item] = []
        said = []
        for line in self._lines:
            reason = self._form.notes.reason(line) if line and not self._keep else ""
            if reason:
                items.append(LeftOut(reason))
            else:
                said.append(self._form.notes.cut(line))
        text = "\n".join(said).strip()
        if self._sender in self._form.system:
            items.append(LeftOut(SYSTEM))
        elif text:
            items.append(Message(text, self._sender, self._time))
        elif not items:
            items.append(LeftOut(MEDIA if self._has_media else EMPTY))
        self._sender, self._time, self._lines, self._has_media = None, None, [], False
        return items


_CLOCK = re.compile(r"(?P<time>\d{1,2}:\d{2}(?:\s?[AaPp][Mm])?)")

FORMATS = (
    HeadedFormat(
        "Signal (sigtop)",
        sender=re.compile(r"From: (?P<sender>.+?)(?: \(\+?[\d -]+\))?"),
        second=re.compile(r"Type: .*"),
        other=re.compile(
            r"(?:Type|Sent|Received|Attachment|Reaction|Edited|Quote|Mention|Sticker|Expires|Version|To):.*|>.*"
        ),
        time=re.compile(r"Sent: (?P<time>.*)"),
        media=re.compile(r"(?:Attachment|Sticker): .*"),
        notes=SIGNAL,
    ),
    HeadedFormat(
        "QQChatExporter",
        sender=re.compile(r"(?P<sender>[^:：]{1,100}?)[:：]"),
        second=re.compile(r"(?:时间|时刻)[:：].*"),
        other=re.compile(r"(?:时间|时刻|资源|类型|消息ID|消息类型|回复)[:：].*|- .*"),
        time=re.compile(r"(?:时间|时刻)[:：]\s?(?P<time>.*)"),
        media=re.compile(r"资源[:：].*"),
        text=re.compile(r"(?:内容|消息)[:：]\s?(?P<text>.*)"),
        notes=QQ,
        system=frozenset({"系统消息", "系统"}),
        below=re.compile(r"资源[:：] ?\d+ ?个文件|- (?:image|video|audio|file|face)[:：].*"),
        end=re.compile(r"={8,}"),
    ),
    # What is copied from the program
    HeadedFormat(
        "Slack",
        sender=re.compile(r"(?P<sender>[^\W\d].{0,60})"),
        second=_CLOCK,
        other=_CLOCK,
        time=_CLOCK,
        media=re.compile(r"(?!)"),
        least=0.2,
    ),
)
