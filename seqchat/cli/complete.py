"""``seqchat complete``: suggestions for the end of a text."""

from __future__ import annotations

import time
from dataclasses import asdict

import click

from seqchat.cli.options import json_option, model_option, print_json, texts


@click.command(short_help="Suggest the next words of a text.")
@click.argument("text", required=False)
@model_option
@click.option("-k", default=5, show_default=True, type=click.IntRange(min=1), help="How many suggestions.")
@click.option("--pinyin/--no-pinyin", default=True, help="Read Latin letters at the end as pinyin too.")
@json_option
def complete(text: str | None, model: str, k: int, pinyin: bool, as_json: bool) -> None:
    """Suggest how TEXT goes on; without TEXT, for each line of standard input.

    \b
    seqchat complete 我想去北
    seqchat complete 我想吃huog
    cat lines.txt | seqchat complete --json
    """
    from seqchat.completion.engine import Engine
    from seqchat.completion.suggestion import suggest

    engine = Engine.load(model)
    for line in texts(text):
        started = time.perf_counter()
        suggestions = suggest(engine, line, k, pinyin=pinyin)
        milliseconds = (time.perf_counter() - started) * 1000
        if as_json:
            fields = ("word", "insert", "replace", "probability")
            found = [{name: asdict(s)[name] for name in fields} for s in suggestions]
            print_json({"text": line, "suggestions": found, "milliseconds": round(milliseconds, 3)})
            continue
        for suggestion in suggestions:
            kept = line[: len(line) - suggestion.replace]
            click.echo(f"{suggestion.probability:6.1%}  {kept}{click.style(suggestion.insert, bold=True)}")
