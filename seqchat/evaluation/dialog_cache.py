"""The neural cache of one dialog at a time (Grave, Joulin and Usunier 2017), as the engine keeps it while typing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from seqchat.completion.memory import MAX_REMEMBERED_WORDS
from seqchat.corpus.vocabulary import TURN_ID
from seqchat.model.config import CacheWeights


@dataclass(frozen=True)
class CacheEntries:
    """What the cache holds at some tokens of a dialog.

    features: [tokens, embedding], before each token
    entry_features: [entries, embedding], before each word of the cache
    entry_words: int64 [entries], the words of the cache
    valid_mask: bool [tokens, entries], which entries the cache holds at a token: words of turns that have ended by then
    """

    features: Tensor
    entry_features: Tensor
    entry_words: Tensor
    valid_mask: Tensor

    @property
    def filled_mask(self) -> Tensor:
        """At which tokens the cache holds anything: bool [tokens]."""
        return self.valid_mask.any(dim=1)

    def weights(self, cache_theta: float) -> Tensor:
        """Return the probability of each entry [tokens, entries]; all are 0 where the cache is empty."""
        scores = (self.features @ self.entry_features.T * cache_theta).masked_fill(~self.valid_mask, -math.inf)
        return scores.softmax(dim=1).nan_to_num(0.0)

    def mix(self, probs: Tensor, cache: CacheWeights) -> Tensor:
        """Mix the cache into the probabilities [tokens, words] of all words."""
        if not self.valid_mask.numel():
            return probs
        cache_lambda = cache.cache_lambda * self.filled_mask[:, None]
        weights = self.weights(cache.cache_theta) * cache_lambda
        return (probs * (1 - cache_lambda)).scatter_add_(1, self.entry_words.expand(len(probs), -1), weights)


@dataclass
class DialogCache:
    """The last words of a dialog, with the features before them."""

    _features: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    _words: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))

    def extend(self, features: Tensor, words: Tensor) -> CacheEntries:
        """Add the next words [tokens] of the dialog; return what the cache holds before each of them."""
        known = len(self._words)
        self._features = torch.cat((self._features, features)) if known else features
        self._words = torch.cat((self._words, words))
        positions = torch.arange(len(self._words))
        turn_ends = torch.where(self._words == TURN_ID, positions + 1, 0).cummax(dim=0).values
        # How many words of the dialog belong to turns that have ended, before each of the new ones
        finished = torch.cat((turn_ends.new_zeros(1), turn_ends))[known:-1, None]
        span = slice(max(int(finished[0]) - MAX_REMEMBERED_WORDS, 0), int(finished[-1]))
        valid_mask = (positions[span] < finished) & (positions[span] >= finished - MAX_REMEMBERED_WORDS)
        entries = CacheEntries(features, self._features[span], self._words[span], valid_mask)
        dropped = max(int(turn_ends[-1]) - MAX_REMEMBERED_WORDS, 0)
        self._features, self._words = self._features[dropped:], self._words[dropped:]
        return entries
