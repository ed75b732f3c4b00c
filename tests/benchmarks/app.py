"""The app as its user meets it: how soon a key is on the screen, what a large paste costs, how memory grows.

    python tests/benchmarks/app.py
    python tests/benchmarks/app.py --part keys --typed 100
    python tests/benchmarks/app.py --part composing
    python tests/benchmarks/app.py --part session --keys 500

`seqchat tui` runs in a pseudo-terminal. Keys go in as bytes; what comes out is drawn by a small terminal, and a key
counts as shown when a frame has come in whole in which its character stands left of the cursor, in the colours of the
text (and not of the grey text, which may have foreseen it).
"""

from __future__ import annotations

import codecs
import errno
import fcntl
import json
import os
import pty
import random
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from types import TracebackType

import click
import numpy as np
from phrases import ENGLISH
from pypinyin import lazy_pinyin
from rich.cells import cell_len

from seqchat import locations
from seqchat.corpus.sources import read_dialogs

_FRAME_MS = 33.0
_PASTED_BYTES = 100_000
# Ends what is pasted, so that it is found on the screen
_MARK = "zqx"
_SLOW_RATE, _FAST_RATE = 5, 20
_READY_SECONDS, _PATIENCE_SECONDS = 90.0, 20.0
_BOX = "│"

_ENTER, _TAB, _BACKSPACE, _QUIT, _ESCAPE = "\r", "\t", "\x7f", "\x11", "\x1b"
# Alt and a key arrive as Esc and that key; after this time, Esc was a key of its own.
_ESCAPE_SECONDS = 0.4
# The frame of the candidates at the cursor, with the letters cut into syllables
_POPUP = re.compile("╭─ [a-z']+ ─")
_LONGEST_COMPOSITION = 30
# After which the app has given back what it does not need
_REST_SECONDS = 3.0
_UP, _DOWN, _RIGHT, _LEFT, _HOME, _END = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F"
_ALT_1, _ALT_J, _MODE = "\x1b1", "\x1bj", "\x1bm"

_TOKEN = re.compile(
    r"\x1b\[(?P<private>[?<=>]?)(?P<numbers>[\d;:]*)[ -/]*(?P<command>[@-~])"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[^\[\]PX^_]"
    r"|\x1b\[[^@-~\x1b]*(?=\x1b)"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f])"
    r"|(?P<text>[^\x00-\x1f]+)"
)


class Screen:
    """A terminal that knows as much as Textual asks of one: characters with their styles, and a cursor."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None], frame: Callable[[], None]) -> None:
        """Take what sends answers to questions, and what is called when a frame is complete."""
        self.columns, self.rows = columns, rows
        self._answer, self._frame = answer, frame
        self.x = self.y = 0
        self._style = ""
        self._rest = ""
        self.characters = [[" "] * columns for _ in range(rows)]
        self.styles = [[""] * columns for _ in range(rows)]

    def feed(self, data: str) -> None:
        """Draw what the app wrote."""
        data = self._rest + data
        offset = 0
        while match := _TOKEN.match(data, offset):
            offset = match.end()
            if match["text"]:
                self._write(match["text"])
            elif match["command"]:
                self._obey(match["private"], match["numbers"], match["command"])
            elif match["control"] == "\n":
                self.y = min(self.y + 1, self.rows - 1)
            elif match["control"] == "\r":
                self.x = 0
        self._rest = data[offset:]

    def text(self, row: int, start: int, end: int) -> str:
        """Return what stands in some cells; a wide character fills its second cell with nothing."""
        return "".join(self.characters[row][start:end]) if 0 <= row < self.rows else ""

    def find(self, text: str) -> int | None:
        """Return the row in which a text stands."""
        return next((row for row in range(self.rows) if text in self.text(row, 0, self.columns)), None)

    def _write(self, text: str) -> None:
        for character in text:
            width = cell_len(character)
            if width == 0 or self.x + width > self.columns:
                continue
            self.characters[self.y][self.x : self.x + width] = [character] + [""] * (width - 1)
            self.styles[self.y][self.x : self.x + width] = [self._style] * width
            self.x += width

    def _obey(self, private: str, numbers: str, command: str) -> None:
        if command == "m":
            self._style = numbers
        elif command == "H":
            row, column = ([int(part or 1) for part in numbers.split(";")] + [1, 1])[:2] if numbers else (1, 1)
            self.y, self.x = min(row, self.rows) - 1, min(column, self.columns) - 1
        elif command == "p" and private == "?" and numbers == "2026":
            # "\x1b[?2026$p" asks whether frames may be announced as such.
            self._answer("\x1b[?2026;2$y")
        elif command == "l" and private == "?" and numbers == "2026":
            self._frame()


class App:
    """`seqchat tui` in a terminal of its own, with folders of its own."""

    def __init__(self, model: str, columns: int, rows: int) -> None:
        """Start it."""
        self.folder = Path(tempfile.mkdtemp(prefix="seqchat-app-"))
        names = {"XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data"}
        environment = {**os.environ, **{name: str(self.folder / part) for name, part in names.items()}}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        self.began = time.perf_counter()
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            # No question is asked at the end.
            command = [sys.executable, "-m", "seqchat", "tui", model, "--fresh", "--forget-on-exit", "--lang", "en"]
            os.execve(sys.executable, command, environment)
        os.set_blocking(self._terminal, False)
        self._outbox = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.frames = 0
        self.frame_time = 0.0
        self._read_time = 0.0
        self.on_frame: Callable[[], None] = lambda: None
        self.screen = Screen(columns, rows, self.send, self._framed)
        self._ended = False

    def __enter__(self) -> App:
        """Wait until the model is there."""
        self.wait(lambda: self.screen.find("Candidates · ") is not None, _READY_SECONDS, "The model is not there.")
        self.pump(1.0)
        self.left = self.screen.x
        row = self.screen.characters[self.screen.y]
        self.room = next(x for x in range(self.left, self.screen.columns) if row[x] == _BOX) - self.left - 2
        self.continuations = self.screen.find(" Continuations ")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End it, if it still runs."""
        if not self._ended:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._terminal)
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, keys: str) -> None:
        """Press keys."""
        self._outbox += keys.encode()
        self._flush()

    def pump(self, seconds: float) -> None:
        """Read what the app writes, for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0 and not self._ended:
            self._step(left)

    def wait(self, condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
        """Read until something is so.

        Raises:
            ClickException: it is not so in time; the last screen is printed.
        """
        end = time.perf_counter() + seconds
        while not condition():
            if self._ended or time.perf_counter() > end:
                for row in range(self.screen.rows):
                    click.echo(self.screen.text(row, 0, self.screen.columns).rstrip(), err=True)
                raise click.ClickException(otherwise)
            self._step(0.1)

    def before_cursor(self, row: int | None = None) -> str:
        """Return what stands left of the cursor in the editor, or in a whole row of it."""
        end = self.screen.x if row is None else self.left + self.room + 2
        return self.screen.text(self.screen.y if row is None else row, self.left, end)

    def drawn(self) -> str:
        """Return what the continuations look like."""
        first = self.continuations
        return "" if first is None else "".join(self.before_cursor(row) for row in range(first + 1, first + 4))

    def megabytes(self, field: str = "VmRSS") -> float:
        """Return its resident memory, or what of it is no page of a file: field is VmRSS or RssAnon."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        match = re.search(rf"{field}:\s*(\d+)", status)
        assert match is not None
        return int(match[1]) / 1024

    def quit(self) -> str:
        """End it as a user does; return the text that it kept."""
        self.send(_QUIT)
        end = time.perf_counter() + _PATIENCE_SECONDS
        while not self._ended and time.perf_counter() < end:
            self._step(0.1)
        if not self._ended:
            raise click.ClickException("Ctrl+Q did not end the app.")
        _, status = os.waitpid(self.pid, 0)
        if status:
            raise click.ClickException(f"The app ended with status {os.waitstatus_to_exitcode(status)}.")
        (path,) = self.folder.glob("state/seqchat/sessions/*.json")
        return str(json.loads(path.read_bytes())["text"])

    def _flush(self) -> None:
        while self._outbox:
            try:
                self._outbox = self._outbox[os.write(self._terminal, self._outbox) :]
            except BlockingIOError:
                return

    def _step(self, seconds: float) -> None:
        writing = [self._terminal] if self._outbox else []
        readable, writable, _ = select.select([self._terminal], writing, [], seconds)
        if writable:
            self._flush()
        if not readable:
            return
        try:
            data = os.read(self._terminal, 65_536)
        except OSError as error:  # the other end is closed
            if error.errno != errno.EIO:
                raise
            data = b""
        self._read_time = time.perf_counter()
        self._ended = not data
        self.screen.feed(self._decoder.decode(data))

    def _framed(self) -> None:
        self.frames += 1
        self.frame_time = self._read_time
        self.on_frame()


# --- typing


@dataclass
class Key:
    """A typed key: when it was sent, when it was shown, and what has to stand left of the cursor then."""

    sent: float
    line: str
    line_before: str
    shown: float | None = None


class Typist:
    """Types lines at a pace, and notes when each key is on the screen."""

    def __init__(self, app: App) -> None:
        """Learn from one character how text is drawn."""
        self._app = app
        app.send("q")
        app.wait(lambda: app.before_cursor() == "q", _PATIENCE_SECONDS, "Nothing can be typed.")
        self._style = app.screen.styles[app.screen.y][app.left]
        app.send(_BACKSPACE)
        app.wait(lambda: app.before_cursor() == "", _PATIENCE_SECONDS, "Nothing can be deleted.")
        app.pump(0.5)
        self.keys: list[Key] = []
        self.frames = self.streamed = 0
        # Frames since the candidates at the cursor appeared for these letters, and those in which they were not there
        self.popup_frames = self.flickers = 0
        self._first = 0
        self._drawn = ""
        self._pops = False

    def type(self, lines: Iterable[str], rate: float, rng: random.Random, *, composes: bool = False) -> None:
        """Type lines, each with a line break, about `rate` keys a second; composes: each is letters that stay open."""
        app = self._app
        app.on_frame = self._look
        due = time.perf_counter()
        before = ""
        for line in lines:
            for end in range(1, len(line) + 2):
                app.pump(due - time.perf_counter())
                due += rng.uniform(0.8, 1.2) / rate
                broken = end > len(line)
                if broken and composes:
                    self._settle()
                    due = time.perf_counter()
                self.keys.append(Key(time.perf_counter(), "" if broken else line[:end], line if broken else before))
                app.send(_ENTER if broken else line[end - 1])
            before = line
        end_of_patience = time.perf_counter() + _PATIENCE_SECONDS
        while self._first < len(self.keys) and time.perf_counter() < end_of_patience:
            app.pump(0.01)
        app.on_frame = lambda: None

    def _settle(self) -> None:
        """Leave open letters as they are."""
        self._app.pump(_ESCAPE_SECONDS)
        self._pops = False
        self._app.send(_ESCAPE)
        self._app.pump(_ESCAPE_SECONDS)
        self._pops = False

    def _look_at_popup(self) -> None:
        screen = self._app.screen
        pops = any(_POPUP.search(screen.text(row, 0, screen.columns)) for row in range(screen.rows))
        self.popup_frames += pops or self._pops
        self.flickers += self._pops and not pops
        self._pops = self._pops or pops

    def _look(self) -> None:
        """Find the last key that the frame shows; what was typed before it is shown as well."""
        self.frames += 1
        self._look_at_popup()
        drawn = self._app.drawn()
        self.streamed += drawn != self._drawn
        self._drawn = drawn
        for index in range(len(self.keys) - 1, self._first - 1, -1):
            if self._shows(self.keys[index]):
                for key in self.keys[self._first : index + 1]:
                    key.shown = self._app.frame_time
                self._first = index + 1
                return

    def _shows(self, key: Key) -> bool:
        app = self._app
        if app.before_cursor() != key.line:
            return False
        if not key.line:
            return app.before_cursor(app.screen.y - 1).rstrip() == key.line_before.rstrip()
        last = key.line[-1]
        # Brackets may be drawn in other colours.
        style = app.screen.styles[app.screen.y][app.screen.x - cell_len(last)]
        return last in " ()[]{}" or style.removeprefix("4;") == self._style


def messages() -> list[str]:
    """Return the messages of the dialogs that ship."""
    return [turn for dialog in read_dialogs([str(locations.SAMPLE_CORPUS)]) for turn in dialog.turns]


def plain(text: str) -> bool:
    """Whether each character takes cells of its own."""
    return text.isprintable() and all(cell_len(character) for character in text)


def fitting(texts: Iterable[str], room: int) -> Iterator[str]:
    """Cut texts into lines that have room in the editor."""
    for text in texts:
        line = ""
        for character in text.strip() if plain(text) else "":
            if cell_len(line + character) > room:
                yield line.rstrip()
                line = ""
            line = (line + character).lstrip()
        if line:
            yield line.rstrip()


def first(lines: Iterable[str], keys: int) -> list[str]:
    """Return so many lines as take about so many keys."""
    taken: list[str] = []
    for line in lines:
        if sum(len(one) + 1 for one in taken) >= keys:
            break
        taken.append(line)
    return taken


def measure_keys(start: Callable[[], App], typed: int) -> None:
    """Time keys at two paces, in Chinese and in English; compare what was kept with what was typed."""
    columns = ["typed", "keys/s", "keys", "median", "p95", "p99", "max", f"≤ {_FRAME_MS:.0f} ms", "streams/s", "text"]
    click.echo("Key to screen, while continuations stream (target: each key within a frame, the text as typed)\n")
    table(columns)
    for name, texts in (("Chinese", messages()), ("English", cycle(ENGLISH))):
        for rate in (_SLOW_RATE, _FAST_RATE):
            rng = random.Random(rate)
            with start() as app:
                typist = Typist(app)
                lines = first(fitting(texts, app.room), typed)
                began = time.perf_counter()
                typist.type(lines, rate, rng)
                seconds = time.perf_counter() - began
                text = app.quit()
            expected = "".join(f"{line}\n" for line in lines)
            shown = [1000 * (key.shown - key.sent) for key in typist.keys if key.shown is not None]
            lost = len(typist.keys) - len(shown)
            row(
                [
                    name,
                    rate,
                    f"{len(typist.keys)}" + (f" ({lost} not seen)" if lost else ""),
                    *quantiles(shown),
                    f"{sum(value <= _FRAME_MS for value in shown) / len(typist.keys):.1%}",
                    f"{typist.streamed / seconds:.0f}",
                    "as typed" if text == expected else difference(text, expected),
                ]
            )
    click.echo()


def measure_composing(start: Callable[[], App], typed: int) -> None:
    """Time keys while letters are open, up to 30 of them; count frames without the candidates at the cursor."""
    click.echo("Key to screen while letters are open (target: each key within a frame, no frame without candidates)\n")
    table(
        ["keys/s", "keys", "median", "p95", "p99", "max", f"≤ {_FRAME_MS:.0f} ms", "with candidates", "without", "text"]
    )
    for rate in (_SLOW_RATE, _FAST_RATE):
        rng = random.Random(rate)
        with start() as app:
            typist = Typist(app)
            letters = ("".join(lazy_pinyin(text)) for text in messages())
            phrases = [
                one[:_LONGEST_COMPOSITION] for one in letters if one.isascii() and one.isalpha() and len(one) > 8
            ]
            lines = first(phrases, typed)
            typist.type(lines, rate, rng, composes=True)
            text = app.quit()
        expected = "".join(f"{line}\n" for line in lines)
        keys = [key for key in typist.keys if key.line]
        shown = [1000 * (key.shown - key.sent) for key in keys if key.shown is not None]
        lost = len(keys) - len(shown)
        row(
            [
                rate,
                f"{len(keys)}" + (f" ({lost} not seen)" if lost else ""),
                *quantiles(shown),
                f"{sum(value <= _FRAME_MS for value in shown) / len(keys):.1%}",
                f"{typist.popup_frames} frames",
                f"{typist.flickers}",
                "as typed" if text == expected else difference(text, expected),
            ]
        )
    click.echo()


def measure_actions(start: Callable[[], App], times: int) -> None:
    """Time keys that do more than to type; each is pressed when all is quiet."""
    click.echo("Other keys to screen, pressed in a pause\n")
    table(["key", "times", "median", "p95", "p99", "max", f"≤ {_FRAME_MS:.0f} ms"])
    actions = {
        "Backspace": _BACKSPACE,
        "Tab": _TAB,
        "Alt+1": _ALT_1,
        "Alt+J": _ALT_J,
        "Left": _LEFT,
        "Home": _HOME,
        "Enter": _ENTER,
    }
    lines = [line for line in fitting(messages(), 20) if len(line) >= 4]
    with start() as app:
        for name, key in actions.items():
            taken = []
            for line in lines[:times]:
                app.send(line)
                app.wait(lambda line=line: app.before_cursor() == line, _PATIENCE_SECONDS, f"{line} is not shown.")
                app.pump(0.6)
                position, frames = (app.screen.x, app.screen.y), app.frames
                sent = time.perf_counter()
                app.send(key)
                app.wait(
                    lambda position=position, frames=frames: (
                        app.frames > frames and (app.screen.x, app.screen.y) != position
                    ),
                    _PATIENCE_SECONDS,
                    f"{name} changes nothing.",
                )
                taken.append(1000 * (app.frame_time - sent))
                app.pump(0.2)
                app.send(_END + _ENTER if key != _ENTER else "")
                app.wait(lambda: app.before_cursor() == "", _PATIENCE_SECONDS, "Enter changes nothing.")
            share = sum(value <= _FRAME_MS for value in taken) / len(taken)
            row([name, len(taken), *quantiles(taken), f"{share:.0%}"])
    click.echo()


def measure_order(start: Callable[[], App], times: int) -> None:
    """Type a letter, take it back and type another one, in ever faster rolls."""
    click.echo("A letter, Backspace and another letter (target: none of them overtakes another)\n")
    table(["ms between the keys", "times", "text"])
    for gap in (50, 20, 5, 0):
        with start() as app:
            expected = ""
            for number in range(times):
                letter = "abcdefghij"[number % 10]
                for key in (letter, _BACKSPACE, letter.upper()):
                    app.send(key)
                    app.pump(gap / 1000)
                app.pump(0.1)
                expected += letter.upper()
            app.pump(1.0)
            text = app.quit()
        row([gap, times, "as typed" if text == expected else difference(text, expected)])
    click.echo()


# --- pasting


def pasted(lines: bool) -> str:
    """Return a large text, as many lines or as one."""
    text = ""
    between = "\n" if lines else ""
    while len(text.encode()) < _PASTED_BYTES:
        text += "".join(f"{message}{between}" for message in messages() if plain(message))
    return text.encode()[:_PASTED_BYTES].decode(errors="ignore").rstrip() + _MARK


def measure_pastes(start: Callable[[], App]) -> None:
    """Time a large paste, and the keys that follow it."""
    click.echo(f"Pasting {_PASTED_BYTES / 1000:.0f} KB\n")
    table(["pasted as", "shown after", "next key", "20 keys later: median", "max", "quiet after", "text"])
    for name, lines in (("many lines", True), ("one line", False)):
        text = pasted(lines)
        with start() as app:

            def ends_with(end: str, app: App = app) -> bool:
                shown = app.before_cursor(app.screen.y - 1).rstrip() + app.before_cursor()
                return shown.endswith(end)

            app.send(f"\x1b[200~{text}\x1b[201~")
            sent = time.perf_counter()
            app.wait(lambda: ends_with(_MARK), 120, "What was pasted is not shown.")
            shown_after = app.frame_time - sent
            times = []
            typed = ""
            for number in range(21):
                typed += "abcdefghij"[number % 10]
                sent = time.perf_counter()
                app.send(typed[-1])
                app.wait(lambda typed=typed: ends_with(_MARK + typed), 60, "A key after the paste is not shown.")
                times.append(1000 * (app.frame_time - sent))
                app.pump(1 / _SLOW_RATE)
            sent = time.perf_counter()
            quiet = until_quiet(app)
            kept = app.quit()
        row(
            [
                name,
                f"{shown_after:.2f} s",
                f"{times[0]:.0f} ms",
                f"{np.median(times[1:]):.0f} ms",
                f"{max(times[1:]):.0f} ms",
                f"{quiet:.1f} s",
                "as pasted" if kept == text + typed else difference(kept, text + typed),
            ]
        )
    click.echo()


def until_quiet(app: App, least: float = 0.7) -> float:
    """Wait until the app has nothing new to show but its blinking cursor; return the seconds."""
    began = last = time.perf_counter()
    seen = ""
    while time.perf_counter() - last < least and time.perf_counter() - began < 60:
        app.pump(0.05)
        now = "".join(app.screen.text(y, 0, app.screen.columns) for y in range(app.screen.rows))
        if now != seen:
            seen, last = now, time.perf_counter()
    return last - began


# --- a long session


def session_keys(rng: random.Random) -> Iterator[str]:
    """Yield keys without end: text, slips that are taken back, accepted words, moves, both modes."""
    texts = [message for message in messages() if plain(message)]
    while True:
        for character in rng.choice(texts):
            yield character
            draw = rng.random()
            if draw < 0.05:
                yield from [_BACKSPACE] * rng.randint(1, 3)
            elif draw < 0.09:
                yield _TAB
            elif draw < 0.12:
                yield _ALT_1
            elif draw < 0.13:
                yield _ALT_J
            elif draw < 0.16:
                yield from [rng.choice((_LEFT, _UP, _HOME))] * rng.randint(1, 4)
                yield _END
        yield _ENTER
        if rng.random() < 0.15:
            yield _MODE


def measure_session(start: Callable[[], App], count: int, rate: float) -> None:
    """Press many keys, and look at the memory at each tenth."""
    click.echo(f"A session of {count:,} keys at up to {rate:g} keys/s\n")
    table(["keys", "seconds", "while typing", "after a rest", "since the first tenth", "not of files", "mode switch"])
    with start() as app:
        began = time.perf_counter()
        now = app.megabytes()
        row([0, "0", f"{now:.0f} MB", f"{now:.0f} MB", "", f"{app.megabytes('RssAnon'):.0f} MB", ""])
        first_tenth = 0.0
        due = time.perf_counter()
        for number, key in enumerate(session_keys(random.Random(0)), 1):
            app.pump(due - time.perf_counter())
            app.send(key)
            due = time.perf_counter() + 1 / rate
            if number % max(count // 10, 1) == 0:
                busy = app.megabytes()
                took = mode_switched(app)
                # What is computed at the moment takes up to 100 MB, which are given back.
                until_quiet(app)
                app.pump(_REST_SECONDS)
                now = app.megabytes()
                first_tenth = first_tenth or now
                growth = f"{now / first_tenth - 1:+.1%}"
                seconds = f"{time.perf_counter() - began:.0f}"
                own = f"{app.megabytes('RssAnon'):.0f} MB"
                row([f"{number:,}", seconds, f"{busy:.0f} MB", f"{now:.0f} MB", growth, own, f"{took:.0f} ms"])
                due = time.perf_counter()
            if number >= count:
                break
        text = app.quit()
    click.echo(f"\nThe text has {len(text):,} characters.\n")


def mode_switched(app: App) -> float:
    """Switch the mode and back once all keys have had their turn; return how long a switch took, in ms."""
    taken = 0.0
    for _ in range(2):
        until_quiet(app)
        was = app.screen.find(" Chat ") is not None
        sent = time.perf_counter()
        app.send(_MODE)
        app.wait(lambda was=was: (app.screen.find(" Chat ") is not None) != was, 60, "The mode is not switched.")
        taken = max(taken, 1000 * (app.frame_time - sent))
    return taken


# --- tables


def table(columns: list[str]) -> None:
    """Print the head of a table."""
    row(columns)
    click.echo("|" + " --- |" + " ---: |" * (len(columns) - 1))


def row(cells: list[object]) -> None:
    """Print a row of a table."""
    click.echo("| " + " | ".join(map(str, cells)) + " |")


def quantiles(milliseconds: list[float]) -> list[str]:
    """Return median, p95, p99 and maximum, written out."""
    return [f"{value:.1f}" for value in np.percentile(milliseconds, [50, 95, 99, 100])]


def difference(text: str, expected: str) -> str:
    """Say where a text begins to be another one than was expected."""
    index = next(
        (i for i, (a, b) in enumerate(zip(text, expected, strict=False)) if a != b), min(len(text), len(expected))
    )
    found, wanted = text[index : index + 8], expected[index : index + 8]
    return f"DIFFERS at {index}: {found!r} for {wanted!r} ({len(text)} for {len(expected)} characters)"


@click.command()
@click.argument("model", required=False, default="lstm-chat")
@click.option(
    "--part", "parts", multiple=True, type=click.Choice(["keys", "composing", "actions", "order", "paste", "session"])
)
@click.option("--typed", default=400, show_default=True, help="Keys for each text and pace.")
@click.option("--times", default=20, show_default=True, help="How often each other key is pressed.")
@click.option("--keys", default=10_000, show_default=True, help="Keys of the session.")
@click.option("--rate", default=25.0, show_default=True, help="Keys a second of the session, at most.")
@click.option("--columns", default=110, show_default=True, help="Width of the terminal.")
@click.option("--rows", default=32, show_default=True, help="Height of the terminal.")
def main(
    model: str, parts: tuple[str, ...], typed: int, times: int, keys: int, rate: float, columns: int, rows: int
) -> None:
    """Run all parts, or some."""

    def start() -> App:
        return App(model, columns, rows)

    if not parts or "keys" in parts:
        measure_keys(start, typed)
    if not parts or "composing" in parts:
        measure_composing(start, typed)
    if not parts or "actions" in parts:
        measure_actions(start, times)
    if not parts or "order" in parts:
        measure_order(start, times)
    if not parts or "paste" in parts:
        measure_pastes(start)
    if not parts or "session" in parts:
        measure_session(start, keys, rate)


if __name__ == "__main__":
    main()
