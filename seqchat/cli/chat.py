"""``seqchat chat``: a plain conversation in the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from seqchat.cli.options import json_option, model_option, precision_option, print_json, script_option
from seqchat.corpus.cleaning import clean

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.completion.sampling import Sampling
    from seqchat.model.output import Precision

_PROMPT = "> "


@click.command(short_help="Talk with a model, line by line.")
@model_option
@click.option("--max-words", default=60, show_default=True, type=click.IntRange(min=1), help="Longest reply.")
@click.option("--temperature", default=0.8, show_default=True, help="Below 1: safer, above 1: bolder.")
@click.option("--top-p", default=0.95, show_default=True, help="Keep the most probable words up to this total.")
@click.option("--seed", type=int, help="The same seed gives the same replies.")
@click.option("--remember", is_flag=True, help="Use what you wrote in earlier chats, and remember this one.")
@script_option
@precision_option
@json_option
def chat(
    model: str,
    max_words: int,
    temperature: float,
    top_p: float,
    seed: int | None,
    remember: bool,
    script: str,
    precision: Precision,
    as_json: bool,
) -> None:
    """Talk with a model: each line you type is a turn, and the reply streams in; Ctrl-D or an empty line ends.

    From a pipe, each line is answered in turn.

    \b
    seqchat chat
    seqchat chat -m checkpoints/me --remember
    printf '你好\\n晚上吃什么\\n' | seqchat chat --json
    """
    from seqchat.completion import remembered
    from seqchat.completion.engine import Engine
    from seqchat.completion.sampling import Sampling

    sampling = Sampling(temperature=temperature, top_p=top_p, max_words=max_words, seed=seed)
    engine = Engine.load(model, precision)
    engine.use_script(script)
    if remember:
        engine.learn(remembered.load())
    turns: list[str] = []
    while (line := _read()) is not None:
        turns.append(line)
        if remember:
            remembered.add([line])
        turns.append(_answer(engine, turns, sampling, as_json))


def _read() -> str | None:
    """Return the person's next turn, or None if there is none."""
    if sys.stdin.isatty():
        try:
            line = input(_PROMPT)
        except EOFError:
            click.echo()
            return None
        return clean(line).strip() or None
    for raw in sys.stdin.buffer:
        line = clean(raw.decode("utf-8", errors="replace")).strip()
        if line:
            return line
    return None


def _answer(engine: Engine, turns: list[str], sampling: Sampling, as_json: bool) -> str:
    """Print the reply as it grows, and return it."""
    from seqchat.completion.chat import reply

    parts: list[str] = []
    for part in reply(engine, turns, sampling):
        parts.append(part)
        if not as_json:
            click.echo(click.style(part, fg="cyan"), nl=False)
            sys.stdout.flush()
    text = "".join(parts)
    if as_json:
        print_json({"turn": turns[-1], "reply": text})
    else:
        click.echo()
    return text
