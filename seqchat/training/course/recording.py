"""Writes the course of a run into its folder: what it is doing, a point of its curves, and what its network does."""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import Tensor

from seqchat.corpus.encoding import IdStream
from seqchat.errors import SeqchatError, one_line
from seqchat.files import write_file
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import TRAINING
from seqchat.progress import Progress
from seqchat.training.course.status import BEHAVIOUR, STEPS, State, Status
from seqchat.training.events import StepInfo
from seqchat.training.loop import Trainer
from seqchat.training.pace import Pace

# The weights of a network → what it does now, as JSON values; and what makes this of a model and its validation text
Behave = Callable[[Mapping[str, Tensor]], dict[str, Any]]
MakeBehave = Callable[[Checkpoint, IdStream], Behave]

_STATUS_SECONDS = 0.5
# The curves have at most so many points, and there are so many records of what the network does.
_POINTS, _BEHAVIOURS = 1_000, 100
_POINT_SECONDS = 0.2
# The share of a run's time that looking at the network may take
_LOOKING_SHARE = 0.025


@dataclass(frozen=True)
class Audience:
    """For whom a run is recorded: what looks at its network, and what the run is meant to show, if anything."""

    make: MakeBehave | None = None
    show: str = ""


class _Means:
    """Sums over the steps since something was written."""

    def __init__(self) -> None:
        self.steps = 0
        self.loss = self.norm = self.clipped = 0.0

    def add(self, info: StepInfo) -> None:
        self.steps += 1
        self.loss += info.loss
        self.norm += info.gradient_norm
        self.clipped += info.clipped_norm

    def to_json(self) -> dict[str, float]:
        count = max(self.steps, 1)
        names = ("loss", "gradient_norm", "clipped_norm")
        return {n: total / count for n, total in zip(names, (self.loss, self.norm, self.clipped), strict=True)}


class Reading:
    """Passes on what is done with the text before a run, and writes it down."""

    def __init__(self, progress: Progress, folder: Path, audience: Audience) -> None:
        """folder: in which the run is prepared."""
        self._progress, self._folder = progress, folder / TRAINING
        self._status = _new("reading", audience.show)
        self._written = 0.0

    def message(self, text: str) -> None:
        self._progress.message(text)
        self._write(text, 0.0)

    def progress(self, text: str, share: float) -> None:
        self._progress.progress(text, share)
        if time.monotonic() - self._written > _STATUS_SECONDS:
            self._write(text, share)

    def _write(self, text: str, share: float) -> None:
        self._folder.mkdir(exist_ok=True)
        replace(self._status, text=one_line(text), share=min(max(share, 0.0), 1.0), time=time.time()).write(
            self._folder
        )
        self._written = time.monotonic()


class CourseRecorder:
    """Writes the course of one run, as a block; only the leading of several processes writes."""

    def __init__(self, folder: Path, trainer: Trainer, checkpoint: Checkpoint, audience: Audience) -> None:
        self._folder, self._trainer, self._audience = folder / TRAINING, trainer, audience
        self._leads = trainer.group.leads
        make = audience.make if self._leads else None
        # Of the whole text, of which less may be validated on
        self._behave = make(checkpoint, IdStream.open(self._folder / "validation")) if make else None
        self._pace = Pace(trainer)
        self._status = replace(
            _new("training", audience.show),
            cell=checkpoint.config.cell,
            parameters=checkpoint.config.parameters,
            processes=trainer.group.size,
            clip=trainer.settings.clip,
        )
        self._since_status, self._since_point = _Means(), _Means()
        self._status_time = self._point_time = 0.0
        self._point_share = 0.0
        # Seconds of all looks at the network so far, and of the last one
        self._looking = self._look = 0.0
        self._behaved_at, self._behaved_share = -1, 0.0

    def __enter__(self) -> CourseRecorder:
        if not self._leads:
            return self
        self._folder.mkdir(exist_ok=True)
        tokens = self._trainer.counters.tokens
        for name in (STEPS, BEHAVIOUR):
            _forget_after(self._folder / name, tokens)
        if before := _readable(self._folder):
            # The text was read under this name, or the run is resumed.
            same = before.run if before.state == "reading" else self._status.run
            self._status = replace(self._status, run=same, show=self._audience.show or before.show)
        self._write("training")
        if tokens == 0:
            self._record_behaviour()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._leads and error is not None:
            said = str(error) if isinstance(error, SeqchatError) else type(error).__name__
            self._write("failed", text=one_line(said))

    def step(self, info: StepInfo) -> None:
        """Take a step into account."""
        if not self._leads:
            return
        now = time.monotonic()
        self._since_status.add(info)
        self._since_point.add(info)
        share = self._trainer.progress()
        if share - self._point_share >= 1 / _POINTS and now - self._point_time >= _POINT_SECONDS:
            self._append(STEPS, {"seconds": self._trainer.counters.seconds, **self._since_point.to_json()})
            self._since_point, self._point_share, self._point_time = _Means(), share, now
        if now - self._status_time >= _STATUS_SECONDS:
            self._write("training")

    def report(self) -> None:
        """Record what the network does after a validation, unless that has taken too much of the run's time."""
        if not self._leads:
            return
        far = self._trainer.progress() - self._behaved_share >= 1 / _BEHAVIOURS
        if far and self._looking + self._look < _LOOKING_SHARE * self._trainer.counters.seconds:
            self._record_behaviour()
        self._write("training")

    def paused(self, begins: bool) -> None:
        """Say that the run pauses, or goes on."""
        if self._leads:
            self._write("paused" if begins else "training")

    def finishing(self) -> None:
        """Record what the trained network does; what follows is done with its best weights."""
        if self._leads:
            self._record_behaviour()
            self._write("finishing")

    def ended(self) -> None:
        """Say how the run ended."""
        if self._leads:
            self._write("ended", outcome=self._trainer.outcome)

    def _write(self, state: State, **values: Any) -> None:
        trainer = self._trainer
        counters = trainer.counters
        if self._since_status.steps:
            values = self._since_status.to_json() | values
            self._since_status = _Means()
        self._status = replace(
            self._status,
            state=state,
            tokens=counters.tokens,
            total_tokens=trainer.total_tokens,
            epoch=counters.tokens / trainer.train.targets,
            share=trainer.progress(),
            seconds=counters.seconds,
            seconds_left=max(self._pace.seconds_left, 0.0) if self._pace.words_per_second else None,
            words_per_second=self._pace.words_per_second,
            learning_rate=trainer.learning_rate(),
            recoveries=counters.recoveries,
            time=time.time(),
            **values,
        )
        with suppress(SeqchatError):  # a full disk is noticed where it does harm
            self._status.write(self._folder)
        self._status_time = time.monotonic()

    def _record_behaviour(self) -> None:
        if self._behave is None or self._behaved_at == self._trainer.counters.tokens:
            return
        began = time.monotonic()
        with self._trainer.average.applied():
            try:
                found = self._looked()
                if not self._look:
                    # The first look also loads what the later ones need.
                    began = time.monotonic()
                    found = self._looked()
                self._append(BEHAVIOUR, found)
            except Exception:  # a run is worth more than a look at it
                self._behave = None
        self._look = time.monotonic() - began
        self._looking += self._look
        self._behaved_at, self._behaved_share = self._trainer.counters.tokens, self._trainer.progress()

    def _looked(self) -> dict[str, Any]:
        assert self._behave is not None
        weights = self._trainer.network.state_dict()
        return self._behave({name: weight.detach().float().cpu() for name, weight in weights.items()})

    def _append(self, name: str, values: dict[str, Any]) -> None:
        line = {"tokens": self._trainer.counters.tokens, **values}
        with suppress(OSError), (self._folder / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def _new(state: State, show: str) -> Status:
    return Status(uuid.uuid4().hex[:12], state, socket.gethostname(), os.getpid(), show, time=time.time())


def _readable(folder: Path) -> Status | None:
    try:
        return Status.read(folder)
    except SeqchatError:
        return None


def _forget_after(path: Path, tokens: int) -> None:
    """Drop the lines of a run after the point that it is resumed from; they will be written again."""
    with suppress(OSError, SeqchatError):
        kept = [line for line in path.read_text("utf-8").splitlines(keepends=True) if _tokens(line) <= tokens]
        write_file(path, "".join(kept))


def _tokens(line: str) -> float:
    """Return when a line was written, in tokens; infinity for a damaged one."""
    try:
        return int(json.loads(line)["tokens"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
