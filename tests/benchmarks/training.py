"""Training: seqchat beside a bare torch.nn loop of the same shape, and the sampled softmax beside the full one.

    python tests/benchmarks/training.py ../shared/data

First table: both train for the same minutes on the same batches; the bare loop is what PyTorch's tutorials teach, with
`torch.nn.LSTM`, dropout, tied weights, AdamW, and a full softmax in float32. Second table: seqchat with the full and
with the sampled softmax over the same number of words. Each runs in a process of its own, so that peak memory is its
own. Where the text has fewer words than the vocabulary shall have, the rest are words that never occur: they cost the
same.
"""

from __future__ import annotations

import json
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
from torch import nn

from seqchat.corpus.batches import NO_TARGET, Lanes
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.segmentation import CorpusSpec, segment_corpus
from seqchat.corpus.splitting import hold_out
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.evaluation.validation import validate
from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.training.loop import Trainer
from seqchat.training.recipe import dropouts
from seqchat.training.settings import TrainingSettings

SHAPE: dict[str, Any] = {"layers": 1, "embedding_size": 256, "hidden_size": 512}


class Bare(nn.Module):
    """An LSTM language model as tutorials write it; the same weights as seqchat's `NextNetwork`."""

    def __init__(self, words: int, settings: TrainingSettings, shape: dict[str, Any]) -> None:
        super().__init__()
        embedding, hidden = shape["embedding_size"], shape["hidden_size"]
        self.embedding = nn.Embedding(words, embedding)
        self.recurrent = nn.LSTM(embedding, hidden, shape["layers"])
        self.projection = nn.Linear(hidden, embedding, bias=False)
        self.output = nn.Linear(embedding, words)
        self.output.weight = self.embedding.weight
        self.input_dropout = nn.Dropout(settings.input_dropout)
        self.output_dropout = nn.Dropout(settings.output_dropout)
        nn.init.normal_(self.embedding.weight, std=embedding**-0.5)

    def forward(self, ids: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        """Return the logits of ids [time, batch], and the new state."""
        output, state = self.recurrent(self.input_dropout(self.embedding(ids)), state)
        return self.output(self.projection(self.output_dropout(output))), state

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the weights under the names of `NextNetwork`."""
        weights = {f"recurrent.0.{name}": weight for name, weight in self.recurrent.named_parameters()}
        return weights | {
            "embedding.weight": self.embedding.weight,
            "projection.weight": self.projection.weight,
            "output_bias": self.output.bias,
        }


def train_bare(
    train: IdStream,
    words: int,
    settings: TrainingSettings,
    seconds: float,
    *,
    shape: dict[str, Any] = SHAPE,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[int, float, Any]:
    """Train the bare model for so long; return the tokens, the seconds, and its weights."""
    torch.manual_seed(1)
    model = Bare(words, settings, shape)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    lanes = Lanes(train, settings.batch_size, settings.window, seed=1)
    zeros = torch.zeros(shape["layers"], lanes.lanes, shape["hidden_size"])
    state = (zeros, zeros)
    tokens, began = 0, clock()
    for batch in lanes:
        targets = torch.from_numpy(batch.targets)
        kept = torch.from_numpy(~batch.reset_mask).float()[:, None]
        state = tuple(part.detach() * kept for part in state)
        logits, state = model(torch.from_numpy(batch.inputs), state)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=NO_TARGET)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        optimizer.step()
        tokens += int((batch.targets != NO_TARGET).sum())
        share = min((clock() - began) / seconds, 1.0)
        # The same schedule as seqchat's, so that it is the loops that are compared.
        optimizer.param_groups[0]["lr"] = settings.learning_rate * (0.55 + 0.45 * float(np.cos(np.pi * share)))
        if share == 1:
            break
    return tokens, clock() - began, model.weights()


def train_seqchat(
    train: IdStream, validation: IdStream, words: int, settings: TrainingSettings
) -> tuple[int, float, Any]:
    """Train as `seqchat train` does; return the tokens, the seconds, and the weights."""
    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    network = build(ModelConfig(words, **SHAPE), dropouts(settings))
    network.init_output_bias(torch.from_numpy(train.counts(words)))
    trainer = Trainer(network, settings, train, validation, torch.ones(words, dtype=torch.bool))
    began = time.monotonic()
    steps = (event for event in trainer.run() if hasattr(event, "gradient_norm"))
    wanted = trainer.total_tokens if settings.time_limit is None else np.inf
    seconds = 0.0
    # It ends before the validation that a run ends with, which is measured apart.
    for _ in steps:
        seconds = time.monotonic() - began
        if trainer.counters.tokens >= wanted or seconds >= (settings.time_limit or np.inf):
            break
    return trainer.counters.tokens, seconds, network.state_dict()


def child(task: dict[str, Any]) -> dict[str, float]:
    """Do one run; return what was measured."""
    folder, words = Path(task["folder"]), task["words"]
    train, validation = IdStream.open(folder / "train"), IdStream.open(folder / "validation")
    settings = TrainingSettings(eval_interval=10**9, patience=10**9, **task["settings"])
    if task["rival"] == "bare":
        tokens, seconds, weights = train_bare(train, words, settings, task["settings"]["time_limit"])
    else:
        tokens, seconds, weights = train_seqchat(train, validation, words, settings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    network = build(ModelConfig(words, **SHAPE))
    network.load_state_dict(weights)
    quality = validate(network, validation, torch.ones(words, dtype=torch.bool))["forward"]
    return {"words": tokens, "rate": tokens / seconds, "perplexity": quality.perplexity, "peak": peak}


def prepare(sources: list[str], folder: Path, words: int) -> None:
    """Write the text as ids of at most so many words."""
    cut = segmenter("auto")
    text = segment_corpus(CorpusSpec(sources), folder / "text")
    chosen = hold_out(text.digests, 0.02).held_out_mask(text.digests)
    vocabulary = Vocabulary.build(text.counts(~chosen), cut, min_count=1, max_words=words)
    text.encode(folder / "train", vocabulary, ~chosen)
    text.encode(folder / "validation", vocabulary, chosen)
    click.echo(f"{len(vocabulary):,} of {words:,} words occur in the text", err=True)


def run(rival: str, folder: Path, words: int, **settings: Any) -> dict[str, float]:
    """Run one rival in a process of its own."""
    task = {"rival": rival, "folder": str(folder), "words": words, "settings": settings}
    done = subprocess.run(
        [sys.executable, __file__, "--child", json.dumps(task), "."], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(done.stderr)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    click.echo(f"{rival} {words} {settings}: {result}", err=True)
    return result


def _line(*cells: str) -> None:
    click.echo(f"| {' | '.join(cells)} |")


def _compare_loops(sources: list[str], folder: Path, vocabularies: list[int], minutes: float) -> None:
    _line("vocabulary", "loop", "words/s", "", f"perplexity after {minutes:g} min", "peak memory")
    _line("---:", "---", "---:", "---:", "---:", "---:")
    for words in vocabularies:
        prepare(sources, folder / str(words), words)
        base = 0.0
        for rival in ("bare", "seqchat"):
            r = run(rival, folder / str(words), words, time_limit=60 * minutes, epochs=10_000)
            base = base or r["rate"]
            times, peak = f"{r['rate'] / base:.1f} ×", f"{r['peak']:,.0f} MB"
            _line(f"{words:,}", rival, f"{r['rate']:,.0f}", times, f"{r['perplexity']:.1f}", peak)


def _compare_softmax(sources: list[str], folder: Path, words: int, epochs: int) -> None:
    prepare(sources, folder / "softmax", words)
    _line("vocabulary", "softmax", "words/s", "", "words", "perplexity", "")
    _line("---:", "---", "---:", "---:", "---:", "---:", "---:")
    first: dict[str, float] = {}
    for softmax in ("full", "sampled"):
        r = run("seqchat", folder / "softmax", words, softmax=softmax, epochs=epochs)
        first = first or r
        times, worse = f"{r['rate'] / first['rate']:.1f} ×", f"{r['perplexity'] / first['perplexity'] - 1:+.1%}"
        _line(f"{words:,}", softmax, f"{r['rate']:,.0f}", times, f"{r['words']:,}", f"{r['perplexity']:.1f}", worse)


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--minutes", default=2.0, show_default=True, help="How long each loop trains.")
@click.option("--words", "vocabularies", default="10000,50000", show_default=True, help="Sizes of the vocabulary.")
@click.option("--epochs", default=2, show_default=True, help="How often either softmax reads the text; 0: not at all.")
@click.option("--child", "task", hidden=True)
def main(source: Path, minutes: float, vocabularies: str, epochs: int, task: str | None) -> None:
    """Compare ways to train on the text in a folder."""
    if task is not None:
        click.echo(json.dumps(child(json.loads(task))))
        return
    sizes = [int(size) for size in vocabularies.split(",")]
    with tempfile.TemporaryDirectory() as name:
        if minutes:
            _compare_loops([str(source)], Path(name), sizes, minutes)
        if epochs:
            _compare_softmax([str(source)], Path(name), max(sizes), epochs)


if __name__ == "__main__":
    main()
