"""``seqchat eval``: how good a model is on a text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from seqchat.cli.options import drop_option, json_option, keystrokes_option, print_json
from seqchat.cli.tables import aligned
from seqchat.model.model_registry import find
from seqchat.wording import counted, percentage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seqchat.evaluation.assessment import Assessment, Measures
    from seqchat.evaluation.examination import Examination

_TITLES = {"turn": "turn of the dialog", "frequency": "rank of the word by frequency", "source": "source"}


@click.command("eval", short_help="Tell how good a model is on a text.")
@click.argument("model")
@click.argument("data", nargs=-1, required=True)
@click.option("--held-out", is_flag=True, help="Only dialogs that the model's training kept for testing.")
@click.option(
    "--by",
    type=click.Choice(list(_TITLES)),
    multiple=True,
    help="Also by the turn of the dialog, the frequency of the word, or the source; may be repeated.",
)
@keystrokes_option
@click.option("--no-memory", is_flag=True, help="Without the memory of the turns before.")
@click.option("--network-only", is_flag=True, help="Without the memory and the n-grams.")
@click.option("--field", help="The field or column that holds the turns or the text.")
@drop_option
@json_option
def eval(model: str, data: tuple[str, ...], held_out: bool, by: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Measure MODEL on DATA: files, folders, glob patterns, a hub id, or 'sample'.

    Perplexity is per token, ends of turns included. Top-k is the share of words that are among the k best suggestions,
    words that the vocabulary lacks being misses; mrr is the mean of 1 / rank. Keystroke savings are those of someone
    who types the text and takes a suggestion as soon as one of the first five goes on as the text does; the ceiling is
    what the vocabulary would allow.

    \b
    seqchat eval lstm-chat sample --held-out
    seqchat eval me chats.jsonl --held-out --by turn --by frequency
    seqchat eval me notes.txt --keystrokes 0 --json
    """
    began = time.monotonic()
    folder = find(model)

    from seqchat.cli.progress import TrainingProgress
    from seqchat.evaluation.examination import examine, load

    alone = options["network_only"]
    with TrainingProgress() as progress:
        examination = examine(
            load(folder, ngrams=not alone, memory=not alone and not options["no_memory"]),
            data,
            held_out=held_out,
            field=options["field"],
            drop=options["drop"],
            characters=options["keystrokes"],
            progress=progress,
        )
    seconds = time.monotonic() - began
    if as_json:
        print_json(_document(folder.name, examination, by, seconds))
    else:
        click.echo(_report(folder.name, examination, by, seconds))


def _groups(examination: Examination, by: tuple[str, ...]) -> dict[str, Mapping[str, Measures]]:
    found = {**examination.assessment.by, "source": examination.sources}
    return {name: found[name] for name in by}


def _document(name: str, examination: Examination, by: tuple[str, ...], seconds: float) -> dict[str, Any]:
    from seqchat.evaluation.assessment import measures_json, to_json

    keys = examination.keystrokes
    return {
        "model": name,
        "dialogs": examination.dialogs,
        **to_json(examination.assessment),
        "keystroke_savings": keys.savings if keys else None,
        "keystroke_ceiling": keys.ceiling if keys else None,
        "keystroke_characters": keys.characters if keys else 0,
        "seconds": round(seconds, 2),
        "words_per_second": round(examination.words_per_second),
        "heads": {head: measures_json(measures) for head, measures in examination.heads.items()},
        "by": {
            title: {group: measures_json(measures) for group, measures in groups.items()}
            for title, groups in _groups(examination, by).items()
        },
    }


def _report(name: str, examination: Examination, by: tuple[str, ...], seconds: float) -> str:
    assessment, keys = examination.assessment, examination.keystrokes
    lines = [
        f"{name}: {counted(assessment.whole.words, 'word')} in {counted(examination.dialogs, 'dialog')}, "
        f"{assessment.oov_rate:.1%} of them not in the vocabulary; {seconds:.0f} s",
        "",
        aligned([_HEADER, *_rows(assessment, examination.heads)]),
        "",
        f"bits per character  {assessment.bits_per_character:.3f}",
    ]
    if keys:
        lines.append(
            f"keystroke savings   {keys.savings:.1%} of {counted(keys.characters, 'character')}; "
            f"the vocabulary would allow {keys.ceiling:.1%}"
        )
    for title, groups in _groups(examination, by).items():
        lines += ["", aligned([(_TITLES[title], *_HEADER[1:]), *(_row(g, m) for g, m in groups.items())])]
    return "\n".join(lines)


_HEADER = ("", "words", "perplexity", "top-1", "top-3", "top-5", "mrr")
_READS = {"forward": "from the left", "joint": "from both sides", "backward": "from the right"}


def _rows(assessment: Assessment, heads: Mapping[str, Measures]) -> list[tuple[str, ...]]:
    rows = [_row("the next word", assessment.whole)]
    for typed, shares in assessment.typed.items():
        hits = [percentage(shares[name]) for name in ("top1", "top3", "top5")]
        rows.append((f"… {counted(typed, 'character')} typed", f"{int(shares['words']):,}", "", *hits, ""))
    return rows + [_row(f"network {_READS[head]}", measures) for head, measures in heads.items()]


def _row(name: str, measures: Measures) -> tuple[str, ...]:
    hits = [percentage(share) for share in (measures.top1, measures.top3, measures.top5)]
    mrr = "–" if not measures.words else f"{measures.mrr:.3f}"
    return (name, f"{measures.words:,}", f"{measures.perplexity:,.1f}", *hits, mrr)
