"""Truncated back-propagation through time over a carried stream, with validation and early stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from seqchat.corpus.encoding import NO_TARGET, Batch, IdStream, Lanes
from seqchat.evaluation.quality import Quality, measure, reset_fresh
from seqchat.model.network import FusedState, Network
from seqchat.training.settings import Precision, TrainingSettings
from seqchat.training.snapshot import Snapshot

Outcome = Literal["finished", "stopped early", "time is up", "interrupted"]
_FINAL_RATE = 0.1


@dataclass
class Counters:
    """Where a run stands; all of it is kept in a snapshot."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    reports: int = 0
    since_report: int = 0
    best_perplexity: float = math.inf
    reports_without_gain: int = 0


@dataclass(frozen=True)
class StepInfo:
    """One optimizer step: mean loss per token, norm of the gradient before clipping, tokens trained on."""

    loss: float
    gradient_norm: float
    tokens: int


@dataclass(frozen=True)
class Report:
    """What is known after a stretch of training; `improved` says that the best perplexity so far was beaten."""

    epoch: float
    tokens: int
    seconds: float
    learning_rate: float
    training_loss: float
    quality: Quality
    improved: bool


@dataclass
class Trainer:
    """Trains a network; `run` yields each step and each report, so that callers decide what to show and save."""

    network: Network
    settings: TrainingSettings
    train: IdStream
    validation: IdStream
    suggestible: Tensor
    should_stop: Callable[[], bool] = lambda: False
    counters: Counters = field(default_factory=Counters)
    outcome: Outcome = "finished"

    def __post_init__(self) -> None:
        settings = self.settings
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self._lanes = Lanes(self.train, settings.batch_size, settings.window, seed=settings.seed)
        self._states: list[FusedState] | None = None
        self._bf16 = uses_bf16(settings.precision)
        self.total_tokens = settings.epochs_for(self.train.targets) * self.train.targets
        self._report_every = min(settings.report_words, self.train.targets)

    def run(self) -> Iterator[StepInfo | Report]:
        """Train until the epochs, the patience or the time limit end it; the last thing yielded is a report."""
        self.network.train()
        losses: list[float] = []
        started = time.monotonic() - self.counters.seconds
        for batch in self._lanes:
            info = self._step(batch)
            counters = self.counters
            counters.step += 1
            counters.tokens += info.tokens
            counters.since_report += info.tokens
            counters.seconds = time.monotonic() - started
            losses.append(info.loss)
            yield info
            ended = self._ended()
            if ended or counters.since_report >= self._report_every:
                report = self._report(sum(losses) / len(losses))
                counters.seconds = time.monotonic() - started
                losses = []
                ended = ended or ("stopped early" if self._out_of_patience() else None)
                if ended:
                    self.outcome = ended
                yield report
            if ended:
                return

    def progress(self) -> float:
        """Return the share of the run that is done, 0 to 1; it sets the learning rate."""
        share = self.counters.tokens / self.total_tokens
        if self.settings.time_limit is not None:
            share = max(share, self.counters.seconds / self.settings.time_limit)
        return min(share, 1.0)

    def learning_rate(self) -> float:
        """Return the rate at this point: linear warm-up, then a cosine down to a tenth of the peak."""
        progress, warmup = self.progress(), self.settings.warmup
        if progress < warmup:
            return self.settings.learning_rate * max(progress / warmup, 0.01)
        cosine = 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))
        return self.settings.learning_rate * (_FINAL_RATE + (1 - _FINAL_RATE) * cosine)

    def snapshot(self) -> Snapshot:
        """Return all that `restore` needs."""
        values = {
            "settings": self.settings.to_json(),
            "counters": asdict(self.counters),
            "lanes": self._lanes.state(),
        }
        return Snapshot.take(self.network, self._optimizer, _flatten(self._states), values)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of a run with the same network and settings."""
        tensors = snapshot.restore(self.network, self._optimizer)
        parts = 2 if self.network.config.cell == "lstm" else 1
        groups = [tensors[i : i + parts] for i in range(0, len(tensors), parts)]
        self._states = [tuple(g) if parts == 2 else g[0] for g in groups] or None
        self.counters = Counters(**snapshot.values["counters"])
        self._lanes.restore(snapshot.values["lanes"])

    def _step(self, batch: Batch) -> StepInfo:
        for group in self._optimizer.param_groups:
            group["lr"] = self.learning_rate()
        targets = torch.from_numpy(batch.targets)
        present = targets != NO_TARGET
        states = reset_fresh(self._states, torch.from_numpy(batch.fresh))
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bf16):
            features, self._states = self.network(torch.from_numpy(batch.inputs), states)
            logits = self.network.logits(features[present])
        loss = cross_entropy(logits.float(), targets[present])
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip)
        self._optimizer.step()
        return StepInfo(float(loss.detach()), float(norm), int(present.sum()))

    def _report(self, training_loss: float) -> Report:
        counters = self.counters
        quality = measure(self.network, self.validation, self.suggestible)
        improved = quality.perplexity < counters.best_perplexity
        counters.best_perplexity = min(counters.best_perplexity, quality.perplexity)
        counters.reports_without_gain = 0 if improved else counters.reports_without_gain + 1
        counters.reports += 1
        counters.since_report = 0
        return Report(
            epoch=counters.tokens / self.train.targets,
            tokens=counters.tokens,
            seconds=counters.seconds,
            learning_rate=self.learning_rate(),
            training_loss=training_loss,
            quality=quality,
            improved=improved,
        )

    def _out_of_patience(self) -> bool:
        return self.counters.reports_without_gain >= self.settings.patience

    def _ended(self) -> Outcome | None:
        if self.should_stop():
            return "interrupted"
        limit = self.settings.time_limit
        if limit is not None and self.counters.seconds >= limit:
            return "time is up"
        return "finished" if self.counters.tokens >= self.total_tokens else None


def uses_bf16(precision: Precision) -> bool:
    """Whether to multiply in bfloat16: as asked, or where this processor does it in hardware."""
    if precision == "auto":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return precision == "bf16"


def _flatten(states: list[FusedState] | None) -> list[Tensor]:
    return [t for s in states or [] for t in (s if isinstance(s, tuple) else (s,))]
