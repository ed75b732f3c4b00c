"""``seqchat eval``: the metrics of a model on a text."""

from __future__ import annotations

import time
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
from seqchat.model.model_registry import find
from seqchat.wording import counted, percentage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seqchat.evaluation.metrics import Metrics, TextMetrics
    from seqchat.evaluation.pinyin import PinyinResult
    from seqchat.evaluation.report import EvaluationReport

_TITLES = {"turn": "turn of the dialog", "frequency": "rank of the word by frequency", "source": "source"}


@click.command("eval", short_help="Evaluate a model on a text.")
@click.argument("model")
@click.argument("data", nargs=-1, required=True)
@click.option("--held-out", is_flag=True, help="Only dialogs that the model's training kept for testing.")
@click.option(
    "--by",
    type=click.Choice(list(_TITLES)),
    multiple=True,
    help="Also show results by turn of the dialog, frequency of the word, or source; may be repeated.",
)
@keystrokes_option
@click.option("--pinyin", is_flag=True, help="Also type Chinese phrases and sentences of the text in pinyin.")
@click.option(
    "--phrases",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    help="How many phrases, and how many sentences, --pinyin types.",
)
@click.option(
    "--abbreviated",
    type=click.FloatRange(0, 1, min_open=True),
    default=None,
    metavar="RATE",
    help="With --pinyin, also type short phrases of whose syllables this share is typed by the first letter alone.",
)
@click.option("--no-memory", is_flag=True, help="Without the memory of earlier turns.")
@click.option("--network-only", is_flag=True, help="Use the network alone, without memory, n-grams and lexicon.")
@text_precision_option
@lexicon_option
@reading_options
@drop_option
@json_option
def eval(model: str, data: tuple[str, ...], held_out: bool, by: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Evaluate MODEL on DATA: files, folders, glob patterns, a hub id, or 'sample'.

    Perplexity is per token, ends of turns included. Top-k is the share of words that are among the k best suggestions;
    words that the vocabulary lacks count as misses. MRR is the mean of 1 / rank. Keystroke savings are those of someone
    who types the text and accepts a suggestion as soon as one of the first five continues it; the ceiling is what the
    vocabulary would allow.

    --pinyin types phrases of 4 to 9 Chinese characters after the text before them, and sentences of 4 to 16 characters
    after nothing. Top-k is the share of those that are among the k best suggestions for all their letters. Exact is the
    share of which the best suggestion of the same length is right. Keys per character are those of someone who types
    the phrases letter by letter and takes, for one key, the longest of the first five suggestions that continue them.
    --abbreviated 1 types phrases of 2 to 6 words by first letters alone, after nothing; with 0.5, one syllable of two
    is typed in full.

    Products in int8 and bfloat16 change the perplexity by less than 0.1% and no more than one hit of top-k in a
    thousand; the result says whether it was made with them, and --precision fp32 does without.

    \b
    seqchat eval lstm-chat sample --held-out
    seqchat eval me chats.jsonl --held-out --by turn --by frequency
    seqchat eval lstm-chat sample --held-out --pinyin --phrases 100 --abbreviated 0.5
    seqchat eval me notes.txt --keystrokes 0 --json
    """
    began = time.monotonic()
    if options["abbreviated"] and not options["pinyin"]:
        raise click.UsageError("--abbreviated goes with --pinyin.")
    folder = find(model)

    from seqchat.cli.progress import TrainingProgress
    from seqchat.evaluation.evaluated_model import EvaluatedModel
    from seqchat.evaluation.pipeline import evaluate

    network_only = options["network_only"]
    with TrainingProgress() as progress:
        report = evaluate(
            EvaluatedModel.load(
                folder,
                ngrams=not network_only,
                cache=not network_only and not options["no_memory"],
                lexicon="none" if network_only else options["lexicon"],
                precision=options["precision"],
            ),
            data,
            held_out=held_out,
            reading=options["reading"],
            drop=options["drop"],
            characters=options["keystrokes"],
            phrases=options["phrases"] if options["pinyin"] else 0,
            abbreviated=options["abbreviated"] or 0.0,
            progress=progress,
        )
    seconds = time.monotonic() - began
    if as_json:
        print_json(_document(folder.name, report, by, seconds))
    else:
        click.echo(_text(folder.name, report, by, seconds))


def _groups(report: EvaluationReport, by: tuple[str, ...]) -> dict[str, Mapping[str, Metrics]]:
    groups = {**report.text.groups, "source": report.sources}
    return {name: groups[name] for name in by}


def _document(name: str, report: EvaluationReport, by: tuple[str, ...], seconds: float) -> dict[str, Any]:
    from seqchat.evaluation.report import groups_json

    return {
        "model": name,
        **report.to_json(),
        "seconds": round(seconds, 2),
        "words_per_second": round(report.words_per_second),
        "pinyin": report.pinyin.to_json() if report.pinyin else None,
        "heads": groups_json(report.heads),
        "by": {title: groups_json(groups) for title, groups in _groups(report, by).items()},
    }


def _text(name: str, report: EvaluationReport, by: tuple[str, ...], seconds: float) -> str:
    metrics, keystrokes = report.text, report.keystrokes
    lines = [
        f"{name}: {counted(metrics.overall.words, 'word')} in {counted(report.dialogs, 'dialog')}, "
        f"{_unknown(metrics)}; {seconds:.0f} s",
        "",
        aligned([_HEADER, *_rows(metrics, report.heads)]),
        "",
        f"bits per character  {metrics.bits_per_character:.3f}",
        f"products            {TEXT_PRECISIONS[report.precision]}",
    ]
    if keystrokes:
        lines.append(
            f"keystroke savings   {percentage(keystrokes.savings)} of {counted(keystrokes.characters, 'character')} "
            f"({keystrokes.keys_per_character:.2f} keys a character); "
            f"the vocabulary would allow {percentage(keystrokes.ceiling)}"
        )
    if report.pinyin:
        lines += ["", *_pinyin_lines(report.pinyin)]
    for title, groups in _groups(report, by).items():
        lines += ["", aligned([(_TITLES[title], *_HEADER[1:]), *(_row(g, m) for g, m in groups.items())])]
    return "\n".join(lines)


def _pinyin_lines(pinyin: PinyinResult) -> list[str]:
    found = {
        "phrases in pinyin": pinyin.phrases,
        "sentences in pinyin": pinyin.sentences,
        "abbreviated": pinyin.abbreviated,
    }
    rows = [
        (name, f"{result.count:,}", *map(percentage, (result.top1, result.top5, result.exact)))
        for name, result in found.items()
        if result
    ]
    if not rows:
        return ["The text has no Chinese phrase or sentence to type in pinyin."]
    lines = [aligned([("", "count", "top-1", "top-5", "exact"), *rows])]
    if pinyin.keys_per_character is not None:
        lines += ["", f"keys per character  {pinyin.keys_per_character:.2f}, of phrases in pinyin"]
    return lines


def _unknown(metrics: TextMetrics) -> str:
    """Say how many words the model lacks, and how many its lexicon lacks too."""
    lacked = f"{percentage(metrics.vocabulary_oov_rate)} of them not in the vocabulary"
    if metrics.oov_rate == metrics.vocabulary_oov_rate:
        return lacked
    return f"{lacked}, {percentage(metrics.oov_rate)} not in the lexicon either"


_HEADER = ("", "words", "perplexity", "top-1", "top-3", "top-5", "mrr")
_READS = {"forward": "from the left", "joint": "from both sides", "backward": "from the right"}


def _rows(metrics: TextMetrics, heads: Mapping[str, Metrics]) -> list[tuple[str, ...]]:
    rows = [_row("the next word", metrics.overall)]
    for typed, shares in metrics.typed.items():
        hits = [percentage(shares[name]) for name in ("top1", "top3", "top5")]
        rows.append((f"… {counted(typed, 'character')} typed", f"{int(shares['words']):,}", "", *hits, ""))
    return rows + [_row(f"network {_READS[head]}", of_head) for head, of_head in heads.items()]


def _row(name: str, metrics: Metrics) -> tuple[str, ...]:
    hits = [percentage(share) for share in (metrics.top1, metrics.top3, metrics.top5)]
    mrr = "–" if not metrics.words else f"{metrics.mrr:.3f}"
    return (name, f"{metrics.words:,}", f"{metrics.perplexity:,.1f}", *hits, mrr)
