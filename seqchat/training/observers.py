"""Who is told of a run while it trains: the command line, TensorBoard, or nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from seqchat.errors import SeqchatError
from seqchat.progress import Progress

if TYPE_CHECKING:
    from seqchat.training.events import StepInfo, TrainingReport
    from seqchat.training.loop import Trainer


class TrainingObserver(Progress, Protocol):
    """Receives what a run does."""

    def start(self, trainer: Trainer, parameters: int) -> None:
        """Receive the trainer when training starts or is resumed."""

    def step(self, info: StepInfo) -> None:
        """Receive an optimizer step."""

    def report(self, report: TrainingReport) -> None:
        """Receive a validation."""


class Observers:
    """Passes everything on to several observers."""

    def __init__(self, observers: Sequence[TrainingObserver]) -> None:
        self._observers = observers

    def message(self, text: str) -> None:
        for observer in self._observers:
            observer.message(text)

    def progress(self, text: str, share: float) -> None:
        for observer in self._observers:
            observer.progress(text, share)

    def start(self, trainer: Trainer, parameters: int) -> None:
        for observer in self._observers:
            observer.start(trainer, parameters)

    def step(self, info: StepInfo) -> None:
        for observer in self._observers:
            observer.step(info)

    def report(self, report: TrainingReport) -> None:
        for observer in self._observers:
            observer.report(report)


class TensorBoard:
    """Writes the curves of a run for TensorBoard; needs the extra ``seqchat[tensorboard]``."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise SeqchatError("TensorBoard is not installed: pip install 'seqchat[tensorboard]'.") from None
        self._writer = SummaryWriter(str(folder))
        self._trainer: Trainer | None = None

    def message(self, text: str) -> None:
        """Messages are for people."""

    def progress(self, text: str, share: float) -> None:
        """So is progress."""

    def start(self, trainer: Trainer, parameters: int) -> None:
        self._trainer = trainer

    def step(self, info: StepInfo) -> None:
        assert self._trainer is not None
        tokens = self._trainer.counters.tokens
        self._add("training/loss", info.loss, tokens)
        self._add("training/gradient norm", info.gradient_norm, tokens)
        self._add("training/learning rate", self._trainer.learning_rate(), tokens)

    def report(self, report: TrainingReport) -> None:
        for head, quality in report.heads.items():
            for name, value in asdict(quality).items():
                self._add(f"validation {head}/{name}", value, report.tokens)
        self._writer.flush()

    def _add(self, name: str, value: float, tokens: int) -> None:
        self._writer.add_scalar(name, value, tokens)
