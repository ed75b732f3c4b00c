"""How soon seqchat answers after its start, and how much memory that takes.

    python tests/benchmarks/start.py
    python tests/benchmarks/start.py --times 1

Each is a process of its own. Processor time is given besides the time on the clock, so that a machine that does other
things too can measure it; the least of several runs counts. `import torch`, of which most of a start is, is measured in
the same run.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
from app import App, row, table

_COLUMNS, _ROWS = 110, 32
_FRAME_SECONDS, _CANDIDATE_SECONDS = 60.0, 120.0
_TYPED = "我想"
# The first of the candidates, below the frame's title
_CANDIDATE = re.compile("│ 1 [^ ]")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Start:
    """What a start took: processor time and time on the clock in seconds, and memory in MB."""

    processor: float
    clock: float
    megabytes: float


def command(arguments: list[str]) -> Start:
    """Run Python with arguments to its end; the memory is its peak."""
    began = time.perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawn(sys.executable, [sys.executable, *arguments], os.environ, file_actions=silent)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise click.ClickException("The command failed.")
    return Start(usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024)


def of_app(app: App) -> Start:
    """Return what the app took until now; the memory is that of now."""
    fields = Path(f"/proc/{app.pid}/stat").read_text().rpartition(")")[2].split()
    return Start(sum(map(int, fields[11:13])) / _TICKS, time.perf_counter() - app.began, app.megabytes())


def has_candidate(app: App) -> bool:
    """Whether a candidate is on the screen."""
    return any(_CANDIDATE.search(app.screen.text(y, 0, _COLUMNS)) for y in range(_ROWS))


def app_starts(model: str) -> dict[str, Start]:
    """Start the app and type at once; return what it took until its first frame and its first candidate."""
    app = App(model, _COLUMNS, _ROWS)
    try:
        app.wait(lambda: app.frames > 0, _FRAME_SECONDS, "Nothing is drawn.")
        first_frame = of_app(app)
        app.send(_TYPED)
        app.wait(lambda: has_candidate(app), _CANDIDATE_SECONDS, "No candidate comes.")
        return {"seqchat tui: first frame": first_frame, "seqchat tui: first candidate": of_app(app)}
    finally:
        app.__exit__(None, None, None)


def measures(model: str) -> list[Callable[[], dict[str, Start]]]:
    """Return what is measured, in its order."""
    seqchat = ["-m", "seqchat", "complete", "-m", model]

    def of(name: str, arguments: list[str]) -> Callable[[], dict[str, Start]]:
        return lambda: {name: command(arguments)}

    return [
        of("import torch", ["-c", "import torch"]),
        of("seqchat complete 我想吃", [*seqchat, "我想吃"]),
        of("seqchat complete huoguo", [*seqchat, "huoguo"]),
        lambda: app_starts(model),
    ]


@click.command()
@click.argument("model", default="lstm-chat")
@click.option("--times", default=5, show_default=True, help="How often each is started.")
def main(model: str, times: int) -> None:
    """Start everything in turns."""
    # Installed modules are compiled once, and so are those of a checkout.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    found: dict[str, list[Start]] = {}
    for _ in range(times):
        for measure in measures(model):
            for name, start in measure().items():
                found.setdefault(name, []).append(start)
    table(["until", "processor time", "besides `import torch`", "on the clock", "memory"])
    torch = min(start.processor for start in found["import torch"])
    for name, starts in found.items():
        processor, clock = (min(getattr(start, field) for start in starts) for field in ("processor", "clock"))
        megabytes = max(start.megabytes for start in starts)
        row([name, f"{processor:.2f} s", f"{processor - torch:+.2f} s", f"{clock:.2f} s", f"{megabytes:.0f} MB"])


if __name__ == "__main__":
    main()
