"""``seqchat bench``: the latency of a keystroke on this machine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import json_option, lexicon_option, precision_option, print_json
from seqchat.model.model_registry import DEFAULT_MODEL, find
from seqchat.wording import percentage

if TYPE_CHECKING:
    from seqchat.corpus.lexicon_words import Lexicons
    from seqchat.evaluation.latency import Latency
    from seqchat.model.checkpoint import Checkpoint
    from seqchat.model.output import Precision


@click.command(short_help="Time a model on this machine.")
@click.argument("model", required=False)
@click.option(
    "--synthetic",
    is_flag=True,
    help="Instead of MODEL: an LSTM of 2 × 512 with random weights and 50,000 words of jieba's dictionary.",
)
@lexicon_option
@precision_option
@json_option
def bench(model: str | None, synthetic: bool, lexicon: str | None, precision: Precision, as_json: bool) -> None:
    """Type messages key by key with MODEL, the shipped one by default, and print how long each key takes.

    As in the app, a model computes in one thread.

    \b
    seqchat bench
    seqchat bench checkpoints/me --json
    seqchat bench --synthetic
    """
    if synthetic and model is not None:
        raise click.UsageError("--synthetic replaces MODEL; give only one of them.")
    began = time.perf_counter()
    checkpoint, lexicons, first_suggestion = _load(model or DEFAULT_MODEL, synthetic, lexicon, precision)
    first_suggestion_ms = 1e3 * (first_suggestion - began)

    from seqchat.corpus.source_names import SAMPLE
    from seqchat.corpus.sources import read_dialogs
    from seqchat.evaluation.latency import measure_latency

    messages = [turn for dialog in read_dialogs([SAMPLE]) for turn in dialog.turns]
    latency = measure_latency(checkpoint, messages, precision, lexicons)
    if as_json:
        print_json(_document(latency, first_suggestion_ms))
    else:
        click.echo(_table(latency, first_suggestion_ms))


def _load(model: str, synthetic: bool, lexicon: str | None, precision: Precision) -> tuple[Checkpoint, Lexicons, float]:
    """Return the model and its lexicons, and the time at which it had made its first suggestion."""
    from seqchat.completion.engine import Engine
    from seqchat.completion.suggestion import suggest
    from seqchat.corpus.lexicon_words import lexicons_of
    from seqchat.model.threads import one_thread

    lexicons = lexicons_of(Path() if synthetic else find(model), lexicon)
    if synthetic:
        from seqchat.evaluation.latency import synthetic_checkpoint

        checkpoint = synthetic_checkpoint()
    else:
        from seqchat.model.checkpoint import Checkpoint

        checkpoint = Checkpoint.load(find(model))
    with one_thread():
        suggest(Engine(model, checkpoint, precision, lexicons), "你好")
    return checkpoint, lexicons, time.perf_counter()


def _document(latency: Latency, first_suggestion_ms: float) -> dict[str, object]:
    return {
        "keystroke_ms": {"p50": latency.keystroke.p50, "p99": latency.keystroke.p99},
        "keystroke_2000_words_ms": {"p50": latency.keystroke_long.p50, "p99": latency.keystroke_long.p99},
        "stages": latency.stages,
        "naive_ms": latency.naive_ms,
        "continuations_ms": latency.continuations_ms,
        "words_per_second": latency.words_per_second,
        "first_suggestion_ms": first_suggestion_ms,
        "peak_rss_mb": latency.peak_rss_mb,
        "precision": latency.precision,
        "same_top5": latency.same_top5,
    }


def _table(latency: Latency, first_suggestion_ms: float) -> str:
    short, long = latency.keystroke, latency.keystroke_long
    rows = [
        ("a keystroke, 20 words of context", f"{short.p50:.2f} ms median, {short.p99:.2f} ms at the 99th percentile"),
        ("… 2,000 words", f"{long.p50:.2f} ms, {long.p99:.2f} ms; median {long.p50 / short.p50:.2f} × that of 20"),
        ("of its time", ", ".join(f"{name} {percentage(share, 0)}" for name, share in latency.stages.items())),
        (
            "200 words read again, float32",
            f"{latency.naive_ms:.0f} ms, {latency.naive_ms / short.p50:.0f} × a keystroke",
        ),
        ("3 continuations of 20 words", f"{latency.continuations_ms:.0f} ms"),
        ("words a second, one by one", f"{latency.words_per_second:,.0f}"),
        ("first suggestion after", f"{first_suggestion_ms:,.0f} ms"),
        ("peak memory", f"{latency.peak_rss_mb:,.0f} MB"),
        ("output layer", latency.precision),
    ]
    if latency.same_top5 is not None:
        rows.append(("the same five as in float32", f"{percentage(latency.same_top5, 2)} of keystrokes"))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
