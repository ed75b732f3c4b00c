"""What a trainer counts and tells: its counters, and the steps, notices and reports that it yields."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from seqchat.evaluation.metrics import Metrics

Outcome = Literal["finished", "stopped early", "time is up", "interrupted"]


@dataclass
class Counters:
    """The progress of a run; all of it is kept in a snapshot."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    reports: int = 0
    since_report: int = 0
    loss_since_report: float = 0.0
    steps_since_report: int = 0
    gradient_norms_since_report: float = 0.0
    best_perplexity: float = math.inf
    reports_without_gain: int = 0
    recoveries: int = 0
    rate_scale: float = 1.0
    # The share of the validation text that is read, where a time limit leaves no time for all of it
    validated_share: float = 1.0

    @property
    def mean_loss(self) -> float:
        """The mean loss of the steps since the last report."""
        return self.loss_since_report / max(self.steps_since_report, 1)

    @property
    def mean_gradient_norm(self) -> float:
        """The mean norm of the gradient, before clipping, in the steps since the last report."""
        return self.gradient_norms_since_report / max(self.steps_since_report, 1)

    def count_step(self, tokens: int, loss: float, gradient_norm: float) -> None:
        """Count a step over this many tokens with a mean loss and a norm of the gradient before clipping."""
        self.step += 1
        self.loss_since_report += loss
        self.gradient_norms_since_report += gradient_norm
        self.steps_since_report += 1
        self.count_read(tokens)

    def count_read(self, tokens: int) -> None:
        """Count tokens that were read."""
        self.tokens += tokens
        self.since_report += tokens

    def count_report(self, perplexity: float, *, waiting: bool) -> bool:
        """Count a report, and return whether it is the best so far; `waiting`: it need not be."""
        improved = perplexity < self.best_perplexity
        self.best_perplexity = min(self.best_perplexity, perplexity)
        self.reports_without_gain = 0 if improved or waiting else self.reports_without_gain + 1
        self.reports += 1
        self.since_report = self.steps_since_report = 0
        self.loss_since_report = self.gradient_norms_since_report = 0.0
        return improved


@dataclass(frozen=True)
class StepInfo:
    """One optimizer step: mean loss per token, norm of the gradient before and after clipping, tokens trained on."""

    loss: float
    gradient_norm: float
    clipped_norm: float
    tokens: int


@dataclass(frozen=True)
class Notice:
    """One sentence about something a person should know."""

    text: str


@dataclass(frozen=True)
class TrainingReport:
    """The result of a validation; `improved`: the perplexity is the best so far.

    gradient_norm: the mean before clipping, since the last report; quality: of the best head; heads: of each; sources:
    of each source of the text, by the best head.
    """

    epoch: float
    tokens: int
    seconds: float
    learning_rate: float
    training_loss: float
    gradient_norm: float
    quality: Metrics
    heads: dict[str, Metrics]
    sources: dict[str, Metrics]
    improved: bool
