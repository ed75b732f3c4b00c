"""What a person sees of a training run: a progress line, and a line for each report."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.text import Text

from seqchat.corpus.cleaning import clean
from seqchat.training.pace import Pace
from seqchat.wording import clock_time, percentage, perplexity

if TYPE_CHECKING:
    from seqchat.training.events import StepInfo, TrainingReport
    from seqchat.training.loop import Trainer

_SMOOTHED_STEPS = 20


class TrainingProgress:
    """A `TrainingObserver` that writes to standard error; a live line in a terminal, plain lines elsewhere."""

    def __init__(self, *, quiet: bool = False, hint: str = "Ctrl-C stops and saves") -> None:
        """Write nothing if `quiet`; `hint` says at the start of training how to end it."""
        self._console = Console(stderr=True, highlight=False, soft_wrap=True, quiet=quiet)
        self._progress = Progress(
            BarColumn(bar_width=14),
            TaskProgressColumn(),
            TextColumn("{task.fields[line]}", markup=False),
            console=self._console,
            transient=True,
        )
        self._hint = hint
        self._task = self._progress.add_task("", total=1.0, line="")
        self._losses: deque[float] = deque(maxlen=_SMOOTHED_STEPS)
        self._trainer: Trainer | None = None
        self._pace: Pace | None = None

    def __enter__(self) -> TrainingProgress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress.live.is_started:
            self._progress.stop()

    @property
    def training(self) -> bool:
        """Whether there is a network already, and work that could be saved."""
        return self._trainer is not None

    def message(self, text: str) -> None:
        self._console.print(Text(clean(text)))

    def progress(self, text: str, share: float) -> None:
        if self._console.is_terminal:
            self._progress.start()
        self._progress.update(self._task, completed=share, line=clean(text))

    def start(self, trainer: Trainer, parameters: int) -> None:
        self._trainer = trainer
        self._pace = Pace(trainer)
        self.message(f"Training {parameters:,} parameters; {self._hint}")
        if self._console.is_terminal:
            self._progress.start()

    def step(self, info: StepInfo) -> None:
        assert self._trainer is not None
        assert self._pace is not None
        self._losses.append(info.loss)
        loss = sum(self._losses) / len(self._losses)
        left = clock_time(self._pace.seconds_left)
        line = f"{self._pace.words_per_second:,.0f} words/s  loss {loss:.2f}  gradient {info.gradient_norm:.2f}"
        line += f"  {left} left"
        self._progress.update(self._task, completed=self._trainer.progress(), line=line)

    def report(self, report: TrainingReport) -> None:
        assert self._pace is not None
        quality = report.quality
        line = (
            f"epoch {report.epoch:4.1f}  {clock_time(report.seconds)}  loss {report.training_loss:.3f}  "
            f"validation perplexity {perplexity(quality.perplexity)}  top-5 {percentage(quality.top5)}"
            f"{'  best' if report.improved else ''}"
        )
        # In a terminal, the progress line shows it.
        self.message(line if self._console.is_terminal else f"{line}  ({self._pace.words_per_second:,.0f} words/s)")
        if len(report.sources) > 1:
            shares = (f"{name} {percentage(quality.top5)}" for name, quality in report.sources.items())
            self.message(f"  top-5 by source: {', '.join(shares)}")
