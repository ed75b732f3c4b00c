"""``seqchat compare``: several models on the same texts, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from seqchat.cli.options import drop_option, json_option, keystrokes_option, print_json
from seqchat.cli.tables import aligned
from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError
from seqchat.model.shelf import find

if TYPE_CHECKING:
    from seqchat.evaluation.examination import Examination
    from seqchat.training.comparison import Contender, Texts
    from seqchat.training.watching import Watcher

Values = dict[str, Any]


@dataclass(frozen=True)
class _Column:
    """A column of the table: its title, its entry of the JSON, how it is written, and what is best (max, min, None)."""

    title: str
    name: str
    written: Callable[[Any], str]
    best: Callable[[list[float]], float] | None = None


def _count(value: int) -> str:
    return f"{value:,}" if value else "–"


def _share(value: float) -> str:
    return f"{value:.1%}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3_600 else f"{seconds / 3_600:.1f} h"


_COLUMNS = (
    _Column("parameters", "parameters", _count),
    _Column("n-grams", "ngrams", _count),
    _Column("MB", "megabytes", "{:.1f}".format),
    _Column("trained", "training_seconds", _duration),
    _Column("perplexity", "perplexity", "{:,.1f}".format, min),
    _Column("bits/char", "bits_per_character", "{:.3f}".format, min),
    _Column("top-1", "top1", _share, max),
    _Column("top-3", "top3", _share, max),
    _Column("top-5", "top5", _share, max),
    _Column("keys saved", "keystroke_savings", _share, max),
    _Column("ceiling", "keystroke_ceiling", _share),
    _Column("ms/key", "keystroke_ms", "{:.1f}".format, min),
)


@click.command(short_help="Measure models on the same text, side by side.")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--data", multiple=True, required=True, help="Any text that 'train' reads; may be repeated.")
@click.option(
    "--baselines",
    is_flag=True,
    help="Also train 5-grams and the textbook's network; DATA are the texts the first MODEL learned from.",
)
@click.option("--held-out", is_flag=True, help="Only dialogs that the training of every MODEL kept for testing.")
@keystrokes_option
@click.option("--field", help="The field or column that holds the turns or the text.")
@drop_option
@json_option
def compare(models: tuple[str, ...], data: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Measure each MODEL on the same texts, and print size, quality and speed side by side.

    The measures are those of 'eval': perplexity, bits per character, top-k, keystroke savings and what the vocabulary
    would allow of them, and the median time from a key to its suggestions. MB are those of the files that are needed to
    use a model.

    With --baselines, an n-gram model (Kneser-Ney, up to five words) and the textbook's network (an LSTM over a window
    of five words) learn from the dialogs that the training of the first MODEL did not hold out, with its vocabulary;
    all are measured on dialogs that were kept for testing, as with --held-out.

    \b
    seqchat compare rnn-chat lstm-chat gru-chat --data sample
    seqchat compare lstm-chat me --data my_chats.jsonl --held-out --json
    seqchat compare me --data my_chats.jsonl --baselines
    """
    folders = [find(model) for model in models]

    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.comparison import contender

    with TrainingProgress(hint="Ctrl-C gives up") as progress:
        found = _compare([contender(folder) for folder in folders], data, options, progress)
    rows = [_values(contender, examination) for contender, examination in found]
    if as_json:
        print_json({"models": rows})
    else:
        click.echo(_report(rows))


def _compare(
    contenders: list[Contender], data: Sequence[str], options: dict[str, Any], watcher: Watcher
) -> list[tuple[Contender, Examination]]:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from seqchat.training.comparison import Texts, held_out_by_all, measure, train_baselines

    # What a model's training held out is known before any text is read.
    choice = held_out_by_all(contenders) if options["held_out"] or options["baselines"] else None
    with TemporaryDirectory() as name:
        folder = Path(name)
        texts = Texts.read(data, contenders, folder, watcher, field=options["field"], drop=options["drop"])
        measured = texts if choice is None else _some(texts.those(choice))
        if options["baselines"]:
            contenders = [*contenders, *train_baselines(texts, contenders[0], folder / "baselines", watcher)]
        watcher.message(f"Measuring on {measured.dialogs:,} dialogs")
        return [(each, measure(each, measured, options["keystrokes"], folder, watcher)) for each in contenders]


def _some(texts: Texts) -> Texts:
    if not texts.dialogs:
        raise SeqchatError("These texts have no dialog that the training of every model has kept for testing.")
    return texts


def _values(contender: Contender, examination: Examination) -> Values:
    """Return all measures of a model as JSON values; what is not known is null."""
    from seqchat.evaluation.assessment import to_json

    seconds, keys = contender.training_seconds, examination.keystrokes
    return {
        "name": contender.model.name,
        "cell": contender.model.checkpoint.config.cell if contender.parameters else None,
        "parameters": contender.parameters,
        "ngrams": contender.ngrams,
        "megabytes": round(contender.megabytes, 3),
        "training_seconds": None if seconds is None else round(seconds, 1),
        "dialogs": examination.dialogs,
        **to_json(examination.assessment),
        "keystroke_savings": keys.savings if keys else None,
        "keystroke_ceiling": keys.ceiling if keys else None,
        "keystroke_characters": keys.characters if keys else 0,
        "keystroke_ms": round(keys.milliseconds, 3) if keys else None,
    }


def _report(rows: list[Values]) -> str:
    columns = [column for column in _COLUMNS if any(row[column.name] is not None for row in rows)]
    cells = [_cells(column, rows) for column in columns]
    names = [clean(row["name"]) for row in rows]
    table = aligned([("", *(column.title for column in columns)), *zip(names, *cells, strict=True)])
    return "\n".join([table, "", *_notes(rows)])


def _cells(column: _Column, rows: list[Values]) -> list[str]:
    """Write a column, the best of several values with an asterisk."""
    values = [row[column.name] for row in rows]
    known = [value for value in values if value is not None]
    best = column.best(known) if column.best and len(known) > 1 and _comparable(column, rows) else None
    cells = ["–" if value is None else column.written(value) for value in values]
    if column.best is None:
        return cells
    return [
        cell + ("*" if best is not None and value == best else " ") for cell, value in zip(cells, values, strict=True)
    ]


def _comparable(column: _Column, rows: list[Values]) -> bool:
    """Whether the values of a column say which model is better: perplexities do so for the same words alone."""
    return column.name != "perplexity" or len({row["oov_rate"] for row in rows}) == 1


def _notes(rows: list[Values]) -> list[str]:
    first = rows[0]
    notes = [f"{first['words']:,} words in {first['dialogs']:,} dialogs; * the best of several."]
    if first["keystroke_characters"]:
        notes[0] += f" Keys: of {first['keystroke_characters']:,} characters typed."
    if len({row["oov_rate"] for row in rows}) > 1:
        notes.append("The vocabularies differ, so that perplexities do not compare; bits per character do.")
    return notes
