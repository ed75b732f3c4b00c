"""Peak memory of `seqchat train` or `seqchat eval` on a text, and on one ten times larger.

    python tests/benchmarks/memory.py ../shared/data
    python tests/benchmarks/memory.py ../shared/data/kdconv.jsonl --command eval

The larger text has every dialog ten times, each time with other numbers in it, so that the words are as many as in real
text and no two dialogs are the same. What is measured is the largest of the command and of each process it starts.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import click

from seqchat.corpus.sources import read_dialogs


def write(source: Path, path: Path, times: int) -> int:
    """Write the dialogs of a source so many times; return the bytes."""
    with path.open("w", encoding="utf-8") as file:
        for turn in range(times):
            for number, dialog in enumerate(read_dialogs([str(source)])):
                first, *rest = dialog.turns
                file.write("\n".join([f"{first}{number}.{turn}", *rest]).replace("\n\n", "\n") + "\n\n")
    return path.stat().st_size


def peak(arguments: list[str], cache: Path) -> tuple[float, float]:
    """Return the peak memory of a command in MB, and how long it took in all."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    began = time.monotonic()
    child = os.posix_spawn(sys.executable, [sys.executable, "-m", "seqchat", *arguments], environment)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise click.ClickException("The command failed.")
    return usage.ru_maxrss / 1024, time.monotonic() - began


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--command", type=click.Choice(["train", "eval"]), default="train", show_default=True)
@click.option("--seconds", default=60, show_default=True, help="How long each run trains.")
def main(source: Path, command: str, seconds: int) -> None:
    """Compare the peak memory of a command on a text and on one ten times larger."""
    click.echo("| text | peak memory | | in all |\n| ---: | ---: | ---: | ---: |")
    first = 0.0
    with tempfile.TemporaryDirectory() as name:
        for times in (1, 10):
            text = Path(name) / f"{times}.txt"
            size = write(source, text, times)
            out = str(text.with_suffix(""))
            arguments = {
                "train": ["train", str(text), "--time-limit", f"{seconds}s", "--out", out, "--max-words", "12000"],
                "eval": ["eval", "lstm-chat", str(text), "--keystrokes", "0"],
            }
            megabytes, took = peak(arguments[command], Path(name) / "cache")
            first = first or megabytes
            click.echo(f"| {size / 1e6:.0f} MB | {megabytes:,.0f} MB | {megabytes / first - 1:+.1%} | {took:.0f} s |")


if __name__ == "__main__":
    main()
