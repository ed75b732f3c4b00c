"""What it costs to find the words that a suggestion depends on, with real messages before the cursor.

python tests/benchmarks/connectivity.py ../shared/data/sms.jsonl lstm-chat
python tests/benchmarks/connectivity.py ../shared/data/sms.jsonl --synthetic
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import click
import torch

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.sources import read_dialogs
from seqchat.evaluation.latency import Percentiles, synthetic
from seqchat.insight.connectivity import aim, connections, connectivity
from seqchat.insight.spans import spans

_LENGTHS = (20, 100)


def connectivity_part(engine: Engine, messages: Sequence[str], repeats: int = 50) -> dict[str, Percentiles]:
    """Time it for the best suggestion behind several texts, words whose states are there, as they are while typing.

    Keys: `connectivity, 20 words` (the gradient alone) and `… 100 words`, `the suggestion's word`, `spans`, and `all
    together`, of 100 words.
    """
    seconds: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        seconds.setdefault(name, []).append(time.perf_counter() - began)

    whole = "\n".join(messages)
    for repeat in range(repeats):
        text = whole[repeat * 7 : repeat * 7 + 400]
        best = suggest(engine, text)[0]
        target = aim(engine, text, best)
        for length in _LENGTHS:
            timed(
                f"connectivity, {length} words",
                lambda n=length, t=target: connectivity(engine, t.node, t.word_id, n),  # type: ignore[misc]
            )
        timed("the suggestion's word", lambda t=text, s=best: aim(engine, t, s))  # type: ignore[misc]
        timed("spans", lambda t=text: spans(engine, t))  # type: ignore[misc]
        timed("all together", lambda t=text, s=best: connections(engine, t, s))  # type: ignore[misc]
    return {name: Percentiles.of(values) for name, values in seconds.items()}


@click.command()
@click.argument("source")
@click.argument("model", required=False, default="lstm-chat")
@click.option("--synthetic", "random_weights", is_flag=True, help="The network of `seqchat bench --synthetic`.")
@click.option("--repeats", default=50, show_default=True, help="How many texts.")
def main(source: str, model: str, random_weights: bool, repeats: int) -> None:
    """Print a table."""
    # As `Engine.load` does
    torch.set_num_threads(1)
    engine = Engine("synthetic", synthetic()) if random_weights else Engine.load(model)
    messages = [turn for dialog in read_dialogs([source]) for turn in dialog.turns][:400]
    click.echo("| part | median | 99th percentile |")
    click.echo("| --- | ---: | ---: |")
    for name, times in connectivity_part(engine, messages, repeats).items():
        click.echo(f"| {name} | {times.p50:.2f} ms | {times.p99:.2f} ms |")


if __name__ == "__main__":
    main()
