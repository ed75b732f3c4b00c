"""``seqchat lab``: experiments that train small networks and measure what the course says about them."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from seqchat.cli.declared_options import declared_options, given
from seqchat.cli.interrupts import stop_on_interrupt
from seqchat.cli.options import json_option, print_json
from seqchat.cli.out import check_out, check_save
from seqchat.training.lab.settings import LabSettings


@click.group(short_help="Run experiments: the course's claims as measurements.")
def lab() -> None:
    """Train small networks on a made-up task and measure what the course says about them.

    \b
    seqchat lab memory            # how far back RNN, LSTM and GRU remember
    """


@lab.command(short_help="Measure how far back RNN, LSTM and GRU remember.")
@declared_options(LabSettings)
@click.option("--out", type=click.Path(path_type=Path), help="Also write the chart to a .png or .svg file.")
@click.option("--save", "folder", type=click.Path(path_type=Path), help="Also keep the networks in this new folder.")
@json_option
def memory(out: Path | None, folder: Path | None, as_json: bool, **options: Any) -> None:
    """Train RNN, LSTM and GRU of equally many parameters to know who the subject is, and ask them words later.

    A text mentions 小帅 or 小美, continues with words that say nothing, and ends with 他 or 她, so that half of all
    guesses are right. All networks learn from the same texts with the same number of updates. Ctrl-C ends training and
    measures what has been learned.

    \b
    seqchat lab memory
    seqchat lab memory --runs 3 --seconds 5m --out memory.svg
    seqchat lab memory --mixture uniform --distances 5,10,20,40
    seqchat lab memory --subjects one --runs 1
    seqchat lab memory --cell lstm --cell gru --longest 100 --json
    seqchat lab memory --runs 1 --save networks
    """
    settings = LabSettings(**given(options))
    check_out(out)
    check_save(folder)

    from seqchat.cli import lab_report
    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.lab.memory import run_memory_test

    message = "Measuring what has been learned so far; press Ctrl-C again to leave at once."
    with TrainingProgress() as terminal, stop_on_interrupt(message) as stopped:
        terminal.message(lab_report.introduction(settings))
        report = run_memory_test(settings, terminal, stopped)
    if as_json:
        print_json(lab_report.document(report))
    else:
        click.echo(lab_report.text(report))
    if out is not None:
        lab_report.write_picture(report, out)
        click.echo(f"{out} is written.", err=True)
    if folder is not None:
        from seqchat.training.lab.saving import save_networks

        names = save_networks(report, folder, shlex.join(["seqchat", *sys.argv[1:]]))
        click.echo(f"Open one with: seqchat tui {shlex.quote(str(folder / names[0]))}", err=True)
