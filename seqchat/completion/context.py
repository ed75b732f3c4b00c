"""Text → states, re-using every state that an edit left valid."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from seqchat.corpus.cleaning import clean
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID, Vocabulary
from seqchat.model.stepping import StepNetwork, Stepped

# States are kept for so many words beyond those of the text at hand; one takes about 35 KB at 2 × 512.
MAX_STATES = 4_000
_MAX_PREDICTIONS = 64
# Of longer texts the beginning is not read. It is dropped in large steps, so that states can be re-used in between.
MAX_CHARACTERS = 8_000
_DROP = 4_000
_MAX_LINES = 4_000


class Node:
    """A word in the context of all words before it, with the step that read it."""

    __slots__ = ("children", "depth", "parent", "stepped", "word_id")

    def __init__(self, parent: Node | None, word_id: int, stepped: Stepped) -> None:
        self.parent = parent
        self.word_id = word_id
        self.stepped = stepped
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.children: dict[int, Node] = {}

    def path(self) -> Iterator[Node]:
        """Yield this node and those before it, the last word first, the start of the dialog last."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent


class Context:
    """The states of texts as a tree of word prefixes: what two texts share from their start is computed once."""

    def __init__(self, network: StepNetwork, vocabulary: Vocabulary) -> None:
        self._network = network
        self._vocabulary = vocabulary
        self._line_ids = lru_cache(_MAX_LINES)(self._encode_line)
        self._predictions: OrderedDict[Node, Tensor] = OrderedDict()
        self._root = Node(None, DIALOG_ID, network.step(torch.tensor([DIALOG_ID]), network.initial_state()))
        self._states = 1

    def ids(self, text: str) -> list[int]:
        """Return the word ids of the last `MAX_CHARACTERS` of a text; a line is a turn, empty lines are skipped."""
        ids: list[int] = []
        *finished, current = recent(clean(text)).split("\n")
        for line in finished:
            if line.strip():
                ids += self._line_ids(line.strip())
                ids.append(TURN_ID)
        ids += self._line_ids(current if current.strip() else "")
        return ids

    def read(self, ids: Sequence[int]) -> Node:
        """Return the node of these words, stepping the network over those never seen in this order before."""
        node = self._root
        for word_id in ids:
            child = node.children.get(word_id)
            node = child if child is not None else self._extend(node, word_id)
        if self._states > MAX_STATES + len(ids):
            self._forget_all_but(node)
        return node

    def log_probabilities(self, node: Node) -> Tensor:
        """Return the log-probabilities [words] of the word after a node."""
        found = self._predictions.get(node)
        if found is None:
            found = self._network.log_probabilities(node.stepped.features)[0]
            self._predictions[node] = found
            if len(self._predictions) > _MAX_PREDICTIONS:
                self._predictions.popitem(last=False)
        else:
            self._predictions.move_to_end(node)
        return found

    def _encode_line(self, line: str) -> list[int]:
        return self._vocabulary.encode(self._vocabulary.segmenter.split(line))

    def _extend(self, node: Node, word_id: int) -> Node:
        stepped = self._network.step(torch.tensor([word_id]), node.stepped.state)
        child = node.children[word_id] = Node(node, word_id, stepped)
        self._states += 1
        return child

    def _forget_all_but(self, node: Node) -> None:
        """Keep the states of one text alone."""
        below: Node | None = None
        for kept in node.path():
            kept.children = {below.word_id: below} if below is not None else {}
            below = kept
        self._states = node.depth + 1
        self._predictions.clear()


def recent(text: str) -> str:
    """Return the end of a long text, from the beginning of a line where there is one near."""
    if len(text) <= MAX_CHARACTERS:
        return text
    start = (len(text) - MAX_CHARACTERS + _DROP - 1) // _DROP * _DROP
    line = text.find("\n", start, start + _DROP // 2)
    return text[max(line + 1, start) :]
