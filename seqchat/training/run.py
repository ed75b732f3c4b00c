"""One training run from text to checkpoint: a folder that appears once its first weights are known."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from seqchat.corpus.encoding import IdStream, count_words, split_by_dialog
from seqchat.corpus.sources import Dialog, read_dialogs
from seqchat.corpus.sources import Report as ReadingReport
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.evaluation.quality import Quality, measure
from seqchat.files import replace_folder, write_file
from seqchat.model.checkpoint import CARD, METRICS, TRAINING, Checkpoint, load_weights, save_weights
from seqchat.model.config import CellName, ModelConfig
from seqchat.model.network import Network
from seqchat.training.card import model_card
from seqchat.training.loop import Outcome, Report, StepInfo, Trainer
from seqchat.training.settings import TrainingSettings
from seqchat.training.snapshot import Snapshot


@dataclass(frozen=True)
class Task:
    """What to train on what: the texts, how they become words, and the shape of the network."""

    data: Sequence[str]
    field: str | None = None
    validation: Sequence[str] = ()
    validation_share: float = 0.05
    segmenter: str = "auto"
    min_count: int = 2
    max_words: int = 50_000
    cell: CellName = "lstm"
    layers: int = 1
    embedding_size: int = 256
    hidden_size: int = 512
    dropout: float = 0.4
    nonlinearity: str = "tanh"


@dataclass(frozen=True)
class Result:
    """How a run ended: the checkpoint, and its best weights measured as they are stored."""

    folder: Path
    outcome: Outcome
    tokens: int
    seconds: float
    quality: Quality


class Watcher(Protocol):
    """Who wants to see a run: the command line's progress bar, or nobody."""

    def message(self, text: str) -> None:
        """Take one sentence about what is being done."""

    def start(self, trainer: Trainer, parameters: int) -> None:
        """Learn that training begins, or goes on."""

    def step(self, info: StepInfo) -> None:
        """Learn of an optimizer step."""

    def report(self, report: Report) -> None:
        """Learn of a validation."""


def train(
    task: Task,
    settings: TrainingSettings,
    out: Path,
    watcher: Watcher,
    *,
    command: str = "",
    should_stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Train a new model and write it to `out`, which must not exist or may be replaced.

    Raises:
        SeqchatError: the data, the settings or the folder cannot be used; found before any time is spent training.
    """
    staging = out.with_name(f".{out.name}.partial")
    try:
        _prepare_folder(staging)
        checkpoint, vocabulary = _prepare(task, settings, staging, watcher)
        torch.manual_seed(settings.seed)
        network = Network(checkpoint.config)
        trainer = _trainer(network, settings, staging, vocabulary, should_stop)
        return _Run(staging, out, checkpoint, trainer, watcher, command).execute()
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        with suppress(OSError):
            out.parent.rmdir()  # only where it is empty: a failed run leaves nothing behind


def resume(folder: Path, watcher: Watcher, *, should_stop: Callable[[], bool] = lambda: False) -> Result:
    """Go on with an unfinished run: data, settings and state are in its folder."""
    snapshot = Snapshot.read(folder / TRAINING)
    checkpoint = Checkpoint.load(folder)
    settings = TrainingSettings.from_json(snapshot.values["settings"])
    vocabulary = Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter))
    trainer = _trainer(Network(checkpoint.config), settings, folder, vocabulary, should_stop)
    trainer.restore(snapshot)
    return _Run(folder, folder, checkpoint, trainer, watcher, checkpoint.data.get("command", "")).execute()


def _prepare_folder(staging: Path) -> None:
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
    except OSError as error:
        raise SeqchatError(f"{staging.parent} cannot be written ({error.strerror or error}).") from error


def _prepare(task: Task, settings: TrainingSettings, staging: Path, watcher: Watcher) -> tuple[Checkpoint, Vocabulary]:
    """Read and encode the text into `staging`, and say what the model will be."""
    watcher.message(f"Reading {', '.join(task.data)}")
    train_dialogs, validation_dialogs = _read(task, settings, watcher)
    cut = segmenter(task.segmenter)
    watcher.message("Cutting the text into words")
    counts = count_words(train_dialogs, cut)
    vocabulary = Vocabulary.build(counts, cut, min_count=task.min_count, max_words=task.max_words)
    train_stream = IdStream.write(staging / TRAINING / "train", train_dialogs, vocabulary)
    validation_stream = IdStream.write(staging / TRAINING / "validation", validation_dialogs, vocabulary)
    config = ModelConfig(
        len(vocabulary),
        cell=task.cell,
        layers=task.layers,
        embedding_size=task.embedding_size,
        hidden_size=task.hidden_size,
        dropout=task.dropout,
        nonlinearity=task.nonlinearity,  # type: ignore[arg-type]  # ModelConfig checks it
    )
    data = {
        "sources": [_public_name(source) for source in task.data],
        "dialogs": len(train_dialogs),
        "words": train_stream.words,
        "validation_dialogs": len(validation_dialogs),
        "validation_words": validation_stream.words,
        "validation_unknown_words": validation_stream.unknown_words,
        "min_count": task.min_count,
    }
    watcher.message(
        f"{len(train_dialogs):,} dialogs and {train_stream.words:,} words to learn, {validation_stream.words:,} "
        f"to validate on ({validation_stream.unknown_words / max(validation_stream.words, 1):.1%} of them not "
        f"among the {len(vocabulary):,} words of the vocabulary)"
    )
    return Checkpoint(config, vocabulary.words, {}, cut.name, data), vocabulary


def _public_name(source: str) -> str:
    """Return a source's name without the folders of this machine."""
    return Path(source).name if Path(source).expanduser().exists() else source


def _read(task: Task, settings: TrainingSettings, watcher: Watcher) -> tuple[list[Dialog], list[Dialog]]:
    reading = ReadingReport()
    dialogs = list(read_dialogs(task.data, field=task.field, report=reading))
    for problem in reading.problems[:5]:
        watcher.message(f"Skipped {problem}")
    if len(reading.problems) > 5:
        watcher.message(f"Skipped {len(reading.problems) - 5} more; {len(reading.problems)} in all")
    if task.validation:
        return dialogs, list(read_dialogs(task.validation, field=task.field))
    return split_by_dialog(dialogs, task.validation_share)


def _trainer(
    network: Network,
    settings: TrainingSettings,
    folder: Path,
    vocabulary: Vocabulary,
    should_stop: Callable[[], bool],
) -> Trainer:
    train_stream = IdStream.open(folder / TRAINING / "train")
    validation_stream = IdStream.open(folder / TRAINING / "validation")
    suggestible = torch.from_numpy(vocabulary.suggestible)
    return Trainer(network, settings, train_stream, validation_stream, suggestible, should_stop)


@dataclass
class _Run:
    """Saves while a trainer runs; `folder` is where the files are, `out` where they shall be."""

    folder: Path
    out: Path
    checkpoint: Checkpoint
    trainer: Trainer
    watcher: Watcher
    command: str

    def execute(self) -> Result:
        # Values near zero cost a hundred times more without it, and it holds for the whole process.
        torch.set_flush_denormal(True)
        try:
            return self._execute()
        finally:
            torch.set_flush_denormal(False)

    def _execute(self) -> Result:
        self.watcher.start(self.trainer, self.checkpoint.config.parameters)
        for event in self.trainer.run():
            if isinstance(event, StepInfo):
                self.watcher.step(event)
            else:
                self.watcher.report(event)
                self._save(event)
        return self._finish()

    def _save(self, report: Report) -> None:
        if report.improved:
            half = {name: weight.half() for name, weight in self.trainer.network.state_dict().items()}
            if self.folder == self.out:
                save_weights(self.folder, half)
            else:
                data = {**self.checkpoint.data, "command": self.command}
                Checkpoint(self.checkpoint.config, self.checkpoint.words, half, self.checkpoint.segmenter, data).save(
                    self.folder
                )
        with (self.folder / METRICS).open("a", encoding="utf-8") as metrics:
            metrics.write(json.dumps(_flat(report)) + "\n")
        self.trainer.snapshot().write(self.folder / TRAINING)
        if self.folder != self.out:
            replace_folder(self.folder, self.out)
            self.folder = self.out

    def _finish(self) -> Result:
        """Measure the best weights as they are stored, and write the model card."""
        trainer = self.trainer
        network = Network(self.checkpoint.config)
        network.load_state_dict(load_weights(self.out, self.checkpoint.config))
        quality = measure(network, trainer.validation, trainer.suggestible)
        counters = trainer.counters
        result = Result(self.out, trainer.outcome, counters.tokens, counters.seconds, quality)
        data = Checkpoint.load(self.out).data
        card = model_card(
            self.out.name,
            self.checkpoint.config,
            trainer.settings,
            data,
            quality,
            counters.tokens,
            counters.seconds,
        )
        write_file(self.out / CARD, card)
        return result


def _flat(report: Report) -> dict[str, Any]:
    values = asdict(report)
    quality = values.pop("quality")
    return {**values, **{f"validation_{name}": value for name, value in quality.items()}, "time": time.time()}
