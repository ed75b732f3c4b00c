"""The app under many random keys, pastes, clicks and sizes: it keeps running, and keeps what was typed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from textual import events
from textual.pilot import OutOfBounds

from seqchat import locations
from seqchat.corpus.cleaning import clean
from seqchat.tui.keys import KEYS

from ..tui import conftest as app_tests
from ..tui.conftest import Desk

pytestmark = pytest.mark.slow

desk, english = app_tests.desk, app_tests.english

_SEED = int(os.environ.get("SEQCHAT_FUZZ_SEED", "0"))
_KEYS = 80 * int(os.environ.get("SEQCHAT_FUZZ", "1"))
_SIZES = [(110, 34), (80, 24), (60, 18), (40, 12), (200, 60), (20, 8), (120, 10), (1, 1), (300, 5)]
_PASTES = [
    "今天晚上去吃火锅",
    "a\r\nb\rc",
    "\x1b[31mred\x1b[0m",
    "\x00\u202e",
    "好" * 300,
    "x " * 200,
    "👩\u200d👩\n\n",
    "[b]x[/b]",
    "\ud800",
]


# --- keys whose effect a plain model knows


class Model:
    """A text and a cursor in it."""

    def __init__(self) -> None:
        self.text, self.at = "", 0

    def insert(self, text: str) -> None:
        self.text = self.text[: self.at] + text + self.text[self.at :]
        self.at += len(text)

    def remove(self, start: int, end: int) -> None:
        self.text = self.text[:start] + self.text[end:]
        self.at = start

    @property
    def line_start(self) -> int:
        return self.text.rfind("\n", 0, self.at) + 1

    @property
    def line_end(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def press(self, key: str) -> None:
        """Do what a key does."""
        start, end = self.line_start, self.line_end
        match key:
            case "enter":
                self.insert("\n")
            case "space":
                self.insert(" ")
            case "backspace":
                self.remove(max(self.at - 1, 0), self.at)
            case "delete":
                self.remove(self.at, min(self.at + 1, len(self.text)))
            case "left":
                self.at = max(self.at - 1, 0)
            case "right":
                self.at += 1
            case "home" | "ctrl+a":
                line = self.text[start:end]
                # First to the first letter
                letter = start + len(line) - len(line.lstrip()) if line.strip() else start
                self.at = letter if self.at == start or self.at > letter else start
            case "end" | "ctrl+e":
                self.at = end
            case "ctrl+u":
                # At the start of a line, the line break before it
                self.remove(start if self.at > start else max(start - 1, 0), self.at)
            case "ctrl+k":
                self.remove(self.at, end)
            case _:
                self.insert(key)


def plain_keys(rng: Random, model: Model) -> Iterator[str]:
    """Yield keys; lines stay so short that none is wrapped."""
    moves = ["backspace", "delete", "left", "left", "home", "ctrl+a", "end", "ctrl+e", "ctrl+u", "ctrl+k", "right"]
    while True:
        short = model.line_end - model.line_start < 12
        key = rng.choice([*"我想吃火锅abcdhg", "space", "enter"] if rng.random() < 0.7 else moves)
        # At the end of a line, → accepts the grey text; Enter always fits.
        if (key == "right" or key == "ctrl+k") and model.at == model.line_end:
            continue
        if short or key in moves or key == "enter":
            yield key


async def test_the_text_is_what_a_plain_editor_would_have(desk):
    rng, model = Random(_SEED), Model()
    async with desk(size=(110, 34), continuations=False, panel="hidden", pinyin=False) as d:
        for number, key in zip(range(_KEYS), plain_keys(rng, model), strict=False):
            model.press(key)
            await d.press(key)
            assert d.editor.text == model.text, f"after {key}, key {number} of seed {_SEED}"
            assert d.editor.text_before_cursor() == model.text[: model.at]
            if rng.random() < 0.03:
                await d.pilot.resize_terminal(*rng.choice([size for size in _SIZES if size[0] >= 80]))
            if rng.random() < 0.03:
                await d.press("alt+m", "alt+m")
        await d.pilot.resize_terminal(110, 34)
        await d.thought()
    assert kept() == model.text


def kept() -> str:
    """Return the text of the session that was kept last."""
    path = max(locations.sessions().glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    return str(json.loads(path.read_text("utf-8"))["text"])


# --- any key

# Keys that end or suspend the app, or choose a file to overwrite
_NOT_PRESSED = {"quit", "suspend", "palette", "save", "save_as", "open"}
_LETTERS = [*"我想吃火锅北京abcdhgxyz123", "space", "enter", "，", "full_stop", "left_square_bracket"]


def any_key(rng: Random) -> str:
    """Return a letter, or a key of any part of the app."""
    if rng.random() < 0.5:
        return rng.choice(_LETTERS)
    keys = [key for scope in KEYS.values() for key in scope if key.name not in _NOT_PRESSED]
    return rng.choice(rng.choice(keys).keys.split(","))


@pytest.mark.parametrize("names", [("lstm",), ("rnn", "gru")], ids=["one model", "two models"])
async def test_the_app_keeps_running_whatever_is_pressed(desk, names):
    rng = Random(f"{_SEED} {names}")
    async with desk(*names, size=(110, 34)) as d:
        pressed: list[str] = []
        for _ in range(_KEYS):
            pressed.append(await do_something(d, rng))
            assert d.app.is_running, pressed[-20:]
            assert d.app.crash is None, pressed[-20:]
            assert d.editor.text == clean(d.editor.text)
        await back_to_the_text(d)
        await d.press("q")
        assert "q" in d.workspace.views.active_editor.text
        await d.thought()
        text = d.workspace.views.editor.text
    assert kept() == text


async def do_something(d: Desk, rng: Random) -> str:
    """Press a key, paste, click or change the size; return what it was."""
    draw = rng.random()
    if draw < 0.9:
        key = any_key(rng)
        await d.press(key)
        return key
    if draw < 0.94:
        d.app.post_message(events.Paste(pasted := rng.choice(_PASTES)))
        await d.pilot.pause()
        return f"paste {pasted[:10]!r}"
    if draw < 0.97:
        await d.pilot.resize_terminal(*(size := rng.choice(_SIZES)))
        return f"size {size}"
    width, height = d.app.size
    # The footer has keys that must not be pressed.
    offset = rng.randrange(width), rng.randrange(max(height - 2, 1))
    if height > 3:
        try:
            await d.pilot.click(offset=offset)
        except OutOfBounds:
            return f"click {offset} outside"
    return f"click {offset}"


async def back_to_the_text(d: Desk) -> None:
    """Leave whatever is open."""
    await d.pilot.resize_terminal(110, 34)
    for _ in range(6):
        if len(d.app.screen_stack) == 1:
            break
        await d.press("escape")
    if len(d.app.screen_stack) > 1:
        pytest.fail(f"Esc does not leave {d.app.screen!r}")
    if d.workspace.views.mode == "chat":
        d.workspace.use_mode("compose")
    d.workspace.views.focus_text()
    await d.pilot.pause()


@pytest.mark.parametrize("name", ["x" * 300, "长" * 90, "x" * 5_000, "a\nb", "\x1b[2J", "no/folder/a.txt"])
async def test_any_name_of_a_text_opens_the_app(desk, name):
    async with desk(options={"file": Path(name)}) as d:
        await d.press("q")
        await d.until(lambda: d.editor.text == "q")
        assert "\x1b" not in d.screen
