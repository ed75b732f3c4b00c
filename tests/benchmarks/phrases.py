"""Pinyin phrases: how often a phrase of the held-out dialogs is found from its letters, and what it costs.

    python tests/benchmarks/phrases.py lstm-chat kdconv.jsonl crosswoz.jsonl sms.jsonl sample

The files are those that the model was trained on. A phrase is a run of 4 to 9 Chinese characters;
its letters are the pinyin of its characters without tones, typed after the text before it and three turns before that.
"""

from __future__ import annotations

import random
import re
import time

import click
from held_out import held_out_dialogs
from pypinyin import Style, lazy_pinyin

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.words import HAN
from seqchat.evaluation.latency import Percentiles

_PHRASE = re.compile(f"[{HAN}]{{4,9}}")
_TURNS_BEFORE = 3


def phrases(model: str, sources: tuple[str, ...], count: int) -> list[tuple[str, str]]:
    """Return some phrases, each with the text before it."""
    found = []
    for dialog in held_out_dialogs(model, sources):
        for index, turn in enumerate(dialog.turns):
            before = "".join(f"{t}\n" for t in dialog.turns[max(0, index - _TURNS_BEFORE) : index])
            found += [(before + turn[: match.start()], match[0]) for match in _PHRASE.finditer(turn)]
    return random.Random(0).sample(found, min(count, len(found)))


@click.command()
@click.argument("model")
@click.argument("sources", nargs=-1, required=True)
@click.option("--count", default=300, show_default=True, help="How many phrases.")
def main(model: str, sources: tuple[str, ...], count: int) -> None:
    """Print the share of phrases that are the first suggestion, and among the first five."""
    engine = Engine.load(model)
    chosen = phrases(model, sources, count)
    first = five = 0
    seconds = []
    for before, phrase in chosen:
        letters = "".join(lazy_pinyin(phrase, style=Style.NORMAL, v_to_u=False))
        suggest(engine, before)
        began = time.perf_counter()
        found = [s.insert if s.replace else "" for s in suggest(engine, before + letters, 5)]
        seconds.append(time.perf_counter() - began)
        first += found[0] == phrase
        five += phrase in found
    times = Percentiles.of(seconds)
    click.echo(f"{len(chosen)} phrases: first {first / len(chosen):.1%}, among five {five / len(chosen):.1%}")
    click.echo(f"all letters at once: {times.p50:.0f} ms median, {times.p99:.0f} ms at the 99th percentile")


if __name__ == "__main__":
    main()
