"""An open document: its lines, the positions in them, and the parts around the cursor that a model reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from seqchat.completion.context import MAX_CHARACTERS

# The protocol knows these line breaks, and no others.
_LINE_BREAK = re.compile("\r\n|\r|\n")
_LETTERS = re.compile(r"[\w'’]*")
# What is not between these is a symbol for Emacs in one of its modes for texts, or a little more than that.
_SYMBOL = re.compile(r"[^\s.,;:?!#@~^`\"\\()\[\]{}，。！？、；“”‘’—…《》（）「」『』【】]*")
# So many letters before a place are looked at.
_MOST_LETTERS = 1_000
# At another place, so many characters before it are read at once: the first list waits for them.
_BEGINNING = 600
# Characters on the right of the cursor that are read, and those elsewhere that are remembered on each side
_RIGHT, _ELSEWHERE = 1_000, 4_000


class Place(NamedTuple):
    """A place in a document: the number of the line, and of the characters before it there."""

    line: int
    column: int


class Units(NamedTuple):
    """What positions of a client count.

    before: how many units a text has; text: the beginning of a text that has so many units, or a part of one more.
    """

    count: Callable[[str], int]
    beginning: Callable[[str, int], str]


def _encoded(encoding: str, size: int) -> Units:
    def count(text: str) -> int:
        return len(text) if text.isascii() else len(text.encode(encoding)) // size

    def beginning(text: str, units: int) -> str:
        if text.isascii():
            return text[:units]
        # No character has less than one unit.
        return text[:units].encode(encoding)[: units * size].decode(encoding, errors="ignore")

    return Units(count, beginning)


# By the name of the encoding in the protocol
UNITS = {
    "utf-8": _encoded("utf-8", 1),
    "utf-16": _encoded("utf-16-le", 2),
    "utf-32": Units(len, lambda text, units: text[:units]),
}


class Document:
    """The text of one document. An edit costs as much as what it changes, however long the document is."""

    def __init__(self, text: str, units: Units) -> None:
        self._units = units
        self._lines = _lines(text)
        # Where the text that is read begins, and how far it was read as it is now
        self._start = self._read_to = Place(0, 0)

    @property
    def text(self) -> str:
        """The whole text, with a line feed between its lines."""
        return "\n".join(self._lines)

    def place(self, line: int, units: int) -> Place:
        """Return the place of a position; one beyond the end of its line or of the document is that end."""
        if line >= len(self._lines):
            return Place(len(self._lines) - 1, len(self._lines[-1]))
        return Place(line, len(self._units.beginning(self._lines[line], units)))

    def units(self, text: str) -> int:
        """Return how many units a text has."""
        return self._units.count(text)

    def units_before(self, place: Place) -> int:
        """Return how many units of its line are before a place."""
        return self.units(self._lines[place.line][: place.column])

    def letters_before(self, place: Place) -> str:
        """Return the letters, digits and Chinese characters right before a place, which editors take for a word."""
        return self._end_before(place, _LETTERS)

    def symbol_before(self, place: Place) -> str:
        """Return what Emacs takes for a symbol right before a place, which has more signs and emoji."""
        return self._end_before(place, _SYMBOL)

    def _end_before(self, place: Place, pattern: re.Pattern[str]) -> str:
        before = self._lines[place.line][max(place.column - _MOST_LETTERS, 0) : place.column]
        # Searched from the end, so that a long run of characters is read once
        found = pattern.match(before[::-1])
        return found[0][::-1] if found else ""

    def replace(self, start: Place, end: Place, text: str) -> None:
        """Put a text in the place of another."""
        before, after = self._lines[start.line][: start.column], self._lines[end.line][end.column :]
        self._read_to = min(self._read_to, start)
        lines = _lines(text)
        lines[0] = before + lines[0]
        lines[-1] += after
        self._lines[start.line : end.line + 1] = lines

    def before(self, place: Place) -> str:
        """Return the text before a place as far as it is read; it begins at the same place while the writer goes on."""
        if not self._is_near(place):
            self._start = self._read_to = self._start_for(place)
        self._read_to = max(self._read_to, place)
        start = self._start
        if start.line == place.line:
            return self._lines[place.line][start.column : place.column]
        lines = [self._lines[start.line][start.column :], *self._lines[start.line + 1 : place.line]]
        return "\n".join([*lines, self._lines[place.line][: place.column]])

    def after(self, place: Place) -> str:
        """Return the text after a place as far as it is read."""
        parts, characters = [self._lines[place.line][place.column : place.column + _RIGHT]], 0
        for line in self._lines[place.line + 1 : place.line + 1 + _RIGHT]:
            characters += len(parts[-1]) + 1
            if characters >= _RIGHT:
                break
            parts.append(line[:_RIGHT])
        return "\n".join(parts)

    def elsewhere(self, place: Place) -> list[str]:
        """Return lines that `before` leaves out: those before it, and after the line of the place; the nearest last."""
        start = self._start
        above = self._nearest(range(start.line - 1, -1, -1))
        if start.column:
            above = [self._lines[start.line][max(start.column - _ELSEWHERE, 0) : start.column]]
        return [*self._nearest(range(place.line + 1, len(self._lines))), *above[::-1]]

    def _nearest(self, numbers: range) -> list[str]:
        kept: list[str] = []
        characters = 0
        for number in numbers:
            characters += len(self._lines[number]) + 1
            if characters > _ELSEWHERE:
                break
            kept.append(self._lines[number])
        return kept

    def _is_near(self, place: Place) -> bool:
        """Whether the text from where it began last time to a place is of the right length, and most of it was read."""
        if not self._start <= place or self._start.line >= len(self._lines):
            return False
        if place.line - self._start.line > MAX_CHARACTERS:
            return False
        characters = self._characters(self._start, place)
        long_enough = self._start <= Place(0, 0) or characters >= _BEGINNING // 2
        unread = self._characters(self._read_to, place) if self._read_to < place else 0
        return long_enough and characters <= MAX_CHARACTERS and unread <= _BEGINNING

    def _characters(self, start: Place, end: Place) -> int:
        """Return how many characters there are between two places."""
        return end.column - start.column + sum(len(line) + 1 for line in self._lines[start.line : end.line])

    def _start_for(self, place: Place) -> Place:
        """Return where to begin: so many characters before a place, or at the start of a line a little after that."""
        if place.column > _BEGINNING:
            return Place(place.line, place.column - _BEGINNING)
        characters, line = place.column, place.line
        while line and characters + len(self._lines[line - 1]) + 1 <= _BEGINNING:
            line -= 1
            characters += len(self._lines[line]) + 1
        return Place(line, 0)


def _lines(text: str) -> list[str]:
    return _LINE_BREAK.split(_whole(text))


def _whole(text: str) -> str:
    """Return a text in which halves of characters, of which JSON can have one alone, are replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
