"""One training run from text to checkpoint: a folder that appears whole, before the first step is trained."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.corpus.encoding import IdStream
from seqchat.corpus.segmentation import CorpusSpec, SegmentedText, segment_corpus
from seqchat.corpus.sources import public_name
from seqchat.corpus.splitting import HeldOut, cut_in_two, hold_out
from seqchat.corpus.vocabulary import SPECIAL_WORDS, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.evaluation.metrics import Metrics
from seqchat.evaluation.tuning import tune_cache, tune_mixture
from seqchat.evaluation.validation import validate
from seqchat.files import replace_folder, write_file
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.folder import CARD, TRAINING
from seqchat.model.network import Network, build
from seqchat.model.recurrent import Dropouts
from seqchat.model.weights import compact, load_weights, save_weights
from seqchat.training.card import model_card
from seqchat.training.counting import count_ngrams
from seqchat.training.devices import flush_denormals
from seqchat.training.distributed import Group
from seqchat.training.history import METRICS
from seqchat.training.loop import Notice, Outcome, StepInfo, Trainer, TrainingReport
from seqchat.training.observers import TrainingObserver
from seqchat.training.settings import RESUMABLE, TrainingSettings
from seqchat.training.snapshot import GOOD, STATE, Snapshot
from seqchat.training.task import Task
from seqchat.wording import counted

# A run that is killed loses at most so much work.
_SNAPSHOT_SECONDS = 60.0
# The option that lets a run go on which ended so
_LIMITS = {"finished": "--epochs", "stopped early": "--patience", "time is up": "--time-limit"}
# docs/own-chats.md says so too.
_FEW_WORDS = 20_000


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended: the checkpoint, and its best weights measured as they are stored."""

    folder: Path
    outcome: Outcome
    tokens: int
    seconds: float
    quality: Metrics


def train(
    task: Task,
    settings: TrainingSettings,
    out: Path,
    observer: TrainingObserver,
    *,
    command: str = "",
    group: Group | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> TrainingResult:
    """Train a new model and write it to `out`; a folder that is there is replaced.

    Raises:
        SeqchatError: the data, the settings or the folder cannot be used; found before any time is spent training.
    """
    group = group or Group()
    staging = out.with_name(f".{out.name}.partial")
    try:
        group.alone(lambda: _prepare(task, settings, _make_folder(staging), observer, command))
        checkpoint = Checkpoint.load(staging)
        trainer = _trainer(checkpoint, settings, staging, group, should_stop)
        snapshot = trainer.snapshot()
        group.wait()
        group.alone(lambda: _publish(snapshot, staging, out))
        return _Run(out, checkpoint, trainer, observer).execute()
    finally:
        if group.leads:
            shutil.rmtree(staging, ignore_errors=True)
            with suppress(OSError):
                out.parent.rmdir()  # only where it is empty: a failed run leaves nothing behind


def resume(
    folder: Path,
    observer: TrainingObserver,
    *,
    changes: dict[str, Any] | None = None,
    group: Group | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> TrainingResult:
    """Go on with an unfinished run; data, settings and state are in its folder, `changes` replace some settings."""
    group = group or Group()
    if fixed := sorted(set(changes or {}) - set(RESUMABLE)):
        raise SeqchatError(f"A run cannot go on with another {fixed[0]}; what may change is {', '.join(RESUMABLE)}.")
    snapshot = Snapshot.read(folder / TRAINING / STATE)
    checkpoint = Checkpoint.load(folder)
    settings = replace(TrainingSettings.from_json(snapshot.values.get("settings", {})), **(changes or {}))
    trainer = _trainer(checkpoint, settings, folder, group, should_stop)
    try:
        at_report = snapshot.values["counters"]["since_report"] == 0
        trainer.resume(snapshot, snapshot if at_report else Snapshot.read(folder / TRAINING / GOOD))
    except (KeyError, TypeError, ValueError, RuntimeError, IndexError) as error:
        raise SeqchatError(f"{folder} holds a run of another shape or version ({error}).") from error
    return _Run(folder, checkpoint, trainer, observer).execute()


def _make_folder(staging: Path) -> Path:
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
    except OSError as error:
        raise SeqchatError(f"{staging.parent} cannot be written ({error.strerror or error}).") from error
    return staging


def _publish(snapshot: Snapshot, staging: Path, out: Path) -> None:
    snapshot.write(staging / TRAINING / STATE)
    replace_folder(staging, out)


def _prepare(task: Task, settings: TrainingSettings, staging: Path, observer: TrainingObserver, command: str) -> None:
    """Read and encode the text into `staging`, and write the untrained model there."""
    cut = segmenter(task.segmenter)
    held: HeldOut | None = None
    with TemporaryDirectory(dir=staging) as name:
        workspace = Path(name)
        text = _text(task, task.data, workspace / "text", observer)
        if task.validation:
            validation_text = _text(task, task.validation, workspace / "validation", observer)
            validating = np.ones(validation_text.stream.dialogs, dtype=np.bool_)
            training = np.ones(text.stream.dialogs, dtype=np.bool_)
        else:
            text, training, validating, held = _split(text, task.validation_share, workspace / "halves")
            validation_text = text
        observer.message("Choosing the vocabulary")
        vocabulary = Vocabulary.build(text.counts(training), cut, min_count=task.min_count, max_words=task.max_words)
        train_stream = text.encode(staging / TRAINING / "train", vocabulary, training)
        validation_stream = validation_text.encode(staging / TRAINING / "validation", vocabulary, validating)
    data: dict[str, Any] = {
        "sources": [public_name(source) for source in task.data],
        "dialogs": train_stream.dialogs,
        "words": train_stream.words,
        "validation_dialogs": validation_stream.dialogs,
        "validation_words": validation_stream.words,
        "validation_unknown_words": validation_stream.unknown_words,
        "min_count": task.min_count,
        "drop": list(task.drop),
        "held_out": asdict(held) if held else None,
        "command": command,
    }
    if data["validation_words"] == 0:
        raise SeqchatError("The text to validate on has no word.")
    if len(vocabulary) < len(SPECIAL_WORDS) + 2:
        raise SeqchatError("The vocabulary has a single word, so there is nothing to learn; give more text or words.")
    observer.message(
        f"{counted(data['dialogs'], 'dialog')} and {counted(data['words'], 'word')} to learn, "
        f"{data['validation_words']:,} "
        f"to validate on ({data['validation_unknown_words'] / data['validation_words']:.1%} of them not "
        f"among the {len(vocabulary):,} words of the vocabulary)"
    )
    if data["words"] < _FEW_WORDS:
        observer.message(
            f"Fewer than {_FEW_WORDS:,} words are too little for a model of its own; 'seqchat tui --remember' learns "
            "them beside a model that ships"
        )
    torch.manual_seed(settings.seed)
    config = ModelConfig(len(vocabulary), **task.network)
    network = build(config)
    network.init_output_bias(torch.from_numpy(train_stream.counts(len(vocabulary))))
    Checkpoint(config, vocabulary.words, network.state_dict(), cut.name, data).save(staging)


def _text(task: Task, names: Sequence[str], workspace: Path, observer: TrainingObserver) -> SegmentedText:
    """Read a text, cut into words, and tell what of it could not be used."""
    observer.message(f"Reading {', '.join(names)}")
    reading = CorpusSpec(names, task.segmenter, task.field, task.streaming, task.max_dialogs, task.drop)
    text = segment_corpus(
        reading,
        workspace,
        processes=task.processes,
        progress=lambda dialogs, words, share: observer.progress(
            f"{counted(dialogs, 'dialog')}, {counted(words, 'word')}", share
        ),
    )
    for sentence in text.report.sentences():
        observer.message(sentence)
    return text


def _split(
    text: SegmentedText, share: float, workspace: Path
) -> tuple[SegmentedText, NDArray[np.bool_], NDArray[np.bool_], HeldOut | None]:
    """Return the text, which of its dialogs are to learn and to validate on, and the rule; one dialog is cut in two."""
    if text.stream.dialogs == 1:
        halves = replace(text, stream=cut_in_two(text.stream, share, workspace))
        return halves, np.array([True, False]), np.array([False, True]), None
    held = hold_out(text.digests, share)
    return text, ~held.held_out_mask(text.digests), held.validation_mask(text.digests), held


def dropouts(settings: TrainingSettings) -> Dropouts:
    """Return what a network drops with these settings."""
    return Dropouts(
        settings.embedding_dropout,
        settings.input_dropout,
        settings.hidden_dropout,
        settings.output_dropout,
        settings.weight_dropout,
    )


def _trainer(
    checkpoint: Checkpoint,
    settings: TrainingSettings,
    folder: Path,
    group: Group,
    should_stop: Callable[[], bool],
) -> Trainer:
    network = build(checkpoint.config, dropouts(settings))
    network.load_state_dict(checkpoint.weights)
    vocabulary = Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter))
    return Trainer(
        network,
        settings,
        IdStream.open(folder / TRAINING / "train"),
        IdStream.open(folder / TRAINING / "validation"),
        torch.from_numpy(vocabulary.suggestible),
        group=group,
        should_stop=should_stop,
    )


class _Run:
    """Saves while a trainer runs."""

    def __init__(self, folder: Path, checkpoint: Checkpoint, trainer: Trainer, observer: TrainingObserver) -> None:
        self._folder, self._checkpoint, self._trainer, self._observer = folder, checkpoint, trainer, observer
        self._saved = time.monotonic()
        self._good: Snapshot | None = None

    def execute(self) -> TrainingResult:
        with flush_denormals():
            return self._execute()

    def _execute(self) -> TrainingResult:
        trainer, observer = self._trainer, self._observer
        observer.start(trainer, self._checkpoint.config.parameters)
        self._forget_later_reports(trainer.counters.reports)
        before = trainer.counters.tokens
        for event in trainer.run():
            if isinstance(event, StepInfo):
                observer.step(event)
                if trainer.group.any(time.monotonic() - self._saved > _SNAPSHOT_SECONDS):
                    self._snapshot()
            elif isinstance(event, Notice):
                observer.message(event.text)
            else:
                observer.report(event)
                self._save(event)
        if trainer.outcome == "interrupted":
            self._snapshot()
            if trainer.counters.reports == 0:
                self._save_weights()
        if trainer.counters.tokens == before and trainer.outcome != "interrupted":
            observer.message(f"Nothing was left to train; a larger {_LIMITS[trainer.outcome]} than before goes on")
        trainer.group.wait()
        return self._finish()

    def _forget_later_reports(self, reports: int) -> None:
        """Drop the reports that a killed run made after its last snapshot; they will be made again."""
        path = self._folder / METRICS
        if self._trainer.group.leads and path.exists():
            lines = path.read_text("utf-8").splitlines(keepends=True)
            write_file(path, "".join(lines[:reports]))

    def _save(self, report: TrainingReport) -> None:
        if self._trainer.group.leads:
            if report.improved:
                self._save_weights()
            with (self._folder / METRICS).open("a", encoding="utf-8") as metrics:
                metrics.write(json.dumps(_flat(report)) + "\n")
        self._snapshot()

    def _save_weights(self) -> None:
        if self._trainer.group.leads:
            with self._trainer.average.applied():
                weights = compact(self._trainer.network.state_dict())
            save_weights(self._folder, weights)

    def _snapshot(self) -> None:
        snapshot = self._trainer.snapshot()
        if self._trainer.group.leads:
            # Between reports, what a diverging run goes back to is no longer the state itself.
            if self._trainer.counters.since_report and self._good is not self._trainer.good:
                self._good = self._trainer.good
                self._good.write(self._folder / TRAINING / GOOD)
            snapshot.write(self._folder / TRAINING / STATE)
        self._saved = time.monotonic()

    def _finish(self) -> TrainingResult:
        """Measure the best weights as they are stored, add n-grams and memory, and write the model card."""
        trainer, config = self._trainer, self._checkpoint.config
        network = build(config)
        network.load_state_dict(load_weights(self._folder, config))
        heads = validate(network.to(trainer.device), trainer.validation, trainer.suggestible)
        quality = list(heads.values())[-1]
        counters = trainer.counters
        if trainer.group.leads:
            checkpoint = self._complete(network.cpu().eval())
            checkpoint.save_config(self._folder)
            card = model_card(
                self._folder.name, checkpoint, trainer.settings, heads, tokens=counters.tokens, seconds=counters.seconds
            )
            write_file(self._folder / CARD, card)
        return TrainingResult(self._folder, trainer.outcome, counters.tokens, counters.seconds, quality)

    def _complete(self, network: Network) -> Checkpoint:
        """Return the checkpoint with n-grams and a memory, as much of them as helps on the text to validate on."""
        trainer = self._trainer
        if self._checkpoint.config.objective == "window" or not trainer.settings.ngrams:
            return replace(self._checkpoint, cache=tune_cache(network, trainer.validation))
        self._observer.message("Counting n-grams")
        ngrams = count_ngrams(trainer.train, self._checkpoint.config.vocabulary_size, trainer.settings.ngrams)
        mixture = tune_mixture(network, ngrams.stored(), trainer.validation)
        return replace(self._checkpoint, mixture=mixture, cache=tune_cache(network, trainer.validation, mixture))


def _flat(report: TrainingReport) -> dict[str, Any]:
    values = asdict(report)
    quality, heads = values.pop("quality"), values.pop("heads")
    validation = {f"validation_{name}": value for name, value in quality.items()}
    if len(heads) > 1:
        validation |= {f"{head}_perplexity": measures["perplexity"] for head, measures in heads.items()}
    return {**values, **validation, "time": time.time()}
