"""``seqchat compare``: several models on the same texts, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from seqchat.cli.options import (
    TEXT_PRECISIONS,
    drop_option,
    json_option,
    keystrokes_option,
    lexicon_option,
    print_json,
    reading_options,
    text_precision_option,
)
from seqchat.cli.tables import aligned
from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError
from seqchat.model.model_registry import find
from seqchat.wording import counted, duration, percentage

if TYPE_CHECKING:
    from seqchat.evaluation.report import EvaluationReport
    from seqchat.progress import Progress
    from seqchat.training.compared_model import ComparedModel
    from seqchat.training.comparison import ComparisonTexts
    from seqchat.training.observers import TrainingObserver

Values = dict[str, Any]

_UNKNOWN = "–"


@dataclass(frozen=True)
class _Line:
    """A line of the table.

    title: shown first; name: its entry of the JSON; format: how a value is written
    best: which value is best, `max` or `min`; None if none is
    comparable_with: what all models must have in common for their values to compare, `words` or `segmenter`
    """

    title: str
    name: str
    format: Callable[[Any], str]
    best: Callable[[list[float]], float] | None = None
    comparable_with: str | None = None


def _count(value: int) -> str:
    return f"{value:,}" if value else _UNKNOWN


_LINES = (
    _Line("parameters", "parameters", _count),
    _Line("n-grams", "ngrams", _count),
    _Line("megabytes", "megabytes", "{:.1f}".format, min),
    _Line("training", "training_seconds", duration),
    _Line("products", "precision", str),
    _Line("perplexity", "perplexity", "{:,.1f}".format, min, "words"),
    _Line("bits per character", "bits_per_character", "{:.3f}".format, min),
    _Line("top-1", "top1", percentage, max, "segmenter"),
    _Line("top-3", "top3", percentage, max, "segmenter"),
    _Line("top-5", "top5", percentage, max, "segmenter"),
    _Line("keystroke savings", "keystroke_savings", percentage, max),
    _Line("… at most", "keystroke_ceiling", percentage),
    _Line("milliseconds a key", "keystroke_ms", "{:.1f}".format, min),
)
_NOTES = {
    "words": "The models have different vocabularies: compare bits per character, not perplexities.",
    "segmenter": "The models cut text into different words: compare bits per character, not perplexities and top-k.",
}


@click.command(short_help="Evaluate models on the same text, side by side.")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--data", multiple=True, required=True, metavar="DATA", help="Any text that 'train' reads; may be repeated."
)
@click.option(
    "--baselines",
    is_flag=True,
    help="Also train 5-grams and the textbook's network; DATA must be the texts the first MODEL learned from.",
)
@click.option("--held-out", is_flag=True, help="Only dialogs that the training of every MODEL kept for testing.")
@click.option("--by", type=click.Choice(["source"]), help="Also on each DATA alone.")
@click.option("--network-only", is_flag=True, help="Use the networks alone, without n-grams, memory and lexicon.")
@keystrokes_option
@text_precision_option
@lexicon_option
@reading_options
@drop_option
@json_option
def compare(models: tuple[str, ...], data: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Evaluate each MODEL on the same texts, and print size, quality and speed side by side.

    The metrics are those of 'eval': perplexity, bits per character, top-k, keystroke savings and what the vocabulary
    would allow of them, and the median time from a key to its suggestions. Megabytes are those of the files needed to
    use a model. Products are those of 'eval', in int8 and bfloat16 where that is faster, and the table says so.

    With --baselines, an n-gram model (Kneser-Ney, up to five words) and the textbook's network (an LSTM over a window
    of five words) learn from the dialogs that the training of the first MODEL did not hold out, with its vocabulary;
    all models are evaluated on dialogs that were kept for testing, as with --held-out.

    \b
    seqchat compare rnn-chat lstm-chat-small gru-chat --data sample --held-out --network-only
    seqchat compare lstm-chat me --data my_chats.jsonl --held-out --json
    seqchat compare me --data my_chats.jsonl --data notes.txt --baselines --by source
    """
    folders = [find(model) for model in models]

    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.compared_model import ComparedModel

    with TrainingProgress(hint="Ctrl-C gives up") as progress:
        compared = [
            ComparedModel.load(
                folder,
                network_only=options["network_only"],
                lexicon=options["lexicon"],
                precision=options["precision"],
            )
            for folder in folders
        ]
        reports = _evaluate(compared, data, options, progress)
    rows = [_values(model, report, by_source=options["by"] == "source") for model, report in reports]
    differences = _differences([model for model, _ in reports])
    if as_json:
        print_json({"models": rows})
    else:
        click.echo(_table(rows, differences))


def _evaluate(
    models: list[ComparedModel], data: Sequence[str], options: dict[str, Any], observer: TrainingObserver
) -> list[tuple[ComparedModel, EvaluationReport]]:
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from seqchat.training.comparison import ComparisonTexts, evaluate_compared, held_out_by_all, train_baselines

    # A model that does not say what its training held out is refused before any text is read.
    selection = held_out_by_all(models) if options["held_out"] or options["baselines"] else None
    with TemporaryDirectory() as name:
        folder = Path(name)
        texts = ComparisonTexts.read(data, models, folder, observer, reading=options["reading"], drop=options["drop"])
        selected = texts if selection is None else texts.select(selection)
        if not selected.dialogs:
            raise SeqchatError("These texts have no dialog that the training of every model has kept for testing.")
        _show_caveats(models, texts, selected, options, observer)
        if options["baselines"]:
            models = [*models, *train_baselines(texts, models[0], folder / "baselines", observer)]
        observer.message(f"Evaluating on {counted(selected.dialogs, 'dialog')}")
        return [
            (model, evaluate_compared(model, selected, options["keystrokes"], folder, observer)) for model in models
        ]


def _show_caveats(
    models: Sequence[ComparedModel],
    texts: ComparisonTexts,
    selected: ComparisonTexts,
    options: dict[str, Any],
    progress: Progress,
) -> None:
    """Say which texts have no selected dialog, and what the models know of the others."""
    from seqchat.evaluation.caveats import caveats
    from seqchat.evaluation.texts import no_test_dialogs

    for source in texts.sources:
        if source not in selected.sources:
            progress.message(no_test_dialogs(source))
    for model in models:
        own_texts = selected.by_segmenter[model.checkpoint.segmenter]
        read, is_held_out = (options["drop"], options["reading"].speakers), selected is not texts
        for caveat in caveats(model.name, model.checkpoint.data, own_texts, *read, held_out=is_held_out):
            progress.message(caveat)


def _values(model: ComparedModel, report: EvaluationReport, *, by_source: bool) -> Values:
    """Return all that is known of a model as JSON values; null for what is not."""
    from seqchat.evaluation.report import groups_json

    seconds, keystrokes = model.training_seconds, report.keystrokes
    return {
        "name": model.name,
        "cell": model.checkpoint.config.cell if model.parameters else None,
        "parameters": model.parameters,
        "ngrams": model.ngrams,
        "megabytes": round(model.megabytes, 3),
        "training_seconds": None if seconds is None else round(seconds, 3),
        **report.to_json(),
        "keystroke_ms": round(keystrokes.milliseconds, 3) if keystrokes else None,
        "sources": groups_json(report.sources) if by_source else {},
    }


def _differences(models: Sequence[ComparedModel]) -> list[str]:
    """Return what the models do not have in common; different words follow from a different segmenter."""
    checkpoints = [model.checkpoint for model in models]
    if len({checkpoint.segmenter for checkpoint in checkpoints}) > 1:
        return ["segmenter", "words"]
    return ["words"] if any(checkpoint.words != checkpoints[0].words for checkpoint in checkpoints) else []


def _table(rows: list[Values], differences: Sequence[str]) -> str:
    """Write a column for each model, then the same for each source alone, and notes on how to read them."""
    first = rows[0]
    head = ["", *(f"{clean(row['name'])} " for row in rows)]
    table = [head, *_lines(rows, _LINES, differences)]
    for source, metrics in first["sources"].items():
        lines = [line for line in _LINES if line.name in metrics]
        table += [[""] * len(head), [f"{clean(source)}, {counted(metrics['words'], 'word')}", *[""] * len(rows)]]
        table += _lines([row["sources"][source] for row in rows], lines, differences)
    note = f"{counted(first['words'], 'word')} in {counted(first['dialogs'], 'dialog')}"
    if first["keystroke_characters"]:
        note += f", {counted(first['keystroke_characters'], 'character')} typed"
    notes = [f"{note}; * the best.", *(_NOTES[name] for name in differences[:1])]
    for precision in sorted({row["precision"] for row in rows if row["precision"] not in (None, "fp32")}):
        notes.append(f"{precision}: {TEXT_PRECISIONS[precision]}.")
    return "\n".join([aligned(table), "", *notes])


def _lines(rows: list[Values], lines: Sequence[_Line], differences: Sequence[str]) -> list[list[str]]:
    """Write the lines that have a value for any model."""
    table = [[line.title, *_cells(line, rows, differences)] for line in lines]
    return [cells for cells in table if any(cell.strip() != _UNKNOWN for cell in cells[1:])]


def _cells(line: _Line, rows: list[Values], differences: Sequence[str]) -> list[str]:
    """Write the values of a line; the best of several different ones gets an asterisk."""
    values = [row[line.name] for row in rows]
    cells = [_UNKNOWN if value is None else line.format(value) for value in values]
    best = None
    if len(set(cells) - {_UNKNOWN}) > 1 and line.comparable_with not in differences:
        best = _best(line, [value for value in values if value is not None])
    return [cell + ("*" if cell == best else " ") for cell in cells]


def _best(line: _Line, values: list[Any]) -> str | None:
    return line.format(line.best(values)) if line.best else None
