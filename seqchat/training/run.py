"""One training run from text to checkpoint: a folder that appears whole, before the first step is trained."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from seqchat.corpus.encoding import IdStream
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.evaluation.metrics import Metrics
from seqchat.files import partial_folder, replace_folder
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import TRAINING
from seqchat.model.network import build
from seqchat.training.closing import UNLIMITED, TimeToMeasure
from seqchat.training.course.control import Control
from seqchat.training.course.recording import Audience, CourseRecorder, Reading
from seqchat.training.devices import flush_denormals
from seqchat.training.distributed import Group
from seqchat.training.events import Notice, Outcome, StepInfo
from seqchat.training.fine_tuning import beginning
from seqchat.training.finishing import finish
from seqchat.training.loop import Trainer
from seqchat.training.observers import TrainingObserver
from seqchat.training.preparation import prepare, validation_sources
from seqchat.training.presets import FINE_TUNING
from seqchat.training.recipe import dropouts
from seqchat.training.recording import Recorder
from seqchat.training.settings import RESUMABLE, TrainingSettings
from seqchat.training.snapshot import GOOD, STATE, Snapshot
from seqchat.training.task import Task

# The option to raise so that a run that ended in this way can be resumed
_LIMITS = {"finished": "--epochs", "stopped early": "--patience", "time is up": "--time-limit"}

ShouldStop = Callable[[], bool]


_NOBODY = Audience()


def _never() -> bool:
    return False


@dataclass(frozen=True)
class TrainingResult:
    """How a run ended: the checkpoint, its best weights, evaluated as they are stored, and what there is time
    left to measure."""

    folder: Path
    outcome: Outcome
    tokens: int
    seconds: float
    quality: Metrics
    to_measure: TimeToMeasure = UNLIMITED


def train(
    task: Task,
    settings: TrainingSettings,
    out: Path,
    observer: TrainingObserver,
    *,
    command: str = "",
    group: Group | None = None,
    should_stop: ShouldStop = _never,
    audience: Audience = _NOBODY,
) -> TrainingResult:
    """Train a new model and write it to `out`; an existing folder is replaced.

    audience: for whom its course is recorded beside the model.

    Raises:
        SeqchatError: the data, the settings or the folder cannot be used; raised before any time is spent training.
    """
    group = group or Group()
    staging = partial_folder(out)
    control = Control(out, should_stop)
    try:
        reading = Reading(observer, staging, audience)
        group.alone(lambda: prepare(task, settings, _make_folder(staging), reading, command))
        checkpoint = Checkpoint.load(staging)
        if task.base is not None and settings.epochs is None:
            tokens = IdStream.open(staging / TRAINING / "train").targets
            settings = replace(settings, epochs=FINE_TUNING.epochs_for(tokens))
        trainer = _trainer(checkpoint, settings, staging, group, control if group.leads else should_stop)
        snapshot = trainer.snapshot()
        group.wait()
        group.alone(lambda: _publish(snapshot, staging, out))
        return _execute(out, checkpoint, trainer, observer, control, audience)
    finally:
        if group.leads:
            shutil.rmtree(staging, ignore_errors=True)
            with suppress(OSError):
                out.parent.rmdir()  # only if it is empty: a failed run leaves nothing behind


def resume(
    folder: Path,
    observer: TrainingObserver,
    *,
    changes: dict[str, Any] | None = None,
    group: Group | None = None,
    should_stop: ShouldStop = _never,
    audience: Audience = _NOBODY,
) -> TrainingResult:
    """Resume an unfinished run; data, settings and state are in its folder, `changes` replace some settings.

    Raises:
        SeqchatError: there is no run to resume in the folder, it does not fit, or a setting cannot change.
    """
    group = group or Group()
    if fixed := sorted(set(changes or {}) - set(RESUMABLE)):
        raise SeqchatError(f"A resumed run cannot change {fixed[0]}; it can change {', '.join(RESUMABLE)}.")
    snapshot = Snapshot.read(folder / TRAINING / STATE)
    checkpoint = Checkpoint.load(folder)
    settings = replace(TrainingSettings.from_json(snapshot.values.get("settings", {})), **(changes or {}))
    control = Control(folder, should_stop)
    trainer = _trainer(checkpoint, settings, folder, group, control if group.leads else should_stop)
    try:
        at_report = snapshot.values["counters"]["since_report"] == 0
        trainer.resume(snapshot, snapshot if at_report else Snapshot.read(folder / TRAINING / GOOD))
    except (KeyError, TypeError, ValueError, RuntimeError, IndexError) as error:
        raise SeqchatError(f"{folder} holds a run of another shape or version ({error}).") from error
    return _execute(folder, checkpoint, trainer, observer, control, audience)


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


def _trainer(
    checkpoint: Checkpoint, settings: TrainingSettings, folder: Path, group: Group, should_stop: ShouldStop
) -> Trainer:
    network = build(checkpoint.config, dropouts(settings))
    network.load_state_dict(checkpoint.weights)
    vocabulary = Vocabulary(checkpoint.words, segmenter(checkpoint.segmenter))
    validation = IdStream.open(folder / TRAINING / "validation")
    return Trainer(
        network,
        settings,
        IdStream.open(folder / TRAINING / "train"),
        validation,
        torch.from_numpy(vocabulary.suggestible),
        sources=validation_sources(folder / TRAINING / "validation", validation),
        group=group,
        should_stop=should_stop,
        teacher=beginning(folder, checkpoint.config) if settings.replay else None,
    )


def _execute(
    folder: Path,
    checkpoint: Checkpoint,
    trainer: Trainer,
    observer: TrainingObserver,
    control: Control,
    audience: Audience,
) -> TrainingResult:
    course = CourseRecorder(folder, trainer, checkpoint, audience)
    control.on_pause = course.paused
    if trainer.group.leads:
        control.forget()
    with flush_denormals(), course:
        observer.start(trainer, checkpoint.config.parameters)
        _run(Recorder(folder, trainer), trainer, observer, course)
        trainer.group.wait()
        course.finishing()
        quality, to_measure = finish(folder, checkpoint, trainer, observer)
        course.ended()
    counters = trainer.counters
    return TrainingResult(folder, trainer.outcome, counters.tokens, counters.seconds, quality, to_measure)


def _run(recorder: Recorder, trainer: Trainer, observer: TrainingObserver, course: CourseRecorder) -> None:
    """Train to the end, and pass what happens to the observer and the recorders."""
    recorder.forget_later_reports()
    before = trainer.counters.tokens
    for event in trainer.run():
        if isinstance(event, StepInfo):
            observer.step(event)
            course.step(event)
            recorder.save_from_time_to_time()
        elif isinstance(event, Notice):
            observer.message(event.text)
        else:
            observer.report(event)
            recorder.save_report(event)
            course.report()
    if trainer.outcome == "interrupted":
        recorder.save_interrupted()
    elif not trainer.total_tokens:
        observer.message("The network is left as it is: untrained; resume with --epochs to train it")
    elif trainer.counters.tokens == before:
        observer.message(f"Nothing was left to train; resume with a larger {_LIMITS[trainer.outcome]} to train more")
