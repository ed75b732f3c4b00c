"""How good predictions are on a text: perplexity, top-k, and where they fail."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOP = (1, 3, 5)
# What is summed: negative log-likelihoods in nats, hits of top-k, and 1 / rank
SUMS = ("tokens", "nats", "words", *(f"top{k}" for k in TOP), "reciprocal")
Sums = NDArray[np.float64]


@dataclass(frozen=True)
class Measures:
    """Measures of predictions on some tokens.

    perplexity: exp of the mean negative log-likelihood per token, ends of turns included; top1, top3, top5: share of
    real words that are among the k best next-word suggestions; mrr: mean of 1 / rank of the word among all suggestions.
    Words that the vocabulary lacks count as misses in both.
    """

    tokens: int
    words: int
    perplexity: float
    top1: float
    top3: float
    top5: float
    mrr: float

    @classmethod
    def of(cls, sums: Sums) -> Measures:
        """Divide sums [sums] as `SUMS` names them."""
        tokens, nats, words, *hits = sums.tolist()
        return cls(
            int(tokens),
            int(words),
            math.exp(min(nats / tokens, 700)) if tokens else math.nan,
            *(hit / words if words else math.nan for hit in hits),
        )


@dataclass(frozen=True)
class Assessment:
    """How good predictions are on a text.

    whole: on all of it; bits_per_character: of the text, line ends included; oov_rate: the share of real words that the
    vocabulary lacks; typed: top-k of the words that are longer than 1 or 2 characters, once these are typed, among the
    words that begin with them; by: the measures of each group, for each way to look closer.
    """

    whole: Measures
    bits_per_character: float
    oov_rate: float
    typed: Mapping[int, Mapping[str, float]]
    by: Mapping[str, Mapping[str, Measures]]


def to_json(assessment: Assessment) -> dict[str, Any]:
    """Return an assessment as JSON values; what could not be measured is null."""
    whole = assessment.whole
    return {
        "words": whole.words,
        "perplexity": whole.perplexity,
        "bits_per_character": assessment.bits_per_character,
        **{name: getattr(whole, name) for name in ("top1", "top3", "top5", "mrr")},
        "oov_rate": assessment.oov_rate,
        "typed": {str(typed): {n: _number(v) for n, v in row.items()} for typed, row in assessment.typed.items()},
    }


def measures_json(measures: Measures) -> dict[str, Any]:
    """Return measures as JSON values; what could not be measured is null."""
    names = ("words", "perplexity", "top1", "top3", "top5", "mrr")
    return {name: _number(getattr(measures, name)) for name in names}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
