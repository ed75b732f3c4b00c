"""Where the time of a training step goes: processor time in one thread, by part, and n-grams apart.

    python tests/benchmarks/steps.py ../shared/data/zh

To compare with an earlier version, run both in turns with --whole, that one with its checkout as PYTHONPATH; only
ratios count. The parts are those of the defaults of `seqchat train`; the gradient of the sampled softmax comes with it.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import click
import torch
from torch.profiler import ProfilerActivity, profile
from training import SHAPE, prepare

from seqchat.corpus.encoding import IdStream
from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.training import losses
from seqchat.training.counting import count_ngrams
from seqchat.training.loop import Trainer
from seqchat.training.recipe import dropouts
from seqchat.training.settings import TrainingSettings

# How PyTorch names the nodes through which the gradient goes back
_BACKWARD = {
    "MkldnnRnnLayerBackward0": "backward: cell",
    "EmbeddingBackward0": "backward: embeddings",
    "torch::autograd::AccumulateGrad": "backward: embeddings",
}
_NODE = "autograd::engine::evaluate_function: "
_UNWATCHED = 5


@dataclass
class Stopwatch:
    """Processor time by part; what runs inside another part is not counted there."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _inside: list[float] = field(default_factory=lambda: [0.0])

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what runs in the block."""
        began = time.process_time()
        self._inside.append(0.0)
        yield
        passed = time.process_time() - began
        self.seconds[name] += passed - self._inside.pop()
        self._inside[-1] += passed

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Count a function of an object or a module as a part."""
        function: Callable[..., Any] = getattr(owner, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            with self.part(part):
                return function(*arguments, **options)

        setattr(owner, name, watched)


def watch(trainer: Trainer, stopwatch: Stopwatch) -> None:
    """Count the parts of a trainer's steps."""
    learner, network = trainer.learner, trainer.network
    stopwatch.watch(learner, "learn", "everything else")
    stopwatch.watch(network, "_embed", "embedding and its dropout")
    stopwatch.watch(network.recurrent, "forward", "cell")
    stopwatch.watch(network.projection, "forward", "projection")
    stopwatch.watch(learner._loss._softmax, "forward", "sampled softmax and its gradient")
    stopwatch.watch(losses, "activation_penalty", "activation penalties")
    stopwatch.watch(torch.Tensor, "backward", "backward: everything else")
    stopwatch.watch(learner, "_move", "norm of the gradient, clipping, AdamW")


def split_backward(seconds: dict[str, float], profiled: profile) -> None:
    """Divide the time of the backward pass as a profile does."""
    nodes = {e.key.removeprefix(_NODE): e.cpu_time_total for e in profiled.key_averages() if e.key.startswith(_NODE)}
    whole = seconds.pop("backward: everything else")
    for node, spent in nodes.items():
        seconds[_BACKWARD.get(node, "backward: everything else")] += whole * spent / sum(nodes.values())


def make_trainer(folder: Path, words: int) -> Trainer:
    """Return a trainer with the defaults, that never reports."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    settings = TrainingSettings(eval_interval=10**9, epochs=10_000)
    train, validation = IdStream.open(folder / "train"), IdStream.open(folder / "validation")
    network = build(ModelConfig(words, **SHAPE), dropouts(settings))
    network.init_output_bias(torch.from_numpy(train.counts(words)))
    trainer = Trainer(network, settings, train, validation, torch.ones(words, dtype=torch.bool))
    trainer.counters.reports = 1
    return trainer


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False))
@click.option("--words", default=50_000, show_default=True, help="Size of the vocabulary.")
@click.option("--steps", default=30, show_default=True, help="How many steps to measure.")
@click.option("--whole", is_flag=True, help="Only whole steps, one a line: milliseconds, words, loss.")
def main(source: str, words: int, steps: int, whole: bool) -> None:
    """Train a little on the text in a folder, and print where the time goes."""
    with tempfile.TemporaryDirectory() as name:
        prepare([source], Path(name), words)
        trainer = make_trainer(Path(name), words)
        events = trainer.run()
        for _ in range(_UNWATCHED):
            next(events)
        if whole:
            print_steps(events, steps)
            return
        stopwatch = Stopwatch()
        watch(trainer, stopwatch)
        began = trainer.counters.tokens
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            for _ in range(steps):
                with stopwatch.part("building the batch, counting"):
                    next(events)
        tokens = trainer.counters.tokens - began
        split_backward(stopwatch.seconds, profiled)
        print_parts(stopwatch.seconds, steps, tokens)
        with stopwatch.part("n-grams"):
            count_ngrams(trainer.train, words, trainer.settings.ngrams, max_tokens=trainer.settings.ngram_words)
        each = stopwatch.seconds["n-grams"] / trainer.train.targets
        click.echo(f"\nCounting n-grams at the end of the run: {each * 1e6:.1f} µs a word")


def print_steps(events: Iterator[Any], steps: int) -> None:
    """Print each step, and the median."""
    spent = []
    for _ in range(steps):
        began = time.process_time()
        info = next(events)
        spent.append(time.process_time() - began)
        click.echo(f"{spent[-1] * 1e3:.0f} {info.tokens} {info.loss:.5f}")
    click.echo(f"median {median(spent) * 1e3:.0f} ms")


def print_parts(seconds: dict[str, float], steps: int, tokens: int) -> None:
    """Print the table."""
    total = sum(seconds.values())
    click.echo("| part of a step | ms | |\n| --- | ---: | ---: |")
    for part, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        click.echo(f"| {part} | {spent / steps * 1e3:.1f} | {spent / total:.1%} |")
    click.echo(f"| all, {tokens / steps:,.0f} words | {total / steps * 1e3:.1f} | {tokens / total:,.0f} words/s |")


if __name__ == "__main__":
    main()
