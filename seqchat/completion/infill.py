"""What stands right of the cursor, for networks that read from left to right alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from seqchat.completion.engine import Engine
from seqchat.completion.states import Node

# So much of the text on the right is judged; what is farther away hardly tells words apart.
_WORDS = 8


def rescore(engine: Engine, places: Sequence[tuple[Node, tuple[int, ...], str]], after: str) -> list[float]:
    """Return for each place the log-probability of the beginning of the text `after` it.

    A place is a node, the words that were chosen behind it, and the text that they insert.
    """
    tree = engine.context.tree
    nodes = tree.read([node for node, _, _ in places], [ids for _, ids, _ in places])
    # How the text is cut depends on whether a space between it and the insertion is implied.
    rights = [engine.right_ids(after, insert[-1])[:_WORDS] for _, _, insert in places]
    totals = [0.0] * len(places)
    for place in range(max(map(len, rights))):
        going = [i for i, right in enumerate(rights) if len(right) > place]
        tree.measure([nodes[i] for i in going])
        for i in going:
            totals[i] += float(tree.at(nodes[i], torch.tensor([rights[i][place]])))
        read = tree.read([nodes[i] for i in going], [rights[i][place : place + 1] for i in going])
        for i, node in zip(going, read, strict=True):
            nodes[i] = node
    return totals
