"""What recording a run for those who watch costs its training: words a second with and without it, between reports.

    python tests/benchmarks/watching.py ../shared/data/kdconv.jsonl

Both train in turns in one process. The share is of the processor's time from the first step to the last, validations
included, so that it is right on a machine that does other things too.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import click

from seqchat.insight.behaving import behaving
from seqchat.training.course.recording import Audience, CourseRecorder
from seqchat.training.presets import PRESETS
from seqchat.training.run import train
from seqchat.training.task import Task


@dataclass
class Clock:
    """An observer that does nothing but look at the trainer's clock."""

    tokens: int = 0
    seconds: float = 0.0
    began: float = 0.0
    computing: float = 0.0

    def message(self, text: str) -> None:
        """Ignore it."""

    def progress(self, text: str, share: float) -> None:
        """Ignore it."""

    def start(self, trainer: object, parameters: int) -> None:
        """Keep the trainer."""
        self.trainer, self.began = trainer, time.process_time()

    def step(self, info: object) -> None:
        """Look at the clock."""
        self.tokens, self.seconds = self.trainer.counters.tokens, self.trainer.counters.seconds
        self.computing = time.process_time() - self.began

    def report(self, report: object) -> None:
        """Ignore it."""


@click.command()
@click.argument("source")
@click.option("--preset", default="small", show_default=True, type=click.Choice(list(PRESETS)))
@click.option("--seconds", default=60.0, show_default=True, help="How long each of the two trains in a turn.")
@click.option("--turns", default=2, show_default=True, help="How often each of the two trains.")
@click.option("--interval", default=200_000, show_default=True, help="Words between two reports.")
def main(source: str, preset: str, seconds: float, turns: int, interval: int) -> None:
    """Train on SOURCE with and without recording."""
    settings = replace(
        PRESETS[preset].settings("lstm", epochs=1_000, patience=1_000, ngrams=0),
        time_limit=seconds,
        eval_interval=interval,
    )
    spent = 0.0
    original = {name: getattr(CourseRecorder, name) for name in ("step", "report")}

    def timed(name: str):
        def call(self: CourseRecorder, *arguments: object) -> None:
            nonlocal spent
            began = time.process_time()
            original[name](self, *arguments)
            spent += time.process_time() - began

        return call

    for name in original:
        setattr(CourseRecorder, name, timed(name))
    click.echo("| recorded | words a second | of the computing in recording |\n| --- | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="seqchat-watching-") as folder:
        for turn in range(turns):
            for audience in (Audience(), Audience(behaving())):
                clock, spent = Clock(), 0.0
                out = Path(folder) / f"{turn}-{audience.make is not None}"
                train(Task([source], PRESETS[preset].network), settings, out, clock, audience=audience)
                watched = "curves and network" if audience.make else "curves alone"
                click.echo(f"| {watched} | {clock.tokens / clock.seconds:,.0f} | {spent / clock.computing:.2%} |")


if __name__ == "__main__":
    main()
