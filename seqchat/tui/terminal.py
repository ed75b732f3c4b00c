"""What this app needs from terminals beyond Textual."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import string
import sys
import threading
import time
from collections.abc import Callable

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from seqchat.corpus.cleaning import is_safe, without_escapes
from seqchat.tui.textual_compat import filter_input, name_sequence, sequences_read_as_escape

_LOOK_SECONDS, _END_SECONDS = 1.0, 2.0

# What starts longer codes after Esc, and what terminals send for moves by words
_NOT_ALT = "OPbf[]\\^_"


def let_alt_through() -> None:
    """Make Alt with another key one key, which arrives at once and types no character.

    Terminals send Esc before a character. Textual treats digits as what Option types on a Mac (Alt+2: ™), types the
    letter into a text area, and reads two such keys that arrive together as four. Arrows with Alt, which have codes of
    their own, it reads as Esc and an arrow.
    """
    for character in string.ascii_letters + string.digits + string.punctuation:
        if character not in _NOT_ALT:
            key = f"alt+shift+{character.lower()}" if character.isupper() else f"alt+{character}"
            name_sequence(f"\x1b{character}", key)
    for sequence, key in sequences_read_as_escape().items():
        name_sequence(sequence, f"alt+{key}")


class Pastes:
    """Removes escape sequences from pasted text while it arrives.

    Textual would read them as keys, and wait forever for the end of the paste.
    """

    _START, _END = "\x1b[200~", "\x1b[201~"

    def __init__(self) -> None:
        self._inside = False
        # The end of what was passed on before, which may be the start of a mark
        self._tail = ""
        # What may be the start of the end mark; it is passed on once that is known
        self._held = ""

    def clean(self, data: str) -> str:
        """Return what Textual should read of the next piece of input."""
        out: list[str] = []
        while data:
            piece, data = self._paste(data) if self._inside else self._keys(data)
            out.append(piece)
        return "".join(out)

    def _keys(self, data: str) -> tuple[str, str]:
        """Return what is passed on up to the start of a paste, and the rest."""
        start = (self._tail + data).find(self._START)
        if start < 0:
            self._tail = (self._tail + data)[-len(self._START) + 1 :]
            return data, ""
        end = start + len(self._START) - len(self._tail)
        self._inside, self._tail = True, ""
        return data[:end], data[end:]

    def _paste(self, data: str) -> tuple[str, str]:
        """Return what is passed on up to the end of a paste, and the rest."""
        data, self._held = self._held + data, ""
        pasted, end, rest = data.partition(self._END)
        if end:
            self._inside = False
            return without_escapes(pasted) + end, rest
        held = next((n for n in range(len(self._END) - 1, 0, -1) if data.endswith(self._END[:n])), 0)
        self._held = data[len(data) - held :]
        return without_escapes(data[: len(data) - held]), ""


def let_pastes_through() -> None:
    """Make Textual read pasted text as `Pastes` cleans it."""
    filter_input(lambda: Pastes().clean)


class Harmless(LineFilter):
    """Removes control characters from every line on its way to the screen, whatever put them there.

    Our own text is cleaned at its source; this is for what other libraries draw, such as file names.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line without control characters and hidden directions; none of them takes a cell."""
        return [s if s.control or s.text.isprintable() else _harmless(s) for s in segments]


def _harmless(segment: Segment) -> Segment:
    return Segment("".join(filter(is_safe, segment.text)), segment.style)


def end_with_signals(end: Callable[[], object]) -> None:
    """Call `end` when the terminal is closed or the process is asked to end."""

    def hung_up(*_: object) -> None:
        # The kernel also wakes the process, and Textual would then draw to a terminal that is gone.
        signal.signal(signal.SIGCONT, lambda *_: None)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        end()

    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, lambda *_: end())
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, hung_up)


def watch(gone: Callable[[], object]) -> None:
    """Call `gone` when the terminal or the browser's server is gone; end soon after.

    Not all of them send a signal, and without its terminal Textual may wait forever to write, or read in an endless
    loop.
    """
    if sys.__stdin__ is not None:
        threading.Thread(target=_watch, args=(sys.__stdin__.fileno(), gone), name="terminal", daemon=True).start()


def _watch(file: int, gone: Callable[[], object]) -> None:
    while os.isatty(file) or not _hung_up(file):
        time.sleep(_LOOK_SECONDS)
    gone()
    time.sleep(_END_SECONDS)
    os._exit(1)


def _hung_up(file: int) -> bool:
    """Whether a pipe has no writer any more, or a terminal was closed."""
    if not hasattr(select, "poll"):  # Windows
        return False
    poll = select.poll()
    poll.register(file, 0)
    return any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0))
