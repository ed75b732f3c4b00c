"""``seqchat generate``: sampled continuations of a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from seqchat.cli.options import json_option, model_option, precision_option, print_json, texts

if TYPE_CHECKING:
    from seqchat.completion.continuation import GeneratedWord
    from seqchat.model.output import Precision


@click.command(short_help="Write continuations of a text.")
@click.argument("text", required=False)
@model_option
@click.option("-n", default=3, show_default=True, type=click.IntRange(min=1), help="How many continuations.")
@click.option("--max-words", default=30, show_default=True, type=click.IntRange(min=1), help="Length limit.")
@click.option(
    "--temperature", default=0.8, show_default=True, help="Below 1: safer, above 1: bolder, 0: most probable."
)
@click.option("--top-k", default=0, show_default="all", type=click.IntRange(min=0), help="Keep so many words.")
@click.option("--top-p", default=0.95, show_default=True, help="Keep the words that hold this probability.")
@click.option("--min-p", default=0.0, help="Keep the words at least so probable, relative to the best one.")
@click.option("--repetition-penalty", default=1.0, help="Above 1: words that were used already become less probable.")
@click.option(
    "--stop", type=click.Choice(["turn", "sentence"]), default="turn", show_default=True, help="Where to end at latest."
)
@click.option("--seed", type=int, help="The same seed gives the same text.")
@click.option("--beam", type=click.IntRange(min=1), metavar="N", help="The most probable texts, by a beam so wide.")
@precision_option
@json_option
@click.pass_context
def generate(
    ctx: click.Context,
    /,
    text: str | None,
    model: str,
    n: int,
    beam: int | None,
    precision: Precision,
    as_json: bool,
    **sampling: Any,
) -> None:
    """Continue TEXT to the end of the turn; without TEXT, each line of standard input.

    \b
    seqchat generate 今天晚上
    seqchat generate 今天晚上 -n 1 --temperature 0
    seqchat generate 今天晚上 --seed 1 --temperature 1.1 --stop sentence
    seqchat generate 今天晚上 --beam 8
    seqchat generate -m checkpoints/me --json < lines.txt
    """
    from seqchat.completion.beam_search import most_probable
    from seqchat.completion.continuation import generate as sample
    from seqchat.completion.engine import Engine
    from seqchat.completion.sampling import Sampling

    drawn = Sampling(**sampling)
    for name in sampling:
        if beam is not None and name != "max_words" and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.replace('_', '-')} has no part in the search that --beam asks for.")
    engine = Engine.load(model, precision)
    for line in texts(text):
        if beam is None:
            pieces = sample(engine, line, n, drawn)
        else:
            pieces = most_probable(engine, line, n, beam=beam, max_words=drawn.max_words)
        _write(pieces, line, n, as_json, streams=n == 1 and not as_json)


def _write(pieces: Iterator[GeneratedWord], text: str, n: int, as_json: bool, *, streams: bool) -> None:
    """Print the only continuation as it grows, or each of several when it is finished."""
    if streams:
        click.echo(text, nl=False)
    parts: list[list[str]] = [[] for _ in range(n)]
    totals = [0.0] * n
    for piece in pieces:
        if piece.text:
            parts[piece.index].append(piece.text)
        totals[piece.index] += piece.log_probability
        if streams:
            click.echo(piece.text, nl=piece.ended)
        elif piece.ended and as_json:
            print_json(
                {
                    "index": piece.index,
                    "text": "".join(parts[piece.index]),
                    "words": parts[piece.index],
                    "log_probability": totals[piece.index],
                }
            )
        elif piece.ended:
            click.echo(f"{text}{click.style(''.join(parts[piece.index]), bold=True)}")
