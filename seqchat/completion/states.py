"""The states of texts as a tree of word prefixes: what two texts share from their start is computed once.

The tree also predicts the word after each prefix, with the network and the model's n-grams if it has some.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

import numpy as np
import torch
from torch import Tensor

from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID
from seqchat.model.ngrams import Contexts, Mixture
from seqchat.model.stepping import StepNetwork, Stepped

# So many words are kept besides those of the current text.
MAX_STATES = 500
# States and gates are kept at this many words, those that were read or looked at last: 50 KB each at 2 × 512.
MAX_GATED = 500
# Of the words before them, one in so many keeps its state, from which those behind it are computed again.
_STATE_EVERY = 8
# So many words are thinned together: small pieces of memory would keep the pages around them.
_THINNED_AT_ONCE = 64
# Rows of unnormalised log-probabilities; one takes 200 KB with 50,000 words, and thrice as much while it is computed.
_MAX_ROWS, _ROWS_AT_ONCE = 64, 32


class AbandonedError(Exception):
    """Reading was given up, because nobody waits for its result any more."""


class Node:
    """A word in the context of all words before it, with its row of the step that read it."""

    __slots__ = (
        "_last_turn_end",
        "batch_index",
        "children",
        "depth",
        "log_normalizer",
        "log_prob",
        "ngram_context",
        "parent",
        "stepped",
        "used",
        "word_id",
    )

    def __init__(self, parent: Node | None, word_id: int, stepped: Stepped, batch_index: int) -> None:
        self.parent = parent
        self.word_id = word_id
        self.stepped = stepped
        self.batch_index = batch_index
        self.depth: int = 0 if parent is None else parent.depth + 1
        # None: itself; a node that held itself would be freed only by the garbage collector.
        self._last_turn_end: Node | None = None if parent is None or word_id == TURN_ID else parent.last_turn_end
        self.children: dict[int, Node] = {}
        self.used = 0
        self.log_normalizer: float | None = None
        self.log_prob: float | None = None
        # The last words, as the n-grams know them: [1, order - 1]
        self.ngram_context: Contexts | None = None

    @property
    def last_turn_end(self) -> Node:
        """The last end of a turn, or the start of the dialog."""
        return self if self._last_turn_end is None else self._last_turn_end

    @property
    def state(self) -> Tensor:
        """The state to continue from, with a batch of one."""
        return self.stepped.state[..., self.batch_index : self.batch_index + 1, :]

    @property
    def has_state(self) -> bool:
        """Whether `state` is there; a node read long ago has it after `with_states`."""
        return self.stepped.state.shape[-2] > 0

    @property
    def features(self) -> Tensor:
        """The features [embedding] that the next word is predicted from."""
        return self.stepped.features[self.batch_index]

    def gate(self, layer: int, name: str) -> Tensor:
        """Return the values [hidden] of a gate of a layer; a node read long ago has them after `with_gates`."""
        return self.stepped.gates[layer][name][self.batch_index]

    def path_to_root(self) -> Iterator[Node]:
        """Yield this node and those before it, the last word first, the start of the dialog last."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent


class StateTree:
    """Steps a network over words, and keeps the states of the texts that were read last."""

    def __init__(self, network: StepNetwork, mixture: Mixture | None = None) -> None:
        self.network = network
        self.mixture = mixture
        self.root = Node(None, DIALOG_ID, network.step(torch.tensor([DIALOG_ID]), network.initial_state()), 0)
        # Called between two words; reading ends with `AbandonedError` if it returns True.
        self.interrupted: Callable[[], bool] = lambda: False
        self._rows: OrderedDict[Node, Tensor] = OrderedDict()
        # Those of `_rows` that are logits still: a phrase only needs some words of most nodes.
        self._unmixed: set[Node] = set()
        # The nodes that have states and gates, in the order of their last use
        self._gated: OrderedDict[Node, None] = OrderedDict()
        self._states = 1
        self._clock = 0

    def read(self, starts: Sequence[Node], words: Sequence[Sequence[int]]) -> list[Node]:
        """Return the node after each start and its words; words that are new there are read as one batch."""
        nodes = list(starts)
        for position in range(max(map(len, words), default=0)):
            longer = [i for i, ids in enumerate(words) if len(ids) > position]
            self._extend([(nodes[i], words[i][position]) for i in longer])
            for i in longer:
                nodes[i] = nodes[i].children[words[i][position]]
        self._clock += 1
        for node in nodes:
            node.used = self._clock
        return nodes

    def with_states(self, nodes: Sequence[Node]) -> Sequence[Node]:
        """Return nodes once they have their states; those that were dropped are computed again."""
        for node in nodes:
            later = list(takewhile(lambda word: not word.has_state, node.path_to_root()))
            for word in reversed(later):
                self._step_again(word)
        return nodes

    def with_gates(self, nodes: Sequence[Node]) -> Sequence[Node]:
        """Return nodes once they have their states and gates; those that were dropped are computed again."""
        for node in nodes:
            if not node.stepped.gates:
                self.with_states([] if node.parent is None else [node.parent])
                self._step_again(node)
            elif node in self._gated:
                self._gated.move_to_end(node)
        return nodes

    def _step_again(self, node: Node) -> None:
        before = self.network.initial_state() if node.parent is None else node.parent.state
        node.stepped, node.batch_index = self.network.step(torch.tensor([node.word_id]), before), 0
        self._gated[node] = None

    def forget_oldest(self, current: Node) -> set[Node] | None:
        """Once there are too many states, drop those used longest ago and return what is kept; None otherwise.

        `current` and the nodes before it stay.
        """
        if self._states <= MAX_STATES + current.depth:
            return None
        nodes = self._nodes()
        last_used = self._last_used(nodes, current)
        # A node counts as used when a node after it was, so that whatever stays has all words before it.
        order = sorted(nodes, key=lambda node: (-last_used[node], node.depth))
        kept = set(order[: MAX_STATES // 2 + current.depth + 1])
        # Without cycles, what is dropped is freed at once.
        for node in nodes:
            children = node.children if node in kept else {}
            node.children = {word_id: child for word_id, child in children.items() if child in kept}
        for node in self._rows.keys() - kept:
            del self._rows[node]
        for node in self._gated.keys() - kept:
            del self._gated[node]
        self._unmixed &= kept
        self._states = len(kept)
        return kept

    def _last_used(self, nodes: Sequence[Node], current: Node) -> dict[Node, int]:
        """Return when each node, or one after it, was used last; `current` and the nodes before it later than all."""
        last_used: dict[Node, int] = {}
        for node in reversed(nodes):
            last_used[node] = max([node.used, *(last_used[child] for child in node.children.values())])
        for node in current.path_to_root():
            last_used[node] = self._clock + 1
        return last_used

    def prefetch(self, nodes: Sequence[Node]) -> None:
        """Predict the word after each of these nodes as one batch, unless that was done before."""
        missing = [node for node in dict.fromkeys(nodes) if node.log_normalizer is None]
        if missing:
            self._predict(missing)

    def log_probs(self, node: Node) -> Tensor:
        """Return the log-probabilities [words] of the word after a node."""
        if node not in self._rows:
            self._predict([node])
        self._rows.move_to_end(node)
        if node in self._unmixed:
            assert node.log_normalizer is not None
            row = self._rows[node] - node.log_normalizer
            mixed = None if self.mixture is None else self.mixture.mix(row[None], self.ngram_contexts([node]))[0]
            self._rows[node] = row if mixed is None else mixed
            self._unmixed.discard(node)
        return self._rows[node]

    def top_words(self, node: Node, count: int, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the most probable words after a node, and their log-probabilities.

        mask: 0 for the words [words] that may be among them, minus infinity for the others.
        """
        row = self.log_probs(node)
        values, ids = (row + mask).topk(min(count, len(row)))
        return ids, values

    def log_probs_of(self, node: Node, ids: Tensor) -> Tensor:
        """Return the log-probabilities [ids] of some words after a node, each in float32."""
        return self.log_prob_table([node], ids)[0]

    def log_prob(self, node: Node) -> float:
        """Return log P(the word of a node | the words before it)."""
        if node.log_prob is None:
            self.prefetch_log_probs([node])
            assert node.log_prob is not None
        return node.log_prob

    def prefetch_log_probs(self, nodes: Sequence[Node]) -> None:
        """Compute `log_prob` of all of these nodes that have a word before them at once."""
        missing = [node for node in dict.fromkeys(nodes) if node.log_prob is None and node.parent is not None]
        if missing:
            before = [node.parent for node in missing if node.parent is not None]
            found = self.log_probs_of_each(before, [node.word_id for node in missing])
            for node, log_prob in zip(missing, found, strict=True):
                node.log_prob = log_prob

    def log_prob_table(self, nodes: Sequence[Node], ids: Tensor) -> Tensor:
        """Return the log-probabilities [nodes, ids] of the same words after several nodes, each in float32."""
        self.prefetch(nodes)
        totals = torch.tensor([[node.log_normalizer] for node in nodes])
        scores = self.network.output.exact_logits(torch.stack([node.features for node in nodes]), ids) - totals
        if self.mixture is None:
            return scores
        return self.mixture.mix_some(scores, self.ngram_contexts(nodes), ids.expand(len(nodes), -1))

    def log_probs_of_each(self, nodes: Sequence[Node], ids: Sequence[int]) -> list[float]:
        """Return the log-probability of one word after each of several nodes, in float32; all are predicted at once."""
        self.prefetch(nodes)
        words = torch.tensor(ids)[:, None]
        totals = torch.tensor([[node.log_normalizer] for node in nodes])
        features = torch.stack([node.features for node in nodes])
        scores = self.network.output.exact_logits_of_each(features, words) - totals
        if self.mixture is not None:
            scores = self.mixture.mix_some(scores, self.ngram_contexts(nodes), words)
        return [float(score) for score in scores[:, 0].tolist()]

    def ngram_contexts(self, nodes: Sequence[Node]) -> Contexts:
        """Return the last words of nodes as the n-grams know them: [nodes, …]; nothing without n-grams."""
        if self.mixture is None:
            return np.empty((len(nodes), 0), dtype=np.int64)
        _read_ngrams(nodes, self.mixture)
        return np.concatenate([node.ngram_context for node in nodes if node.ngram_context is not None])

    def _predict(self, nodes: list[Node]) -> None:
        for first in range(0, len(nodes), _ROWS_AT_ONCE):
            self._predict_some(nodes[first : first + _ROWS_AT_ONCE])

    def _predict_some(self, nodes: list[Node]) -> None:
        logits = self.network.output.logits(torch.stack([node.features for node in nodes]))
        totals = logits.logsumexp(dim=1).tolist()
        for node, row, total in zip(nodes, logits, totals, strict=True):
            node.log_normalizer = total
            self._rows[node] = row
        self._unmixed.update(nodes)
        while len(self._rows) > _MAX_ROWS:
            self._unmixed.discard(self._rows.popitem(last=False)[0])

    def _extend(self, pairs: list[tuple[Node, int]]) -> None:
        """Step over each word after its node, unless that was done before."""
        missing = [(node, word_id) for node, word_id in dict.fromkeys(pairs) if word_id not in node.children]
        if not missing:
            return
        if self.interrupted():
            raise AbandonedError
        states = [node.state for node in self.with_states([node for node, _ in missing])]
        state = torch.cat(states, dim=-2) if len(states) > 1 else states[0]
        stepped = self.network.step(torch.tensor([word_id for _, word_id in missing]), state)
        for row, (node, word_id) in enumerate(missing):
            new = node.children[word_id] = Node(node, word_id, stepped, row)
            self._gated[new] = None
        self._states += len(missing)
        if (excess := len(self._gated) - MAX_GATED) >= _THINNED_AT_ONCE:
            oldest = [self._gated.popitem(last=False)[0] for _ in range(excess)]
            _thin([node for node in oldest if node.depth % _STATE_EVERY == 0], slice(None))
            _thin([node for node in oldest if node.depth % _STATE_EVERY], slice(0))

    def _nodes(self) -> list[Node]:
        """List all nodes, each before those that follow it."""
        nodes = [self.root]
        for node in nodes:
            nodes.extend(node.children.values())
        return nodes


def _thin(nodes: Sequence[Node], kept: slice) -> None:
    """Keep the features of nodes and what is `kept` of their states: no gates, and no other rows of their steps."""
    if nodes:
        states = torch.cat([node.state[..., kept, :] for node in nodes], dim=-2)
        stepped = Stepped(states, torch.stack([node.features for node in nodes]), [])
        for row, node in enumerate(nodes):
            node.stepped, node.batch_index = stepped, row


def _read_ngrams(nodes: Sequence[Node], mixture: Mixture) -> None:
    """Give nodes their last words, advanced from the nearest nodes before them for which these are known."""
    new: dict[int, list[Node]] = {}
    for node in dict.fromkeys(nodes):
        known: Node | None = node
        while known is not None and known.ngram_context is None:
            at_depth = new.setdefault(known.depth, [])
            if known in at_depth:
                break
            at_depth.append(known)
            known = known.parent
    for depth in sorted(new):
        later = new[depth]
        before = [n.parent.ngram_context for n in later if n.parent is not None and n.parent.ngram_context is not None]
        known_before = np.concatenate(before) if before else mixture.begin(len(later))
        contexts = mixture.advance(known_before, np.array([n.word_id for n in later]))
        for row, node in enumerate(later):
            node.ngram_context = contexts[row : row + 1]
