"""``seqchat lab``: experiments that train small networks and measure what the course says about them."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from seqchat.cli.declared_options import WholeNumbers, declared_options, given
from seqchat.cli.interrupts import stop_on_interrupt
from seqchat.cli.options import json_option, print_json
from seqchat.cli.out import check_out, check_save
from seqchat.model.model_registry import lessons
from seqchat.training.lab.settings import LabSettings


@click.group(short_help="Run experiments: the course's claims as measurements.")
def lab() -> None:
    """Train small networks on a made-up task and measure what the course says about them.

    \b
    seqchat lab memory            # how far back RNN, LSTM and GRU remember
    seqchat lab pronouns          # whether a model knows who 他 and 她 are, sentences later
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


@lab.command(short_help="Ask models who 他 and 她 are, sentences later.")
@click.argument("models", nargs=-1)
@click.option(
    "--between",
    type=WholeNumbers(),
    default="0,1,2,3,5,8,12",
    show_default=True,
    help="Clauses between the subject and its pronoun.",
)
@click.option("--texts", type=click.IntRange(2, 10_000), default=100, show_default=True, help="Questions at each.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed, the same texts.")
@click.option(
    "--train",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Train the networks of the lessons and keep them in this folder first.",
)
@click.option(
    "--updates", type=click.IntRange(1, 1_000_000), default=400, show_default=True, help="With --train: of each."
)
@json_option
def pronouns(
    models: tuple[str, ...],
    between: tuple[int, ...],
    texts: int,
    seed: int,
    folder: Path | None,
    updates: int,
    as_json: bool,
) -> None:
    """Ask MODELS for the pronoun in sentences such as “小帅是一名程序员，外面下着雨，他每天都加班”.

    The subject is 小帅 (他) or 小美 (她), the other one was the subject before, and more and more clauses that say
    nothing about them stand in between. By default, the models whose names begin with lesson- are asked, which were
    trained on such sentences.

    \b
    seqchat lab pronouns
    seqchat lab pronouns lesson-rnn lesson-lstm --between 0,4,16 --json
    seqchat lab pronouns --train checkpoints
    """
    from seqchat.cli import lab_report
    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.lab.lessons import train_lessons
    from seqchat.training.lab.pronouns import ask_all

    if folder is not None:
        with TrainingProgress() as terminal:
            trained = train_lessons(folder, updates, seed, shlex.join(["seqchat", *sys.argv[1:]]), terminal)
        models = tuple(str(folder / name) for name in trained)
    answers = ask_all(models or [model.name for model in lessons()], between, texts, seed)
    if as_json:
        print_json(lab_report.pronouns_document(answers))
    else:
        click.echo(lab_report.pronouns_table(answers))
