"""Single-word gaps: how often the word is found from the left alone, and with more and more of the text on the right.

    python tests/benchmarks/gaps.py INFILL_MODEL NEXT_MODEL kdconv.jsonl crosswoz.jsonl sms.jsonl sample

Both models were trained on these files, and kept the same dialogs for testing. The gaps are the same for all: words of
the vocabulary, not the last of a dialog. A model of the objective infill reads the right with its second direction; one
of the objective next takes its 32 best words and judges them by the probability of the text after it.
"""

from __future__ import annotations

import random

import click
import torch
from held_out import held_out_dialogs

from seqchat.completion.engine import Engine
from seqchat.completion.prediction import GapPredictor
from seqchat.completion.right_context import right_log_probs
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import WORD, encode_dialog
from seqchat.model.stepping import InfillSteps

_RIGHTS = (0, 1, 2, 4, 40)
_CANDIDATES = 32
_LEFT = 200


def gaps(engine: Engine, dialogs: list[Dialog], count: int) -> list[tuple[list[int], int, list[int]]]:
    """Return words on the left, the word, and words on the right, as ids."""
    found = []
    for dialog in dialogs:
        ids, kinds = encode_dialog(dialog, engine.vocabulary)
        for position in range(1, len(ids) - 2):
            if kinds[position] == WORD and engine.vocabulary.suggestible[ids[position]]:
                found.append(
                    (
                        ids[max(1, position - _LEFT) : position],
                        ids[position],
                        ids[position + 1 : position + 1 + max(_RIGHTS)],
                    )
                )
    return random.Random(0).sample(found, min(count, len(found)))


def ranks(engine: Engine, left: list[int], word: int, right: list[int], *, both: bool) -> int:
    """Return how many words are better than the right one."""
    tree = engine.context.tree
    (node,) = tree.read([tree.root], [left])
    tree.forget_oldest(node)
    if both and right:
        assert isinstance(engine.network, InfillSteps)
        row = GapPredictor(tree, engine.network, engine.network.read_right(torch.tensor(right))).log_probs(node)
    else:
        row = tree.log_probs(node)
    row = row + engine.suggestible_mask
    if both or not right:
        return int((row > row[word]).sum())
    best = row.topk(_CANDIDATES)
    nodes = tree.read([node] * _CANDIDATES, best.indices[:, None].tolist())
    judged = best.values + torch.tensor(right_log_probs(tree, nodes, [right] * _CANDIDATES))
    if word not in best.indices:
        return len(row)
    return int((judged > judged[best.indices == word]).sum())


@click.command()
@click.argument("infill")
@click.argument("following")
@click.argument("sources", nargs=-1, required=True)
@click.option("--count", default=1_000, show_default=True, help="How many gaps.")
def main(infill: str, following: str, sources: tuple[str, ...], count: int) -> None:
    """Print the share of gaps whose word is the first, and among the first five."""
    engines = {"infill": Engine.load(infill), "next": Engine.load(following)}
    dialogs = list(held_out_dialogs(infill, sources))
    same = {name: gaps(engine, dialogs, count) for name, engine in engines.items()}
    ways = (
        ("infill, both directions", "infill", True),
        ("infill, left half re-scored", "infill", False),
        ("next, re-scored", "next", False),
    )
    click.echo("| model | words on the right | top-1 | top-5 |")
    click.echo("| --- | ---: | ---: | ---: |")
    for title, name, both in ways:
        for right in _RIGHTS:
            places = [ranks(engines[name], left, word, r[:right], both=both) for left, word, r in same[name]]
            top1, top5 = (sum(rank < k for rank in places) / len(places) for k in (1, 5))
            shown = "all (40 at most)" if right == max(_RIGHTS) else str(right)
            click.echo(f"| {title} | {shown} | {top1:.1%} | {top5:.1%} |")


if __name__ == "__main__":
    main()
