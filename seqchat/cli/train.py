"""``seqchat train``: text → checkpoint."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqchat import locations
from seqchat.cli.option_conflicts import check_flags
from seqchat.cli.options import drop_option, json_option, print_json
from seqchat.cli.recipe_options import given, number_options
from seqchat.corpus.sources import DEFAULT_DATASET, SAMPLE, is_local
from seqchat.errors import SeqchatError
from seqchat.model.folder import CONFIG, VOCABULARY
from seqchat.training.presets import DEFAULT_PRESET, PRESETS
from seqchat.wording import duration

if TYPE_CHECKING:
    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.run import TrainingResult

_PRESETS_HELP = "\n".join(f"{name:<6} {preset}" for name, preset in PRESETS.items())


@click.command(
    short_help="Learn a model from chat text.",
    epilog=f"\b\nPresets, with 10,000 words on two CPU cores:\n{_PRESETS_HELP}",
)
@click.argument("data", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), help="Where the model goes  [checkpoints/CELL-DATA]")
@click.option("--overwrite", is_flag=True, help="Replace the model that is there.")
@click.option(
    "--resume", type=click.Path(path_type=Path), metavar="DIR", help="Go on with a stopped run; needs nothing else."
)
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), default=DEFAULT_PRESET, show_default=True, help="Size; see below."
)
@click.option("--field", help="The field or column that holds the turns or the text.")
@click.option("--streaming", is_flag=True, help="Read a hub's data set as it comes; only its ids are stored.")
@click.option("--max-dialogs", type=click.IntRange(min=1), help="Read no more dialogs than so many.")
@drop_option
@click.option("--processes", type=click.IntRange(min=1), help="How many cut the text into words  [the cores]")
@click.option("--validation", multiple=True, metavar="DATA", help="Validate on this text instead of a share.")
@click.option("--validation-share", default=0.05, show_default=True, help="Share of the dialogs held out.")
@click.option(
    "--segmenter",
    type=click.Choice(["auto", "jieba", "whitespace"]),
    default="auto",
    show_default=True,
    help="How text is cut into words; auto takes jieba for Chinese and spaces and punctuation for the rest.",
)
@click.option("--min-count", default=2, show_default=True, help="Rarer words are spelled in characters.")
@click.option("--max-words", default=50_000, show_default=True, help="Size limit of the vocabulary.")
@click.option("--bidirectional", is_flag=True, help="Read the window in both directions (objective window).")
@click.option("--tensorboard", type=click.Path(path_type=Path), metavar="DIR", help="Write curves for TensorBoard.")
@number_options
@json_option
@click.pass_context
def train(
    ctx: click.Context, /, data: tuple[str, ...], out: Path | None, resume: Path | None, as_json: bool, **options: Any
) -> None:
    """Learn a model from DATA: files, folders, glob patterns, a hub id, or 'sample'.

    Without DATA it is the hub's Jax-dan/HundredCV-Chat. Files are .jsonl, .json, .csv, .tsv, .parquet or .txt (one
    turn a line, a blank line between dialogs). Of what WhatsApp, Telegram, WeChat, QQ, Signal, Discord and iMessage
    export, each day of a chat is a dialog.

    \b
    seqchat train sample
    seqchat train my_chats.jsonl --out checkpoints/me
    seqchat train chats/ --cell gru --time-limit 30m --drop '<Media omitted>'
    seqchat train --resume checkpoints/me
    torchrun --standalone --nproc-per-node 2 -m seqchat train chats/
    """
    preset = PRESETS[options["preset"]]
    check_flags(ctx, preset)
    if options["streaming"] and all(is_local(source) for source in data or (DEFAULT_DATASET,)):
        raise click.UsageError("--streaming is for the hub's data sets; local files are never held in memory anyway.")
    result = _run(data or (DEFAULT_DATASET,), out, resume, options)
    if result is None:
        return
    if as_json:
        validation = {name: getattr(result.quality, name) for name in ("perplexity", "top1", "top5")}
        print_json(
            {
                "checkpoint": str(result.folder),
                "words_seen": result.tokens,
                "seconds": round(result.seconds, 1),
                "validation": validation,
            }
        )
    else:
        _tell(result)


def _run(
    data: tuple[str, ...], out: Path | None, resume: Path | None, options: dict[str, Any]
) -> TrainingResult | None:
    """Train or go on; return how it ended, or None in the processes that do not lead."""
    cell = options["network_cell"] or "lstm"
    out = out or locations.local_checkpoints() / f"{cell}-{_data_name(data[0])}"
    leads = os.environ.get("RANK", "0") == "0"
    if resume is None:
        _check_place(out, data, overwrite=options["overwrite"])

    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.distributed import joined_group
    from seqchat.training.observers import Observers, TensorBoard, TrainingObserver
    from seqchat.training.run import Task
    from seqchat.training.run import resume as run_again
    from seqchat.training.run import train as run_training

    recipe = given(options, "recipe")
    with TrainingProgress(quiet=not leads) as terminal, _stop_on_interrupt(terminal) as stop:
        logs: Path | None = options["tensorboard"]
        progress: TrainingObserver = Observers([terminal, TensorBoard(logs)]) if logs and leads else terminal
        if resume is not None:
            with joined_group() as group:
                result = run_again(resume, progress, changes=recipe, group=group, should_stop=stop.requested)
            return result if leads else None
        preset = PRESETS[options["preset"]]
        task = Task(
            data,
            {**preset.network, **given(options, "network"), "bidirectional": options["bidirectional"]},
            field=options["field"],
            validation=options["validation"],
            validation_share=options["validation_share"],
            segmenter=options["segmenter"],
            min_count=options["min_count"],
            max_words=options["max_words"],
            streaming=options["streaming"],
            most_dialogs=options["max_dialogs"],
            drop=options["drop"],
            processes=options["processes"],
        )
        settings = preset.settings(cell, **recipe)
        command = shlex.join(["seqchat", *sys.argv[1:]])
        with joined_group() as group:
            result = run_training(
                task, settings, out, progress, command=command, group=group, should_stop=stop.requested
            )
        return result if leads else None


def _check_place(out: Path, data: tuple[str, ...], *, overwrite: bool) -> None:
    """Refuse to write over anything but a model, and that only where it was asked for."""
    if not out.name:
        raise SeqchatError(f"{out} cannot be the name of a new model; choose another --out.")
    if not out.exists():
        return
    if not all((out / name).is_file() for name in (CONFIG, VOCABULARY)):
        raise SeqchatError(f"{out} is there already, and is not a model to be replaced; choose another --out.")
    if not overwrite:
        raise SeqchatError(f"{out} is there already; choose another --out, or --overwrite to replace it.")
    if inside := [source for source in data if Path(source).resolve().is_relative_to(out.resolve())]:
        raise SeqchatError(f"{inside[0]} lies inside {out}, which would be replaced; choose another --out.")


class _Stop:
    """Whether Ctrl-C was pressed while it trains; the run ends between two steps then, and saves."""

    def __init__(self, terminal: TrainingProgress) -> None:
        self._terminal = terminal
        self._requested = False

    def requested(self) -> bool:
        return self._requested

    def request(self, *_: object) -> None:
        if self._requested or not self._terminal.training:
            raise KeyboardInterrupt
        self._requested = True
        click.echo("\nStopping; Ctrl-C again leaves without saving.", err=True)


@contextmanager
def _stop_on_interrupt(terminal: TrainingProgress) -> Iterator[_Stop]:
    stop = _Stop(terminal)
    previous = signal.signal(signal.SIGINT, stop.request)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)


def _data_name(source: str) -> str:
    name = SAMPLE if source == SAMPLE else Path(source).stem.replace("*", "")
    return name.lower() or "model"


def _tell(result: TrainingResult) -> None:
    quality = result.quality
    folder = shlex.quote(str(result.folder))
    click.echo(
        f"{result.folder}: validation perplexity {quality.perplexity:.1f}, the next word among the first "
        f"five {quality.top5:.1%} of the time ({result.outcome} after {duration(result.seconds)})."
    )
    if result.outcome == "interrupted":
        click.echo(f"Go on with it: seqchat train --resume {folder}")
    if result.outcome == "time is up":
        click.echo(f"Go on with it: seqchat train --resume {folder} --time-limit TIME (more than before)")
    click.echo(f"Type with it:  seqchat tui {folder}")
