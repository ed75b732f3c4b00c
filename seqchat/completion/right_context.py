"""The text right of the cursor, judged by networks that read from left to right alone."""

from __future__ import annotations

from collections.abc import Sequence

from seqchat.completion.states import Node, StateTree

# How much of the text on the right is scored; what is farther away hardly distinguishes words.
JUDGED_WORDS = 8


def right_log_probs(tree: StateTree, nodes: Sequence[Node], rights: Sequence[Sequence[int]]) -> list[float]:
    """Return log P(the first words on the right | node) for each node, given the ids of the words right of it."""
    nodes, rights = list(nodes), [right[:JUDGED_WORDS] for right in rights]
    sums = [0.0] * len(nodes)
    for position in range(max(map(len, rights), default=0)):
        longer = [i for i, right in enumerate(rights) if len(right) > position]
        found = tree.log_probs_of_each([nodes[i] for i in longer], [rights[i][position] for i in longer])
        for i, log_prob in zip(longer, found, strict=True):
            sums[i] += log_prob
        read = tree.read([nodes[i] for i in longer], [rights[i][position : position + 1] for i in longer])
        for i, node in zip(longer, read, strict=True):
            nodes[i] = node
    return sums
