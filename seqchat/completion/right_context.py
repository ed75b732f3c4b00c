"""What stands right of the cursor, for networks that read from left to right alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from seqchat.completion.states import Node, StateTree

# So much of the text on the right is judged; what is farther away hardly tells words apart.
JUDGED_WORDS = 8


def right_log_probs(tree: StateTree, nodes: Sequence[Node], rights: Sequence[Sequence[int]]) -> list[float]:
    """Return log P(the beginning of the text on the right | node) for each node and the words right of it."""
    nodes, rights = list(nodes), [right[:JUDGED_WORDS] for right in rights]
    totals = [0.0] * len(nodes)
    for place in range(max(map(len, rights), default=0)):
        going = [i for i, right in enumerate(rights) if len(right) > place]
        tree.prefetch([nodes[i] for i in going])
        for i in going:
            totals[i] += float(tree.log_probs_of(nodes[i], torch.tensor([rights[i][place]])))
        read = tree.read([nodes[i] for i in going], [rights[i][place : place + 1] for i in going])
        for i, node in zip(going, read, strict=True):
            nodes[i] = node
    return totals
