"""``seqchat generate``: sampled continuations of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seqchat.cli.options import json_option, model_option, print_json, texts

if TYPE_CHECKING:
    from seqchat.completion.continuation import Sampling
    from seqchat.completion.engine import Engine


@click.command(short_help="Write continuations of a text.")
@click.argument("text", required=False)
@model_option
@click.option("-n", default=3, show_default=True, type=click.IntRange(min=1), help="How many continuations.")
@click.option("--max-words", default=30, show_default=True, type=click.IntRange(min=1), help="Length limit.")
@click.option(
    "--temperature", default=0.8, show_default=True, help="Below 1: safer, above 1: bolder, 0: most probable."
)
@click.option("--top-p", default=0.95, show_default=True, help="Keep the words that hold this probability.")
@click.option("--seed", type=int, help="The same seed gives the same text.")
@json_option
def generate(
    text: str | None,
    model: str,
    n: int,
    max_words: int,
    temperature: float,
    top_p: float,
    seed: int | None,
    as_json: bool,
) -> None:
    """Continue TEXT to the end of the turn; without TEXT, each line of standard input.

    \b
    seqchat generate 今天晚上
    seqchat generate 今天晚上 -n 1 --temperature 0
    """
    from seqchat.completion.continuation import Sampling
    from seqchat.completion.engine import Engine

    sampling = Sampling(temperature=temperature, top_p=top_p, max_words=max_words, seed=seed)
    engine = Engine.load(model)
    for line in texts(text):
        _write(engine, line, n, sampling, as_json)


def _write(engine: Engine, text: str, n: int, sampling: Sampling, as_json: bool) -> None:
    """Stream the first continuation as it grows, and print each other one when it is finished."""
    from seqchat.completion.continuation import generate as pieces_of

    streams = n == 1 and not as_json
    if streams:
        click.echo(text, nl=False)
    parts: list[list[str]] = [[] for _ in range(n)]
    totals = [0.0] * n
    for piece in pieces_of(engine, text, n, sampling):
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
