"""How probable each word is under each reading, the finished words before it included."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from seqchat.completion.prediction import Predictor, logsumexp
from seqchat.completion.reading import Reading
from seqchat.corpus.lexicon_words import EntrySet

# For more words than this, the log-probabilities are taken from those of all words.
_MANY_WORDS = 1_000


@dataclass(frozen=True)
class ScoredReading:
    """A reading, and log P(finished words, next word, letters typed for it) for the words that agree with it.

    ids: the words, None for all; log_probs: of `ids`, None for all words, which are looked up when they are needed;
    log_normalizer: the logarithm of the sum over all of them. One constant is missing in all readings of a text.
    """

    reading: Reading
    ids: Tensor | None
    log_probs: Tensor | None
    log_normalizer: float


@dataclass(frozen=True)
class TopWords:
    """The most probable words of a reading.

    log_probs: by the ids of the words; log_bound: the most that any other word may have.
    """

    log_probs: dict[int, float]
    log_bound: float


def score_readings(readings: Sequence[Reading], predictor: Predictor) -> list[ScoredReading]:
    """Score the words of each reading; all nodes are predicted from as one batch, where some words alone agree."""
    predictor.prefetch([reading.node for reading in readings if reading.words is not None])
    return [_score(reading, predictor) for reading in readings]


def _score(reading: Reading, predictor: Predictor) -> ScoredReading:
    if reading.words is None:
        # All words together are certain, those of a lexicon included.
        return ScoredReading(reading, None, None, reading.log_weight)
    ids = torch.from_numpy(reading.words)
    many = len(ids) > _MANY_WORDS
    log_probs = predictor.log_probs(reading.node)[ids] if many else predictor.log_probs_of(reading.node, ids)
    log_probs = log_probs + (reading.log_weight + reading.log_kept)
    if reading.log_typed is not None:
        log_probs = log_probs + reading.log_typed
    log_normalizer = float(log_probs.logsumexp(dim=0)) if len(ids) else -math.inf
    if reading.entries:
        masses = [entry_weight(reading, found, predictor) + found.log_mass for found in reading.entries]
        log_normalizer = logsumexp([log_normalizer, *masses])
    return ScoredReading(reading, ids, log_probs, log_normalizer)


def entry_weight(reading: Reading, entries: EntrySet, predictor: Predictor) -> float:
    """Return log P(finished words, the next one is of the part of the lexicon that some entries are of)."""
    return reading.log_weight + predictor.log_share(reading.node, entries.part)


def top_words(scored: ScoredReading, predictor: Predictor, count: int, mask: Tensor) -> TopWords:
    """Return the most probable words of a reading.

    mask: 0 for the words [words] that may be among them, minus infinity for the others.
    """
    if scored.ids is None or scored.log_probs is None:
        ids, values = predictor.top_words(scored.reading.node, count, mask)
        values = values + (scored.reading.log_weight + scored.reading.log_kept)
        complete = len(ids) == len(mask)
    else:
        values, order = (scored.log_probs + mask[scored.ids]).topk(min(count, len(scored.ids)))
        ids = scored.ids[order]
        complete = len(ids) == len(scored.ids)
    log_probs = values.tolist()
    found = {word_id: value for word_id, value in zip(ids.tolist(), log_probs, strict=True) if value > -math.inf}
    if not scored.reading.entries:
        return TopWords(found, -math.inf if complete else log_probs[-1])
    sets = [_TopOfSet(found, not complete)]
    for entries in scored.reading.entries:
        weight, first = entry_weight(scored.reading, entries, predictor), entries.first(count)
        if weight > -math.inf:
            best = dict(zip(first.ids.tolist(), (first.log_probs + weight).tolist(), strict=True))
            sets.append(_TopOfSet(best, len(first.ids) < len(entries.ids)))
    return _best_of(sets, count)


class _TopOfSet(NamedTuple):
    """The most probable words of a set, and whether it has others."""

    log_probs: dict[int, float]
    more: bool

    def log_bound(self, kept: dict[int, float]) -> float:
        """Return the most that a word of the set that was not kept may have."""
        left = [value for word_id, value in self.log_probs.items() if word_id not in kept]
        if self.more and self.log_probs:
            left.append(min(self.log_probs.values()))
        return max(left, default=-math.inf)


def _best_of(sets: Sequence[_TopOfSet], count: int) -> TopWords:
    """Return the `count` most probable words of several sets; a result may come from a word of each."""
    together = [item for found in sets for item in found.log_probs.items()]
    kept = dict(sorted(together, key=lambda item: -item[1])[:count])
    return TopWords(kept, logsumexp([found.log_bound(kept) for found in sets]))


def all_log_probs(scored: ScoredReading, predictor: Predictor) -> Tensor:
    """Return the log-probabilities of all words of the vocabulary that agree with a reading: [ids], or [words] where
    all do."""
    if scored.log_probs is not None:
        return scored.log_probs
    return predictor.log_probs(scored.reading.node) + (scored.reading.log_weight + scored.reading.log_kept)
