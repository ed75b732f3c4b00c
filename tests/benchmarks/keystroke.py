"""What a key costs while real messages are typed, with slips that are taken back, pastes, and changes in the middle.

    python tests/benchmarks/keystroke.py ../shared/data/sms.jsonl lstm-chat
    python tests/benchmarks/keystroke.py ../shared/data/sms.jsonl --synthetic

Each kind of key is timed by itself; at the end, the suggestions for some of the texts are made again by a fresh engine
and must be the same.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict

import click

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.sources import read_dialogs
from seqchat.evaluation.latency import Percentiles, synthetic_checkpoint
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.model_registry import find

_CHECKED = 40


def script(messages: list[str], rng: random.Random) -> list[tuple[str, str]]:
    """Return what stands left of the cursor after each key, with the kind of the key."""
    texts: list[tuple[str, str]] = []
    text = ""
    for message in messages:
        if rng.random() < 0.1:
            text += message
            texts.append(("paste", text))
        else:
            for character in message:
                text += character
                texts.append(("key", text))
                if rng.random() < 0.08:
                    for end in range(1, rng.randint(1, 4) + 1):
                        texts.append(("backspace", text[: max(len(text) - end, 0)]))
                    texts.append(("undo", text))
        if rng.random() < 0.1 and len(text) > 40:
            position = rng.randrange(len(text) - 40, len(text))
            text = text[:position] + "好" + text[position:]
            texts.append(("change in the middle", text[: position + 1]))
            texts.append(("back to the end", text))
        text += "\n"
        texts.append(("end of a turn", text))
    return texts


@click.command()
@click.argument("source")
@click.argument("model", required=False, default="lstm-chat")
@click.option("--synthetic", "random_weights", is_flag=True, help="The network of `seqchat bench --synthetic`.")
@click.option("--messages", default=60, show_default=True, help="How many messages are typed.")
def main(source: str, model: str, random_weights: bool, messages: int) -> None:
    """Type and print a table."""
    checkpoint = synthetic_checkpoint() if random_weights else Checkpoint.load(find(model))
    rng = random.Random(0)
    turns = [turn for dialog in read_dialogs([source]) for turn in dialog.turns][:messages]
    engine, fresh = Engine("typed", checkpoint), Engine("fresh", checkpoint)
    suggest(engine, "你好h")
    texts = script(turns, rng)
    seconds: dict[str, list[float]] = defaultdict(list)
    found = []
    for kind, text in texts:
        began = time.perf_counter()
        found.append(suggest(engine, text))
        seconds[kind].append(time.perf_counter() - began)
    click.echo("| kind of key | keys | median | 99th percentile |")
    click.echo("| --- | ---: | ---: | ---: |")
    for kind, values in [*seconds.items(), ("all", [s for part in seconds.values() for s in part])]:
        times = Percentiles.of(values)
        click.echo(f"| {kind} | {len(values):,} | {times.p50:.2f} ms | {times.p99:.2f} ms |")
    for index in rng.sample(range(len(texts)), _CHECKED):
        again = suggest(fresh, texts[index][1])
        for first, second in zip(found[index], again, strict=True):
            if abs(first.probability - second.probability) > 1e-5:
                raise click.ClickException(f"{texts[index][1]!r} gave {first}, and again {second}.")
    click.echo(f"\n{_CHECKED} of these texts, read again: the same suggestions.")


if __name__ == "__main__":
    main()
