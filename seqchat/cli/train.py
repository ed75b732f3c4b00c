"""``seqchat train``: text → checkpoint."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqchat import locations
from seqchat.cli.declared_options import given
from seqchat.cli.interrupts import stop_on_interrupt
from seqchat.cli.option_conflicts import check_options
from seqchat.cli.options import drop_option, json_option, speaker_option
from seqchat.cli.train_options import NETWORK, RECIPE, TASK, renamed, train_options
from seqchat.cli.train_result import print_result
from seqchat.corpus.sources import DEFAULT_DATASET, SAMPLE
from seqchat.errors import SeqchatError
from seqchat.model.config import ModelConfig
from seqchat.model.folder import CONFIG, VOCABULARY
from seqchat.model.model_registry import describe
from seqchat.training.presets import DEFAULT_PRESET, FINE_TUNING, PRESETS
from seqchat.training.settings import TrainingSettings
from seqchat.training.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.assessment import Assessment
    from seqchat.training.observers import TrainingObserver
    from seqchat.training.run import TrainingResult

_Ended = tuple["TrainingResult", "Assessment | None"]

_PRESETS_HELP = "\n".join(f"{name:<6} {preset}" for name, preset in PRESETS.items())


@click.command(
    short_help="Train a model on chat text.",
    epilog=f"\b\nPresets, with 10,000 words on two CPU cores:\n{_PRESETS_HELP}",
)
@click.argument("data", nargs=-1)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Directory of the model  [default: checkpoints/CELL-DATA, or MODEL-DATA]",
)
@click.option("--overwrite", is_flag=True, help="Replace the model in that directory.")
@click.option(
    "--resume", type=click.Path(path_type=Path), metavar="DIR", help="Resume an interrupted run; needs nothing else."
)
@click.option(
    "--from",
    "base",
    metavar="MODEL",
    help="Go on from this model, by its name or folder, with its words and those of DATA.",
)
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), default=DEFAULT_PRESET, show_default=True, help="Size; see below."
)
@click.option(
    "--weight",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Read the dialogs of a source so often in an epoch, such as 'work*=4' or 'news*=0.2'; may be repeated.",
)
@drop_option
@speaker_option("Learn to write as this person, and read the others as context")
@click.option("--validation", multiple=True, metavar="DATA", help="Validate on this text instead of held-out dialogs.")
@click.option("--tensorboard", type=click.Path(path_type=Path), metavar="DIR", help="Write curves for TensorBoard.")
@train_options
@json_option
@click.pass_context
def train(
    ctx: click.Context, /, data: tuple[str, ...], out: Path | None, resume: Path | None, as_json: bool, **options: Any
) -> None:
    """Train a model on DATA: files, folders, glob patterns, a data set of the hub, or 'sample'.

    The default DATA is the hub's Jax-dan/HundredCV-Chat. Files are .jsonl, .json, .csv, .tsv, .parquet or .txt (one
    turn per line, a blank line between dialogs), subtitles, Markdown, or .zip. Exports of messengers are read too; a
    dialog of a chat ends at a pause. 'seqchat data' shows what is read.

    \b
    seqchat train sample
    seqchat train chats/ --weight 'friends*=4' --weight 'news*=0.2'
    seqchat train chats/ --cell gru --time-limit 30m --drop '<Media omitted>'
    seqchat train chat.txt --from lstm-chat --speaker Ana --out checkpoints/me
    seqchat train --resume checkpoints/me
    torchrun --standalone --nproc-per-node 2 -m seqchat train chats/
    """
    check_options(ctx, PRESETS[options["preset"]])
    options = renamed(options)
    data = data or (DEFAULT_DATASET,)
    out = out or locations.local_checkpoints() / f"{_kind(options)}-{_data_name(data[0])}"
    if resume is None:
        _check_out(out, data, overwrite=options["overwrite"])
    result = _run(data, out, resume, options)
    if result is not None:
        print_result(*result, as_json=as_json)


def _run(data: tuple[str, ...], out: Path, resumed: Path | None, options: dict[str, Any]) -> _Ended | None:
    """Train a new model, or resume a run; return how it ended, or None in the processes that do not lead."""
    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.distributed import joined_group
    from seqchat.training.run import resume, train

    leads = os.environ.get("RANK", "0") == "0"
    recipe = given(options, RECIPE)
    with TrainingProgress(quiet=not leads) as terminal, _stopping(terminal) as should_stop:
        observer = _observer(terminal, options["tensorboard"] if leads else None)
        if resumed is not None:
            with joined_group() as group:
                result = resume(resumed, observer, changes=recipe, group=group, should_stop=should_stop)
        else:
            task = _task(data, options)
            settings = _settings(options, recipe)
            command = shlex.join(["seqchat", *sys.argv[1:]])
            with joined_group() as group:
                result = train(task, settings, out, observer, command=command, group=group, should_stop=should_stop)
        return _assessed(result, terminal) if leads else None


def _assessed(result: TrainingResult, terminal: TrainingProgress) -> tuple[TrainingResult, Assessment | None]:
    """Measure what came of a run, unless the person wants to leave."""
    from seqchat.training.assessment import assess

    return result, None if result.outcome == "interrupted" else assess(result.folder, terminal)


def _task(data: tuple[str, ...], options: dict[str, Any]) -> Task:
    base, chosen = options["base"], given(options, TASK)
    if base is None:
        network = {**PRESETS[options["preset"]].network, **given(options, NETWORK)}
    else:
        network = {}
        chosen.setdefault("validation_share", FINE_TUNING.validation_share)
    return Task(
        data,
        network,
        options["validation"],
        options["drop"],
        options["weight"],
        base,
        speakers=options["speakers"],
        **chosen,
    )


def _settings(options: dict[str, Any], recipe: dict[str, Any]) -> TrainingSettings:
    """Return the recipe: that of the preset, or that of going on from a model."""
    if options["base"] is not None:
        return FINE_TUNING.settings(describe(options["base"]).config.cell, **recipe)
    return PRESETS[options["preset"]].settings(options[f"{NETWORK}cell"] or ModelConfig.cell, **recipe)


def _kind(options: dict[str, Any]) -> str:
    """Return how the name of a new model begins: with its cell, or with the model that it goes on from."""
    if options["base"] is not None:
        return describe(options["base"]).path.resolve().name
    return options[f"{NETWORK}cell"] or ModelConfig.cell


def _stopping(terminal: TrainingProgress) -> AbstractContextManager[Callable[[], bool]]:
    """End the run between two steps after Ctrl-C, and save it; before there is something to save, leave at once."""
    return stop_on_interrupt("Stopping; press Ctrl-C again to leave without saving.", lambda: terminal.training)


def _observer(terminal: TrainingProgress, logs: Path | None) -> TrainingObserver:
    """Return the observers of the run: the terminal, and TensorBoard if there is a directory for its logs."""
    from seqchat.training.observers import Observers, TensorBoard

    return Observers([terminal, TensorBoard(logs)]) if logs else terminal


def _check_out(out: Path, data: tuple[str, ...], *, overwrite: bool) -> None:
    """Refuse to replace anything but a model, and a model unless `overwrite` is set."""
    if not out.name:
        raise SeqchatError(f"{out} cannot be the name of a new model; choose another --out.")
    if not out.exists():
        return
    if not all((out / name).is_file() for name in (CONFIG, VOCABULARY)):
        raise SeqchatError(f"{out} already exists and is not a model that could be replaced; choose another --out.")
    if not overwrite:
        raise SeqchatError(f"{out} already exists; choose another --out, or replace it with --overwrite.")
    if inside := [source for source in data if Path(source).resolve().is_relative_to(out.resolve())]:
        raise SeqchatError(f"{inside[0]} is inside {out}, which would be replaced; choose another --out.")


def _data_name(source: str) -> str:
    name = SAMPLE if source == SAMPLE else Path(source).stem.replace("*", "")
    return name.lower() or "model"
