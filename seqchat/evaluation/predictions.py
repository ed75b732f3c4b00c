"""What a model predicts at each word of a text, dialogs side by side: for measuring it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.memory import MAX_REMEMBERED_WORDS
from seqchat.corpus.batches import NO_TARGET, Batch
from seqchat.corpus.vocabulary import TURN_ID
from seqchat.model.config import CacheWeights
from seqchat.model.network import Network
from seqchat.model.ngrams import Contexts, Mixture, NgramModel


class Predictions(Protocol):
    """Reads a text once, batch by batch as `Lanes` gives them, and predicts each of its words."""

    def read(self, batch: Batch) -> Iterator[tuple[int, Tensor]]:
        """Yield, for each lane that has targets, its number and the probabilities of all words: [targets, words]."""


class NgramPredictions:
    """An n-gram model alone."""

    def __init__(self, ngrams: NgramModel) -> None:
        self._reader = _ContextReader(ngrams)
        self._ngrams = ngrams

    def read(self, batch: Batch) -> Iterator[tuple[int, Tensor]]:
        """Yield the probabilities [targets, words] of each lane."""
        contexts = self._reader.read(batch)
        for lane, count in _lanes(batch):
            yield lane, self._ngrams.probabilities(contexts[:count, lane])


class NetworkPredictions:
    """A network, with its n-grams and the memory of the finished turns of the same dialog, as the engine has them."""

    def __init__(
        self,
        network: Network,
        mixture: Mixture | None = None,
        cache_weights: CacheWeights | None = None,
        head: str = "forward",
    ) -> None:
        """Take a network, what is mixed into it, and which of its heads predicts."""
        self._network, self._mixture, self._head = network.eval(), mixture, head
        self._cache_weights = cache_weights or CacheWeights()
        self._contexts = _ContextReader(mixture.ngrams) if mixture else None
        self._state: Tensor | None = None
        self._memories: dict[int, _LaneMemory] = {}

    @torch.inference_mode()
    def read(self, batch: Batch) -> Iterator[tuple[int, Tensor]]:
        """Yield the probabilities [targets, words] of each lane."""
        if not self._cache_weights.cache_lambda:
            yield from self._rows(batch, self._features(batch))
            return
        for lane, rows, past in self.remember(batch):
            yield lane, past.mixed(rows, self._cache_weights)

    @torch.inference_mode()
    def remember(self, batch: Batch) -> Iterator[tuple[int, Tensor, Past]]:
        """Yield, for each lane, its number, the probabilities without the memory, and what is remembered."""
        features = self._features(batch)
        for lane, rows in self._rows(batch, features):
            if batch.reset_mask[lane]:
                self._memories[lane] = _LaneMemory()
            words = torch.from_numpy(batch.targets[: len(rows), lane])
            yield lane, rows, self._memories[lane].past(features[lane][: len(rows)].float(), words)

    def _rows(self, batch: Batch, features: Mapping[int, Tensor]) -> Iterator[tuple[int, Tensor]]:
        contexts = self._contexts.read(batch) if self._contexts else None
        for lane, count in _lanes(batch):
            rows = self._network.logits(features[lane][:count]).float().softmax(dim=1)
            if self._mixture is not None and contexts is not None:
                rows = self._mixture.mixed(rows, contexts[:count, lane])
            yield lane, rows

    def _features(self, batch: Batch) -> dict[int, Tensor]:
        """Return the features that each target is predicted from, of each lane that has any: [time, embedding]."""
        if self._state is None:
            self._state = self._network.initial_state(len(batch.reset_mask))
        lanes = [lane for lane, _ in _lanes(batch)]
        inputs, targets = (torch.from_numpy(ids[:, lanes]) for ids in (batch.inputs, batch.targets))
        state = self._network.reset(self._state[..., lanes, :], torch.from_numpy(batch.reset_mask[lanes]))
        run = self._network(inputs, state, targets)
        self._state[..., lanes, :] = run.state
        return dict(zip(lanes, run.heads[self._head].unbind(dim=1), strict=True))


class _ContextReader:
    """Follows the last words of each lane, as the n-grams know them."""

    def __init__(self, ngrams: NgramModel) -> None:
        self._ngrams = ngrams
        self._contexts: Contexts | None = None

    def read(self, batch: Batch) -> Contexts:
        """Return the contexts before each target: [time, lanes, order - 1]."""
        if self._contexts is None:
            self._contexts = self._ngrams.begin(batch.inputs.shape[1])
        self._contexts[batch.reset_mask] = self._ngrams.begin(int(batch.reset_mask.sum()))
        contexts = self._ngrams.read(self._contexts, batch.inputs)
        self._contexts = contexts[-1].copy()
        return contexts


@dataclass(frozen=True)
class Past:
    """Some words of a dialog as a network read them, and the words before them that are remembered.

    features [tokens, embedding] before each token; past_features [words, embedding] before each of past_words [words];
    usable: bool [tokens, words], which of them are remembered at a token: those of turns that are finished by then.
    """

    features: Tensor
    past_features: Tensor
    past_words: Tensor
    usable: Tensor

    @property
    def there(self) -> Tensor:
        """Whether anything is remembered, for each token."""
        return self.usable.any(dim=1)

    def recalled(self, cache_theta: float) -> Tensor:
        """Return the weights [tokens, words] of the remembered words, which sum to 1 where there are any."""
        scores = (self.features @ self.past_features.T * cache_theta).masked_fill(~self.usable, -math.inf)
        return scores.softmax(dim=1).nan_to_num(0.0)

    def mixed(self, rows: Tensor, cache_weights: CacheWeights) -> Tensor:
        """Mix what is remembered into probabilities [tokens, words of the vocabulary]."""
        if not self.usable.numel():
            return rows
        share = cache_weights.cache_lambda * self.there[:, None]
        recalled = self.recalled(cache_weights.cache_theta) * share
        return (rows * (1 - share)).scatter_add_(1, self.past_words.expand(len(rows), -1), recalled)


@dataclass
class _LaneMemory:
    """The last words of a dialog, with the features before them."""

    _features: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    _words: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))

    def past(self, features: Tensor, words: Tensor) -> Past:
        """Take in the next words [tokens] of the dialog; return what is remembered before each of them."""
        known = len(self._words)
        self._features = torch.cat((self._features, features)) if known else features
        self._words = torch.cat((self._words, words))
        place = torch.arange(len(self._words))
        ends = torch.where(self._words == TURN_ID, place + 1, 0).cummax(dim=0).values
        finished = torch.cat((ends.new_zeros(1), ends))[known:-1, None]
        span = slice(max(int(finished[0]) - MAX_REMEMBERED_WORDS, 0), int(finished[-1]))
        usable = (place[span] < finished) & (place[span] >= finished - MAX_REMEMBERED_WORDS)
        past = Past(features, self._features[span], self._words[span], usable)
        forgotten = max(int(ends[-1]) - MAX_REMEMBERED_WORDS, 0)
        self._features, self._words = self._features[forgotten:], self._words[forgotten:]
        return past


def _lanes(batch: Batch) -> Iterator[tuple[int, int]]:
    """Yield the lanes that have targets, and how many."""
    counts = (batch.targets != NO_TARGET).sum(axis=0)
    for lane in np.flatnonzero(counts):
        yield int(lane), int(counts[lane])
