"""What looking inside costs.

    python tests/benchmarks/insight.py ../shared/data/kdconv.jsonl
    python tests/benchmarks/insight.py ../shared/data/kdconv.jsonl --part inspect --words 1000 --words 10000

`inspect` writes every gate at every word of a text into an .npz file, in a process of its own: its time, the part of it
that it computed (the rest it waited, also for other programs), its largest resident memory, and how much of that is
beyond the same command on a text of one word, which is what the program itself takes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from seqchat.completion.engine import Engine
from seqchat.corpus.sources import read_dialogs
from seqchat.insight.recording import text_ids


@dataclass(frozen=True)
class Given:
    """What the parts measure on: a model, the source of real text, and the lengths of text in words."""

    model: str
    source: str
    words: tuple[int, ...]


def measure_inspect(given: Given) -> None:
    """Time `seqchat inspect --file … --out ….npz`."""
    click.echo("| words | seconds | computing | words/s | peak memory | beyond one word | file |")
    click.echo("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    engine = Engine.load(given.model)
    with tempfile.TemporaryDirectory(prefix="seqchat-insight-") as name:
        folder = Path(name)
        start = _inspect(given.model, "好", folder)
        _row(2, start, start, folder)
        for count in given.words:
            text, words = _text(engine, given.source, count)
            _row(words, _inspect(given.model, text, folder), start, folder)


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds in all, seconds of computing, and its largest resident memory in MB."""

    seconds: float
    computing: float
    memory: float


def _row(words: int, cost: Cost, start: Cost, folder: Path) -> None:
    size = (folder / "gates.npz").stat().st_size / 2**20
    rate = "" if cost is start else f"{words / (cost.computing - start.computing):,.0f}"
    click.echo(
        f"| {words:,} | {cost.seconds:.1f} | {cost.computing:.1f} | {rate} | {cost.memory:.0f} MB "
        f"| {cost.memory - start.memory:.1f} MB | {size:.1f} MB |"
    )


def _text(engine: Engine, source: str, count: int) -> tuple[str, int]:
    """Return turns of the source, a line each, with at least so many words, and the exact number of words read."""
    lines: list[str] = []
    words = 1
    for dialog in read_dialogs([source]):
        for turn in dialog.turns:
            line = turn.replace("\n", " ") + "\n"
            lines.append(line)
            words += sum(1 for _ in text_ids(engine.vocabulary, [line])) - 1
            if words >= count:
                return "".join(lines), words
    raise click.ClickException(f"{source} has {words:,} words only.")


def _inspect(model: str, text: str, folder: Path) -> Cost:
    """Run the command on a text."""
    (folder / "text.txt").write_text(text, "utf-8")
    command = [sys.executable, "-m", "seqchat", "inspect", "-m", model]
    command += ["--file", str(folder / "text.txt"), "--out", str(folder / "gates.npz")]
    began = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise click.ClickException(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}.")
    seconds = time.perf_counter() - began
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


PARTS: dict[str, Callable[[Given], None]] = {"inspect": measure_inspect}


@click.command()
@click.argument("source")
@click.argument("model", required=False, default="lstm-chat")
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="Only this part.")
@click.option("--words", multiple=True, default=(1_000, 10_000), show_default=True, help="Lengths of text.")
def main(source: str, model: str, parts: tuple[str, ...], words: tuple[int, ...]) -> None:
    """Run all parts, or some, on the dialogs of SOURCE."""
    for name in parts or PARTS:
        PARTS[name](Given(model, source, words))


if __name__ == "__main__":
    main()
