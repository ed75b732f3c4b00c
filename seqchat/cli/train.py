"""``seqchat train``: text → checkpoint."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqchat import locations
from seqchat.cli.options import Duration, json_option, print_json
from seqchat.corpus.sources import DEFAULT_DATASET, SAMPLE
from seqchat.errors import SeqchatError

if TYPE_CHECKING:
    from seqchat.training.run import Result


@click.command(short_help="Learn a model from chat text.")
@click.argument("data", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path), help="Where the model goes  [checkpoints/CELL-DATA]")
@click.option("--overwrite", is_flag=True, help="Replace the model that is there.")
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Go on with a stopped run; needs nothing else.",
)
@click.option("--cell", type=click.Choice(["rnn", "lstm", "gru"]), default="lstm", show_default=True)
@click.option("--layers", default=1, show_default=True, help="Recurrent layers.")
@click.option("--embedding", default=256, show_default=True, help="Units of a word's embedding.")
@click.option("--hidden", default=512, show_default=True, help="Units of a layer's hidden state.")
@click.option("--dropout", default=0.5, show_default=True, help="Share of units dropped while training.")
@click.option("--nonlinearity", type=click.Choice(["tanh", "relu"]), default="tanh", help="Of the RNN cell.")
@click.option("--field", help="The field or column that holds the turns or the text.")
@click.option("--validation", multiple=True, metavar="DATA", help="Validate on this text instead of a share.")
@click.option("--validation-share", default=0.05, show_default=True, help="Share of the dialogs to validate on.")
@click.option(
    "--segmenter",
    type=click.Choice(["auto", "jieba", "whitespace"]),
    default="auto",
    show_default=True,
    help="How text is cut into words; auto takes jieba for Chinese and spaces and punctuation for the rest.",
)
@click.option("--min-count", default=2, show_default=True, help="Rarer words are spelled in characters.")
@click.option("--max-words", default=50_000, show_default=True, help="Size limit of the vocabulary.")
@click.option("--batch", default=16, show_default=True, help="Dialogs read side by side.")
@click.option("--window", default=40, show_default=True, help="Words of truncated back-propagation.")
@click.option("--learning-rate", default=3e-3, show_default=True, help="Peak learning rate of AdamW.")
@click.option("--epochs", type=int, help="How often the text is read  [by its size]")
@click.option("--patience", default=3, show_default=True, help="Reports without a gain before it stops.")
@click.option("--time-limit", type=Duration(), metavar="TIME", help="Stop after 90s, 10m or 2h.")
@click.option("--precision", type=click.Choice(["auto", "fp32", "bf16"]), default="auto", show_default=True)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same model.")
@json_option
def train(data: tuple[str, ...], out: Path | None, resume: Path | None, as_json: bool, **options: Any) -> None:
    """Learn a model from DATA: files, folders, glob patterns, a hub id, or 'sample'.

    Without DATA it is the hub's Jax-dan/HundredCV-Chat. Files are .jsonl, .json, .csv, .tsv, .parquet or .txt (one turn
    a line, a blank line between dialogs).

    \b
    seqchat train sample
    seqchat train my_chats.jsonl --out checkpoints/me
    seqchat train chats/ --cell gru --time-limit 30m
    """
    if resume is not None and (data or out):
        raise click.UsageError("--resume takes data, settings and place from its directory; leave the others out.")
    result = _resume(resume) if resume is not None else _train(data or (DEFAULT_DATASET,), out, options)
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


def _train(data: tuple[str, ...], out: Path | None, options: dict[str, Any]) -> Result:
    out = out or locations.local_checkpoints() / f"{options['cell']}-{_data_name(data[0])}"
    if out.exists() and not options["overwrite"]:
        raise SeqchatError(f"{out} is there already; choose another --out, or --overwrite to replace it.")

    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.run import Task
    from seqchat.training.run import train as run_training
    from seqchat.training.settings import TrainingSettings

    task = Task(
        data,
        field=options["field"],
        validation=options["validation"],
        validation_share=options["validation_share"],
        segmenter=options["segmenter"],
        min_count=options["min_count"],
        max_words=options["max_words"],
        cell=options["cell"],
        layers=options["layers"],
        embedding_size=options["embedding"],
        hidden_size=options["hidden"],
        dropout=options["dropout"],
        nonlinearity=options["nonlinearity"],
    )
    settings = TrainingSettings(
        batch_size=options["batch"],
        window=options["window"],
        learning_rate=options["learning_rate"],
        epochs=options["epochs"],
        patience=options["patience"],
        time_limit=options["time_limit"],
        seed=options["seed"],
        precision=options["precision"],
    )
    command = shlex.join(["seqchat", *sys.argv[1:]])
    with TrainingProgress() as progress, _stop_on_interrupt() as stop:
        return run_training(task, settings, out, progress, command=command, should_stop=stop.requested)


def _resume(folder: Path) -> Result:
    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.run import resume

    with TrainingProgress() as progress, _stop_on_interrupt() as stop:
        return resume(folder, progress, should_stop=stop.requested)


class _Stop:
    """Whether Ctrl-C was pressed; the run ends between two steps then, and saves."""

    def __init__(self) -> None:
        self._requested = False

    def requested(self) -> bool:
        return self._requested

    def request(self, *_: object) -> None:
        if self._requested:
            raise KeyboardInterrupt
        self._requested = True
        click.echo("\nStopping; Ctrl-C again leaves without saving.", err=True)


@contextmanager
def _stop_on_interrupt() -> Iterator[_Stop]:
    stop = _Stop()
    previous = signal.signal(signal.SIGINT, stop.request)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)


def _data_name(source: str) -> str:
    name = SAMPLE if source == SAMPLE else Path(source).stem.replace("*", "")
    return name.lower() or "model"


def _tell(result: Result) -> None:
    quality = result.quality
    click.echo(
        f"{result.folder}: validation perplexity {quality.perplexity:.1f}, the next word among the first "
        f"five {quality.top5:.1%} of the time ({result.outcome} after {result.seconds / 60:.1f} minutes)."
    )
    if result.outcome in ("interrupted", "time is up"):
        click.echo(f"Go on with it: seqchat train --resume {shlex.quote(str(result.folder))}")
    click.echo(f"Type with it:  seqchat tui {shlex.quote(str(result.folder))}")
