"""Penn Treebank: seqchat, a bare loop, and one like a well-known example, for the same minutes of processor time.

    python tests/benchmarks/loops.py ../shared/data/ptb --minutes 10

One thread each, one after the other; only training counts, and the last weights are measured. seqchat and the bare loop
train the same network by the same recipe (tests/benchmarks/ptb.py, training.py). The third has the numbers of PyTorch's
example `word_language_model`: an LSTM of 2 × 200, dropout 0.2, 20 texts side by side in windows of 35 words, gradients
clipped to 0.25, and plain SGD from a rate of 20, a quarter after each epoch that did not help.
"""

from __future__ import annotations

import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from ptb import SHORT, WORDS, prepare
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from training import train_bare

from seqchat.corpus.batches import NO_TARGET, Lanes
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.segmentation import CorpusSpec, segment_corpus
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.evaluation.validation import validate
from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.training.loop import Trainer
from seqchat.training.presets import PRESETS
from seqchat.training.recipe import dropouts
from seqchat.training.settings import TrainingSettings

_PARTS = ("train", "valid", "test")
_SHAPE: dict[str, Any] = SHORT[1]

# Trains on a text; returns the tokens, the seconds, and what measures the perplexity of a text.
Measure = Callable[[IdStream], float]
Trained = tuple[int, float, Measure]


class Example(nn.Module):
    """The network of the example: two weight matrices for words, and dropout before and after each layer."""

    def __init__(self, words: int, size: int = 200, layers: int = 2, dropout: float = 0.2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        self.recurrent = nn.LSTM(size, size, layers, dropout=dropout)
        self.output = nn.Linear(size, words)
        self.dropout = nn.Dropout(dropout)
        for weight in (self.embedding.weight, self.output.weight):
            nn.init.uniform_(weight, -0.1, 0.1)
        nn.init.zeros_(self.output.bias)

    def forward(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Return the logits of ids [time, batch], and the new state."""
        output, state = self.recurrent(self.dropout(self.embedding(ids)), state)
        return self.output(self.dropout(output)), state

    @torch.inference_mode()
    def perplexity(self, stream: IdStream) -> float:
        """Read a text once, as `validate` does."""
        self.eval()
        nats, state = 0.0, None
        for batch in Lanes(stream, 32, 64):
            logits, state = self(torch.from_numpy(batch.inputs), state)
            targets = torch.from_numpy(batch.targets).flatten()
            nats += float(cross_entropy(logits.flatten(0, 1), targets, ignore_index=NO_TARGET, reduction="sum"))
        self.train()
        return math.exp(nats / stream.targets)


def train_example(train: IdStream, valid: IdStream, words: int, seconds: float) -> Trained:
    """Train as the example does, for so long."""
    torch.manual_seed(1)
    model, rate, best, tokens, spent = Example(words), 20.0, math.inf, 0, 0.0
    text = torch.from_numpy(train.ids[: len(train) // 20 * 20].astype("int64")).view(20, -1).T
    while spent < seconds:
        state = None
        for first in range(0, len(text) - 1, 35):
            began = time.process_time()
            inputs, targets = text[first : first + 35][: len(text) - 1 - first], text[first + 1 : first + 36]
            model.zero_grad()
            logits, state = model(inputs, state)
            state = tuple(part.detach() for part in state)
            cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            with torch.no_grad():
                for weight in model.parameters():
                    weight.sub_(weight.grad, alpha=rate)
            tokens += targets.numel()
            spent += time.process_time() - began
            if spent >= seconds:
                break
        found = model.perplexity(valid)
        rate, best = (rate, found) if found < best else (rate / 4, best)
    return tokens, spent, model.perplexity


def of_network(words: int, weights: dict[str, Tensor]) -> Measure:
    """Return what measures a network of seqchat's shape with some weights."""
    network = build(ModelConfig(words, **_SHAPE))
    network.load_state_dict(weights)
    return lambda stream: validate(network, stream, torch.ones(words, dtype=torch.bool))["forward"].perplexity


def train_seqchat(train: IdStream, valid: IdStream, words: int, settings: TrainingSettings) -> Trained:
    """Train as `seqchat train` does, but for the reports on the way."""
    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    network = build(ModelConfig(words, **_SHAPE), dropouts(settings))
    network.init_output_bias(torch.from_numpy(train.counts(words)))
    trainer = Trainer(network, settings, train, valid, torch.ones(words, dtype=torch.bool))
    # The time limit is one of processor time here, as other programs may be running.
    time.monotonic = time.process_time
    assert settings.time_limit is not None
    for _ in trainer.run():
        if trainer.counters.seconds >= 0.98 * settings.time_limit:
            break
    return trainer.counters.tokens, trainer.counters.seconds, of_network(words, network.state_dict())


def train_one(rival: str, folder: Path, minutes: float) -> str:
    """Train one of them; return its line of the table."""
    torch.set_num_threads(1)
    train, valid, test = (IdStream.open(folder / part) for part in _PARTS)
    words = int((folder / "words").read_text("utf-8"))
    limits = {"patience": 10_000, "epochs": 10_000, "eval_interval": 10**9, "time_limit": 60 * minutes}
    settings = PRESETS[SHORT[0]].settings("lstm", **limits)
    if rival == "seqchat":
        tokens, seconds, measure = train_seqchat(train, valid, words, settings)
    elif rival == "bare":
        tokens, seconds, weights = train_bare(
            train, words, settings, 60 * minutes, shape=_SHAPE, clock=time.process_time
        )
        measure = of_network(words, weights)
    else:
        tokens, seconds, measure = train_example(train, valid, words, 60 * minutes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cells = (rival, f"{tokens / seconds:,.0f}", f"{tokens / train.targets:.1f}")
    return f"| {' | '.join(cells)} | {measure(valid):.1f} | {measure(test):.1f} | {peak:,.0f} MB |"


def encode(source: Path, folder: Path) -> None:
    """Write the three parts as ids, and the number of words."""
    paths = prepare(source, folder)
    cut = segmenter("whitespace")
    text = segment_corpus(CorpusSpec([paths["train"]], segmenter="whitespace"), folder / "text")
    vocabulary = Vocabulary.build(
        text.counts(np.ones(len(text.digests), dtype=np.bool_)), cut, min_count=1, max_words=2 * WORDS
    )
    for part in _PARTS:
        IdStream.write(folder / part, read_dialogs([paths[part]]), vocabulary)
    (folder / "words").write_text(str(len(vocabulary)), "utf-8")


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--minutes", default=10.0, show_default=True, help="How long each loop trains, in processor time.")
@click.option("--rivals", default="example,bare,seqchat", show_default=True, help="Which loops, in which order.")
@click.option("--child", hidden=True)
def main(source: Path, minutes: float, rivals: str, child: str | None) -> None:
    """Train on the Penn Treebank in three ways and print perplexities."""
    if child is not None:
        click.echo(train_one(child, source, minutes))
        return
    with tempfile.TemporaryDirectory() as name:
        encode(source, Path(name))
        click.echo("| loop | words/s | epochs | validation perplexity | test perplexity | peak memory |")
        click.echo("| --- | ---: | ---: | ---: | ---: | ---: |")
        for rival in rivals.split(","):
            command = [sys.executable, __file__, name, "--minutes", str(minutes), "--child", rival]
            click.echo(subprocess.run(command, check=True, capture_output=True, text=True).stdout, nl=False)


if __name__ == "__main__":
    main()
