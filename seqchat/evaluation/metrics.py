"""The metrics of next-word predictions: perplexity, top-k and mean reciprocal rank, and the sums they are computed
from."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
    """Metrics of predictions of some tokens; NaN if there is nothing to divide by.

    tokens: predicted tokens, ends of turns included
    words: real words among them
    perplexity: exp of the mean negative log-likelihood per token
    top1, top3, top5: share of real words that are among the k best next-word suggestions
    mrr: mean reciprocal rank of real words among all suggestions

    Words that neither the vocabulary nor a lexicon has count as misses in top-k and mrr.
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
        return {name: _json_number(getattr(self, name)) for name in names}


@dataclass(frozen=True)
class TextMetrics:
    """Metrics of predictions of a text that has at least one word.

    overall: of all tokens
    bits_per_character: of the text, line ends included
    oov_rate: share of the words that neither the vocabulary nor a lexicon has
    vocabulary_oov_rate: share of the words that the vocabulary lacks
    typed: by the number of characters typed, the words that are longer, and their top-k among the words that begin so
    groups: for each breakdown, the metrics of each of its groups
    """

    overall: Metrics
    bits_per_character: float
    oov_rate: float
    vocabulary_oov_rate: float
    typed: Mapping[int, Mapping[str, float]]
    groups: Mapping[str, Mapping[str, Metrics]]

    def to_json(self) -> dict[str, Any]:
        """Return all but the groups as JSON values, null for NaN."""
        overall = self.overall
        return {
            "words": overall.words,
            "perplexity": overall.perplexity,
            "bits_per_character": self.bits_per_character,
            **{name: getattr(overall, name) for name in ("top1", "top3", "top5", "mrr")},
            "oov_rate": self.oov_rate,
            "vocabulary_oov_rate": self.vocabulary_oov_rate,
            "typed": {str(typed): {n: _json_number(v) for n, v in row.items()} for typed, row in self.typed.items()},
        }


def _json_number(value: float) -> float | None:
    return None if math.isnan(value) else value


def better_mask(scores: Tensor, targets: Tensor, hidden: Tensor) -> NDArray[np.bool_]:
    """Return which words that may be suggested score higher than each target: [tokens, words].

    scores [tokens, words]: anything that grows with the probability; targets: int64 [tokens]; hidden: the ids of words
    that are never suggested.
    """
    own = scores.gather(1, targets[:, None])
    # On the CPU, NumPy compares and counts several times as fast as PyTorch.
    better: NDArray[np.bool_] = scores.numpy() > own.numpy() if scores.is_cpu else (scores > own).cpu().numpy()
    better[:, hidden.cpu().numpy()] = False
    return better


def count_better(scores: Tensor, targets: Tensor, hidden: Tensor) -> NDArray[np.int64]:
    """Return how many words that may be suggested score higher than each target: [tokens]; the rest as above."""
    counts: NDArray[np.int64]
    if scores.is_cpu:
        counts = count_rows(better_mask(scores, targets, hidden))
    else:
        better = scores > scores.gather(1, targets[:, None])
        better[:, hidden] = False
        counts = torch.count_nonzero(better, dim=1).cpu().numpy()
    return counts


def count_rows(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many entries of each row are true; NumPy is four times as slow along an axis."""
    return np.array([np.count_nonzero(row) for row in mask], dtype=np.int64)


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
