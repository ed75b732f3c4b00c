"""What this app needs of terminals beyond what Textual does."""

from __future__ import annotations

import os
import string
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.color import Color
from textual.filter import LineFilter

from seqchat.corpus.cleaning import is_safe

_LOOK_SECONDS, _END_SECONDS = 1.0, 2.0


# Letters that begin longer codes after Esc, and those that terminals send for the motions of words
_NOT_ALT = "OPXbf"


@dataclass(frozen=True)
class _AltKey:
    """A key as Textual's table of codes has them."""

    value: str


def let_alt_through() -> None:
    """Make Alt with a letter or digit a key of its own, at once and without a character.

    Terminals send Esc before the character. Textual takes digits for what Option types on a Mac (Alt+2: ™), types the
    letter into a text area, and reads two such keys that come together as four.
    """
    for character in string.ascii_letters + string.digits:
        if character not in _NOT_ALT:
            key = f"alt+shift+{character.lower()}" if character.isupper() else f"alt+{character}"
            ANSI_SEQUENCES_KEYS[f"\x1b{character}"] = (_AltKey(key),)  # type: ignore[index]


class Harmless(LineFilter):
    """Drops what would steer the terminal from every line on its way to the screen, whatever put it there.

    Text is cleaned where it comes in; this is for what other libraries draw, such as the names of files.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line without control characters and hidden directions; none of them takes a cell."""
        return [s if s.control or s.text.isprintable() else _harmless(s) for s in segments]


def _harmless(segment: Segment) -> Segment:
    return Segment("".join(filter(is_safe, segment.text)), segment.style)


def watch(gone: Callable[[], object]) -> None:
    """Call `gone` when the terminal is closed that the program was started in, and end the process soon after.

    Not every closed terminal sends a signal, and with one that is gone Textual may wait for ever to write, or read
    in an endless loop.
    """
    if sys.__stdin__ is None or not sys.__stdin__.isatty():
        return
    threading.Thread(target=_watch, args=(sys.__stdin__.fileno(), gone), name="terminal", daemon=True).start()


def _watch(file: int, gone: Callable[[], object]) -> None:
    while _is_open(file):
        time.sleep(_LOOK_SECONDS)
    gone()
    time.sleep(_END_SECONDS)
    os._exit(1)


def _is_open(file: int) -> bool:
    try:
        import termios
    except ImportError:  # Windows
        return True
    try:
        termios.tcgetattr(file)
    except (termios.error, OSError):
        return False
    return True
