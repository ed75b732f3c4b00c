"""Pinyin against brute force: every word and every segmentation of a small vocabulary."""

import math
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest

from seqchat.completion import phrase as phrase_module
from seqchat.completion.engine import Engine
from seqchat.completion.phrase import find_phrases
from seqchat.completion.suggestion import suggest
from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.pinyin import letters_before
from seqchat.corpus.readings import readings
from seqchat.corpus.typing_prices import PRICES
from seqchat.corpus.vocabulary import SPECIAL_WORDS

from ..conftest import small_engine
from .test_context import read_from_start

WORDS = [
    "我", "想", "我想", "吃", "火", "锅", "火锅", "活", "国", "去", "西安", "先", "西", "安", "中国", "中", "握", "们",
    "我们", "行", "一行", "一", "字", "还", "还有", "有", "得", "谁", "银行", "乐", "，", "wo", "wow", "w", "o", "x",
    GLUE + "w", "huo", "xi", "'", "an", "chi",
]  # fmt: skip


def is_chinese(word: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in word)


@cache
def typed_in_full(word: str) -> dict[str, float]:
    """Return what may be typed for a word in full, and how probably."""
    found: dict[str, float] = defaultdict(float)
    for way in readings([word])[0]:
        found["".join(way.syllables)] += way.probability
    return found


@cache
def typed(word: str) -> dict[str, float]:
    """Return what may be typed for a word, in full or not, and how probably."""
    found: dict[str, float] = defaultdict(float)
    for way in readings([word])[0]:
        best: dict[str, float] = {}
        for letters, price in typed_for(way.syllables):
            best[letters] = max(best.get(letters, -math.inf), price)
        for letters, price in best.items():
            found[letters] += way.probability * math.exp(price)
    return found


def typed_for(syllables: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """Yield each way to type syllables, the last ones perhaps not yet, with its price."""
    for count in range(1, len(syllables) + 1):
        missing = PRICES.unbegun * (len(syllables) - count)
        for parts in product(*map(shortened, syllables[: count - 1])):
            before, price = "".join(letters for letters, _ in parts), sum(price for _, price in parts)
            for last, last_price in [*shortened(syllables[count - 1]), *unfinished(syllables[count - 1])]:
                yield before + last, price + last_price + missing


def shortened(syllable: str) -> list[tuple[str, float]]:
    starts = {syllable[0], syllable[:2] if syllable[1:2] == "h" else syllable[0]} - {syllable}
    return [(syllable, 0.0), *((start, PRICES.abbreviated) for start in starts)]


def unfinished(syllable: str) -> list[tuple[str, float]]:
    return [(syllable[:length], PRICES.unfinished) for length in range(1, len(syllable))]


def all_phrases(letters: str) -> list[tuple[tuple[str, ...], float]]:
    """Return every sequence of words that agrees with the letters, all but the last in full, and how probably."""
    chinese = [w for w in WORDS if is_chinese(w)]
    found = [((word,), typed(word)[letters]) for word in chinese if letters in typed(word)]
    for word in chinese:
        for full, probability in typed_in_full(word).items():
            if letters.startswith(full) and len(letters) > len(full):
                rests = all_phrases(letters[len(full) :])
                found += [((word, *rest), probability * other) for rest, other in rests]
    return found


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


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(
    ("before", "letters"),
    [
        ("", "wo"), ("我想", "huoguo"), ("，", "woxiangchihuoguo"), ("我", "xian"), ("我们", "xiangchihg"), ("", "w"),
        ("", "yihangzi"), ("我", "hai"), ("我", "deiquyinhang"), ("", "huanyou"), ("去", "shei"), ("，", "yh"),
        ("，", "yinh"), ("", "leyueyh"),
    ],
)  # fmt: skip
def test_pinyin_sums_over_all_words_and_segmentations(cell, before, letters, monkeypatch):
    engine = small_engine(WORDS, cell=cell)
    monkeypatch.setattr(phrase_module.find_phrases, "__defaults__", (10_000,))
    exact = enumerate_everything(engine, before, letters)
    found = suggest(engine, before + letters, 12)
    best = sorted(exact.values(), reverse=True)[: len(found)]
    assert len(found) >= 5
    assert [s.probability for s in found] == pytest.approx(best, abs=1e-6)
    for s in found:
        assert s.probability == pytest.approx(exact[s.insert, s.replace], abs=1e-6)


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
