"""Chats as text: lines that begin a message, lines of it, and lines that nobody said."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from seqchat.corpus.formats.base import BEFORE, EMPTY, HEADING, MEDIA, QUOTED, SYSTEM, Break, Item, LeftOut, Message
from seqchat.corpus.formats.notes import PLAIN, Notes
from seqchat.corpus.formats.times import Moment, date_order, moment

# A format is taken when this share of the lines fits it, or the second one if the text begins with it, or the third if
# its heads have the whole time as well: messages may be long.
_MOST, _MANY, _FEW = 0.5, 0.12, 0.03
# A longer message is passed on in parts, and need not fit in memory.
_MAX_LINES = 1_000
_DAY = 86_400
_HALF_DAY = 43_200
# What WhatsApp writes before its own words, and what stands for a line that has nothing else
_OWN, _NOTE = "\u200e", "\0note"
_LONGEST_NOTE = 80

_MARKS = dict.fromkeys([0x61C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF])
_MARKS |= dict.fromkeys([0xA0, 0x202F, 0x2009, 0x3000, 0x2003], " ")


@dataclass(frozen=True)
class LineFormat:
    """A text format of chats.

    heads: what begins a message; they may have the groups `date`, `clock`, `sender` and `text`, and a line without a
    `sender` is the messenger's own. day: a line that has only the day, `date`. chat: a line from which on another
    chat follows, `chat`. heading, system: lines that nobody said. tail: what ends the words of a message, up to the
    next head. echo: a line, as it is written, of what is said elsewhere. block: the words are below the head;
    sender_below: so is the sender. strict: names have to occur again, as the head alone could be a sentence.
    """

    name: str
    heads: tuple[re.Pattern[str], ...]
    day: re.Pattern[str] | None = None
    chat: re.Pattern[str] | None = None
    heading: re.Pattern[str] | None = None
    system: re.Pattern[str] | None = None
    tail: re.Pattern[str] | None = None
    echo: re.Pattern[str] | None = None
    block: bool = False
    sender_below: bool = False
    strict: bool = False
    blank_ends: bool = False
    notes: Notes = PLAIN
    refine: Callable[[Sequence[str]], LineFormat | None] | None = None
    nobody: frozenset[str] = frozenset()

    def head(self, line: str) -> re.Match[str] | None:
        """Return the match of a line that begins a message."""
        return next((match for head in self.heads if (match := head.fullmatch(line))), None)

    def fits(self, lines: Sequence[str]) -> float:
        """Return which share of the lines of a text is of this format; 0 if it is not taken."""
        said = [line for raw in lines if (line := plain(raw))]
        tally = _Tally(self)
        for line in said:
            tally.add(line)
        return tally.share(len(said))


def plain(line: str) -> str:
    """Return a line without marks of direction, every space a plain one."""
    return line.strip() if line.isascii() else line.translate(_MARKS).strip()


class _Tally:
    """What the lines of a text would be in a format."""

    def __init__(self, form: LineFormat) -> None:
        self._form = form
        self._senders: Counter[str] = Counter()
        self._owns = self._heads = self._between = self._spoken = self._dated = 0
        self._after_head = False
        self._first_is_head: bool | None = None

    def add(self, line: str) -> None:
        form = self._form
        head = form.head(line)
        if head is not None:
            sender = _group(head, "sender")
            self._heads += bool(sender) or form.sender_below
            self._owns += not sender and not form.sender_below
            self._dated += bool(sender and _group(head, "clock") and _group(head, "date") and not form.block)
            if sender:
                self._senders[sender] += 1
            self._after_head = True
            self._first_is_head = self._first_is_head is not False
            return
        self._spoken += self._after_head
        self._after_head = False
        if any(_matches(pattern, line) for pattern in (form.day, form.chat, form.heading, form.system)):
            self._between += 1
        elif self._first_is_head is None:
            self._first_is_head = False

    def _names_recur(self, lines: int) -> bool:
        names, heads = len(self._senders), self._heads
        # Two people who say one thing each may be a chapter and the next, if others speak too.
        alone = names == heads == 2 and (self._form.block or heads == lines)
        return names <= max(3, 0.6 * heads) and (names < heads or alone)

    def share(self, lines: int) -> float:
        form = self._form
        if not self._heads or (form.block and self._spoken < self._heads / 2):
            return 0.0
        if form.strict and (self._heads < 2 or not self._names_recur(lines)):
            return 0.0
        below = self._spoken * (1 + form.sender_below) if form.block else 0
        share = min(1.0, (self._heads + self._owns + self._between + below) / max(lines, 1))
        enough = _MOST
        if self._first_is_head and self._heads > 2:
            enough = _FEW if self._dated == self._heads else _MANY
        return share if share >= enough else 0.0


def read_lines(
    form: LineFormat, beginning: Sequence[str], lines: Iterable[str], keep_notes: bool
) -> Iterator[list[Item]]:
    """Yield what each line of a text adds: for a line that begins another message, the message that it ends.

    beginning: the first lines, which tell in which order dates are written.
    """
    reader = _Reader(form, _order(form, beginning), keep_notes)
    for line in lines:
        yield list(reader.feed(line))
    yield list(reader.finish())


def _order(form: LineFormat, lines: Sequence[str]) -> str:
    heads = (form.head(line) or (form.day and form.day.fullmatch(line)) for line in map(plain, lines))
    return date_order(moment(_when(head)) for head in heads if head)


def _when(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return " ".join(groups.get(name) or "" for name in ("date", "date_last", "clock", "clock_first")).strip()


def _group(match: re.Match[str], name: str) -> str:
    return (match.groupdict().get(name) or "").strip()


def _matches(pattern: re.Pattern[str] | None, line: str) -> bool:
    return pattern is not None and pattern.fullmatch(line) is not None


@dataclass
class _Open:
    """The message that is being read; said: whether a person writes it."""

    sender: str
    time: float | None
    said: bool
    flagged: bool = False
    lines: list[str] = field(default_factory=list)
    needs_sender: bool = False
    ended: bool = False


class _Reader:
    def __init__(self, form: LineFormat, order: str, keep_notes: bool) -> None:
        self._form, self._order, self._keep = form, order, keep_notes
        self._open: _Open | None = None
        self._chat = ""
        self._day: float | None = None
        self._last: float | None = None
        self._begun = False

    def feed(self, raw: str) -> Iterator[Item]:
        line = plain(raw)
        if not line:
            yield from self._blank()
            return
        if _matches(self._form.echo, raw.rstrip()):
            yield LeftOut(QUOTED)
            return
        head = self._form.head(line)
        if head is not None:
            yield from self.finish()
            self._begin(head, raw)
        elif self._between(line) or not self._open:
            yield from self.finish()
            yield from self._own(line)
        else:
            yield from self._go_on(line, raw)

    def finish(self) -> Iterator[Item]:
        """Yield what the open message is."""
        if self._open is not None:
            yield from self._items(self._open)
            self._open = None

    def _blank(self) -> Iterator[Item]:
        if self._form.blank_ends:
            yield from self.finish()
            yield Break()
        elif self._open is not None and self._open.lines:
            self._open.lines.append("")

    def _between(self, line: str) -> bool:
        form = self._form
        return any(_matches(pattern, line) for pattern in (form.day, form.chat, form.heading, form.system))

    def _own(self, line: str) -> Iterator[Item]:
        """Yield a line outside of messages, and remember what it says of those that follow."""
        form = self._form
        if form.chat is not None and (match := form.chat.fullmatch(line)):
            self._chat = f"{self._chat}\n{match.groupdict().get('chat') or ''}"
            self._last = self._day = None
            yield LeftOut(HEADING)
        elif form.day is not None and (match := form.day.fullmatch(line)):
            self._day = moment(_when(match)).seconds(self._order)
            self._last = None
            yield LeftOut(HEADING)
        elif _matches(form.heading, line):
            yield LeftOut(HEADING)
        elif form.blank_ends:
            # Between what people with names say, nobody else is a messenger.
            yield Message(line)
        else:
            yield LeftOut(SYSTEM if self._begun else BEFORE)

    def _begin(self, head: re.Match[str], raw: str) -> None:
        self._begun = True
        sender = _group(head, "sender")
        said = bool(sender) or self._form.sender_below
        text = _group(head, "text")
        message = _Open(sender, self._time(moment(_when(head))), said and sender not in self._form.nobody)
        message.needs_sender = self._form.sender_below
        message.flagged = raw.startswith("\u200e")
        if text or not said:
            message.lines.append(self._spoken(_as_written(raw, text), text, message.flagged) if said else text)
        self._open = message

    def _go_on(self, line: str, raw: str) -> Iterator[Item]:
        message = self._open
        assert message is not None
        if message.needs_sender:
            message.sender, message.needs_sender = line, False
            return
        if _matches(self._form.tail, line):
            message.ended = True
        if message.ended:
            yield LeftOut(MEDIA)
            return
        message.lines.append(self._spoken(_as_written(raw, line), line))
        if len(message.lines) >= _MAX_LINES:
            yield from self._items(message)
            message.lines = []

    def _spoken(self, written: str, text: str, flagged: bool = False) -> str:
        """Return what a person says in a line, given as it is written and without marks."""
        notes = self._form.notes
        if _OWN not in written:
            cut = notes.cut(text)
            return text if cut != text and notes.reason(text) else cut
        if notes.reason(text):
            return text
        before, own, after = notes.cut(written).partition(_OWN)
        if (flagged and own) or (own and not before and _is_note(after)):
            # WhatsApp marks its own words; the pages of a document stand after its name.
            before = plain(before)
            return _NOTE if not before or before.endswith("•") else before
        return plain(notes.cut(written))

    def _time(self, when: Moment) -> float | None:
        """Return the time of a message, whose day may be known from a line before it, or not at all."""
        if when.date:
            time = when.seconds(self._order)
        elif when.second is None:
            return None
        else:
            time = (self._day or 0.0) + when.second
            if self._last is not None and time < self._last - _HALF_DAY:
                self._day = (self._day or 0.0) + _DAY
                time += _DAY
        self._last = time
        return time

    def _items(self, message: _Open) -> Iterator[Item]:
        lines = message.lines
        while lines and not lines[-1]:
            lines.pop()
        if not message.said:
            yield LeftOut(SYSTEM, max(1, sum(map(bool, lines))))
            return
        left_out: Counter[str] = Counter()
        if not self._keep:
            lines = [line for line in lines if not self._is_note(line, message, left_out)]
        yield from (LeftOut(reason, count) for reason, count in left_out.items())
        text = "\n".join(lines).strip("\n")
        if text:
            yield Message(_unquoted(text), message.sender, message.time, self._chat)
        elif not left_out:
            yield LeftOut(EMPTY)

    def _is_note(self, line: str, message: _Open, left_out: Counter[str]) -> bool:
        reason = MEDIA if line == _NOTE else self._form.notes.reason(line) if line else ""
        if reason:
            left_out[reason] += 1
        return bool(reason)


def _as_written(raw: str, text: str) -> str:
    """Return the end of a line as it is written, with its marks, of which a text is the end without them."""
    if _OWN not in raw or not text:
        return text
    left, start = len(text), len(raw.rstrip())
    while start and (left or (ord(raw[start - 1]) in _MARKS and not raw[start - 1].isspace())):
        start -= 1
        left -= _MARKS.get(ord(raw[start]), "") is not None
    return raw[start:]


def _is_note(text: str) -> bool:
    """Whether words after a mark are a messenger's own: a few, and none for which a keyboard writes such marks."""
    few = len(text) <= _LONGEST_NOTE and any(map(str.isalpha, text))
    return few and not any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)


def _unquoted(text: str) -> str:
    """Return a message over several lines without the quotes that LINE puts around it."""
    quoted = "\n" in text and len(text) > 2 and text[0] == text[-1] == '"'
    return text[1:-1].strip() if quoted else text
