"""The probability of a word after other words: the model's, mixed with the neural cache of what the writer wrote."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from seqchat.completion.memory import NeuralCache
from seqchat.completion.states import Node, StateTree
from seqchat.model.mixture import LexiconMixture
from seqchat.model.stepping import InfillSteps


class Predictor:
    """Predicts the word after a node from the words before it."""

    def __init__(
        self, tree: StateTree, cache: NeuralCache | None = None, lexicon: LexiconMixture | None = None
    ) -> None:
        """Take what predicts, and how a lexicon is mixed in by those who also offer its words."""
        self._tree = tree
        self._cache = cache
        self._lexicon = lexicon

    @property
    def identity(self) -> object:
        """What is equal as long as predictions are the same."""
        return self._cache, self._lexicon

    def log_kept(self, node: Node) -> float:
        """Return the logarithm of the probability that a lexicon leaves to the vocabulary after a node, 0 without one.

        The log-probabilities that the other methods return are among the words of the vocabulary.
        """
        return 0.0 if self._lexicon is None else self._lexicon.log_kept(node.word_id)

    def log_share(self, node: Node, part: int) -> float:
        """Return the logarithm of the probability that a part of the lexicon has after a node."""
        return -math.inf if self._lexicon is None else self._lexicon.log_share(node.word_id, part)

    def prefetch(self, nodes: Sequence[Node]) -> None:
        """Predict the word after each of the nodes as one batch; the other methods then only look it up."""
        self._tree.prefetch(nodes)

    def prefetch_words(self, nodes: Sequence[Node]) -> None:
        """Compute how probable the words of the nodes are; `log_prob` then only looks it up."""
        self._tree.prefetch_log_probs(nodes)

    def log_probs(self, node: Node) -> Tensor:
        """Return the log-probabilities [words] of the word after a node."""
        row = self._tree.log_probs(node)
        return row if self._cache is None else self._cache.mix_all(row, self._cache.log_shares(node))

    def top_words(self, node: Node, count: int, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the `count` most probable words after a node, and their log-probabilities.

        mask: 0 for the words [words] that may be among them, minus infinity for the others.
        """
        if self._cache is None:
            return self._tree.top_words(node, count, mask)
        # Words that the network alone expects little are in int8, so more than asked for are computed again in float32.
        row = self.log_probs(node) + mask
        ids = row.topk(min(2 * count, len(row))).indices
        values, order = (self.log_probs_of(node, ids) + mask[ids]).topk(min(count, len(ids)))
        return ids[order], values

    def log_probs_of(self, node: Node, ids: Tensor) -> Tensor:
        """Return the log-probabilities [ids] of some words after a node, each in float32."""
        scores = self._tree.log_probs_of(node, ids)
        return scores if self._cache is None else self._cache.mix_some(scores, ids, node)

    def log_prob(self, node: Node) -> float:
        """Return log P(the word of a node | the words before it)."""
        assert node.parent is not None
        if self._cache is None:
            return self._tree.log_prob(node)
        ids = torch.tensor([node.word_id])
        return float(self._cache.mix_some(torch.tensor([self._tree.log_prob(node)]), ids, node.parent))

    def log_prob_table(self, nodes: Sequence[Node], ids: Tensor) -> Tensor:
        """Return the log-probabilities [nodes, ids] of the same words after several nodes."""
        scores = self._tree.log_prob_table(nodes, ids)
        return scores if self._cache is None else self._cache.mix_table(scores, ids, nodes)


class GapPredictor(Predictor):
    """Predicts the word in the gap between a node and the words right of it, with both directions of a network."""

    def __init__(
        self, tree: StateTree, network: InfillSteps, right: Tensor, lexicon: LexiconMixture | None = None
    ) -> None:
        """Take the state [hidden] that `InfillSteps.read_right` returned for the words right of the gap."""
        super().__init__(tree, lexicon=lexicon)
        self._network = network
        self._right = right
        self._rows: dict[Node, Tensor] = {}

    def prefetch(self, nodes: Sequence[Node]) -> None:
        """Predict the gap after each of the nodes as one batch."""
        missing = [node for node in dict.fromkeys(nodes) if node not in self._rows]
        if missing:
            hidden = torch.stack([node.gate(-1, "hidden") for node in self._tree.with_gates(missing)])
            features = self._network.gap_features(hidden, self._right)
            self._rows |= zip(missing, self._network.log_probabilities(features), strict=True)

    def log_probs(self, node: Node) -> Tensor:
        """Return the log-probabilities [words] of the word in the gap after a node."""
        self.prefetch([node])
        return self._rows[node]

    def top_words(self, node: Node, count: int, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the `count` most probable words in the gap after a node, and their log-probabilities."""
        values, ids = (self.log_probs(node) + mask).topk(min(count, len(mask)))
        return ids, values

    def log_probs_of(self, node: Node, ids: Tensor) -> Tensor:
        """Return the log-probabilities [ids] of some words in the gap after a node."""
        return self.log_probs(node)[ids]

    def log_prob_table(self, nodes: Sequence[Node], ids: Tensor) -> Tensor:
        """Return the log-probabilities [nodes, ids] of the same words in the gaps after several nodes."""
        self.prefetch(nodes)
        return torch.stack([self.log_probs_of(node, ids) for node in nodes])


def logsumexp(log_probabilities: Sequence[float]) -> float:
    """Return the logarithm of a sum of probabilities."""
    if len(log_probabilities) == 1:
        return log_probabilities[0]
    top = max(log_probabilities, default=-math.inf)
    if top == -math.inf:
        return top
    return top + math.log(sum(math.exp(value - top) for value in log_probabilities))
