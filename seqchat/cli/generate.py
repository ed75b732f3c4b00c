"""``seqchat generate``: sampled continuations of a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from seqchat.cli.options import (
    fast_option,
    json_option,
    model_option,
    precision_option,
    print_json,
    script_option,
    texts,
)
from seqchat.serving.surroundings import surroundings

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
@click.option(
    "--top-k",
    default=0,
    show_default="all",
    type=click.IntRange(min=0),
    help="Keep this many words.",
)
@click.option("--top-p", default=0.95, show_default=True, help="Keep the most probable words up to this total.")
@click.option("--min-p", default=0.0, help="Keep the words at least this probable, relative to the best one.")
@click.option("--repetition-penalty", default=1.0, help="Above 1: words already used become less probable.")
@click.option(
    "--stop",
    type=click.Choice(["turn", "sentence"]),
    default="turn",
    show_default=True,
    help="When to end.",
)
@click.option("--seed", type=int, help="The same seed gives the same text.")
@click.option("--beam", type=click.IntRange(min=1), metavar="N", help="Find the most probable texts by a beam of N.")
@script_option
@precision_option
@fast_option
@json_option
@click.pass_context
def generate(
    ctx: click.Context,
    /,
    text: str | None,
    model: str,
    n: int,
    beam: int | None,
    script: str,
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
    from seqchat.completion.sampling import Sampling

    drawn = Sampling(**sampling)
    for name in sampling:
        if beam is not None and name != "max_words" and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.replace('_', '-')} has no effect on the search of --beam.")
    engine = surroundings().engine(model, precision)
    engine.use_script(script)
    for line in texts(text):
        if beam is None:
            words = sample(engine, line, n, drawn)
        else:
            words = most_probable(engine, line, n, beam=beam, max_words=drawn.max_words)
        _write(words, line, n, as_json, streams=n == 1 and not as_json)


def _write(words: Iterator[GeneratedWord], text: str, n: int, as_json: bool, *, streams: bool) -> None:
    """Print a single continuation as it grows, or each of several when it is finished."""
    here = surroundings()
    if streams:
        here.echo(text, nl=False)
    parts: list[list[str]] = [[] for _ in range(n)]
    totals = [0.0] * n
    for word in words:
        if word.text:
            parts[word.index].append(word.text)
        totals[word.index] += word.log_probability
        if streams:
            here.echo(word.text, nl=word.ended)
        elif word.ended and as_json:
            print_json(
                {
                    "index": word.index,
                    "text": "".join(parts[word.index]),
                    "words": parts[word.index],
                    "log_probability": totals[word.index],
                }
            )
        elif word.ended:
            here.echo(f"{text}{click.style(''.join(parts[word.index]), bold=True)}")
