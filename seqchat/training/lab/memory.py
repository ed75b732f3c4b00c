"""The memory test: networks of several cells learn the same texts and are asked at every distance.

All networks of a run are trained in turns, an update each on the same batch. So all of them have had the same number of
updates whenever the run ends, and other load of the machine slows all of them alike. Nothing is tuned for one cell:
each network learns with every one of a few learning rates, and the one with the lowest loss on validation texts is
measured on other texts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
from torch import Generator

from seqchat.errors import SeqchatError
from seqchat.model.threads import one_thread
from seqchat.progress import SILENT, Progress
from seqchat.training.lab.contenders import contenders
from seqchat.training.lab.learner import Learner
from seqchat.training.lab.results import MemoryReport, MemoryResult, Standing, Trained, milestones
from seqchat.training.lab.settings import BATCH, RATES, LabSettings
from seqchat.training.lab.task import PRONOUNS, MemoryTask, TaskBatch, as_text

CHANCE = 1 / len(PRONOUNS)
_VALIDATION_TEXTS = 500


def run_memory_test(
    settings: LabSettings, progress: Progress = SILENT, should_stop: Callable[[], bool] = lambda: False
) -> MemoryReport:
    """Train and measure; when asked to stop before any run has ended, measure what has been learned so far.

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
                report.add(run.updates, run.results())
            if should_stop():
                report.stopped = not complete or number + 1 < settings.runs
                break
    if not report.updates:
        raise SeqchatError("It was stopped before the first update, so nothing was measured.")
    report.seconds = time.perf_counter() - began
    return report


def example(settings: LabSettings, distance: int) -> str:
    """Return a text of a distance, with its answer, as the networks get them."""
    task = MemoryTask(settings.subjects, settings.mixture)
    return as_text(task.draw_at(distance, 1, Generator().manual_seed(settings.seed)), 0)


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
        """Update all networks as often as the settings say, or until it is asked to stop or time is up."""
        runs, updates = self._settings.runs, self._settings.updates
        measured_after = milestones(updates)
        while self.updates < updates and not should_stop():
            share = (self._number + self.updates / updates) / runs
            progress.progress(f"run {self._number + 1} of {runs}, update {self.updates + 1:,} of {updates:,}", share)
            self._update()
            if time.perf_counter() > deadline:
                break
            if self.updates in measured_after:
                self._measure()

    def results(self) -> Iterator[Trained]:
        """Measure for the last time, and yield the results of each contender."""
        chosen = self._measure()
        for learners, learner, standings in zip(self._learners, chosen, self._standings, strict=True):
            seconds = median(value for learner in learners for value in learner.seconds)
            yield Trained(seconds, tuple(standings), learner.network.state_dict())

    def _update(self) -> None:
        """Let each network learn from the same new batch."""
        batch = self._task.draw_up_to(self._settings.longest, BATCH, self._training)
        for learners in self._learners:
            for learner in learners:
                learner.update(batch)
        self.updates += 1

    def _measure(self) -> list[Learner]:
        """Test the network of each contender that validation chooses, each time on the same texts; return them."""
        losses = [{learner: learner.loss(self._validation) for learner in learners} for learners in self._learners]
        chosen = [min(by_learner, key=by_learner.__getitem__) for by_learner in losses]
        correct = [[learner.correct(batch) for learner in chosen] for batch in self._tests()]
        for k, learner in enumerate(chosen):
            counts = tuple(at_distance[k] for at_distance in correct)
            self._standings[k].append(Standing(self.updates, learner.rate, losses[k][learner], counts))
        return chosen

    def _tests(self) -> Iterator[TaskBatch]:
        """Draw the texts of the test, one batch for each distance."""
        generator = Generator().manual_seed(self._test_seed)
        for distance in self._settings.distances:
            yield self._task.draw_at(distance, self._settings.texts, generator)
