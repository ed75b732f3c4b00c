"""The memory test: networks of several cells learn the same texts, and are asked at every distance.

All networks of a run are trained in turns, an update each on the same batch. So they have had the same number of
updates whenever it ends, and what else the machine does slows all of them alike. Nothing is chosen for one cell alone:
each learns with every one of the same few learning rates, and the one with the lowest loss on validation texts is
measured on other texts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from seqchat.errors import SeqchatError
from seqchat.model.network import build
from seqchat.model.threads import one_thread
from seqchat.training.lab.contenders import LabNetwork, contenders
from seqchat.training.lab.settings import BATCH, RATES, LabSettings
from seqchat.training.lab.task import PRONOUNS, WORDS, MemoryTask, TaskBatch, as_text

CHANCE = 1 / len(PRONOUNS)
_CLIP = 1.0
_FIRST_MILESTONE = 50
_VALIDATION_TEXTS = 500
# So many texts are read at a time where nothing is learned, to bound memory at long distances.
_READ_AT_ONCE = 250
_HE, _SHE = (WORDS.index(word) for word in PRONOUNS)

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Standing:
    """After some updates: the learning rate that validation chooses, and the correct answers at each distance."""

    updates: int
    learning_rate: float
    validation_loss: float
    correct: tuple[int, ...]


@dataclass(frozen=True)
class Trained:
    """A contender in one run; seconds_per_update: the median; standings: the last one is the result."""

    seconds_per_update: float
    standings: tuple[Standing, ...]

    def at(self, updates: int | None) -> Standing:
        """Return how it stood after so many updates; None: at the end."""
        return next((s for s in self.standings if s.updates == updates), self.standings[-1])


@dataclass
class MemoryResult:
    """A contender in all runs."""

    contender: LabNetwork
    runs: list[Trained] = field(default_factory=list)

    @property
    def seconds_per_update(self) -> float:
        """The median over the runs."""
        return median(run.seconds_per_update for run in self.runs)


@dataclass
class MemoryReport:
    """What was measured; updates: how many each network of each run had; stopped: before its end."""

    settings: LabSettings
    results: list[MemoryResult]
    updates: list[int] = field(default_factory=list)
    seconds: float = 0.0
    stopped: bool = False

    @property
    def milestones(self) -> list[int]:
        """After how many updates all runs were measured before their ends."""
        return milestones(min(self.updates))


def milestones(updates: int) -> list[int]:
    """Return after how many updates it is measured on the way to so many, each time twice as many."""
    counts, count = [], _FIRST_MILESTONE
    while count < updates:
        counts.append(count)
        count *= 2
    return counts


def never() -> bool:
    """Go on to the end."""
    return False


def ignore(_: str, __: float) -> None:
    """Show nothing."""


def measure(
    settings: LabSettings, progress: Progress = ignore, should_stop: Callable[[], bool] = never
) -> MemoryReport:
    """Train and measure; asked to stop, measure what the run has learned so far if no run has ended before.

    Raises:
        SeqchatError: it was stopped before the first update, or the networks cannot be made equal in size.
    """
    report = MemoryReport(settings, [MemoryResult(c) for c in contenders(settings.cells, settings.parameters)])
    began = time.perf_counter()
    with one_thread():
        for number in range(settings.runs):
            run = _MemoryRun(settings, report.results, number)
            seconds = math.inf if settings.seconds is None else settings.seconds * (number + 1) / settings.runs
            run.train(progress, should_stop, began + seconds)
            complete = run.updates == settings.updates or not should_stop()
            if complete or (run.updates and not report.updates):
                for result, trained in zip(report.results, run.results(), strict=True):
                    result.runs.append(trained)
                report.updates.append(run.updates)
            if should_stop():
                report.stopped = not complete or number + 1 < settings.runs
                break
    if not report.updates:
        raise SeqchatError("It was stopped before the first update; nothing is measured.")
    report.seconds = time.perf_counter() - began
    return report


def example(settings: LabSettings, distance: int) -> str:
    """Return a text of a distance, with its answer, as the networks get them."""
    task = MemoryTask(settings.subjects, settings.mixture)
    return as_text(task.draw_at(distance, 1, Generator().manual_seed(settings.seed)), 0)


class Learner:
    """A network at one learning rate."""

    def __init__(self, contender: LabNetwork, rate: float, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = build(contender.config)
        self.rate = rate
        self.seconds: list[float] = []
        self._optimizer = torch.optim.Adam(self.network.parameters(), lr=rate)

    def update(self, batch: TaskBatch) -> None:
        """Learn from a batch: back-propagation through the whole text, Adam, the gradient's norm clipped."""
        began = time.perf_counter()
        self._optimizer.zero_grad()
        cross_entropy(self._logits(batch), batch.answers).backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(self.network.parameters(), _CLIP)
        self._optimizer.step()
        self.seconds.append(time.perf_counter() - began)

    @torch.no_grad()
    def loss(self, batch: TaskBatch) -> float:
        """Return the mean negative log-probability of the right pronoun among all words; infinite for none."""
        loss = float(cross_entropy(self._logits(batch), batch.answers))
        return loss if math.isfinite(loss) else math.inf

    @torch.no_grad()
    def correct(self, batch: TaskBatch) -> int:
        """Return for how many texts the right pronoun is more probable than the other one."""
        count = 0
        for start in range(0, len(batch.answers), _READ_AT_ONCE):
            part = slice(start, start + _READ_AT_ONCE)
            logits = self._logits(TaskBatch(batch.ids[:, part], batch.lengths[part], batch.answers[part]))
            right = logits.gather(1, batch.answers[part, None])[:, 0]
            wrong = logits.gather(1, (_HE + _SHE - batch.answers[part])[:, None])[:, 0]
            count += int((right > wrong).sum())
        return count

    def _logits(self, batch: TaskBatch) -> Tensor:
        """Return the logits [batch, words] of the word behind each text."""
        count = len(batch.answers)
        run = self.network(batch.ids, self.network.initial_state(count), batch.ids)
        features: Tensor = run.heads["forward"]
        return self.network.logits(features[batch.lengths - 1, torch.arange(count)])


class _MemoryRun:
    """All contenders at all learning rates, with the texts and initial weights of one run."""

    def __init__(self, settings: LabSettings, results: list[MemoryResult], number: int) -> None:
        weights, training, validation, self._test_seed = map(
            int, np.random.SeedSequence((settings.seed, number)).generate_state(4)
        )
        self._settings, self._number = settings, number
        self._task = MemoryTask(settings.subjects, settings.mixture)
        self._learners = [[Learner(r.contender, rate, weights) for rate in RATES] for r in results]
        self._standings: list[list[Standing]] = [[] for _ in results]
        self._training = Generator().manual_seed(training)
        validating = Generator().manual_seed(validation)
        self._validation = self._task.draw_up_to(settings.longest, _VALIDATION_TEXTS, validating)
        self.updates = 0

    def train(self, progress: Progress, should_stop: Callable[[], bool], deadline: float) -> None:
        """Update all networks as often as the settings say; less often where it is asked to stop, or time is up."""
        runs, updates = self._settings.runs, self._settings.updates
        measured_after = milestones(updates)
        while self.updates < updates and not should_stop():
            share = (self._number + self.updates / updates) / runs
            progress(f"run {self._number + 1} of {runs}, update {self.updates + 1:,} of {updates:,}", share)
            self._update()
            if time.perf_counter() > deadline:
                break
            if self.updates in measured_after:
                self._measure()

    def results(self) -> Iterator[Trained]:
        """Measure for the last time, and yield what each contender has done."""
        self._measure()
        for learners, standings in zip(self._learners, self._standings, strict=True):
            seconds = median(value for learner in learners for value in learner.seconds)
            yield Trained(seconds, tuple(standings))

    def _update(self) -> None:
        """Let each network learn from the same new batch."""
        batch = self._task.draw_up_to(self._settings.longest, BATCH, self._training)
        for learners in self._learners:
            for learner in learners:
                learner.update(batch)
        self.updates += 1

    def _measure(self) -> None:
        """Ask, of each contender, the network that validation chooses; each time the same texts."""
        losses = [{learner: learner.loss(self._validation) for learner in learners} for learners in self._learners]
        chosen = [min(by_learner, key=by_learner.__getitem__) for by_learner in losses]
        correct = [[learner.correct(batch) for learner in chosen] for batch in self._tests()]
        for k, learner in enumerate(chosen):
            counts = tuple(at_distance[k] for at_distance in correct)
            self._standings[k].append(Standing(self.updates, learner.rate, losses[k][learner], counts))

    def _tests(self) -> Iterator[TaskBatch]:
        """Draw the texts that are asked, a batch a distance."""
        generator = Generator().manual_seed(self._test_seed)
        for distance in self._settings.distances:
            yield self._task.draw_at(distance, self._settings.texts, generator)
