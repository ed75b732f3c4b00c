"""``seqchat lab``: experiments that train small networks and measure what the course says about them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import click

from seqchat.cli.options import Duration, json_option, print_json
from seqchat.cli.out import check_out
from seqchat.training.lab.settings import CELLS, LabSettings, Mixture, Subjects

_DISTANCES = ",".join(map(str, LabSettings.distances))


class Distances(click.ParamType[tuple[int, ...]]):
    """Whole numbers with commas between them."""

    name = "distances"

    def convert(
        self, value: str | tuple[int, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Read the numbers; which distances there can be is the task's to say."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of distances; write whole numbers, such as 5,10,20.", param, ctx)


@click.group(short_help="Experiments: the course's claims as measurements.")
def lab() -> None:
    """Train small networks on a made-up task and measure what the course says about them.

    \b
    seqchat lab memory            # how far back RNN, LSTM and GRU remember
    """


@lab.command(short_help="How far back RNN, LSTM and GRU remember.")
@click.option(
    "--cell",
    "cells",
    multiple=True,
    type=click.Choice(CELLS),
    default=CELLS,
    help="Train this cell; again for another  [all]",
)
@click.option(
    "--distances", type=Distances(), metavar="N,N…", default=_DISTANCES, show_default=True, help="Where to measure."
)
@click.option("--longest", default=LabSettings.longest, show_default=True, help="The longest distance in training.")
@click.option(
    "--subjects",
    type=click.Choice(get_args(Subjects)),
    default=LabSettings.subjects,
    show_default=True,
    help="one: a person is named, once; changing: others before, and others who are not the subject.",
)
@click.option(
    "--mixture",
    type=click.Choice(get_args(Mixture)),
    default=LabSettings.mixture,
    show_default=True,
    help="Distances in training: octave, near ones more often as in real text, or uniform.",
)
@click.option("--updates", default=LabSettings.updates, show_default=True, help="Updates of each network.")
@click.option("--seconds", type=Duration(), help="End training after this time even so, such as 90s or 2m.")
@click.option(
    "--runs", default=LabSettings.runs, show_default=True, help="Repeat with other texts and initial weights."
)
@click.option("--seed", default=LabSettings.seed, show_default=True, help="The same seed gives the same result.")
@click.option("--parameters", default=LabSettings.parameters, show_default=True, help="Of each network, about.")
@click.option("--texts", default=LabSettings.texts, show_default=True, help="How many are asked at a distance.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the chart as a .png or .svg file too.")
@json_option
def memory(out: Path | None, as_json: bool, **options: Any) -> None:
    """Let RNN, LSTM and GRU of equally many parameters learn who the subject is, and ask them words later.

    A text speaks of 小帅 or 小美, goes on with words that say nothing, and ends with 他 or 她: guesses are right half
    of the time. All learn from the same texts with the same number of updates. Ctrl-C ends training and measures.

    \b
    seqchat lab memory
    seqchat lab memory --runs 3 --seconds 5m --out memory.svg
    seqchat lab memory --mixture uniform --distances 5,10,20,40
    seqchat lab memory --subjects one --runs 1
    seqchat lab memory --cell lstm --cell gru --longest 100 --json
    """
    settings = LabSettings(**options)
    check_out(out)

    from seqchat.cli import lab_report
    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.lab.memory import measure

    with TrainingProgress() as terminal, _stop_on_interrupt() as stopped:
        terminal.message(lab_report.introduction(settings))
        report = measure(settings, terminal.progress, stopped)
    if as_json:
        print_json(lab_report.document(report))
    else:
        click.echo(lab_report.text(report))
    if out is not None:
        lab_report.write_picture(report, out)
        click.echo(f"{out} is written.", err=True)


@contextmanager
def _stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether Ctrl-C was pressed; pressed again, it leaves at once."""
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        click.echo("\nMeasuring what is learned so far; Ctrl-C again leaves at once.", err=True)

    previous = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, previous)
