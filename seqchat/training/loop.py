"""Truncated back-propagation through time over a carried stream, with validation and early stopping."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from seqchat.corpus.batches import NO_TARGET, Batch
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.training_batches import TrainingBatches
from seqchat.errors import SeqchatError
from seqchat.evaluation.validation import validate, validate_sources
from seqchat.model.network import Network
from seqchat.training.averaging import WeightAverage
from seqchat.training.closing import COUNTING_SECONDS, MEASURING_SECONDS, closing_seconds, machine_factor, part
from seqchat.training.devices import (
    choose_device,
    prepare_memory,
    random_state,
    release_memory,
    set_random_state,
    uses_bf16,
)
from seqchat.training.distributed import Group
from seqchat.training.events import Counters, Notice, Outcome, StepInfo, TrainingReport
from seqchat.training.losses import TrainingLoss
from seqchat.training.recipe import learning_rate, optimizer
from seqchat.training.settings import TrainingSettings
from seqchat.training.snapshot import Snapshot

_MAX_RECOVERIES = 3
# The first report comes after so many tokens, or seconds.
_FIRST_REPORT, _FIRST_SECONDS = 100_000, 60.0
_STEPS_TO_RELEASE = 50
_EXPLODING, _VANISHING = 100.0, 1e-6
# A time limit leaves the end of a run no more than this share of it.
_MOST_CLOSING = 0.5
# If the reports alone would take a larger share, less is validated on; how long it takes is tried on so many tokens.
_MOST_READING, _TRIED_TOKENS = 0.3, 1_000


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
        self.network, self.settings, self.train, self.validation = network, settings, train, validation
        self.suggestible, self.should_stop = suggestible, should_stop
        self.sources = sources or {"": validation}
        self.group = group or Group()
        self.counters = Counters()
        self.outcome: Outcome = "finished"
        prepare_memory()
        self.device = choose_device(settings.device, self.group)
        network.to(self.device)
        self.average = WeightAverage(network)
        self._bf16 = uses_bf16(settings.precision, self.device)
        loss = TrainingLoss(network, settings, teacher.to(self.device) if teacher else None).to(self.device)
        self._initial_state = loss.initial_state
        self._loss = self._parallel(loss)
        self._optimizer = optimizer(network, settings)
        self._batches = self._reader(group_short=self.group.size == 1)
        self._mine = self._own_lanes()
        self._state = self._initial_state(self._mine.stop - self._mine.start)
        self._perplexities: list[float] = []
        self._warned = False
        self.report_seconds = self._started = self._began = self._worked = 0.0
        self._lengths = [len(train), len(validation)]
        self.total_tokens = settings.epochs_for(train.targets) * train.targets
        self._eval_interval = min(settings.eval_interval, train.targets)
        torch.manual_seed(settings.seed + 1_000_003 * self.group.rank)
        self.good = self.snapshot()

    def _parallel(self, loss: nn.Module) -> nn.Module:
        if self.group.size == 1:
            return loss
        with warnings.catch_warnings():
            # Newer versions have another name for this, which older ones do not know.
            warnings.simplefilter("ignore", FutureWarning)
            return DistributedDataParallel(loss, broadcast_buffers=False)

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
        self._started = self._began = time.monotonic()
        self._started -= self.counters.seconds
        self._worked = time.process_time()
        batches = iter(self._batches)
        while (ended := self._ended()) is None:
            batch = next(batches)
            if not batch.learned_mask.any():
                self._read(batch)
                continue
            info = self._step(batch)
            self._count_seconds()
            if not math.isfinite(info.gradient_norm):
                yield Notice(self._recover())
                batches = iter(self._batches)
                continue
            if self.counters.step % _STEPS_TO_RELEASE == 0:
                release_memory()
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
        passed, worked = time.monotonic() - self._began, time.process_time() - self._worked
        return max(passed / worked, 1.0) if worked > 0 and self.device.type == "cpu" else 1.0

    def seconds_left(self) -> float | None:
        """Return how much of the time limit is left, less than nothing if it is over; None without a limit."""
        limit = self.settings.time_limit
        return None if limit is None else limit - (time.monotonic() - self._started)

    def _count_seconds(self) -> None:
        self.counters.seconds = self.group.mean(time.monotonic() - self._started)

    def progress(self) -> float:
        """Return the share of the run that is done, 0 to 1; it sets the learning rate."""
        share = self.counters.tokens / self.total_tokens if self.total_tokens else 1.0
        if self.settings.time_limit is not None:
            share = max(share, self.counters.seconds / self._seconds_to_train(self.settings.time_limit))
        return min(share, 1.0)

    def _seconds_to_train(self, limit: float) -> float:
        """Return how much of a time limit is for training; the rest is for the end of the run."""
        counting = COUNTING_SECONDS * min(len(self.train), self.settings.ngram_words) * bool(self.settings.ngrams)
        reading = self._seconds_to_read(self.report_seconds or self._expected_report())
        reading = reading if self.report_seconds else min(reading, _MOST_READING * limit)
        working = (counting + MEASURING_SECONDS) * self.slowdown * machine_factor()
        return limit - min(reading + working, _MOST_CLOSING * limit)

    def _seconds_to_read(self, report: float) -> float:
        """Return how long the last report and what follows it take, given how long a report takes."""
        tokens = self.validation.targets
        return report + closing_seconds(tokens, report / max(tokens, 1))

    def _expected_report(self) -> float:
        """Return how long the first report will take: about as long as to learn as many tokens."""
        seconds_per_token = self.counters.seconds / max(self.counters.tokens, 1)
        return seconds_per_token * self.validation.targets

    def learning_rate(self) -> float:
        """Return the rate at this point of the run."""
        return learning_rate(self.settings, self.progress()) * self.counters.rate_scale

    def snapshot(self) -> Snapshot:
        """Return everything that `restore` needs; with several processes, all of them must call it together."""
        others = {
            "state": torch.cat(self.group.gather(self._state), dim=-2),
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
        return Snapshot.take(self.network, self._optimizer, others, values)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of a run with the same network, settings and number of processes.

        Raises:
            SeqchatError: it belongs to another network or text.
        """
        if snapshot.values.get("tokens", []) != self._lengths:
            raise SeqchatError("The run to resume was trained on a different text; to go on with that, use --from.")
        snapshot.restore(self.network, self._optimizer)
        # Runs of versions without batches of short dialogs go on without them.
        self._batches = self._reader(group_short=bool(snapshot.values["lanes"].get("short")))
        self._mine = self._own_lanes()
        self._state = snapshot.tensors["state"][..., self._mine, :].to(self.device)
        random = snapshot.tensors["random"]
        set_random_state(random[min(self.group.rank, len(random) - 1)], self.device)
        self.average.mean = {n: t.to(self.device, copy=True) for n, t in snapshot.part("average.").items()}
        self.average.steps = snapshot.values["average_steps"]
        if snapshot.values["counters"].get("validated_share", 1.0) < self.counters.validated_share:
            self._validate_on(snapshot.values["counters"]["validated_share"])
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
        self._set_learning_rate(len(batch.inputs))
        learned_mask = batch.learned_mask
        learned, mine = int(learned_mask.sum()), int(learned_mask[:, self._columns(batch)].sum())
        # Gradients are averaged over processes; with these weights, it is the average over all tokens that are learned.
        share = mine * self.group.size / learned
        loss, token_loss = self._forward(batch, share)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        most = self.settings.clip or math.inf
        norm = float(torch.nn.utils.clip_grad_norm_(self.network.parameters(), most))
        if math.isfinite(norm):
            self._optimizer.step()
            self.average.update()
        mean_loss = self.group.mean(float(token_loss) * share)
        tokens = int((batch.targets != NO_TARGET).sum())
        self.counters.count_step(tokens, mean_loss, norm)
        return StepInfo(mean_loss, norm, min(norm, most), tokens)

    @torch.no_grad()
    def _read(self, batch: Batch) -> None:
        """Read a batch of which nothing is learned, for the state after it."""
        if batch.carried:
            self._forward(batch, 0.0)
        self.counters.count_read(int((batch.targets != NO_TARGET).sum()))

    def _set_learning_rate(self, window: int) -> None:
        """Set the rate of a step over this many words; that of SGD is smaller for a shorter window."""
        rate = self.learning_rate()
        if self.settings.optimizer == "sgd":
            rate *= window / self.settings.window
        for parameters in self._optimizer.param_groups:
            parameters["lr"] = rate

    def _forward(self, batch: Batch, share: float) -> tuple[Tensor, Tensor]:
        """Read this process's part of a batch; return the loss to minimise, and the mean loss per token."""
        inputs, targets, reset_mask, learned_mask = (
            torch.from_numpy(a[..., self._columns(batch)]).to(self.device)
            for a in (batch.inputs, batch.targets, batch.reset_mask, batch.learned_mask)
        )
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._bf16):
            before = self._state if batch.carried else self._initial_state(len(reset_mask))
            state = self.network.reset(before, reset_mask)
            loss, token_loss, after = self._loss(inputs, state, targets, learned_mask, share)
        if batch.carried:
            self._state = after
        return loss, token_loss

    def _columns(self, batch: Batch) -> slice:
        """Return which columns of a batch this process reads."""
        return self._mine if batch.carried else slice(None)

    def _fit_validation(self) -> None:
        """Before the first report, choose how much of the validation text a time limit leaves time for."""
        limit = self.settings.time_limit
        if limit is None or self.counters.reports:
            return
        tried = part(self.validation, _TRIED_TOKENS / self.validation.targets)
        began, worked = time.monotonic(), time.process_time()
        validate(self.network, tried, self.suggestible)
        # On a busy machine, a moment may be a lucky one.
        passed = max(time.monotonic() - began, (time.process_time() - worked) * self.slowdown)
        seconds = self.group.mean(passed) * self.validation.targets / tried.targets
        needed = self._seconds_to_read(seconds)
        if needed > _MOST_READING * limit:
            self._validate_on(self.counters.validated_share * _MOST_READING * limit / needed)

    def _validate_on(self, share: float) -> None:
        """Read only a share of the validation text from now on, in this run and where it is resumed."""
        self.validation = part(self.validation, share / self.counters.validated_share)
        self.sources = {n: part(text, share / self.counters.validated_share) for n, text in self.sources.items()}
        self.counters.validated_share = share

    def _report(self) -> TrainingReport:
        """Validate, and start to count for the next report."""
        self._fit_validation()
        began = time.monotonic()
        with self.average.applied():
            measured = validate_sources(self.network, self.sources, self.suggestible)
        self.report_seconds = time.monotonic() - began
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
        limit = self.settings.time_limit
        return self.group.any(limit is not None and self.counters.seconds >= self._seconds_to_train(limit))

    def _asked_to_stop(self) -> bool:
        """Whether to stop; a run that is paused waits here for the answer, and that time does not count."""
        began = time.monotonic()
        asked = self.group.any(self.should_stop())
        paused = time.monotonic() - began
        self._started += paused
        self._began += paused
        return asked

    def _ended(self) -> Outcome | None:
        if self._asked_to_stop():
            return "interrupted"
        if self._time_is_up():
            return "time is up"
        if self.counters.tokens >= self.total_tokens:
            return "finished"
        return "stopped early" if self.counters.reports_without_gain >= self.settings.patience else None
