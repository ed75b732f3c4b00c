"""Short forms: phrases typed by initials, by cut syllables, or by both and full ones; how often they are found.

    python tests/benchmarks/short_forms.py ../shared/data/written/zh-*.jsonl
    python tests/benchmarks/short_forms.py ../shared/data/written/zh-*.jsonl --tune

Phrases have 1 to 3 words and 2 to 5 characters, from dialogs that the model did not learn from; half of the phrases are
typed after the turns and the words before them, the others after nothing. --tune measures several prices of abbreviated
and unfinished syllables on half of the phrases, chooses the best by the mean of top-1 and top-5, and reports the
phrases that these were not chosen by.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import click
import numpy as np

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.readings import readings
from seqchat.corpus.scripts import HAN
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.spelling import Spelling
from seqchat.corpus.splitting import digest
from seqchat.corpus.typing_prices import PRICES, TypingPrices
from seqchat.evaluation.texts import held_out_rule
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.model_registry import find
from seqchat.model.threads import one_thread

_CHINESE = re.compile(f"[{HAN}]+")
_ABBREVIATED = (-0.25, -0.5, -1.0, -1.5)
_UNFINISHED = (-0.5, -1.0, -2.0)


class Case(NamedTuple):
    """Letters typed after a text, and the phrase that is meant."""

    kind: str
    before: str
    letters: str
    meant: str


def cases(engine: Engine, turns: Sequence[tuple[str, str]], count: int) -> list[Case]:
    """Return `count` cases of each kind, half of them with a text before them; turns: with the text before each."""
    rng = random.Random(1)
    found: list[Case] = []
    for before, turn in rng.sample(list(turns), len(turns)):
        words = engine.vocabulary.segmenter.split(turn)
        starts = [*_phrases(words)]
        if len(found) >= 3 * count:
            break
        if starts:
            start, length = rng.choice(starts)
            meant = "".join(words[start : start + length])
            text = before + engine.vocabulary.segmenter.join(words[:start]) if len(found) % 2 else ""
            found += [Case(kind, text, letters, meant) for kind, letters in _typed(meant, rng)]
    return found


def _phrases(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    for start in range(len(words)):
        for length in (1, 2, 3):
            phrase = words[start : start + length]
            if len(phrase) == length and all(map(_CHINESE.fullmatch, phrase)) and 2 <= len("".join(phrase)) <= 5:
                yield start, length


def _typed(phrase: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    ways = readings([phrase])[0]
    if ways:
        syllables = ways[0].syllables
        yield "initials", "".join(s[0] for s in syllables)
        yield "cut syllables", "".join(s[: rng.randint(1, len(s))] for s in syllables)
        yield "mixed", "".join(s if rng.random() < 0.5 else s[0] for s in syllables)


def measure(engine: Engine, chosen: Sequence[Case], prices: TypingPrices) -> dict[str, list[int]]:
    """Return the rank of what was meant by the kind of typing, 0 where it is not among five."""
    engine.spell(Spelling(prices))
    ranks: dict[str, list[int]] = {}
    for case in chosen:
        found = [s.insert for s in suggest(engine, case.before + case.letters, 5) if s.replace == len(case.letters)]
        ranks.setdefault(case.kind, []).append(found.index(case.meant) + 1 if case.meant in found else 0)
    return ranks


def _score(ranks: dict[str, list[int]]) -> float:
    """Return the mean of top-1 and top-5."""
    every = [rank for found in ranks.values() for rank in found]
    return sum((rank == 1) + (rank > 0) for rank in every) / (2 * len(every))


def _report(title: str, ranks: dict[str, list[int]]) -> None:
    every = {**ranks, "all": [rank for found in ranks.values() for rank in found]}
    shares = (
        f"{k} {sum(r == 1 for r in f) / len(f):.1%} {sum(r > 0 for r in f) / len(f):.1%}" for k, f in every.items()
    )
    click.echo(f"{title}: {'; '.join(shares)}")


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option("--model", default="lstm-chat", show_default=True)
@click.option("--count", default=100, show_default=True, help="How many of each kind.")
@click.option("--tune", is_flag=True, help="Choose prices on one half, and report the other.")
@one_thread()
def main(sources: tuple[str, ...], model: str, count: int, tune: bool) -> None:
    """Print how often what was meant is first, and among five."""
    engine = Engine.load(model)
    dialogs = list(read_dialogs(sources))
    digests = np.array([digest(dialog) for dialog in dialogs], dtype=np.uint64)
    mask = held_out_rule(Checkpoint.load(find(model)).data).test_mask(digests)
    turns = [
        ("".join(f"{t}\n" for t in dialog.turns[max(0, i - 3) : i]), turn)
        for dialog, held_out in zip(dialogs, mask, strict=True)
        if held_out
        for i, turn in enumerate(dialog.turns)
    ]
    chosen = cases(engine, turns, count)
    if not tune:
        _report("all", measure(engine, chosen, PRICES))
        return
    # A phrase has a case of each kind.
    phrases = [chosen[i : i + 3] for i in range(0, len(chosen), 3)]
    # Of those after a text, and of those after nothing, half each
    own, others = ([c for i, phrase in enumerate(phrases) if i // 2 % 2 == half for c in phrase] for half in (0, 1))
    best, score = PRICES, 0.0
    for name, grid in (("abbreviated", _ABBREVIATED), ("unfinished", _UNFINISHED)):
        for price in grid:
            tried = replace(best, **{name: price})
            ranks = measure(engine, own, tried)
            _report(str(tried), ranks)
            if _score(ranks) > score + 1e-9:
                best, score = tried, _score(ranks)
    _report("the other half, as it was", measure(engine, others, PRICES))
    _report(f"the other half, {best}", measure(engine, others, best))


if __name__ == "__main__":
    main()
