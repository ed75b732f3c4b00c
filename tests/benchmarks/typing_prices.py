"""Pinyin in full, cut, or shortened to first letters: how often the words that were meant are found, and what it costs.

    python tests/benchmarks/typing_prices.py ../shared/data/written/zh-*.jsonl
    python tests/benchmarks/typing_prices.py ../shared/data/written/zh-*.jsonl --tune
    python tests/benchmarks/typing_prices.py ../shared/data/written/zh-*.jsonl --tune-phrases

Words and runs of 2 to 4 words of validation dialogs are typed after the text before them, three more turns included.
--tune first changes one price after the other for the highest mean of the reciprocal ranks among words, each kind of
typing a word counting alike; --tune-phrases does so for phrases that are abbreviated in all syllables, half of them or
a quarter, or have a slip.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.pinyin import PinyinIndex, letters_before
from seqchat.corpus.readings import readings
from seqchat.corpus.scripts import HAN
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.spelling import Spelling
from seqchat.corpus.splitting import digest, hold_out
from seqchat.corpus.typing_prices import PRICES, TypingPrices
from seqchat.evaluation.latency import Percentiles
from seqchat.model.threads import one_thread

_CHINESE = re.compile(f"[{HAN}]+")
_TURNS_BEFORE = 3
_SHARE = 0.05
_RANKS = 10
_GRID = (-0.25, -0.5, -0.75, -1.0, -1.5, -2.0, -2.5, -3.0, -4.0, -5.0)
_ROUNDS = 2


class Case(NamedTuple):
    """Letters typed after a text, and the words that are meant."""

    kind: str
    before: str
    letters: str
    meant: str


def validation_dialogs(sources: Sequence[str]) -> list[Dialog]:
    """Return the dialogs that a training on these files would validate on."""
    dialogs = [*read_dialogs(sources)]
    digests = np.array([digest(dialog) for dialog in dialogs], dtype=np.uint64)
    chosen = hold_out(digests, _SHARE).validation_mask(digests)
    return [dialog for dialog, is_chosen in zip(dialogs, chosen, strict=True) if is_chosen]


def cases(engine: Engine, dialogs: Sequence[Dialog], count: int) -> list[Case]:
    """Return `count` cases of each kind, of known words."""
    rng = random.Random(0)
    found: dict[str, list[Case]] = {}
    for dialog in dialogs:
        for index, turn in enumerate(dialog.turns):
            before = "".join(f"{t}\n" for t in dialog.turns[max(0, index - _TURNS_BEFORE) : index])
            for case in _of_turn(engine, before, turn, rng):
                found.setdefault(case.kind, []).append(case)
    return [case for kind in sorted(found) for case in rng.sample(found[kind], min(count, len(found[kind])))]


def _of_turn(engine: Engine, before: str, turn: str, rng: random.Random) -> Iterator[Case]:
    words = engine.vocabulary.segmenter.split(turn)
    length = rng.randint(2, 4)
    for start, word in enumerate(words):
        text = before + engine.vocabulary.segmenter.join(words[:start])
        if not _is_known(engine, word):
            continue
        syllables = readings([word])[0][0].syllables
        full = "".join(syllables)
        yield Case("word in full", text, full, word)
        if len(full) > 1:
            yield Case("word, cut", text, full[: rng.randint(1, len(full) - 1)], word)
        if len(syllables) > 1:
            first = "".join(syllable[0] for syllable in syllables)
            yield Case("word, first letters", text, first, word)
            yield Case("word, first letters after a syllable", text, syllables[0] + first[1:], word)
        phrase = words[start : start + length]
        if len(phrase) == length and all(_is_known(engine, w) for w in phrase):
            typed = ["".join(readings([w])[0][0].syllables) for w in phrase]
            yield Case("phrase in full", text, "".join(typed), "".join(phrase))
            cut = [*typed[:-1], typed[-1][: rng.randint(1, len(typed[-1]))]]
            yield Case("phrase, cut in its last word", text, "".join(cut), "".join(phrase))
            yield from _abbreviated(text, phrase, rng)


def _abbreviated(before: str, phrase: Sequence[str], rng: random.Random) -> Iterator[Case]:
    """Yield a phrase of which a share of the syllables is typed by the first letter, or one has a slip."""
    syllables = [syllable for word in phrase for syllable in readings([word])[0][0].syllables]
    for rate in (1.0, 0.5, 0.25):
        typed = [syllable[0] if rng.random() < rate else syllable for syllable in syllables]
        yield Case(f"phrase, {rate:.0%} abbreviated", before, "".join(typed), "".join(phrase))
    at = rng.randrange(len(syllables))
    name = syllables[at]
    if len(name) > 1:
        i = rng.randrange(len(name) - 1)
        syllables[at] = f"{name[:i]}{name[i + 1]}{name[i]}{name[i + 2 :]}"
        yield Case("phrase with a slip", before, "".join(syllables), "".join(phrase))


def _is_known(engine: Engine, word: str) -> bool:
    return _CHINESE.fullmatch(word) is not None and word in engine.vocabulary and bool(readings([word])[0])


class Measured(NamedTuple):
    """Of each kind: the ranks of what was meant, 0 where it is not among the first ten; and the seconds of each."""

    ranks: dict[str, list[int]]
    seconds: dict[str, list[float]]


def measure(engine: Engine, chosen: Sequence[Case], prices: TypingPrices) -> Measured:
    """Type all cases."""
    engine.spell(Spelling(prices))
    measured = Measured({}, {})
    for case in chosen:
        suggest(engine, case.before, 1)
        began = time.perf_counter()
        found = [s.insert if s.replace else "" for s in suggest(engine, case.before + case.letters, _RANKS)]
        measured.seconds.setdefault(case.kind, []).append(time.perf_counter() - began)
        measured.ranks.setdefault(case.kind, []).append(found.index(case.meant) + 1 if case.meant in found else 0)
    return measured


def tune(engine: Engine, chosen: Sequence[Case]) -> TypingPrices:
    """Return the best prices, found by going over one after the other."""
    words = [case for case in chosen if case.kind.startswith("word")]
    log_probs = [_next_words(engine, case.before) for case in words]
    best, score = PRICES, _score(engine, words, log_probs, PRICES)
    for _ in range(_ROUNDS):
        for name in ("unbegun", "unfinished", "abbreviated"):
            for price in _GRID:
                tried = replace(best, **{name: price})
                if tried != best and (value := _score(engine, words, log_probs, tried)) > score:
                    best, score = tried, value
            click.echo(f"{score:.4f}  {best}")
    return best


def tune_phrases(engine: Engine, chosen: Sequence[Case]) -> TypingPrices:
    """Return the best prices of abbreviated syllables and of slips for phrases, one after the other."""
    kinds = [kind for kind in {case.kind for case in chosen} if "abbreviated" in kind or "slip" in kind]
    phrases = [case for case in chosen if case.kind in kinds]
    best, score = PRICES, _phrase_score(engine, phrases, PRICES)
    click.echo(f"{score:.4f}  {best}")
    for name, grid in (("abbreviated", (-0.25, -1.0, -1.5, -2.5)), ("slip", (-2.5, -4.0, -7.0))):
        for price in grid:
            tried = replace(best, **{name: price})
            value = _phrase_score(engine, phrases, tried)
            click.echo(f"{value:.4f}  {tried}")
            if value > score:
                best, score = tried, value
    return best


def _phrase_score(engine: Engine, chosen: Sequence[Case], prices: TypingPrices) -> float:
    """Return the mean reciprocal rank among all suggestions, each kind counting alike."""
    return float(np.mean([_reciprocal(ranks) for ranks in measure(engine, chosen, prices).ranks.values()]))


def _next_words(engine: Engine, before: str) -> NDArray[np.float32]:
    """Return the log-probabilities [words] of the word after a text."""
    cursor = engine.cursor(before)
    found: NDArray[np.float32] = cursor.predictor.log_probs(cursor.node).numpy().copy()
    return found


def _score(
    engine: Engine, chosen: Sequence[Case], log_probs: Sequence[NDArray[np.float32]], prices: TypingPrices
) -> float:
    """Return the mean reciprocal rank of the words that are meant among all words, each kind counting alike."""
    index = PinyinIndex(engine.vocabulary.words, Spelling(prices))
    ranks: dict[str, list[int]] = {}
    for case, row in zip(chosen, log_probs, strict=True):
        letters = letters_before(case.letters)
        assert letters is not None
        match = index.matching(letters)
        scores = row[match.ids] + match.log_probs
        own = scores[match.ids == engine.vocabulary.encode_word(case.meant)[0]]
        ranks.setdefault(case.kind, []).append(int((scores > own).sum()) + 1 if len(own) else 0)
    return float(np.mean([_reciprocal(found) for found in ranks.values()]))


def _reciprocal(ranks: Sequence[int]) -> float:
    return float(np.mean([1 / rank if rank else 0 for rank in ranks]))


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option("--model", default="lstm-chat", show_default=True)
@click.option("--count", default=300, show_default=True, help="How many of each kind.")
@click.option("--tune", "tunes", is_flag=True, help="Look for better prices first.")
@click.option("--tune-phrases", "tunes_phrases", is_flag=True, help="The same for phrases.")
@one_thread()
def main(sources: tuple[str, ...], model: str, count: int, tunes: bool, tunes_phrases: bool) -> None:
    """Print how often what was meant is first, among five, and the mean reciprocal rank."""
    engine = Engine.load(model)
    chosen = cases(engine, validation_dialogs(sources), count)
    prices = tune(engine, chosen) if tunes else tune_phrases(engine, chosen) if tunes_phrases else PRICES
    measured = measure(engine, chosen, prices)
    click.echo(f"{prices}\n")
    click.echo("| typed | cases | first | among five | reciprocal rank | median | 99th percentile |")
    click.echo("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for kind, ranks in measured.ranks.items():
        first, five = np.mean([r == 1 for r in ranks]), np.mean([1 <= r <= 5 for r in ranks])
        times = Percentiles.of(measured.seconds[kind])
        click.echo(
            f"| {kind} | {len(ranks)} | {first:.1%} | {five:.1%} | {_reciprocal(ranks):.3f} "
            f"| {times.p50:.1f} ms | {times.p99:.1f} ms |"
        )


if __name__ == "__main__":
    main()
