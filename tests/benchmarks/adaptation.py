"""The memory of what was written: perplexity and top-5 without and with it, each dialog's messages in order.

    python tests/benchmarks/adaptation.py lstm-chat kdconv.jsonl crosswoz.jsonl sms.jsonl sample

The files are those that the model was trained on, in the same order, so that the dialogs it has not seen are known. The
weights are tuned on every other one of these dialogs, and measured on the rest.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
import torch
from held_out import held_out_streams

from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.evaluation.adaptation import compare, tune
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.network import build
from seqchat.model.shelf import find


@click.command()
@click.argument("model")
@click.argument("sources", nargs=-1, required=True)
def main(model: str, sources: tuple[str, ...]) -> None:
    """Compare on the held-out dialogs of each file."""
    checkpoint = Checkpoint.load(find(model))
    vocabulary = Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter))
    network = build(checkpoint.config)
    network.load_state_dict(checkpoint.weights)
    network.eval()
    suggestible = torch.from_numpy(vocabulary.suggestible)
    with tempfile.TemporaryDirectory() as name:
        streams = dict(held_out_streams(list(sources), vocabulary, Path(name)))
        adaptation = tune(network, list(streams.values()), lambda number: number % 2 == 0)
        click.echo(f"tuned on every other dialog: {adaptation}\n")
        click.echo("| text | dialogs | words | perplexity | with memory | top-1 | with memory | top-5 | with memory |")
        click.echo("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        for source, stream in streams.items():
            chosen = range(1, stream.dialogs, 2)
            without, remembering = compare(network, stream, chosen, suggestible, adaptation)
            click.echo(
                f"| {source} | {len(chosen)} | {without.words:,} | {without.perplexity:.1f} | "
                f"{remembering.perplexity:.1f} | {without.top1:.1%} | {remembering.top1:.1%} | {without.top5:.1%} | "
                f"{remembering.top5:.1%} |"
            )


if __name__ == "__main__":
    main()
