"""The metrics of next-word predictions: perplexity, top-k and mean reciprocal rank, and the sums they are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.corpus.encoding import UNKNOWN_START, WORD, Kinds

TOP_K = (1, 3, 5)
# What is summed over tokens: how many there are, negative log-likelihoods in nats, real words, hits of top-k, 1 / rank
SUMS = ("tokens", "nats", "words", *(f"top{k}" for k in TOP_K), "reciprocal_rank")
TOKENS, NATS, WORDS = range(3)
Sums = NDArray[np.float64]


@dataclass(frozen=True)
class Metrics:
    """Metrics of predictions of some tokens; NaN where there is nothing to divide by.

    tokens: predicted tokens, ends of turns included
    words: real words among them
    perplexity: exp of the mean negative log-likelihood per token
    top1, top3, top5: share of real words that are among the k best next-word suggestions
    mrr: mean reciprocal rank of real words among all suggestions

    Words that the vocabulary lacks count as misses in top-k and mrr.
    """

    tokens: int
    words: int
    perplexity: float
    top1: float
    top3: float
    top5: float
    mrr: float

    @classmethod
    def of(cls, sums: Sums) -> Metrics:
        """Divide sums [sums], ordered as in `SUMS`."""
        tokens, nats, words, *hits = sums.tolist()
        return cls(
            int(tokens),
            int(words),
            math.exp(min(nats / tokens, 700)) if tokens else math.nan,
            *(hit / words if words else math.nan for hit in hits),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the metrics as JSON values, null for NaN."""
        names = ("words", "perplexity", "top1", "top3", "top5", "mrr")
        return {name: number_or_none(getattr(self, name)) for name in names}


def number_or_none(value: float) -> float | None:
    """Return a number as a JSON value: None for NaN."""
    return None if math.isnan(value) else value


def count_better(scores: Tensor, targets: Tensor, hidden: Tensor) -> NDArray[np.int64]:
    """Return how many words that may be suggested score higher than each target: [tokens].

    scores [tokens, words]: anything that grows with the probability; overwritten with -inf at the ids `hidden`, the
    words that are never suggested. targets: int64 [tokens].
    """
    own = scores.gather(1, targets[:, None])
    scores[:, hidden] = -math.inf
    # Counting is several times as fast as summing.
    better: NDArray[np.int64] = torch.count_nonzero(scores > own, dim=1).cpu().numpy()
    return better


def token_sums(kinds: Kinds, known: NDArray[np.bool_], better: NDArray[np.int64]) -> Sums:
    """Return what each token adds to the sums, its nats left at zero: [tokens, sums].

    kinds [tokens]: as in `IdStream`; known: bool [tokens], real words that can be suggested; better: as `count_better`
    returns them.
    """
    sums = np.zeros((len(kinds), len(SUMS)))
    sums[:, TOKENS] = 1
    sums[:, WORDS] = (kinds == WORD) | (kinds == UNKNOWN_START)
    ranks = 1 + better[known]
    for column, k in enumerate(TOP_K, WORDS + 1):
        sums[known, column] = ranks <= k
    sums[known, -1] = 1 / ranks
    return sums
