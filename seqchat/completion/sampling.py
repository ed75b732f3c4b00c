"""How continuations are drawn: temperature, top-k, top-p, min-p and a penalty for repetition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from seqchat.corpus.vocabulary import TURN_ID
from seqchat.errors import SeqchatError

Stop = Literal["turn", "sentence"]

# This many words mostly contain top-p; sorting all takes longer than everything else.
_MAX_SORTED = 512
# Beyond these limits a temperature or a penalty changes nothing any more, and 32-bit numbers would overflow.
_MAX_FACTOR, _MIN_TEMPERATURE = 1_000, 1e-6


@dataclass(frozen=True)
class Sampling:
    """How continuations are drawn.

    temperature: below 1 prefers probable words, 0 always takes the most probable one; top_k: only the k most probable
    words, 0 for all; top_p: only the most probable words that together have this probability (Holtzman et al. 2020);
    min_p: only words that are at least this probable, relative to the most probable one (Nguyen et al. 2024);
    repetition_penalty: multiplies the log-probability of words that the continuation already has (Keskar et al. 2019),
    1 for none; max_words: length limit; stop: at the end of the turn, or of a sentence; seed: None for a new one;
    distinct: where a continuation would end like another one, its last word is drawn among all others.
    """

    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 0.95
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    max_words: int = 20
    stop: Stop = "turn"
    seed: int | None = None
    distinct: bool = False

    def __post_init__(self) -> None:
        if not (0 <= self.temperature <= _MAX_FACTOR):
            raise SeqchatError(f"The temperature is a number from 0 to {_MAX_FACTOR:,}, not {self.temperature}.")
        if self.top_k < 0:
            raise SeqchatError(f"top-k is at least 1, or 0 for all words, not {self.top_k}.")
        if not (0 < self.top_p <= 1):
            raise SeqchatError(f"top-p is more than 0 and at most 1, not {self.top_p}.")
        if not (0 <= self.min_p <= 1):
            raise SeqchatError(f"The minimum probability is at least 0 and at most 1, not {self.min_p}.")
        if not (1 <= self.repetition_penalty <= _MAX_FACTOR):
            raise SeqchatError(f"The repetition penalty is from 1 to {_MAX_FACTOR:,}, not {self.repetition_penalty}.")
        if self.max_words < 1:
            raise SeqchatError(f"The number of words is at least 1, not {self.max_words}.")
        if self.seed is not None and not (-1 << 63 <= self.seed < 1 << 64):
            raise SeqchatError("A seed is a whole number of at most 64 bits.")


class Sampler:
    """Draws words as a `Sampling` says, with a generator of its own."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self._generator = torch.Generator()
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)

    def penalise(self, rows: Tensor, used: Sequence[set[int]]) -> Tensor:
        """Make the words that each continuation has used less probable: rows [continuations, words], in place."""
        if self.sampling.repetition_penalty != 1:
            for row, ids in zip(rows, used, strict=True):
                row[list(ids - {TURN_ID})] *= self.sampling.repetition_penalty
        return rows

    def draw(self, rows: Tensor) -> Tensor:
        """Draw one index for each row of log-probabilities [rows, choices]."""
        if self.sampling.temperature < _MIN_TEMPERATURE:
            return rows.argmax(dim=1)
        rows = rows - rows.max(dim=1, keepdim=True).values
        probabilities = (rows / self.sampling.temperature).softmax(dim=1)
        if self.sampling.min_p:
            floor = probabilities.max(dim=1, keepdim=True).values * self.sampling.min_p
            probabilities = probabilities.masked_fill(probabilities < floor, 0.0)
        if self.sampling.top_p == 1 and not self.sampling.top_k:
            return torch.multinomial(probabilities, 1, generator=self._generator)[:, 0]
        count = min(self.sampling.top_k or _MAX_SORTED, probabilities.shape[1])
        ordered, order = probabilities.topk(count, dim=1)
        # A word stays if those before it have not reached top-p yet; the first always does.
        outside = ordered.cumsum(dim=1) - ordered >= self.sampling.top_p
        outside[:, 0] = False
        if self.sampling.top_k or count == probabilities.shape[1] or bool(outside[:, -1].all()):
            drawn = torch.multinomial(ordered.masked_fill(outside, 0.0), 1, generator=self._generator)
            return order.gather(1, drawn)[:, 0]
        return torch.stack([self._draw_within(row) for row in probabilities])

    def _draw_within(self, probabilities: Tensor) -> Tensor:
        """Draw one index among the most probable words [choices] that together have top-p, without sorting them.

        A word is among them if the more probable ones together have less than top-p; others are drawn again.
        """
        while True:
            drawn = torch.multinomial(probabilities, 1, generator=self._generator)[0]
            better = probabilities > probabilities[drawn]
            if float(probabilities[better].sum()) < self.sampling.top_p:
                return drawn
