"""The app for an hour: every screen in turn, text written between them; what grows, what slows down, what is lost.

    python tests/benchmarks/soak.py
    python tests/benchmarks/soak.py rnn-chat --minutes 1

A lap writes lines, then opens every screen and leaves it. A row is printed for laps at equal distances: resident
memory, threads, open files, and key to screen while continuations stream. At the end the text is what was typed.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from app import App, Typist, difference, first, fitting, messages, row, table

_CONTROL_F, _CONTROL_P = "\x06", "\x10"
_ESCAPE, _ENTER, _ALT_DOWN, _TO_END = "\x1b", "\r", "\x1b[1;3B", "\x1b[1;5F"
_PATIENCE_SECONDS = 60.0
# Alt and a key arrive as Esc and that key; after this time, Esc was a key of its own.
_ESCAPE_SECONDS = 0.4
# Candidates are there after this time.
_SETTLE_SECONDS = 1.0
_KEYS_PER_LAP, _RATE, _ROWS_PRINTED = 40, 15, 12


class Visit(NamedTuple):
    """A screen: what opens it, what is on it then, what is done there, and how often Esc leaves it."""

    keys: str
    shows: str
    then: str = ""
    leaves: int = 1


VISITS = (
    Visit("nihaoma", "ni'hao'ma", leaves=2),
    Visit(_ALT_DOWN, "Space Insert", "=-"),
    Visit(_CONTROL_F, "Replace all", "火"),
    Visit("\x1bh", "─ Help ─"),
    Visit("\x1bi", "─ Settings ─"),
    Visit("\x1bd", "─ Models ─"),
    Visit("\x1bw", "] Layer", "gcoc\t\t"),
    Visit("\x1bw\r", "U·h", "\x1b[D\x1b[C", leaves=2),
    Visit("\x1bwp", "T Groups", "\x1b[A", leaves=2),
    Visit("\x1bE", "─ Held"),
    Visit("\x1bG", "Learning sends"),
    Visit(f"{_CONTROL_P}lessons{_ENTER}", "Why order matters", "\x1bn\x1bn\x1bn"),
    Visit(f"{_CONTROL_P}train{_ENTER}", "─ Train"),
    Visit(f"{_CONTROL_P}earlier{_ENTER}", "─ Earlier sessions"),
    Visit(f"{_CONTROL_P}what is new{_ENTER}", "─ What is new"),
)


def visit(app: App, place: Visit) -> None:
    """Open a screen, do there what is done, and leave it."""
    app.pump(_SETTLE_SECONDS)
    if place.keys.startswith(_CONTROL_P):
        app.send(_CONTROL_P + place.keys[1:-1])
        app.wait(lambda: shown(app, place.keys[1:-1].capitalize()), _PATIENCE_SECONDS, "The palette finds nothing.")
        app.pump(1.0)
        app.send(_ENTER)
    else:
        app.send(place.keys)
    app.wait(lambda: shown(app, place.shows), _PATIENCE_SECONDS, f"{place.shows!r} is not shown.")
    app.send(place.then)
    for _ in range(place.leaves):
        app.pump(_ESCAPE_SECONDS)
        app.send(_ESCAPE)
    app.pump(_ESCAPE_SECONDS)
    app.wait(lambda: shown(app, "Continuations"), _PATIENCE_SECONDS, f"{place.shows!r} is not left.")


def shown(app: App, text: str) -> bool:
    """Whether a text is on the screen."""
    return app.screen.find(text) is not None


def chat(app: App) -> None:
    """Say something, wait for the reply, and go back to the text."""
    app.send("\x1bm")
    app.wait(lambda: shown(app, "─ Chat ─"), _PATIENCE_SECONDS, "There is no chat.")
    app.send(f"你好{_ENTER}")
    app.wait(lambda: shown(app, "▌ You"), _PATIENCE_SECONDS, "Nothing was sent.")
    app.pump(3.0)
    app.send("\x1bm")
    app.wait(lambda: shown(app, "─ Compose ─"), _PATIENCE_SECONDS, "There is no text.")


def lap(app: App, lines: Iterator[str], rng: random.Random) -> tuple[list[str], list[float]]:
    """Write lines and visit every screen; return the lines, and key to screen in ms."""
    typist = Typist(app)
    written = first(lines, _KEYS_PER_LAP)
    typist.type(written, _RATE, rng)
    for place in VISITS:
        visit(app, place)
    app.send(_TO_END)
    chat(app)
    return written, [1000 * (key.shown - key.sent) for key in typist.keys if key.shown is not None]


def measures(app: App) -> list[object]:
    """Return memory, threads and open files of the app."""
    process = Path(f"/proc/{app.pid}")
    threads, files = (sum(1 for _ in (process / name).iterdir()) for name in ("task", "fd"))
    return [f"{app.megabytes():.0f} MB", threads, files]


@click.command()
@click.argument("model", required=False, default="lstm-chat")
@click.option("--minutes", default=60.0, show_default=True, help="How long.")
def main(model: str, minutes: float) -> None:
    """Visit every screen in turn for some time."""
    rng = random.Random(0)
    lines = itertools.cycle(messages())
    click.echo(f"{len(VISITS) + 1} screens in turn for {minutes:g} minutes\n")
    table(["minute", "laps", "memory", "threads", "open files", "key to screen: median", "p95"])
    with App(model, 110, 32) as app:
        began, expected, number = time.perf_counter(), "", 0
        printed = 0.0
        while (now := (time.perf_counter() - began) / 60) < minutes or not number:
            written, times = lap(app, fitting(lines, app.room), rng)
            expected += "".join(f"{line}\n" for line in written)
            number += 1
            if now >= printed:
                printed += minutes / _ROWS_PRINTED
                middle, late = np.percentile(times, [50, 95])
                minute = (time.perf_counter() - began) / 60
                row([f"{minute:.1f}", number, *measures(app), f"{middle:.0f} ms", f"{late:.0f} ms"])
        text = app.quit()
    click.echo(f"\n{number} laps; the text is {'as typed' if text == expected else difference(text, expected)}.")


if __name__ == "__main__":
    main()
