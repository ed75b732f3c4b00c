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
from seqchat.cli.train_options import CELL, NETWORK, RECIPE, TASK, renamed, train_options
from seqchat.cli.train_result import print_result
from seqchat.corpus.source_names import DEFAULT_DATASET, SAMPLE
from seqchat.errors import SeqchatError
from seqchat.model.config import ModelConfig
from seqchat.model.folder import CONFIG, VOCABULARY
from seqchat.model.model_registry import describe
from seqchat.training.presets import DEFAULT_PRESET, FINE_TUNING, PRESETS, SHOWS, Preset
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
@click.option("--watch", is_flag=True, help="Show on a screen what is learned, while a process of its own trains.")
@click.option(
    "--show",
    type=click.Choice(list(SHOWS)),
    help="Make the gradient of a plain network vanish or explode, on purpose, in 20 seconds.",
)
@click.option("--prompt", metavar="TEXT", help="What the network continues at each report, for those who watch.")
@click.option("--tensorboard", type=click.Path(path_type=Path), metavar="DIR", help="Write curves for TensorBoard.")
@train_options
@json_option
@click.pass_context
def train(
    ctx: click.Context,
    /,
    data: tuple[str, ...],
    out: Path | None,
    resume: Path | None,
    watch: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a model on DATA: files, folders, glob patterns, a data set of the hub, or 'sample'.

    The default DATA is the hub's Jax-dan/HundredCV-Chat. Files are .jsonl, .json, .csv, .tsv, .parquet or .txt (one
    turn per line, a blank line between dialogs), subtitles, Markdown, or .zip. Exports of messengers are read too; a
    dialog of a chat ends at a pause. 'seqchat data' shows what is read.

    \b
    seqchat train sample --cell rnn --cell lstm --cell gru --watch
    seqchat train chats/ --weight 'friends*=4' --time-limit 30m --drop '<Media omitted>'
    seqchat train chat.txt --from lstm-chat --speaker Ana --out checkpoints/me
    seqchat train --resume checkpoints/me
    seqchat train --show explode --watch
    torchrun --standalone --nproc-per-node 2 -m seqchat train chats/
    """
    cells = options[CELL] if isinstance(options[CELL], tuple) else (options[CELL],)
    for cell in cells:
        ctx.params[CELL] = cell
        check_options(ctx, _preset(options))
    options = renamed(options)
    data = data or (SAMPLE if options["show"] else DEFAULT_DATASET,)
    out = resume or out or locations.local_checkpoints() / f"{_kind(options)}-{_data_name(data[0])}"
    folders = {cell: out / cell for cell in cells} if len(cells) > 1 else {"": out}
    if resume is None:
        for folder in folders.values():
            _check_out(folder, data, overwrite=options["overwrite"])
    if watch or len(cells) > 1:
        _run_beside(ctx, folders, watch=watch, as_json=as_json)
        return
    result = _run(data, out, resume, options)
    if result is not None:
        print_result(*result, as_json=as_json)


def _run_beside(ctx: click.Context, folders: dict[str, Path], *, watch: bool, as_json: bool) -> None:
    """Train in processes of their own, one for each cell, and show on a screen, or line by line, what they do."""
    from seqchat.cli.race import arguments_of, follow, launch_all, print_results
    from seqchat.cli.watch import check_terminal, open_screen

    if "RANK" in os.environ:
        raise click.UsageError(
            "torchrun starts processes itself; leave out --watch, train one cell, and see it with 'seqchat watch'."
        )
    several = len(folders) > 1
    if watch:
        check_terminal()
    arguments = arguments_of(ctx, {"watch", "as_json", "out", "resume", *([CELL] if several else [])})
    arguments += ["--json"] * (as_json or several)
    runs = launch_all(arguments, folders, resumed=ctx.params["resume"] is not None)
    if watch:
        open_screen([run.folder for run in runs], runs)
    else:
        follow(runs)
    print_results(runs, as_json=as_json, several=several)


def _preset(options: dict[str, Any]) -> Preset:
    """Return the size of the network and its recipe: those of what is to be shown, or of the preset."""
    return SHOWS[options["show"]] if options["show"] else PRESETS[options["preset"]]


def _run(data: tuple[str, ...], out: Path, resumed: Path | None, options: dict[str, Any]) -> _Ended | None:
    """Train a new model, or resume a run; return how it ended, or None in the processes that do not lead."""
    from seqchat.cli.progress import TrainingProgress
    from seqchat.insight.behaving import behaving
    from seqchat.training.course.recording import Audience
    from seqchat.training.distributed import joined_group
    from seqchat.training.run import resume, train

    leads = os.environ.get("RANK", "0") == "0"
    recipe = given(options, RECIPE)
    audience = Audience(behaving(options["prompt"]), options["show"] or "")
    with TrainingProgress(quiet=not leads) as terminal, _stopping(terminal) as should_stop:
        observer = _observer(terminal, options["tensorboard"] if leads else None)
        if resumed is not None:
            with joined_group() as group:
                result = resume(
                    resumed, observer, changes=recipe, group=group, should_stop=should_stop, audience=audience
                )
        else:
            task = _task(data, options)
            settings = _settings(options, recipe)
            command = shlex.join(["seqchat", *sys.argv[1:]])
            with joined_group() as group:
                result = train(
                    task,
                    settings,
                    out,
                    observer,
                    command=command,
                    group=group,
                    should_stop=should_stop,
                    audience=audience,
                )
        return _assessed(result, terminal, measured=not options["show"]) if leads else None


def _assessed(result: TrainingResult, terminal: TrainingProgress, *, measured: bool) -> _Ended:
    """Measure what came of a run, unless it is for show, or the person wants to leave."""
    from seqchat.training.assessment import assess

    if not measured or result.outcome == "interrupted":
        return result, None
    return result, assess(result.folder, terminal, result.to_measure)


def _task(data: tuple[str, ...], options: dict[str, Any]) -> Task:
    base, chosen = options["base"], given(options, TASK)
    if base is None:
        network = {**_preset(options).network, **given(options, NETWORK)}
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
    preset = _preset(options)
    return preset.settings(options[CELL] or preset.network.get("cell", ModelConfig.cell), **recipe)


def _kind(options: dict[str, Any]) -> str:
    """Return how the name of a new model begins: with its cell, what it shows, or the model that it goes on from."""
    if isinstance(options[CELL], tuple):
        return "race"
    if options["show"]:
        return str(options["show"])
    if options["base"] is not None:
        return describe(options["base"]).path.resolve().name
    return options[CELL] or ModelConfig.cell


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
