"""Sentences that resemble nothing that was learned, typed in pinyin.

    python tests/benchmarks/neutral.py lstm-chat ../shared/data/zh/tatoeba.jsonl --count 200

Collections of sentences hold many variants of the same one, so that a sentence kept for testing may have been learned
but for a word. Here those are left out that share at least half of their pairs of characters with a learned sentence of
the same file (Jaccard index). A file that the model did not learn from is used as a whole: `--foreign`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import click
from held_out import held_out_dialogs

from seqchat.completion.engine import Engine
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.splitting import digest
from seqchat.evaluation.pinyin import Conversion, measure_pinyin

NEAR = 0.5


def pairs(dialog: Dialog) -> frozenset[str]:
    """Return the pairs of neighbouring characters of a dialog."""
    text = "\n".join(dialog.turns)
    return frozenset(text[k : k + 2] for k in range(len(text) - 1))


def unlike(tested: Sequence[Dialog], learned: Iterable[Dialog], near: float) -> list[Dialog]:
    """Return the dialogs of which no learned one has a Jaccard index of pairs of `near` or more."""
    own = [pairs(dialog) for dialog in tested]
    holders: dict[str, list[int]] = defaultdict(list)
    for number, pairs_of_one in enumerate(own):
        for pair in pairs_of_one:
            holders[pair].append(number)
    repeated = [False] * len(tested)
    same = {digest(dialog) for dialog in tested}
    for dialog in learned:
        if digest(dialog) in same:
            continue
        other = pairs(dialog)
        for number, shared in Counter(n for pair in other for n in holders.get(pair, ())).items():
            if shared >= near * (len(own[number]) + len(other) - shared):
                repeated[number] = True
    return [dialog for dialog, near_one in zip(tested, repeated, strict=True) if not near_one]


def row(name: str, found: Conversion | None) -> str:
    """Return a line of the table."""
    if found is None:
        return f"{name:<10} none"
    return f"{name:<10} {found.count:>5}   top-1 {found.top1:.1%}   top-5 {found.top5:.1%}   exact {found.exact:.1%}"


@click.command()
@click.argument("model")
@click.argument("sources", nargs=-1, required=True)
@click.option("--count", default=200, show_default=True, help="How many phrases, and how many sentences.")
@click.option("--near", default=NEAR, show_default=True, help="The Jaccard index from which sentences are alike.")
@click.option("--foreign", is_flag=True, help="The model has not learned from these files.")
@click.option("--lexicon", default=None, help="Another lexicon, or none.")
def main(model: str, sources: tuple[str, ...], count: int, near: float, foreign: bool, lexicon: str | None) -> None:
    """Print how many sentences and phrases are found from their pinyin, and the keys a character."""
    if foreign:
        chosen = list(read_dialogs(sources))
    else:
        tested = list(held_out_dialogs(model, sources))
        chosen = unlike(tested, read_dialogs(sources), near)
        click.echo(f"{len(tested)} dialogs were kept for testing; {len(chosen)} of them resemble no learned one")
    found = measure_pinyin(Engine.load(model, lexicon=lexicon), chosen, count)
    click.echo(row("phrases", found.phrases))
    click.echo(row("sentences", found.sentences))
    if found.keys_per_character is not None:
        click.echo(f"keys a character {found.keys_per_character:.2f}")


if __name__ == "__main__":
    main()
