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
from seqchat.model.model_registry import find
from seqchat.wording import counted, duration, percentage

if TYPE_CHECKING:
    from seqchat.evaluation.examination import Examination
    from seqchat.training.comparison import Contender, Texts
    from seqchat.training.observers import TrainingObserver

Values = dict[str, Any]

_UNKNOWN = "–"


@dataclass(frozen=True)
class _Line:
    """A line of the table: its title, its entry of the JSON, how it is written, and what is best (max, min, None).

    depends_on: what has to be the same in all models for it to say which is better, `words` or `segmenter`.
    """

    title: str
    name: str
    written: Callable[[Any], str]
    best: Callable[[list[float]], float] | None = None
    depends_on: str | None = None


def _count(value: int) -> str:
    return f"{value:,}" if value else _UNKNOWN


_LINES = (
    _Line("parameters", "parameters", _count),
    _Line("n-grams", "ngrams", _count),
    _Line("megabytes", "megabytes", "{:.1f}".format, min),
    _Line("training", "training_seconds", duration),
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
    "words": "The models do not know the same words: their perplexities do not compare, bits per character do.",
    "segmenter": "The models cut text into different words: of the measures of words, only bits per character compare.",
}


@click.command(short_help="Measure models on the same text, side by side.")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--data", multiple=True, required=True, metavar="DATA", help="Any text that 'train' reads; may be repeated."
)
@click.option(
    "--baselines",
    is_flag=True,
    help="Also train 5-grams and the textbook's network; DATA are the texts the first MODEL learned from.",
)
@click.option("--held-out", is_flag=True, help="Only dialogs that the training of every MODEL kept for testing.")
@click.option("--by", type=click.Choice(["source"]), help="Also on each of the DATA alone.")
@click.option("--network-only", is_flag=True, help="Without n-grams and memory: the networks alone.")
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
    seqchat compare rnn-chat lstm-chat gru-chat --data sample --held-out --network-only
    seqchat compare lstm-chat me --data my_chats.jsonl --held-out --json
    seqchat compare me --data my_chats.jsonl --data notes.txt --baselines --by source
    """
    folders = [find(model) for model in models]

    from seqchat.cli.progress import TrainingProgress
    from seqchat.training.comparison import contender

    with TrainingProgress(hint="Ctrl-C gives up") as progress:
        contenders = [contender(folder, network_only=options["network_only"]) for folder in folders]
        found = _compare(contenders, data, options, progress)
    rows = [_values(contender, examination, by_source=options["by"] == "source") for contender, examination in found]
    differences = _differences([contender for contender, _ in found])
    if as_json:
        print_json({"models": rows})
    else:
        click.echo(_report(rows, differences))


def _compare(
    contenders: list[Contender], data: Sequence[str], options: dict[str, Any], watcher: TrainingObserver
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
        _tell_what_to_know(contenders, texts, measured, options["drop"], watcher)
        if options["baselines"]:
            contenders = [*contenders, *train_baselines(texts, contenders[0], folder / "baselines", watcher)]
        watcher.message(f"Measuring on {counted(measured.dialogs, 'dialog')}")
        return [(each, measure(each, measured, options["keystrokes"], folder, watcher)) for each in contenders]


def _some(texts: Texts) -> Texts:
    if not texts.dialogs:
        raise SeqchatError("These texts have no dialog that the training of every model has kept for testing.")
    return texts


def _tell_what_to_know(
    contenders: Sequence[Contender], texts: Texts, measured: Texts, drop: Sequence[str], watcher: TrainingObserver
) -> None:
    """Say which texts have no dialog among those measured on, and what the models know of the others."""
    from seqchat.evaluation.caveats import caveats
    from seqchat.evaluation.texts import nothing_kept

    for source in texts.sources:
        if source not in measured.sources:
            watcher.message(nothing_kept(source))
    for contender in contenders:
        model = contender.model
        mine = measured.by_segmenter[model.checkpoint.segmenter]
        for caveat in caveats(model.name, model.checkpoint.data, mine, drop, held_out=measured is not texts):
            watcher.message(caveat)


def _values(contender: Contender, examination: Examination, *, by_source: bool) -> Values:
    """Return all measures of a model as JSON values; what is not known is null."""
    from seqchat.evaluation.assessment import measures_json, to_json

    seconds, keys = contender.training_seconds, examination.keystrokes
    return {
        "name": contender.model.name,
        "cell": contender.model.checkpoint.config.cell if contender.parameters else None,
        "parameters": contender.parameters,
        "ngrams": contender.ngrams,
        "megabytes": round(contender.megabytes, 3),
        "training_seconds": None if seconds is None else round(seconds, 3),
        "dialogs": examination.dialogs,
        **to_json(examination.assessment),
        "keystroke_savings": keys.savings if keys else None,
        "keystroke_ceiling": keys.ceiling if keys else None,
        "keystroke_characters": keys.characters if keys else 0,
        "keystroke_ms": round(keys.milliseconds, 3) if keys else None,
        "sources": {name: measures_json(m) for name, m in examination.sources.items()} if by_source else {},
    }


def _differences(contenders: Sequence[Contender]) -> list[str]:
    """Return what is not the same in all models; other words matter no more where the text is cut differently."""
    checkpoints = [contender.model.checkpoint for contender in contenders]
    if len({checkpoint.segmenter for checkpoint in checkpoints}) > 1:
        return ["segmenter", "words"]
    return ["words"] if any(checkpoint.words != checkpoints[0].words for checkpoint in checkpoints) else []


def _report(rows: list[Values], differences: Sequence[str]) -> str:
    """Write a column for each model, and what is to be known of the table; then each source alone."""
    first = rows[0]
    head = ["", *(f"{clean(row['name'])} " for row in rows)]
    table = [head, *_table(rows, _LINES, differences)]
    for source, measures in first["sources"].items():
        lines = [line for line in _LINES if line.name in measures]
        table += [[""] * len(head), [f"{clean(source)}, {counted(measures['words'], 'word')}", *[""] * len(rows)]]
        table += _table([row["sources"][source] for row in rows], lines, differences)
    note = f"{counted(first['words'], 'word')} in {counted(first['dialogs'], 'dialog')}"
    if first["keystroke_characters"]:
        note += f", {counted(first['keystroke_characters'], 'character')} typed"
    notes = [f"{note}; * the best.", *(_NOTES[name] for name in differences[:1])]
    return "\n".join([aligned(table), "", *notes])


def _table(rows: list[Values], lines: Sequence[_Line], differences: Sequence[str]) -> list[list[str]]:
    """Write the lines of which something is known."""
    table = [[line.title, *_cells(line, rows, differences)] for line in lines]
    return [cells for cells in table if any(cell.strip() != _UNKNOWN for cell in cells[1:])]


def _cells(line: _Line, rows: list[Values], differences: Sequence[str]) -> list[str]:
    """Write the values of a line, the best of several different ones with an asterisk."""
    values = [row[line.name] for row in rows]
    cells = [_UNKNOWN if value is None else line.written(value) for value in values]
    best = None
    if line.best and line.depends_on not in differences and len(set(cells) - {_UNKNOWN}) > 1:
        best = line.written(line.best([value for value in values if value is not None]))
    return [cell + ("*" if cell == best else " ") for cell in cells]
