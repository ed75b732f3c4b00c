"""Text → states: after an edit, only the words between its seams are cut again, and only new words are read."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache

from seqchat.completion.states import Node, StateTree
from seqchat.corpus.cleaning import clean
from seqchat.corpus.vocabulary import TURN_ID, Vocabulary
from seqchat.model.ngrams import Mixture
from seqchat.model.stepping import StepNetwork

# The beginning of a longer text is not read. It is dropped in large steps, so that states are re-used in between.
MAX_CHARACTERS = 8_000
_DROP = 4_000
_MAX_RIGHT_CHARACTERS = 1_000
_MAX_BLOCKS = 10_000


class TextContext:
    """The words of the current text and their states. A line is a turn; empty lines are skipped."""

    def __init__(self, network: StepNetwork, vocabulary: Vocabulary, mixture: Mixture | None = None) -> None:
        self.tree = StateTree(network, mixture)
        # The form in which the characters of a text are read; as long as the text
        self.read_as: Callable[[str], str] = str
        self._vocabulary = vocabulary
        seam = vocabulary.segmenter.seam
        self._seams = re.compile(rf"(?<=\n)|{seam}" if seam else r"(?<=\n)")
        self._block_ids = lru_cache(_MAX_BLOCKS)(self._encode)
        # The current text, its seams, and the node of all words before each of them
        self._text = ""
        self._seam_offsets = [0]
        self._seam_nodes = [self.tree.root]

    def readable(self, text: str) -> str:
        """Return the part of a text that is read, in the form in which it is read."""
        return self.read_as(readable(text))

    def ids(self, text: str) -> list[int]:
        """Return the word ids of the last `MAX_CHARACTERS` of a text, cut as a whole."""
        finished, current = turns(self.readable(text))
        ids: list[int] = []
        for turn in finished:
            ids += [*self._encode(turn, " "), TURN_ID]
        return ids + self._encode(current, " ")

    def node(self, text: str) -> Node:
        """Return the node of a text's words: that of its `ids`, but computed only for what changed."""
        text = self.readable(text)
        return self.nodes(text, [len(text)])[0]

    def nodes(self, text: str, ends: Sequence[int]) -> list[Node]:
        """Return the nodes of a `readable` text's beginnings of these lengths; new words are read as one batch."""
        if text != self._text:
            self._follow(text)
        starts, words = [], []
        for end in ends:
            last = bisect_right(self._seam_offsets, end) - 1
            starts.append(self._seam_nodes[last])
            words.append(self.words(text, self._seam_offsets[last], end))
        nodes = self.tree.read(starts, words)
        kept = self.tree.forget_oldest(max(nodes, key=lambda node: node.depth))
        if kept is not None and self._seam_nodes[-1] not in kept:
            self._text, self._seam_offsets, self._seam_nodes = "", [0], [self.tree.root]
        return nodes

    def _follow(self, text: str) -> None:
        """Make `text` the current text; what is before the last seam that the change left alone is kept."""
        # A seam depends on the characters on both sides.
        kept = max(bisect_left(self._seam_offsets, _shared_length(self._text, text)), 1)
        del self._seam_offsets[kept:], self._seam_nodes[kept:]
        self._text = text[: self._seam_offsets[-1]]
        for match in self._seams.finditer(text, self._seam_offsets[-1] + 1):
            words = self.words(text, self._seam_offsets[-1], match.start())
            (node,) = self.tree.read(self._seam_nodes[-1:], [words])
            self._seam_offsets.append(match.start())
            self._seam_nodes.append(node)
        self._text = text

    def words(self, text: str, start: int, end: int) -> list[int]:
        """Return the ids between a seam and an offset before the next one, including the end of the turn."""
        block = text[start:end]
        begins = start == 0 or text[start - 1] == "\n"
        if begins:
            block = block.lstrip(" ")
        if not block.endswith("\n"):
            return self._block_ids(block, " " if begins else text[start - 1])
        block = block[:-1].rstrip(" ")
        if begins and not block:
            return []
        return [*self._block_ids(block, " " if begins else text[start - 1]), TURN_ID]

    def _encode(self, block: str, before: str) -> list[int]:
        return self._vocabulary.encode(self._vocabulary.segmenter.split(block, before))


def turns(text: str) -> tuple[list[str], str]:
    """Return the finished turns of a clean text, one for each line that is not empty, and the unfinished one."""
    *finished, current = text.split("\n")
    return [line.strip() for line in finished if line.strip()], current.lstrip()


def readable(text: str) -> str:
    """Return the part of a text that is read, cleaned: the end of a long one, from the start of a line if one is
    near."""
    text = clean(text)
    if len(text) <= MAX_CHARACTERS:
        return text
    start = (len(text) - MAX_CHARACTERS + _DROP - 1) // _DROP * _DROP
    line = text.find("\n", start, start + _DROP // 2)
    return text[max(line + 1, start) :]


def readable_right(text: str) -> str:
    """Return the part of a text right of the cursor that is read: its beginning, cleaned."""
    return clean(text[:_MAX_RIGHT_CHARACTERS])


def _shared_length(a: str, b: str) -> int:
    """Return how many characters two texts have in common at their start."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
