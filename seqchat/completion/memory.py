"""A memory of what the writer wrote: a continuous cache over hidden states (Grave, Joulin and Usunier 2017).

Each word that was written is remembered with the features that the network had before it. Where the features are alike
again, the word is expected again: ``P(w) = (1 − λ) · P_model(w) + λ · Σ_i [w_i = w] · softmax_i(θ · h·h_i)``.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from seqchat.completion.states import Node
from seqchat.model.config import Adaptation

# So many words are remembered; the features of one take 1 KB with an embedding of 256.
MOST_WORDS = 2_000


@dataclass(frozen=True)
class Recall:
    """Remembered words as one table: features [words, embedding] before each, and ids [words]."""

    features: Tensor
    ids: Tensor
    adaptation: Adaptation

    @cached_property
    def _distinct(self) -> tuple[Tensor, Tensor]:
        ids, place = torch.unique(self.ids, return_inverse=True)
        return ids, place

    @property
    def distinct(self) -> Tensor:
        """The different ids among the words, in ascending order."""
        return self._distinct[0]

    def probabilities(self, features: Tensor) -> Tensor:
        """Return the probability of each of the `distinct` words after some features [embedding]."""
        weights = (self.features @ features * self.adaptation.flatness).softmax(dim=0)
        ids, place = self._distinct
        return torch.zeros(len(ids)).index_add_(0, place, weights)

    def mix_row(self, row: Tensor, features: Tensor) -> Tensor:
        """Mix into the log-probabilities [words] of the whole vocabulary."""
        row = row + math.log1p(-self.adaptation.share)
        recalled = self.probabilities(features).log() + math.log(self.adaptation.share)
        row[self.distinct] = torch.logaddexp(row[self.distinct], recalled)
        return row

    def mix(self, scores: Tensor, ids: Tensor, features: Tensor) -> Tensor:
        """Mix into the log-probabilities [ids] of some words."""
        recalled, known = self.probabilities(features), self.distinct
        place = torch.searchsorted(known, ids).clamp(max=len(known) - 1)
        share = torch.where(known[place] == ids, recalled[place], 0.0) * self.adaptation.share
        return torch.logaddexp(scores + math.log1p(-self.adaptation.share), share.log())


class Memory:
    """What was written before: texts that were learned, and the finished turns of the text at hand."""

    def __init__(self, adaptation: Adaptation) -> None:
        self.adaptation = adaptation
        self._learned: deque[tuple[Tensor, int]] = deque(maxlen=MOST_WORDS)
        self._last: tuple[Node, Recall | None] | None = None

    def learn(self, nodes: Sequence[Node]) -> None:
        """Remember the words of nodes in the order of the text, each with what was known before it."""
        self._learned.extend((node.parent.features, node.word_id) for node in nodes if node.parent is not None)
        self._last = None

    def forget(self) -> None:
        """Forget what was learned."""
        self._learned.clear()
        self._last = None

    def recall(self, node: Node) -> Recall | None:
        """Return what is remembered behind the last finished turn before a node; None where that is nothing."""
        if not self.adaptation.share:
            return None
        if self._last is None or self._last[0] is not node.turn:
            self._last = node.turn, self._collect(node.turn)
        return self._last[1]

    def _collect(self, turn: Node) -> Recall | None:
        said = [(n.parent.features, n.word_id) for n in turn.path() if n.parent is not None][::-1]
        entries = [*self._learned, *said][-MOST_WORDS:]
        if not entries:
            return None
        return Recall(
            torch.stack([features for features, _ in entries]),
            torch.tensor([word_id for _, word_id in entries]),
            self.adaptation,
        )
