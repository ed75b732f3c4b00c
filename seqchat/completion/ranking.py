"""Proposals → ranking: an insertion's probability sums over all ways to it, and is a share of all that agrees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from seqchat.completion.prediction import logsumexp
from seqchat.completion.proposal import Insertion, Proposal


class RankedInsertion(NamedTuple):
    """An insertion's probability among all that agrees with what was typed, and the most probable way to it."""

    probability: float
    best: Proposal


def rank(proposals: Sequence[Proposal], log_normalizer: float) -> list[RankedInsertion]:
    """Return the insertions, the most probable first.

    log_normalizer: the logarithm of the probability of all that agrees with what was typed.
    """
    ways: dict[Insertion, list[Proposal]] = {}
    for proposal in proposals:
        ways.setdefault(proposal.insertion, []).append(proposal)
    return sorted((_sum(found, log_normalizer) for found in ways.values()), key=_order)


def reweigh(ranked: Sequence[RankedInsertion], log_likelihoods: Sequence[float]) -> list[RankedInsertion]:
    """Weigh insertions by the likelihoods of a text that follows them, and rank them again among themselves."""
    weights = [
        math.log(max(entry.probability, 1e-300)) + likelihood
        for entry, likelihood in zip(ranked, log_likelihoods, strict=True)
    ]
    log_normalizer = logsumexp(weights)
    return sorted(
        (
            RankedInsertion(math.exp(min(weight - log_normalizer, 0.0)), entry.best)
            for entry, weight in zip(ranked, weights, strict=True)
        ),
        key=_order,
    )


def _sum(ways: Sequence[Proposal], log_normalizer: float) -> RankedInsertion:
    log_prob = logsumexp([way.log_prob for way in ways]) - log_normalizer
    return RankedInsertion(math.exp(min(log_prob, 0.0)), max(ways, key=lambda way: way.log_prob))


def _order(entry: RankedInsertion) -> tuple[float, str]:
    return -entry.probability, entry.best.insertion.text
