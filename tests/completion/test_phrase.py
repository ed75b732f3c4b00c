"""Pinyin against brute force: every word and every segmentation of a small vocabulary."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import product
from typing import NamedTuple

import pytest

from seqchat.completion import phrase as phrase_module
from seqchat.completion.engine import Engine
from seqchat.completion.memory import Memory
from seqchat.completion.phrase import find_phrases
from seqchat.completion.suggestion import suggest
from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.mandarin_syllables import SYLLABLES
from seqchat.corpus.pinyin import letters_before
from seqchat.corpus.readings import readings
from seqchat.corpus.typing_prices import PRICES
from seqchat.corpus.vocabulary import SPECIAL_WORDS
from seqchat.model.config import CacheWeights

from ..conftest import small_engine
from .test_context import read_from_start

WORDS = [
    "我", "想", "我想", "吃", "火", "锅", "火锅", "活", "国", "去", "西安", "先", "西", "安", "中国", "中", "握", "们",
    "我们", "行", "一行", "一", "字", "还", "还有", "有", "得", "谁", "银行", "乐", "，", "wo", "wow", "w", "o", "x",
    GLUE + "w", "huo", "xi", "'", "an", "chi",
]  # fmt: skip


CHINESE = [word for word in WORDS if all("\u4e00" <= c <= "\u9fff" for c in word)]


class Typed(NamedTuple):
    """A way to type a syllable: the letters, the price, how many letters of a full syllable they are, whether two of
    them have changed places, and whether they are its first ones, before another syllable."""

    letters: str
    price: float
    full: int
    slip: bool = False
    cut: bool = False


@cache
def inner_ways(syllable: str) -> list[Typed]:
    starts = {syllable[0], syllable[:2] if syllable[1:2] == "h" else syllable[0]} - {syllable}
    return [
        Typed(syllable, 0.0, len(syllable)),
        *(Typed(start, PRICES.abbreviated, 0) for start in starts),
        *(Typed(slip, PRICES.slip, len(slip) - 1, slip=True) for slip in swapped(syllable)),
        *(Typed(cut, PRICES.unfinished, unfinished(cut), cut=True) for cut in prefixes(syllable) if unfinished(cut)),
    ]


@cache
def last_ways(syllable: str) -> list[Typed]:
    starts = (Typed(start, PRICES.unfinished, unfinished(start)) for start in prefixes(syllable))
    return [*inner_ways(syllable), *starts]


def prefixes(syllable: str) -> list[str]:
    return [syllable[:length] for length in range(1, len(syllable))]


def swapped(letters: str) -> set[str]:
    return {f"{letters[:i]}{letters[i + 1]}{letters[i]}{letters[i + 2 :]}" for i in range(len(letters) - 1)} - {letters}


def unfinished(letters: str) -> int:
    """Return how many letters of a full syllable one without its end is worth."""
    return 0 if len(letters) == 1 or letters in ("zh", "ch", "sh") else len(letters) - 1


@cache
def typed(word: str, slips: bool, cut: float) -> dict[str, float]:
    """Return what may be typed for a word, in full or not, and how probably; cut: the price of a cut syllable."""
    return summed(word, lambda syllables: typed_for(syllables, slips, cut))


@cache
def typed_in_full(word: str) -> dict[str, float]:
    """Return what may be typed for a word in full or clipped, and how probably."""
    return summed(word, full_or_clipped)


def summed(word: str, ways: Callable[[tuple[str, ...]], Iterable[tuple[str, float]]]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for reading in readings([word])[0]:
        best: dict[str, float] = {}
        for letters, price in ways(reading.syllables):
            best[letters] = max(best.get(letters, -math.inf), price)
        for letters, price in best.items():
            found[letters] += reading.probability * math.exp(price)
    return found


def full_or_clipped(syllables: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    each = ([(s, 0.0), *((cut, PRICES.clipped) for cut in prefixes(s) if unfinished(cut))] for s in syllables)
    for parts in product(*each):
        yield "".join(letters for letters, _ in parts), sum(price for _, price in parts)


def typed_for(syllables: tuple[str, ...], slips: bool, cut: float) -> Iterator[tuple[str, float]]:
    """Yield each way to type syllables, the last ones perhaps not yet, with its price."""
    for count in range(1, len(syllables) + 1):
        missing = PRICES.unbegun * (len(syllables) - count)
        for parts in product(*map(inner_ways, syllables[: count - 1]), last_ways(syllables[count - 1])):
            letters = "".join(part.letters for part in parts)
            if slips or not any(part.slip for part in parts):
                yield letters, sum(cut if part.cut else part.price for part in parts) + missing


@cache
def is_full_pinyin(letters: str) -> bool:
    """Whether letters are whole syllables, and then one that may be unfinished."""
    if any(syllable.startswith(letters) for syllable in SYLLABLES):
        return True
    return any(letters.startswith(s) and is_full_pinyin(letters[len(s) :]) for s in SYLLABLES)


@cache
def is_finished_pinyin(letters: str) -> bool:
    return not letters or any(letters.startswith(s) and is_finished_pinyin(letters[len(s) :]) for s in SYLLABLES)


def all_phrases(letters: str) -> list[tuple[tuple[str, ...], float]]:
    """Return every sequence of words that agrees with the letters, and how probably.

    All but the last are in full or clipped, or, where letters are not, any syllable may be abbreviated or have a slip.
    """
    full, cut = is_full_pinyin(letters), PRICES.clipped if is_finished_pinyin(letters) else PRICES.unfinished
    ways = {word: typed(word, not full, cut) for word in CHINESE}
    found = [((word,), of_word[letters]) for word, of_word in ways.items() if letters in of_word]
    phrases = full_phrases(letters) if full else abbreviated_phrases(letters, 0)
    return found + [phrase for phrase in phrases if len(phrase[0]) > 1]


def full_phrases(letters: str) -> list[tuple[tuple[str, ...], float]]:
    ways = {word: typed(word, False, PRICES.clipped) for word in CHINESE}
    found = [((word,), of_word[letters]) for word, of_word in ways.items() if letters in of_word]
    for word in CHINESE:
        for full, probability in typed_in_full(word).items():
            if letters.startswith(full) and len(letters) > len(full):
                found += [((word, *rest), probability * other) for rest, other in full_phrases(letters[len(full) :])]
    return found


def abbreviated_phrases(letters: str, start: int) -> Iterator[tuple[tuple[str, ...], float]]:
    for word in CHINESE:
        ends: dict[int, float] = defaultdict(float)
        for way in readings([word])[0]:
            for end, price in ends_of(letters, start, way.syllables).items():
                ends[end] += way.probability * math.exp(price)
        for end, probability in ends.items():
            if end == len(letters):
                yield (word,), probability
            else:
                yield from (((word, *rest), probability * other) for rest, other in abbreviated_phrases(letters, end))


def ends_of(letters: str, start: int, syllables: tuple[str, ...]) -> dict[int, float]:
    """Return where syllables that begin somewhere in letters may end, each with its best price."""
    reached = {start: 0.0}
    for syllable in syllables:
        longer: dict[int, float] = {}
        for position, price in reached.items():
            for way in last_ways(syllable):
                end = position + len(way.letters)
                inner = way in inner_ways(syllable)
                if not letters.startswith(way.letters, position) or not (inner or end == len(letters)):
                    continue
                # Letters are in full where they can be: of those that are, at most one is lost.
                if in_full(letters[:position]) + way.full >= in_full(letters[:end], end == len(letters)) - 1:
                    longer[end] = max(longer.get(end, -math.inf), price + way.price)
        reached = longer
    return reached


@cache
def in_full(letters: str, last: bool = False) -> float:
    """Return how many letters can be in full syllables, minus infinity for letters that are no syllables at all."""
    counts = [0.0] if not letters else []
    for start in range(len(letters)):
        part, before = letters[start:], in_full(letters[:start])
        if part in SYLLABLES:
            counts.append(before + len(part))
        if swapped(part) & SYLLABLES:
            counts.append(before + len(part) - 1)
        if any(syllable.startswith(part) for syllable in SYLLABLES):
            counts.append(before + unfinished(part))
    return max(counts, default=-math.inf)


def enumerate_everything(engine: Engine, before: str, letters: str) -> dict[tuple[str, int], float]:
    """Compute the probability of every insertion after pinyin letters by going through all there is."""
    vocabulary = engine.vocabulary
    mass: dict[tuple[str, int], float] = defaultdict(float)
    everything = 0.0

    def chance(ids, words):
        total, ids = 0.0, list(ids)
        for word_id in words:
            total += float(read_from_start(engine, ids)[word_id])
            ids.append(word_id)
        return math.exp(total)

    context = engine.context.ids(before)
    for words, as_typed in all_phrases(letters):
        ids = [vocabulary.encode_word(word)[0] for word in words]
        probability = chance(context, ids) * as_typed
        everything += probability
        mass["".join(words), len(letters)] += probability
    # the letters as words of their own: complete, and as the beginning of a longer one
    literal = engine.context.ids(before + letters)[len(context) :]
    for word_id, word in enumerate(vocabulary.words):
        probability = chance(context, [*literal, word_id])
        everything += probability
        if vocabulary.suggestible[word_id]:
            mass[vocabulary.surface(word_id, letters), 0] += probability
        surface = word.removeprefix(GLUE)
        if word_id >= len(SPECIAL_WORDS) and surface.startswith(letters) and surface != letters:
            probability = chance(context, [word_id])
            everything += probability
            mass[surface[len(letters) :], 0] += probability
    return {key: value / everything for key, value in mass.items()}


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(
    ("before", "letters"),
    [
        ("", "wo"), ("我想", "huoguo"), ("，", "woxiangchihuoguo"), ("我", "xian"), ("我们", "xiangchihg"), ("", "w"),
        ("", "yihangzi"), ("我", "hai"), ("我", "deiquyinhang"), ("", "huanyou"), ("去", "shei"), ("，", "yh"),
        ("，", "yinh"), ("", "leyueyh"), ("", "wxc"), ("我", "xchg"), ("", "wxchgo"), ("，", "woxcih"), ("", "womxq"),
        ("我", "ihao"), ("", "wmdia"), ("", "zgxa"), ("我们", "qhgua"),
        ("", "huogu"), ("我", "yinha"), ("", "hug"), ("", "womexiah"), ("", "xiachihug"),
        ("", "xichi"), ("我们", "xihuoguo"),
    ],
)  # fmt: skip
def test_pinyin_sums_over_all_words_and_segmentations(cell, before, letters, monkeypatch):
    engine = small_engine(WORDS, cell=cell)
    monkeypatch.setattr(phrase_module.find_phrases, "__defaults__", (10_000,))
    # Neither the beam nor how far letters are read again leaves anything out.
    monkeypatch.setattr(phrase_module, "_READ_AGAIN", 40)
    exact = enumerate_everything(engine, before, letters)
    found = suggest(engine, before + letters, 12)
    best = sorted(exact.values(), reverse=True)[: len(found)]
    assert len(found) >= 5
    assert [s.probability for s in found] == pytest.approx(best, abs=1e-6)
    for s in found:
        assert s.probability == pytest.approx(exact[s.insert, s.replace], abs=1e-6)


def test_letters_that_are_typed_one_after_the_other_are_read_as_all_at_once():
    engine, other = small_engine(WORDS), small_engine(WORDS)
    engine.memory = Memory(CacheWeights(0.5, 0.1), len(engine.vocabulary))
    for typed in ("womxchg", "wxchihuog", "woxiangchihuoguo"):
        for size in range(1, len(typed) + 1):
            found = phrases(engine, typed[:size])
        assert found
        assert phrases(other, typed) == pytest.approx(found, rel=1e-4)
    # What was learned since changes how the same letters are read.
    engine.learn(["我们行吃火锅"] * 3)
    assert phrases(engine, "womxchg") != pytest.approx(phrases(other, "womxchg"), rel=1e-3)


def phrases(engine: Engine, text: str) -> dict[str, float]:
    return {s.insert: s.probability for s in suggest(engine, text, 60) if s.replace}


def test_a_phrase_is_offered_as_one_suggestion(lstm):
    for typed in ("woxiangchihuoguo", "wo3xiang3chi1huo3guo1", "wo'xiang'chi'huoguo", "woxiangchihuog"):
        phrase = next(s for s in suggest(lstm, f"今天{typed}", 10) if s.insert == "我想吃火锅")
        assert phrase.replace == len(typed)
        assert phrase.completes
    assert not any(s.replace for s in suggest(lstm, "今天woxiangchihuoguo", 10, pinyin=False))


def test_a_narrow_beam_finds_the_best_of_a_wide_one(lstm):
    letters = letters_before("jintianwanshangchishenme")
    context, predictor = lstm.context, lstm.cursor("").predictor
    arguments = (letters, context.node(""), context.tree, predictor, lstm.vocabulary)
    narrow, wide = find_phrases(*arguments), find_phrases(*arguments, beam=200)
    assert narrow[0].ids in [p.ids for p in wide[:3]]
    assert narrow[0].log_probability <= wide[0].log_probability + 1e-6
    assert all(len(p.ids) > 1 for p in wide)
    assert len({p.ids for p in wide}) == len(wide)


@pytest.mark.parametrize("typed", ["v" * 40, "zzzzzzzzzzzzzzzz", "xyzq", "a" * 59, "a1b2c3", "'''''", "ü" * 30])
def test_what_is_no_pinyin_has_no_phrase_and_no_failure(lstm, typed):
    for s in suggest(lstm, typed, 5):
        assert s.insert.strip()
