"""How many words a second of processor time `seqchat eval` reads, in one thread.

    python tests/benchmarks/evaluation.py lstm-chat kdconv.jsonl --share 0.015 --network-only

To compare with an earlier version, run both in turns, that one with its checkout as PYTHONPATH; only ratios count.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click
import numpy as np
import torch

from seqchat.corpus.reading_options import DEFAULT_READING
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.evaluation.pipeline import evaluate_stream
from seqchat.evaluation.texts import read_texts
from seqchat.model.model_registry import find
from seqchat.progress import SILENT


@click.command()
@click.argument("name")
@click.argument("text")
@click.option("--share", default=0.05, show_default=True, help="Of the dialogs, the first ones.")
@click.option("--network-only", is_flag=True, help="Without n-grams, memory and lexicon.")
def main(name: str, text: str, share: float, network_only: bool) -> None:
    """Evaluate a model on a part of a text; print metrics and words per second of processor time."""
    torch.set_num_threads(1)
    mixed = not network_only
    model = EvaluatedModel.load(find(name), ngrams=mixed, cache=mixed, lexicon=None if mixed else "none")
    with tempfile.TemporaryDirectory() as folder:
        (read,) = read_texts(
            [text],
            Path(folder),
            segmenter=model.checkpoint.segmenter,
            reading=DEFAULT_READING,
            drop=(),
            selection=None,
            progress=SILENT,
        )
        stream = read.stream(model.vocabulary, Path(folder) / "ids")
        stream = stream.selected(np.arange(stream.dialogs) < stream.dialogs * share)
        began = time.process_time()
        sums = evaluate_stream(model.predictor(), stream, model.vocabulary, lexicon=model.lexicon_mixture())
        seconds = time.process_time() - began
    overall = sums.metrics().overall
    click.echo(f"{overall}\n{overall.words / seconds:,.0f} words a second of processor time")


if __name__ == "__main__":
    main()
