"""A large model of random weights: the peak memory of ``seqchat complete``, and how long a keystroke takes.

    python tests/benchmarks/large_model.py

The network has one layer of 640 units, 60,000 words with vectors of 256 numbers; the n-grams are those of a random
text, in which frequent words follow each other often. As in the models that ship, vectors and n-grams are stored in
bytes. Memory is that of a process of its own, as the kernel counts it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import torch

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.jieba_words import jieba_frequencies
from seqchat.corpus.source_names import SAMPLE
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.evaluation.latency import Percentiles, typed_prefixes
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.kneser_ney import estimate
from seqchat.model.network import build
from seqchat.model.ngrams import Mixture, NgramModel
from seqchat.model.weights import compact

WORDS, EMBEDDING, HIDDEN = 60_000, 256, 640
_TEXT = 200
# The largest memory that a process had, as Linux tells it; getrusage would count the process that started it.
_COMPLETE = """
import sys
from pathlib import Path
from seqchat.cli import main
try:
    main()
finally:
    print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0], file=sys.stderr)
"""


def random_ngrams(words: int, tokens: int) -> NgramModel:
    """Return the n-grams of a random text: each word is drawn by its rank, given one of few classes of the last."""
    rng = np.random.default_rng(0)
    ranks = (words - 10) ** rng.random(tokens) + 9
    ids = np.minimum(ranks, words - 1).astype(np.int32)
    follow = rng.random(tokens) < 0.6
    ids[1:][follow[1:]] = (ids[:-1][follow[1:]].astype(np.int64) * 7919 + rng.integers(0, 4, follow[1:].sum())) % words
    return estimate(ids, np.arange(0, tokens + 1, _TEXT), words)


def make_model(folder: Path, tokens: int) -> None:
    """Write the model into a folder."""
    cut = segmenter("auto")
    vocabulary = Vocabulary.build(Counter(jieba_frequencies()), cut, max_words=WORDS)
    config = ModelConfig(len(vocabulary), layers=1, embedding_size=EMBEDDING, hidden_size=HIDDEN)
    torch.manual_seed(0)
    checkpoint = Checkpoint(config, vocabulary.words, compact(build(config).state_dict()), cut.name)
    if tokens:
        ngrams = random_ngrams(len(vocabulary), tokens)
        checkpoint = replace(checkpoint, mixture=Mixture.of(ngrams, (0.3,) * ngrams.order))
        click.echo(f"{ngrams.entries - ngrams.words:,} n-grams")
    checkpoint.save(folder)


def complete(folder: Path) -> None:
    """Print the time and the memory of a completion in a process of its own."""
    began = time.perf_counter()
    command = [sys.executable, "-c", _COMPLETE, "complete", "今天我们woxiangchi", "-m", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    click.echo(f"seqchat complete: {seconds:.1f} s, at most {int(done.stderr.split()[-1]) / 1024:,.0f} MB")


@click.command()
@click.option("--tokens", default=800_000, show_default=True, help="Of the text that has the n-grams; 0 for none.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the model is kept; it is used if it is there.")
@click.option("--messages", default=12, show_default=True, help="How many messages are typed.")
def main(tokens: int, folder: Path | None, messages: int) -> None:
    """Make the model, complete a text with it, and type messages."""
    with TemporaryDirectory() as temporary:
        folder = folder or Path(temporary)
        if not (folder / "config.json").is_file():
            folder.mkdir(parents=True, exist_ok=True)
            make_model(folder, tokens)
        complete(folder)
        turns = [turn for dialog in read_dialogs([SAMPLE]) for turn in dialog.turns]
        for precision in ("auto", "fp32"):
            engine = Engine.load(folder, precision)
            seconds = []
            for text in typed_prefixes(turns[:messages]):
                began = time.perf_counter()
                suggest(engine, text)
                seconds.append(time.perf_counter() - began)
            times = Percentiles.of(seconds[10:])
            name = engine.network.output.precision
            click.echo(f"a keystroke, {name}: {times.p50:.1f} ms median, {times.p99:.1f} ms at the 99th percentile")


if __name__ == "__main__":
    main()
