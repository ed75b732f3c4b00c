"""``seqchat watch``: a run of training, live."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import json_option, print_json
from seqchat.errors import SeqchatError
from seqchat.files import expanded

if TYPE_CHECKING:
    from seqchat.training.course.launching import Launched


@click.command(short_help="Look at training while it goes on.")
@click.argument("folders", nargs=-1, required=True, metavar="DIR...")
@click.option("--lang", type=click.Choice(["auto", "en", "zh"]), help="Language of the interface.")
@json_option
def watch(folders: tuple[str, ...], lang: str | None, as_json: bool) -> None:
    """Show what the run in each DIR learns: its curves, and what its network writes, opens and remembers.

    DIR is the folder of a run, or one with the runs of a race, and may be on the disk of another machine, as only files
    are read. The screen can be left and opened again at any time; training goes on without it. Runs that have ended can
    be looked at too, from the untrained network to the last report. --json prints once what each run is doing.

    \b
    seqchat watch checkpoints/me
    seqchat watch checkpoints/race-sample
    seqchat watch checkpoints/lstm-sample checkpoints/gru-sample
    seqchat watch checkpoints/me --json
    """
    from seqchat.training.course.reading import MAX_RUNS, runs_in

    runs = [run for folder in folders for run in runs_in(expanded(folder))]
    if len(runs) > MAX_RUNS:
        raise SeqchatError(f"{len(runs)} runs are too many side by side; name {MAX_RUNS} at most.")
    for run in runs:
        run.poll()
    if as_json:
        for run in runs:
            print_json(run.to_json())
        return
    check_terminal()
    open_screen([run.folder for run in runs], lang=lang)


def check_terminal() -> None:
    """Refuse to draw where nobody sees it."""
    if "TEXTUAL_DRIVER" not in os.environ and not all(s.isatty() for s in (sys.stdin, sys.stdout, sys.stderr)):
        raise SeqchatError("The screen needs a terminal; 'seqchat watch DIR --json' prints what a run is doing.")


def open_screen(folders: Sequence[Path], launched: Sequence[Launched] = (), *, lang: str | None = None) -> None:
    """Show runs until the person leaves; launched: the processes of those that were just started."""
    from seqchat import locations
    from seqchat.tui import settings
    from seqchat.tui.watching.app import WatchApp

    chosen, problems = settings.load(locations.settings())
    if lang:
        chosen = chosen.changed("language", lang)
    WatchApp(folders, launched, chosen=chosen, problems=problems).run()
