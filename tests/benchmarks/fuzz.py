"""The fuzz tests and the app under random keys, with new seeds, for as long as one likes.

    python tests/benchmarks/fuzz.py --minutes 60
    python tests/benchmarks/fuzz.py --minutes 10 --part engine
    python tests/benchmarks/fuzz.py --seed 1234 --minutes 0          # one round, such as one that failed

Each round runs `tests/hardening` with more cases than the tests themselves; the first failure ends the run, and its
seed is printed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click

_TESTS = Path(__file__).parents[1] / "hardening"
_PARTS = {
    "checkpoint": "test_fuzz_checkpoint.py",
    "sources": "test_fuzz_sources.py",
    "exports": "test_fuzz_exports.py",
    "settings": "test_fuzz_settings.py",
    "engine": "test_fuzz_engine.py",
    "soak": "test_soak.py",
}
_MAX_SEEDS = 1 << 32


def run_round(parts: tuple[str, ...], seed: int, times: int, log: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of some parts once."""
    # Where CI is set, the same cases are tried each time.
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"SEQCHAT_FUZZ": str(times), "SEQCHAT_FUZZ_SEED": str(seed), "SEQCHAT_FUZZ_LOG": str(log)}
    files = [str(_TESTS / _PARTS[part]) for part in parts]
    options = ["-q", "-x", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}", f"--confcutdir={_TESTS.parent}"]
    command = [sys.executable, "-m", "pytest", *options, *files]
    return subprocess.run(command, env=environment, cwd=_TESTS.parents[1], capture_output=True, text=True)


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="Begin no round after this time.")
@click.option(
    "--part", "parts", multiple=True, type=click.Choice(list(_PARTS)), help="Only this part; may be repeated."
)
@click.option("--times", default=10, show_default=True, help="How many times as many cases a round has as the tests.")
@click.option("--seed", type=click.IntRange(0, _MAX_SEEDS), help="Of the first round  [the time]")
def main(minutes: float, parts: tuple[str, ...], times: int, seed: int | None) -> None:
    """Run rounds and print what was tried."""
    began = time.monotonic()
    seed = time.time_ns() % _MAX_SEEDS if seed is None else seed
    parts = parts or tuple(_PARTS)
    tried: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        while True:
            done = run_round(parts, seed, times, log)
            if done.returncode:
                click.echo(done.stdout[-10_000:] + done.stderr[-2_000:])
                raise click.ClickException(f"The round with --seed {seed} failed.")
            for line in log.read_text("utf-8").splitlines() if log.exists() else []:
                entry = json.loads(line)
                tried[entry["test"]] += entry["cases"]
            log.unlink(missing_ok=True)
            elapsed = (time.monotonic() - began) / 60
            click.echo(f"seed {seed}: all is well after {elapsed:.1f} minutes, {tried.total():,} cases")
            if elapsed >= minutes:
                break
            seed = (seed + 1) % _MAX_SEEDS
    for test, cases in tried.items():
        click.echo(f"{cases:>12,}  {test.removeprefix('test_').replace('_', ' ')}")


if __name__ == "__main__":
    main()
