"""Proposals → ranking: an insertion's probability sums over all ways to it, and is a share of all that agrees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from seqchat.completion.prediction import logsumexp
from seqchat.completion.proposal import Proposal

# A small letter that was typed makes a form with a capital so much less probable, compared with one without.
_SMALL_LETTER_IS_MEANT = math.log(10)


class RankedInsertion(NamedTuple):
    """An insertion's probability among all that agrees with what was typed, and the most probable way to it."""

    probability: float
    best: Proposal


def rank(proposals: Sequence[Proposal], log_normalizer: float) -> list[RankedInsertion]:
    """Return the insertions, the most probable first; of variants in their capitals the most probable one.

    log_normalizer: the logarithm of the probability of all that agrees with what was typed.
    """
    ways: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        ways.setdefault(proposal.result, []).append(proposal)
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
    return RankedInsertion(math.exp(min(log_prob, 0.0)), max(ways, key=_fitness))


def _fitness(way: Proposal) -> float:
    """Return how well a way fits the place: its log-probability, less where it contradicts a small letter."""
    return way.log_prob - (_SMALL_LETTER_IS_MEANT if way.recased else 0.0)


def _order(entry: RankedInsertion) -> tuple[float, str]:
    return -entry.probability, entry.best.insertion.text
