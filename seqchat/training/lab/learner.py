"""A small network that learns the memory test at one learning rate."""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from seqchat.model.network import build
from seqchat.training.lab.contenders import LabNetwork
from seqchat.training.lab.task import PRONOUNS, WORDS, TaskBatch

_CLIP = 1.0
# Texts that are read at a time without learning, to bound memory at long distances
_READ_AT_ONCE = 250
_HE, _SHE = (WORDS.index(word) for word in PRONOUNS)


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
        """Return the logits [batch, words] of the word after each text."""
        count = len(batch.answers)
        run = self.network(batch.ids, self.network.initial_state(count), batch.ids)
        features: Tensor = run.heads["forward"]
        return self.network.logits(features[batch.lengths - 1, torch.arange(count)])
