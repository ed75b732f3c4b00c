"""Truncated back-propagation through time over a carried stream, with validation and early stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from seqchat.corpus.batches import NO_TARGET, Batch, Lanes
from seqchat.corpus.encoding import IdStream
from seqchat.errors import SeqchatError
from seqchat.evaluation.metrics import Metrics
from seqchat.evaluation.validation import validate
from seqchat.model.network import Network
from seqchat.training.averaging import WeightAverage
from seqchat.training.devices import choose_device, limit_memory, random_state, set_random_state, uses_bf16
from seqchat.training.distributed import Group
from seqchat.training.losses import FullSoftmax, SampledSoftmax, activation_penalty
from seqchat.training.settings import TrainingSettings
from seqchat.training.snapshot import Snapshot

Outcome = Literal["finished", "stopped early", "time is up", "interrupted"]
_FINAL_RATE = 0.1
_RECOVERIES = 3
_EXPLODING, _VANISHING = 100.0, 1e-6
# Below this size the full softmax is no slower (tests/benchmarks/training.py).
_SAMPLED_FROM = 8_000


@dataclass
class Counters:
    """Where a run stands; all of it is kept in a snapshot."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    reports: int = 0
    since_report: int = 0
    loss_since_report: float = 0.0
    steps_since_report: int = 0
    best_perplexity: float = math.inf
    reports_without_gain: int = 0
    recoveries: int = 0
    rate_scale: float = 1.0


@dataclass(frozen=True)
class StepInfo:
    """One optimizer step: mean loss per token, norm of the gradient before clipping, tokens trained on."""

    loss: float
    gradient_norm: float
    tokens: int


@dataclass(frozen=True)
class Notice:
    """One sentence about something a person should know of."""

    text: str


@dataclass(frozen=True)
class TrainingReport:
    """What is known after a stretch of training; `improved` says that the best perplexity so far was beaten.

    quality: of the best head; heads: of each.
    """

    epoch: float
    tokens: int
    seconds: float
    learning_rate: float
    training_loss: float
    quality: Metrics
    heads: dict[str, Metrics]
    improved: bool


class _Loss(nn.Module):
    """Network and loss as one module, so that DistributedDataParallel sees the whole backward pass."""

    def __init__(self, network: Network, settings: TrainingSettings) -> None:
        super().__init__()
        self.network = network
        self._settings = settings
        words = network.config.vocabulary_size
        sampled = settings.softmax == "sampled" or (settings.softmax == "auto" and words >= _SAMPLED_FROM)
        self._softmax = SampledSoftmax(words, settings.samples) if sampled else FullSoftmax()

    def forward(self, inputs: Tensor, state: Tensor, targets: Tensor, share: float) -> tuple[Tensor, Tensor, Tensor]:
        """Return the loss to minimise, the mean loss per token of the last head, and the new state."""
        run = self.network(inputs, state, targets)
        present = targets != NO_TARGET
        wanted = targets[present]
        losses = [self._softmax(self.network, features[present], wanted) for features in run.heads.values()]
        alpha, beta = self._settings.ar_alpha, self._settings.tar_beta
        penalties = [activation_penalty(activations, present, alpha, beta) for activations in run.stacks]
        return torch.stack(losses + penalties).sum() * share, losses[-1].detach(), run.state.detach()


class Trainer:
    """Trains a network; `run` yields steps, notices and reports, so that callers decide what to show and save."""

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        train: IdStream,
        validation: IdStream,
        suggestible: Tensor,
        *,
        group: Group | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.network, self.settings, self.train, self.validation = network, settings, train, validation
        self.suggestible, self.should_stop = suggestible, should_stop
        self.group = group or Group()
        self.counters = Counters()
        self.outcome: Outcome = "finished"
        limit_memory()
        self.device = choose_device(settings.device, self.group)
        network.to(self.device)
        self.average = WeightAverage(network)
        self._bf16 = uses_bf16(settings.precision, self.device)
        self._loss: nn.Module = _Loss(network, settings).to(self.device)
        if self.group.size > 1:
            self._loss = DistributedDataParallel(self._loss, broadcast_buffers=False)
        self._optimizer = _optimizer(network, settings)
        self._lanes = Lanes(
            train,
            settings.batch_size,
            settings.window,
            seed=settings.seed,
            full_window_share=settings.full_window_share,
        )
        self._mine = self.group.lanes(self._lanes.lanes)
        if self._mine.start == self._mine.stop:
            raise SeqchatError(
                f"There is work for {self._lanes.lanes} lanes, but {self.group.size} processes; use fewer, or a "
                f"larger batch."
            )
        self._state = network.initial_state(self._mine.stop - self._mine.start)
        self._perplexities: list[float] = []
        self._warned = False
        self.total_tokens = settings.epochs_for(train.targets) * train.targets
        self._report_every = min(settings.eval_interval, train.targets)
        torch.manual_seed(settings.seed + 1_000_003 * self.group.rank)
        self.good = self.snapshot()

    def run(self) -> Iterator[StepInfo | TrainingReport | Notice]:
        """Train until the epochs, the patience or the time limit end it."""
        self.network.train()
        started = time.monotonic() - self.counters.seconds
        batches = iter(self._lanes)
        while (ended := self._ended()) is None:
            info = self._step(next(batches))
            self.counters.seconds = self.group.mean(time.monotonic() - started)
            if not math.isfinite(info.gradient_norm):
                yield Notice(self._recover())
                batches = iter(self._lanes)
                continue
            yield info
            yield from self._warnings(info)
            if self.counters.since_report >= self._report_every or self._time_is_up():
                yield self._report()
                self.counters.seconds = self.group.mean(time.monotonic() - started)
        self.outcome = ended
        if ended != "interrupted" and self.counters.since_report:
            yield self._report()

    def progress(self) -> float:
        """Return the share of the run that is done, 0 to 1; it sets the learning rate."""
        share = self.counters.tokens / self.total_tokens
        if self.settings.time_limit is not None:
            share = max(share, self.counters.seconds / self.settings.time_limit)
        return min(share, 1.0)

    def learning_rate(self) -> float:
        """Return the rate at this point: constant for SGD, else linear warm-up and a cosine to a tenth of the peak."""
        peak = self.settings.learning_rate * self.counters.rate_scale
        if self.settings.optimizer == "sgd":
            return peak
        progress, warmup = self.progress(), self.settings.warmup
        if progress < warmup:
            return peak * max(progress / warmup, 0.01)
        cosine = 0.5 * (1 + math.cos(math.pi * (progress - warmup) / max(1 - warmup, 1e-9)))
        return peak * (_FINAL_RATE + (1 - _FINAL_RATE) * cosine)

    def snapshot(self) -> Snapshot:
        """Return all that `restore` needs; with several processes, all of them must call it together."""
        others = {
            "state": torch.cat(self.group.gather(self._state), dim=-2),
            "random": torch.stack(self.group.gather(random_state(self.device))),
        }
        others |= {f"average.{name}": mean for name, mean in self.average.mean.items()}
        values = {
            "settings": self.settings.to_json(),
            "counters": asdict(self.counters),
            "lanes": self._lanes.state(),
            "tokens": [len(self.train), len(self.validation)],
            "perplexities": list(self._perplexities),
            "average_steps": self.average.steps,
        }
        return Snapshot.take(self.network, self._optimizer, others, values)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of a run with the same network, settings and number of processes.

        Raises:
            SeqchatError: it is of another network or text.
        """
        if snapshot.values.get("tokens", []) != [len(self.train), len(self.validation)]:
            raise SeqchatError("The run to resume read another text than the one that is there.")
        snapshot.restore(self.network, self._optimizer)
        self._state = snapshot.tensors["state"][..., self._mine, :].to(self.device)
        random = snapshot.tensors["random"]
        set_random_state(random[min(self.group.rank, len(random) - 1)], self.device)
        self.average.mean = {n: t.to(self.device, copy=True) for n, t in snapshot.part("average.").items()}
        self.average.steps = snapshot.values["average_steps"]
        self.counters = Counters(**snapshot.values["counters"])
        self._perplexities = list(snapshot.values["perplexities"])
        self._lanes.restore(snapshot.values["lanes"])

    def resume(self, snapshot: Snapshot, good: Snapshot) -> None:
        """Go on from a snapshot; `good` is that of the last report before it, to go back to when the loss diverges.

        A learning rate or a clip other than the run had gets all its chances anew.

        Raises:
            SeqchatError: they are of another network or text.
        """
        self.good = good
        self.restore(snapshot)
        before = snapshot.values["settings"]
        if any(before[name] != getattr(self.settings, name) for name in ("learning_rate", "clip")):
            self.counters.rate_scale, self.counters.recoveries = 1.0, 0

    def _step(self, batch: Batch) -> StepInfo:
        rate = self.learning_rate()
        if self.settings.optimizer == "sgd":
            rate *= len(batch.inputs) / self.settings.window
        for parameters in self._optimizer.param_groups:
            parameters["lr"] = rate
        inputs, targets, fresh = (
            torch.from_numpy(a[..., self._mine]).to(self.device)
            for a in (batch.inputs, batch.targets, batch.reset_mask)
        )
        present = batch.targets != NO_TARGET
        tokens, mine = int(present.sum()), int(present[:, self._mine].sum())
        # Gradients are averaged over processes; weighted so, the average is that of all tokens of the batch.
        share = mine * self.group.size / tokens
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._bf16):
            state = self.network.reset(self._state, fresh)
            loss, token_loss, self._state = self._loss(inputs, state, targets, share)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip))
        if math.isfinite(norm):
            self._optimizer.step()
            self.average.update()
        mean_loss = self.group.mean(float(token_loss) * share)
        counters = self.counters
        counters.step += 1
        counters.tokens += tokens
        counters.since_report += tokens
        counters.loss_since_report += mean_loss
        counters.steps_since_report += 1
        return StepInfo(mean_loss, norm, tokens)

    def _report(self) -> TrainingReport:
        counters = self.counters
        with self.average.applied():
            heads = validate(self.network, self.validation, self.suggestible)
        quality = list(heads.values())[-1]
        # All processes decide by the same number, or some would stop and others wait for them.
        perplexity = self.group.mean(quality.perplexity)
        improved = perplexity < counters.best_perplexity
        # While SGD waits for its average, reports without a gain are what it waits for.
        waiting = self.settings.optimizer == "sgd" and not self.average.started
        self._maybe_average(perplexity)
        counters.best_perplexity = min(counters.best_perplexity, perplexity)
        counters.reports_without_gain = 0 if improved or waiting else counters.reports_without_gain + 1
        training_loss = counters.loss_since_report / max(counters.steps_since_report, 1)
        counters.reports += 1
        counters.since_report = counters.steps_since_report = 0
        counters.loss_since_report = 0.0
        self._warned = False
        self.good = self.snapshot()
        return TrainingReport(
            epoch=counters.tokens / self.train.targets,
            tokens=counters.tokens,
            seconds=counters.seconds,
            learning_rate=self.learning_rate(),
            training_loss=training_loss,
            quality=quality,
            heads=heads,
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
        if recoveries > _RECOVERIES:
            raise SeqchatError(
                f"The loss is no longer a number, and going back with half the learning rate did not help "
                f"{_RECOVERIES} times; try a lower --learning-rate or --clip."
            )
        self.restore(self.good)
        self.counters.recoveries, self.counters.rate_scale, self.counters.seconds = recoveries, scale, seconds
        return (
            f"The loss is no longer a number; back to {self.counters.tokens:,} tokens with "
            f"half the learning rate ({recoveries} of {_RECOVERIES} times)"
        )

    def _warnings(self, info: StepInfo) -> Iterator[Notice]:
        if self._warned:
            return
        if info.gradient_norm > _EXPLODING:
            self._warned = True
            yield Notice(f"The gradient explodes (norm {info.gradient_norm:.0f}); it is cut to {self.settings.clip:g}")
        elif info.gradient_norm < _VANISHING:
            self._warned = True
            yield Notice(f"The gradient vanishes (norm {info.gradient_norm:.1e}); nothing is learned any more")

    def _time_is_up(self) -> bool:
        limit = self.settings.time_limit
        return self.group.any(limit is not None and self.counters.seconds >= limit)

    def _ended(self) -> Outcome | None:
        if self.group.any(self.should_stop()):
            return "interrupted"
        if self._time_is_up():
            return "time is up"
        if self.counters.tokens >= self.total_tokens:
            return "finished"
        return "stopped early" if self.counters.reports_without_gain >= self.settings.patience else None


def _optimizer(network: Network, settings: TrainingSettings) -> torch.optim.Optimizer:
    if settings.optimizer == "sgd":
        return torch.optim.SGD(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    fused = network.output_bias.device.type in ("cpu", "cuda")
    return torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=fused
    )
