"""Truncated back-propagation through time over a carried stream, with validation and early stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict

import torch
from torch import Tensor

from seqchat import heap
from seqchat.corpus.batches import NO_TARGET, Batch
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.training_batches import TrainingBatches
from seqchat.errors import SeqchatError
from seqchat.model.network import Network
from seqchat.training.devices import random_state, set_random_state
from seqchat.training.distributed import Group
from seqchat.training.events import Counters, Notice, Outcome, StepInfo, TrainingReport
from seqchat.training.learner import Learner
from seqchat.training.recipe import learning_rate
from seqchat.training.reporting import ValidationText
from seqchat.training.schedule import Clock, seconds_to_read, seconds_to_train, share_done
from seqchat.training.settings import TrainingSettings
from seqchat.training.snapshot import Snapshot

_MAX_RECOVERIES = 3
# The first report comes after so many tokens, or seconds.
_FIRST_REPORT, _FIRST_SECONDS = 100_000, 60.0
_STEPS_TO_RELEASE = 50
_EXPLODING, _VANISHING = 100.0, 1e-6


class Trainer:
    """Trains a network; `run` yields steps, notices and reports, and callers decide what to show and save."""

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        train: IdStream,
        validation: IdStream,
        suggestible: Tensor,
        *,
        sources: Mapping[str, IdStream] | None = None,
        group: Group | None = None,
        should_stop: Callable[[], bool] = lambda: False,
        teacher: Network | None = None,
    ) -> None:
        """Take the network and its text; sources: the parts of `validation` by the source they are from; teacher: as in
        `TrainingLoss`."""
        self.network, self.settings, self.train, self.should_stop = network, settings, train, should_stop
        self.text = ValidationText(validation, sources, suggestible)
        self.group = group or Group()
        self.counters = Counters()
        self.clock = Clock()
        self.outcome: Outcome = "finished"
        self.learner = Learner(network, settings, self.group, teacher)
        self.average, self.device = self.learner.average, self.learner.device
        self._batches = self._reader(group_short=self.group.size == 1)
        self.learner.begin(self._own_lanes())
        self._perplexities: list[float] = []
        self._warned = False
        self._lengths = [len(train), len(validation)]
        self.total_tokens = settings.epochs_for(train.targets) * train.targets
        self._eval_interval = min(settings.eval_interval, train.targets)
        torch.manual_seed(settings.seed + 1_000_003 * self.group.rank)
        self.good = self.snapshot()

    @property
    def validation(self) -> IdStream:
        """The text that reports measure."""
        return self.text.stream

    @property
    def suggestible(self) -> Tensor:
        """Which words may be suggested: bool [vocabulary]."""
        return self.text.suggestible

    @property
    def report_seconds(self) -> float:
        """How long the last report took, 0 before the first."""
        return self.text.seconds

    def _reader(self, *, group_short: bool) -> TrainingBatches:
        return TrainingBatches(
            self.train,
            self.settings.batch_size,
            self.settings.window,
            seed=self.settings.seed,
            full_window_share=self.settings.full_window_share,
            group_short=group_short,
        )

    def _own_lanes(self) -> slice:
        """Return which of the dialogs that are read side by side are this process's."""
        mine = self.group.lanes(self._batches.lanes)
        if mine.start == mine.stop:
            raise SeqchatError(
                f"The text fills {self._batches.lanes} lanes, too few for {self.group.size} processes; use fewer, or a "
                "larger batch."
            )
        return mine

    def run(self) -> Iterator[StepInfo | TrainingReport | Notice]:
        """Train until the epochs, the patience or the time limit are used up."""
        self.network.train()
        self.clock.start(self.counters.seconds)
        batches = iter(self._batches)
        while (ended := self._ended()) is None:
            batch = next(batches)
            if not batch.learned_mask.any():
                self.learner.read(batch)
                self.counters.count_read(int((batch.targets != NO_TARGET).sum()))
                continue
            info = self._step(batch)
            self._count_seconds()
            if not math.isfinite(info.gradient_norm):
                yield Notice(self._recover())
                batches = iter(self._batches)
                continue
            if self.counters.step % _STEPS_TO_RELEASE == 0:
                heap.release()
            yield info
            yield from self._warnings(info)
            if self._report_is_due():
                yield self._report()
                self._count_seconds()
        self.outcome = ended
        if ended != "interrupted" and self.counters.since_report:
            yield self._report()

    def _report_is_due(self) -> bool:
        """Whether it is time for a report; the first one comes early, to show that it learns."""
        since, first = self.counters.since_report, not self.counters.reports
        early = first and (since >= _FIRST_REPORT or self.group.any(self.counters.seconds >= _FIRST_SECONDS))
        return early or since >= self._eval_interval or self._time_is_up()

    @property
    def slowdown(self) -> float:
        """How many times longer than on an idle machine everything takes, 1 at least."""
        return self.clock.slowdown if self.device.type == "cpu" else 1.0

    def seconds_left(self) -> float | None:
        """Return how much of the time limit is left, less than nothing if it is over; None without a limit."""
        limit = self.settings.time_limit
        return None if limit is None else limit - self.clock.passed

    def _count_seconds(self) -> None:
        self.counters.seconds = self.group.mean(self.clock.passed)

    def progress(self) -> float:
        """Return the share of the run that is done, 0 to 1; it sets the learning rate."""
        return share_done(self.counters, self.total_tokens, self._seconds_to_train())

    def _seconds_to_train(self) -> float | None:
        """Return how much of the time limit is for training; None without a limit."""
        limit, counters = self.settings.time_limit, self.counters
        if limit is None:
            return None
        targets, expected = self.validation.targets, not self.report_seconds
        # The first report takes about as long as to learn as many tokens.
        report = counters.seconds / max(counters.tokens, 1) * targets if expected else self.report_seconds
        reading = seconds_to_read(targets, report)
        return seconds_to_train(self.settings, limit, self.train, reading, self.slowdown, expected=expected)

    def learning_rate(self) -> float:
        """Return the rate at this point of the run."""
        return learning_rate(self.settings, self.progress()) * self.counters.rate_scale

    def snapshot(self) -> Snapshot:
        """Return everything that `restore` needs; with several processes, all of them must call it together."""
        others = {
            "state": torch.cat(self.group.gather(self.learner.state), dim=-2),
            "random": torch.stack(self.group.gather(random_state(self.device))),
        }
        others |= {f"average.{name}": mean for name, mean in self.average.mean.items()}
        values = {
            "settings": self.settings.to_json(),
            "counters": asdict(self.counters),
            "lanes": self._batches.state(),
            "tokens": self._lengths,
            "perplexities": list(self._perplexities),
            "average_steps": self.average.steps,
        }
        return Snapshot.take(self.network, self.learner.optimizer, others, values)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of a run with the same network, settings and number of processes.

        Raises:
            SeqchatError: it belongs to another network or text.
        """
        if snapshot.values.get("tokens", []) != self._lengths:
            raise SeqchatError("The run to resume was trained on a different text; to go on with that, use --from.")
        snapshot.restore(self.network, self.learner.optimizer)
        # Runs of versions without batches of short dialogs go on without them.
        self._batches = self._reader(group_short=bool(snapshot.values["lanes"].get("short")))
        self.learner.begin(self._own_lanes(), snapshot.tensors["state"])
        random = snapshot.tensors["random"]
        set_random_state(random[min(self.group.rank, len(random) - 1)], self.device)
        self.average.mean = {n: t.to(self.device, copy=True) for n, t in snapshot.part("average.").items()}
        self.average.steps = snapshot.values["average_steps"]
        if snapshot.values["counters"].get("validated_share", 1.0) < self.counters.validated_share:
            self.text.read_only(snapshot.values["counters"]["validated_share"])
        self.counters = Counters(**snapshot.values["counters"])
        self._perplexities = list(snapshot.values["perplexities"])
        self._batches.restore(snapshot.values["lanes"])

    def resume(self, snapshot: Snapshot, good: Snapshot) -> None:
        """Continue from a snapshot; `good` is that of the last report before it, to go back to when the loss diverges.

        With another learning rate or clip than before, the recoveries are counted from zero again.

        Raises:
            SeqchatError: they belong to another network or text.
        """
        self.good = good
        self.restore(snapshot)
        before = snapshot.values["settings"]
        if any(before[name] != getattr(self.settings, name) for name in ("learning_rate", "clip")):
            self.counters.rate_scale, self.counters.recoveries = 1.0, 0

    def _step(self, batch: Batch) -> StepInfo:
        rate = self.learning_rate()
        if self.settings.optimizer == "sgd":
            # That of SGD is smaller for a shorter window.
            rate *= len(batch.inputs) / self.settings.window
        info = self.learner.learn(batch, rate)
        self.counters.count_step(info.tokens, info.loss, info.gradient_norm)
        return info

    def _report(self) -> TrainingReport:
        """Validate, and start to count for the next report."""
        if self.settings.time_limit is not None and not self.counters.reports:
            self.text.fit(self.network, self.settings.time_limit, self.slowdown, self.group)
            self.counters.validated_share = self.text.share
        measured = self.text.measure(self.network, self.average)
        quality = list(measured.heads.values())[-1]
        # All processes decide by the same number; otherwise some would stop while others wait for them.
        perplexity = self.group.mean(quality.perplexity)
        # While SGD waits for its average, reports without improvement are what it waits for.
        waiting = self.settings.optimizer == "sgd" and not self.average.started
        self._maybe_average(perplexity)
        counters = self.counters
        training_loss, gradient_norm = counters.mean_loss, counters.mean_gradient_norm
        improved = counters.count_report(perplexity, waiting=waiting)
        self._warned = False
        self.good = self.snapshot()
        return TrainingReport(
            epoch=counters.tokens / self.train.targets,
            tokens=counters.tokens,
            seconds=counters.seconds,
            learning_rate=self.learning_rate(),
            training_loss=training_loss,
            gradient_norm=gradient_norm,
            quality=quality,
            heads=measured.heads,
            sources=measured.sources,
            improved=improved,
        )

    def _maybe_average(self, perplexity: float) -> None:
        """Start averaging the weights of SGD once a report is worse than the best before the last few (NT-ASGD)."""
        earlier = self._perplexities[: -self.settings.non_monotonic or None]
        if self.settings.optimizer == "sgd" and not self.average.started and earlier and perplexity > min(earlier):
            self.average.start()
        self._perplexities.append(perplexity)

    def _recover(self) -> str:
        """Go back to the last good state with half the learning rate."""
        counters = self.counters
        recoveries, scale, seconds = counters.recoveries + 1, counters.rate_scale / 2, counters.seconds
        if recoveries > _MAX_RECOVERIES:
            raise SeqchatError(
                f"The loss is no longer a number, and going back with half the learning rate did not help "
                f"{_MAX_RECOVERIES} times; try a lower --learning-rate or --clip."
            )
        self.restore(self.good)
        self.counters.recoveries, self.counters.rate_scale, self.counters.seconds = recoveries, scale, seconds
        return (
            f"The loss is no longer a number; back to {self.counters.tokens:,} tokens with "
            f"half the learning rate ({recoveries} of {_MAX_RECOVERIES} times)"
        )

    def _warnings(self, info: StepInfo) -> Iterator[Notice]:
        if self._warned:
            return
        if info.gradient_norm > _EXPLODING:
            self._warned = True
            clip = self.settings.clip
            cut = f"it is cut to {clip:g}" if clip else "nothing cuts it, as --clip is 0"
            yield Notice(f"The gradient explodes (norm {info.gradient_norm:.0f}); {cut}")
        elif info.gradient_norm < _VANISHING:
            self._warned = True
            yield Notice(f"The gradient vanishes (norm {info.gradient_norm:.1e}); the network no longer learns")

    def _time_is_up(self) -> bool:
        seconds = self._seconds_to_train()
        return self.group.any(seconds is not None and self.counters.seconds >= seconds)

    def _asked_to_stop(self) -> bool:
        """Whether to stop; a run that is paused waits here for the answer, and that time does not count."""
        began = time.monotonic()
        asked = self.group.any(self.should_stop())
        self.clock.stand(time.monotonic() - began)
        return asked

    def _ended(self) -> Outcome | None:
        if self._asked_to_stop():
            return "interrupted"
        if self._time_is_up():
            return "time is up"
        if self.counters.tokens >= self.total_tokens:
            return "finished"
        return "stopped early" if self.counters.reports_without_gain >= self.settings.patience else None
