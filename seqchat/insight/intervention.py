"""A run of the network in which gates are held or words are swapped, side by side with the untouched run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from seqchat.completion.engine import Engine
from seqchat.completion.states import AbandonedError, Node, StateTree
from seqchat.errors import SeqchatError
from seqchat.insight.holds import GateHold, ResolvedHold, holds_at, resolve
from seqchat.insight.run_comparison import Comparison, compare_runs
from seqchat.insight.swaps import Swap, pairs_of, substitutes, swapped, tokens_of, words_of


@dataclass(frozen=True)
class Intervention:
    """What is changed. Of two holds of the same neuron, the later counts; all swaps refer to the untouched text."""

    holds: tuple[GateHold, ...] = ()
    swaps: tuple[Swap, ...] = ()


def compare(
    engine: Engine,
    text: str,
    intervention: Intervention,
    count: int = 9,
    *,
    last: int | None = None,
    max_top_changes: int = 5,
) -> Comparison:
    """Run a text untouched and changed.

    What is compared is the network's own prediction of a whole next word, without the memory of what was written and
    without other readings of the text's tail; an `infill` model predicts with its forward half. The `count`
    suggestions are words that may be offered, their probabilities are among all words. The words around a swapped one
    stay as they were cut. Gates and states are those of the last words alone where `last` says how many. Words before
    the first change are not read again.

    Raises:
        SeqchatError: the text has no words, or there is no such layer, gate, neuron, value, word or position.
        AbandonedError: the engine's tree was interrupted.
    """
    for number, name in ((count, "suggestions"), (1 if last is None else last, "words")):
        if number < 1:
            raise SeqchatError(f"The number of {name} is at least 1, not {number}.")
    untouched = engine.context.node(text)
    if not untouched.depth:
        raise SeqchatError("The text has no words; give at least one.")
    words = words_of(engine.vocabulary, text)
    changed, pairs = _changed_run(engine, untouched, tokens_of(engine.vocabulary, words), intervention)
    return replace(
        compare_runs(engine, (untouched, changed), pairs, count, last, max_top_changes),
        substitutes=substitutes(engine.vocabulary, [swap.new for swap in intervention.swaps]),
        text_substitutes=substitutes(engine.vocabulary, words),
    )


def _changed_run(
    engine: Engine, untouched: Node, tokens: list[str], intervention: Intervention
) -> tuple[Node, list[tuple[int, int]]]:
    """Return the end of the changed run, and which positions of the untouched and the changed run are the same."""
    ids, origins, own = swapped(engine.vocabulary, tokens, intervention.swaps)
    pairs = pairs_of(own, origins)
    held = [held for hold in intervention.holds for held in resolve(engine.network, hold, len(tokens), pairs)]
    return _read(engine.context.tree, untouched, ids, held), pairs


def _read(tree: StateTree, untouched: Node, ids: list[int], held: Sequence[ResolvedHold]) -> Node:
    """Read the start of the dialog and words; unchanged words are taken from the untouched run."""
    shared = list(untouched.path_to_root())[::-1]
    same = 0
    while same < min(len(shared), len(ids)) and shared[same].word_id == ids[same]:
        same += 1
    first = min([same, *(hold.start for hold in held)])
    node = shared[first - 1] if first else None
    for position in range(first, len(ids)):
        if tree.interrupted():
            raise AbandonedError
        state = tree.network.initial_state() if node is None else node.state
        word_id = torch.tensor(ids[position : position + 1])
        stepped = tree.network.step(word_id, state, holds_at(position, held, len(tree.network.layer_names)))
        node = Node(node, ids[position], stepped, 0)
    assert node is not None
    return node
