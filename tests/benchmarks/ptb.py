"""Penn Treebank: test perplexity of RNN, LSTM and GRU of equal parameters, half way and at the end of some minutes.

    python tests/benchmarks/ptb.py ../shared/data/ptb
    python tests/benchmarks/ptb.py ../shared/data/ptb --long    # on a GPU

The folder holds Mikolov's ptb.train.txt, ptb.valid.txt and ptb.test.txt: words between spaces, a sentence a line. As is
the custom, each file is read as one text, the end of a line is a word, and words are those of the training part. The
best weights by the validation part are measured, once, on the test part.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import torch

from seqchat.corpus.encoding import IdStream
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.evaluation.validation import validate
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.training.events import StepInfo, TrainingReport
from seqchat.training.loop import Trainer
from seqchat.training.presets import PRESETS
from seqchat.training.run import train
from seqchat.training.settings import TrainingSettings
from seqchat.training.task import Task

WORDS = 10_000

# What a laptop does with half an hour …
SHORT = ("small", {"layers": 1, "embedding_size": 300, "hidden_size": 650})
# … and a GPU with a night: the network of AWD-LSTM.
LONG = ("large", PRESETS["large"].network)

# Lanes of the validation text, as in the example word_language_model; the test text is read by one, from end to end.
_VALIDATION_LANES = 10


class Clock:
    """A watcher that measures the test perplexity once, at the first report after some seconds."""

    def __init__(self, seconds: float, vocabulary_folder: Path, test: Path) -> None:
        self._seconds, self._folder, self._test = seconds, vocabulary_folder, test
        self.middle: tuple[float, float] | None = None

    def message(self, text: str) -> None:
        click.echo(text, err=True)

    def progress(self, text: str, share: float) -> None:
        """Reading takes a moment."""

    def start(self, trainer: Trainer, parameters: int) -> None:
        self._trainer = trainer

    def step(self, info: StepInfo) -> None:
        """Steps are too many to tell."""

    def report(self, report: TrainingReport) -> None:
        minutes = report.seconds / 60
        click.echo(
            f"{minutes:5.1f} min  epoch {report.epoch:4.1f}  {report.tokens / report.seconds:6,.0f} words/s  training "
            f"loss {report.training_loss:.3f}  validation perplexity {report.quality.perplexity:.1f}",
            err=True,
        )
        if self.middle is None and report.seconds >= self._seconds:
            with self._trainer.average.applied():
                self.middle = (minutes, test_perplexity(self._trainer.network, self._folder, self._test))


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    cell: str
    shape: str
    parameters: int
    words_per_second: float
    minutes_half_way: float
    half_way: float
    minutes: float
    validation: float
    test: float


def equal_hidden_size(cell: str, shape: dict[str, Any]) -> int:
    """Return the hidden size with which a network of this cell has about the parameters of the LSTM of that shape."""
    wanted = ModelConfig(WORDS, cell="lstm", **shape).parameters

    def distance(hidden: int) -> int:
        return abs(ModelConfig(WORDS, cell=cell, **{**shape, "hidden_size": hidden}).parameters - wanted)  # type: ignore[arg-type]

    return min(range(16, 4 * shape["hidden_size"], 2), key=distance)


def prepare(source: Path, folder: Path) -> dict[str, str]:
    """Write the three files with another name for Mikolov's <unk>, which no text can contain here."""
    paths = {}
    for part in ("train", "valid", "test"):
        lines = (source / f"ptb.{part}.txt").read_text("utf-8").replace("<unk>", "UNK").splitlines()
        lanes = _VALIDATION_LANES if part == "valid" else 1
        size = -(-len(lines) // lanes)
        chunks = ["\n".join(lines[i : i + size]) for i in range(0, len(lines), size)]
        path = folder / f"{part}.txt"
        path.write_text("\n\n".join(chunks), "utf-8")
        paths[part] = str(path)
    return paths


def test_perplexity(network: Any, model_folder: Path, text: Path) -> float:
    """Read the test text once, from end to end."""
    checkpoint = Checkpoint.load(model_folder)
    vocabulary = Vocabulary(checkpoint.words, segmenter("whitespace"))
    with tempfile.TemporaryDirectory() as folder:
        stream = IdStream.write(Path(folder), read_dialogs([str(text)]), vocabulary)
        return validate(network, stream, torch.from_numpy(vocabulary.suggestible))["forward"].perplexity


def run(cell: str, network: dict[str, Any], settings: TrainingSettings, paths: dict[str, str], folder: Path) -> Row:
    """Train one network until its time is up."""
    task = Task(
        [paths["train"]],
        {**network, "cell": cell},
        validation=[paths["valid"]],
        segmenter="whitespace",
        min_count=1,
        max_words=2 * WORDS,
    )
    out = folder / cell
    clock = Clock((settings.time_limit or 0) / 3, out, Path(paths["test"]))
    began = time.monotonic()
    result = train(task, settings, out, clock)
    checkpoint = Checkpoint.load(out)
    best = build(checkpoint.config)
    best.load_state_dict(checkpoint.weights)
    config = checkpoint.config
    row = Row(
        cell,
        f"{config.layers} × {config.hidden_size}, embedding {config.embedding_size}",
        config.parameters,
        result.tokens / result.seconds,
        *(clock.middle or (float("nan"), float("nan"))),
        result.seconds / 60,
        result.quality.perplexity,
        test_perplexity(best, out, Path(paths["test"])),
    )
    click.echo(f"{row} {time.monotonic() - began:.0f} s in all", err=True)
    return row


def table(rows: list[Row]) -> str:
    """Return the rows as Markdown."""
    lines = [
        "| cell | network | parameters | words/s | test perplexity after a third | … at the end | validation |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {r.cell} | {r.shape} | {r.parameters / 1e6:.1f} M | {r.words_per_second:,.0f} | {r.half_way:.1f} "
        f"({r.minutes_half_way:.0f} min) | {r.test:.1f} ({r.minutes:.0f} min) | {r.validation:.1f} |"
        for r in rows
    ]
    return "\n".join(lines)


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


@click.command()
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--minutes", default=30.0, show_default=True, help="How long each network is trained.")
@click.option("--cells", default="lstm,gru,rnn", show_default=True, help="Which cells, in which order.")
@click.option("--long", "long_recipe", is_flag=True, help="The network and recipe of AWD-LSTM; takes a GPU.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Another value for a number of the recipe.")
def main(source: Path, minutes: float, cells: str, long_recipe: bool, changes: tuple[str, ...]) -> None:
    """Train on the Penn Treebank and print test perplexities."""
    preset, shape = LONG if long_recipe else SHORT
    network: dict[str, Any] = dict(shape)
    recipe: dict[str, Any] = {}
    for name, _, value in (change.partition("=") for change in changes):
        (network if name in ModelConfig.__dataclass_fields__ and name != "window" else recipe)[name] = _value(value)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = prepare(source, folder)
        for cell in cells.split(","):
            equal = {**network, "hidden_size": equal_hidden_size(cell, network)}
            limits = {"patience": 10_000, "epochs": 10_000, "time_limit": 60 * minutes}
            settings = PRESETS[preset].settings(cell, **{**limits, **recipe})
            rows.append(run(cell, equal, settings, paths, folder))
            click.echo(table(rows))


if __name__ == "__main__":
    main()
