"""Runs of `seqchat train` in processes of their own: several cells side by side, or one that a screen shows."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
from click.core import ParameterSource

from seqchat.cli.interrupts import stop_on_interrupt
from seqchat.cli.tables import aligned
from seqchat.errors import SeqchatError
from seqchat.model.folder import TRAINING
from seqchat.training.course.launching import Launched, launch
from seqchat.training.course.status import Status
from seqchat.wording import clock_time, percentage, perplexity

_LOOK_SECONDS = 0.2


def arguments_of(ctx: click.Context, without: Collection[str]) -> list[str]:
    """Return the arguments that a command was called with, but for those of some parameters."""
    found: list[str] = []
    for parameter in ctx.command.params:
        name = str(parameter.name)
        if name in without or ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = ctx.params[name]
        values = value if isinstance(value, tuple) else (value,)
        if isinstance(parameter, click.Option):
            flag = parameter.opts[0]
            found += [flag] if parameter.is_flag else [part for each in values for part in (flag, str(each))]
        else:
            found += map(str, values)
    return found


def launch_all(arguments: Sequence[str], folders: dict[str, Path], *, resumed: bool) -> list[Launched]:
    """Start a run for each cell, in its folder; without a name, the cell is that of the arguments, or of the run."""
    where = "--resume" if resumed else "--out"
    return [
        launch([*arguments, *(["--cell", cell] if cell else []), where, str(folder)], folder, beside=len(folders))
        for cell, folder in folders.items()
    ]


@dataclass
class _Follower:
    """Shows on standard error what a process says, each line after the name of its folder."""

    run: Launched
    width: int
    _shown: int = field(default=0)

    def show(self) -> None:
        lines = self.run.log.read_text("utf-8", errors="replace").split("\n")[:-1]
        for line in lines[self._shown :]:
            click.echo(f"{self.run.folder.name:<{self.width}}  {line}", err=True)
        self._shown = len(lines)


def follow(runs: Sequence[Launched]) -> None:
    """Show what processes say until all have ended; Ctrl-C asks them to stop and save, a second one ends them."""
    followers = [_Follower(run, max(len(run.folder.name) for run in runs)) for run in runs]
    asked = False
    try:
        with stop_on_interrupt("Stopping; press Ctrl-C again to leave without saving.") as should_stop:
            while any(run.is_running for run in runs):
                time.sleep(_LOOK_SECONDS)
                for follower in followers:
                    follower.show()
                if should_stop() and not asked:
                    asked = True
                    for run in runs:
                        run.interrupt()
    except KeyboardInterrupt:
        for run in runs:
            run.process.kill()
        raise
    for follower in followers:
        follower.show()


def print_results(runs: Sequence[Launched], *, as_json: bool, several: bool) -> None:
    """Print what processes that have ended printed, several as a table; for those that still run, how to look again.

    Raises:
        SeqchatError: one of them failed.
    """
    for run in runs:
        if run.is_running and (status := Status.read(run.folder / TRAINING)) and status.is_over:
            click.echo(f"Measuring {run.folder} on held-out dialogs", err=True)
            run.process.wait()
    ended = [run for run in runs if not run.is_running]
    printed = "".join(run.output for run in ended)
    if printed and (as_json or not several):
        click.echo(printed, nl=False)
    elif printed:
        click.echo(_table([json.loads(line) for line in printed.splitlines()]))
    for run in runs:
        if run.is_running:
            folder = shlex.quote(str(run.folder))
            click.echo(
                f"{run.folder} goes on in process {run.process.pid}; look again: seqchat watch {folder}", err=True
            )
    if failed := [run for run in ended if run.failure]:
        raise SeqchatError(failed[0].failure if len(runs) == 1 else f"{failed[0].folder}: {failed[0].failure}")


def _table(results: list[dict[str, object]]) -> str:
    rows = [("", "validation perplexity", "top-5", "time")]
    for result in results:
        quality = result["validation"]
        assert isinstance(quality, dict)
        shown, top5 = perplexity(quality["perplexity"]), percentage(quality["top5"])
        rows.append((str(result["checkpoint"]), shown, top5, clock_time(float(str(result["seconds"])))))
    return aligned(rows)
