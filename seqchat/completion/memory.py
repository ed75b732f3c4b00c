"""A memory of what the writer wrote: a continuous cache over hidden states (Grave, Joulin and Usunier 2017).

Each written word is remembered with the features that the network had before it. Where the features are similar again,
the word becomes more probable: ``P(w) = (1 − λ) · P_model(w) + λ · Σ_i [w_i = w] · softmax_i(θ · h·h_i)``.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import torch
from torch import Tensor

from seqchat.completion.states import Node
from seqchat.model.config import CacheWeights

# How many words are remembered; the features of one take 1 KB with an embedding of 256.
MAX_REMEMBERED_WORDS = 2_000
# At how many nodes the cache's shares are kept; one takes 8 KB at most.
_MAX_NODES = 500


class NeuralCache:
    """Remembered words, to be mixed into the log-probabilities of a vocabulary."""

    def __init__(self, features: Tensor, ids: Tensor, cache_weights: CacheWeights, vocabulary_size: int) -> None:
        """Take the features [words, embedding] before each of the words, ids [words]."""
        self._features = features
        self._cache_weights = cache_weights
        # The different ids in ascending order, and for each remembered word its index among them
        self._distinct, self._indices = torch.unique(ids, return_inverse=True)
        # For each id of the vocabulary its index in `log_shares`; the last one is for all that is not remembered.
        self._index_of = torch.full((vocabulary_size,), len(self._distinct))
        self._index_of[self._distinct] = torch.arange(len(self._distinct))
        self._log_kept = math.log1p(-cache_weights.cache_lambda)
        self._log_shares: dict[Node, Tensor] = {}

    def mix_all(self, log_probs: Tensor, log_shares: Tensor) -> Tensor:
        """Mix `log_shares` into the log-probabilities [words] of the whole vocabulary."""
        mixed = log_probs + self._log_kept
        mixed[self._distinct] = torch.logaddexp(mixed[self._distinct], log_shares[:-1])
        return mixed

    def mix_some(self, log_probs: Tensor, ids: Tensor, node: Node) -> Tensor:
        """Mix into the log-probabilities [ids] of some words after a node."""
        return torch.logaddexp(log_probs + self._log_kept, self.log_shares(node)[self._index_of[ids]])

    def mix_table(self, log_probs: Tensor, ids: Tensor, nodes: Sequence[Node]) -> Tensor:
        """Mix into the log-probabilities [nodes, ids] of the same words after several nodes."""
        shares = torch.stack([self.log_shares(node) for node in nodes])
        return torch.logaddexp(log_probs + self._log_kept, shares.index_select(1, self._index_of.index_select(0, ids)))

    def log_shares(self, node: Node) -> Tensor:
        """Return log (λ · P) of each of the different words after a node, and minus infinity at the end."""
        found = self._log_shares.get(node)
        if found is None:
            if len(self._log_shares) >= _MAX_NODES:
                self._log_shares.clear()
            found = self._log_shares[node] = self.log_shares_after(node.features)
        return found

    def log_shares_after(self, features: Tensor) -> Tensor:
        """Return the same for features [embedding]."""
        similarities = self._features @ features * self._cache_weights.cache_theta
        shares = similarities.softmax(dim=0) * self._cache_weights.cache_lambda
        return torch.zeros(len(self._distinct) + 1).index_add_(0, self._indices, shares).log()


class Memory:
    """What was written before: learned texts, and the finished turns of the current text."""

    def __init__(self, cache_weights: CacheWeights, vocabulary_size: int) -> None:
        self.cache_weights = cache_weights
        self._vocabulary_size = vocabulary_size
        self._learned: deque[tuple[Tensor, int]] = deque(maxlen=MAX_REMEMBERED_WORDS)
        self._last: tuple[Node, NeuralCache | None] | None = None

    def learn(self, nodes: Sequence[Node]) -> None:
        """Remember the words of nodes in the order of the text, each with the features before it."""
        self._learned.extend((node.parent.features, node.word_id) for node in nodes if node.parent is not None)
        self._last = None

    def forget(self) -> None:
        """Forget what was learned."""
        self._learned.clear()
        self._last = None

    def cache_before(self, node: Node) -> NeuralCache | None:
        """Return what is remembered at the last end of a turn before a node; None if that is nothing."""
        if not self.cache_weights.cache_lambda:
            return None
        if self._last is None or self._last[0] is not node.last_turn_end:
            self._last = node.last_turn_end, self._collect(node.last_turn_end)
        return self._last[1]

    def _collect(self, turn: Node) -> NeuralCache | None:
        said = [(n.parent.features, n.word_id) for n in turn.path_to_root() if n.parent is not None][::-1]
        entries = [*self._learned, *said][-MAX_REMEMBERED_WORDS:]
        if not entries:
            return None
        return NeuralCache(
            torch.stack([features for features, _ in entries]),
            torch.tensor([word_id for _, word_id in entries]),
            self.cache_weights,
            self._vocabulary_size,
        )
