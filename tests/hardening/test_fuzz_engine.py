"""Any text, typed in any way: suggestions can be inserted, and equal those for the whole text at once."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import torch

import seqchat.completion.context as context_module
import seqchat.completion.states as states_module
import seqchat.completion.suggestion as suggestion_module
from seqchat.completion.continuation import generate
from seqchat.completion.engine import Engine
from seqchat.completion.sampling import Sampling
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.corpus.cleaning import GLUE, clean, is_safe
from seqchat.corpus.vocabulary import SPECIAL_WORDS
from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import CacheWeights, ModelConfig
from seqchat.model.kneser_ney import estimate
from seqchat.model.network import build
from seqchat.model.ngrams import Mixture

from .fuzzing import CASES, assert_sentence, fuzz

pytestmark = pytest.mark.slow

_WORDS = [
    "我",
    "想",
    "去",
    "吃",
    "火",
    "锅",
    "火锅",
    "北",
    "京",
    "北京",
    "绿",
    "女",
    "长",
    "，",
    "。",
    "hello",
    "help",
    "he",
    "wifi",
]
_WORDS += [
    " ",
    "h",
    "o",
    "3.14",
    "1",
    "'",
    "(",
    ")",
    "😂",
    "👩\u200d👩",
    "é",
    "e\u0301",
    f"{GLUE}ok",
    f"{GLUE}o",
    "don't",
]
_WORDS += [
    "a b",
    "＃",
    "ひ",
    "ｱ",
    "한",
    "ß",
    "İ",
    "ﬁ",
    "\u200d",
    "火 锅",
    "我想去",
    "的" * 20,
    "z" * 60,
    "%",
    "…",
    "—",
    "<b>",
]

# cell, objective and segmenter in all kinds, with and without what remembers
_ENGINES: dict[str, dict[str, Any]] = {
    "lstm": {"cell": "lstm", "layers": 2},
    "memory": {"cell": "gru", "cache_weights": CacheWeights(0.3, 0.5)},
    "ngrams": {"cell": "lstm", "order": 3},
    "infill": {"cell": "gru", "objective": "infill"},
    "window": {"cell": "rnn", "objective": "window", "bidirectional": True, "window": 3},
    "rectifier": {"cell": "rnn", "nonlinearity": "relu"},
    "jieba": {"cell": "gru", "segmenter": "jieba"},
    "whitespace": {"cell": "rnn", "segmenter": "whitespace"},
}


def a_checkpoint(
    *, order: int = 0, segmenter: str = "auto", cache_weights: CacheWeights | None = None, **network: Any
) -> Checkpoint:
    """Return a small model with random weights, large enough that words differ in probability."""
    words = [*SPECIAL_WORDS, *_WORDS]
    config = ModelConfig(len(words), embedding_size=6, hidden_size=8, **network)
    torch.manual_seed(0)
    # The states of a plain RNN with larger ones are chaotic: rounding alone would make them others.
    scale = 1 if config.cell == "rnn" else 3
    weights = {name: weight * scale for name, weight in build(config).state_dict().items()}
    mixture = None
    if order:
        ids = np.random.default_rng(0).integers(4, len(words), 300).astype(np.int32)
        ngrams = estimate(ids, np.array([0, 100, 200, 300]), len(words), order=order)
        mixture = Mixture.of(ngrams, (0.2, 0.4, 0.6)[:order])
    return Checkpoint(config, words, weights, segmenter, {}, cache_weights or CacheWeights(), mixture)


# --- what is typed

_TYPED = [
    "我",
    "想",
    "火",
    "北",
    "h",
    "he",
    "wif",
    "huoguo",
    "hg",
    "lv",
    "zh",
    "nü",
    "x'",
    "\n",
    "\n\n",
    " ",
    "  ",
    "，",
    "ok",
    "3.",
]
_TYPED += [
    "hello ",
    "don",
    "'",
    "👩",
    "\u200d",
    "e\u0301",
    "\u0301",
    "\ud800",
    "\udc00",
    "\x00",
    "\x1b[31m",
    "\x1b]0;",
    "\x9b",
    "\u202e",
]
_TYPED += [
    "\r\n",
    "\u2028",
    "\t",
    "\u3000",
    "\ufeff",
    GLUE,
    "<turn>",
    "<unk>",
    "x" * 31,
    "的" * 9,
    "(",
    "\U0010ffff",
    "\U000e0001",
]

Case = tuple[str, str, str, int, bool]


class Typist:
    """Types, deletes, pastes and moves; each case is what stands on both sides of the cursor after that."""

    def __init__(self) -> None:
        self._text, self._before = "", [""]
        self._engine = next(iter(_ENGINES))

    def a_case(self, rng: Random) -> Case:
        """Return an engine's name, the text, the text right of the cursor, k, and whether letters may be pinyin."""
        text = self._text = self._edited(rng)
        offset = len(text) if rng.random() < 0.9 else rng.randint(0, len(text))
        after = text[offset:] if rng.random() < 0.97 else rng.choice(_TYPED)
        k = rng.choice([1, 3, 5, 5, 9, 40, 10**9, 0, -1]) if rng.random() < 0.5 else 5
        if rng.random() < 0.1:
            self._engine = rng.choice(list(_ENGINES))
        return self._engine, text[:offset], after, k, rng.random() < 0.8

    def _edited(self, rng: Random) -> str:
        text, offset = self._text[-40:], rng.randint(0, len(self._text[-40:]))
        self._before = [*self._before[-20:], text]
        draw = rng.random()
        if draw < 0.5:
            return text + rng.choice(_TYPED)
        if draw < 0.6:
            return text + chr(
                rng.choice([rng.randrange(0x250), rng.randrange(0x3000, 0xA000), rng.randrange(0x110000)])
            )
        if draw < 0.7:
            return text[: len(text) - rng.randint(1, 4)]
        if draw < 0.8:
            return text[:offset] + rng.choice(_TYPED) + text[offset:]
        if draw < 0.85:
            return text[:offset] + text[offset + rng.randint(1, 30) :]
        if draw < 0.95:
            return rng.choice(self._before)
        return "".join(rng.choice(_TYPED) for _ in range(rng.randint(0, 20)))


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let states be forgotten and the beginnings of texts dropped long before they would be, and less be judged."""
    monkeypatch.setattr(states_module, "MAX_STATES", 100)
    monkeypatch.setattr(context_module, "MAX_CHARACTERS", 30)
    monkeypatch.setattr(context_module, "_DROP", 10)
    monkeypatch.setattr(suggestion_module, "_MIN_RESCORED", 6)


def test_suggestions_can_be_inserted_and_equal_those_of_a_fresh_engine(narrow):
    make = {name: partial(Engine, name, a_checkpoint(**kind)) for name, kind in _ENGINES.items()}
    engines = {name: new() for name, new in make.items()}
    typist = Typist()

    def check(case: Case) -> str:
        name, text, after, k, pinyin = case
        if k < 1:
            with pytest.raises(SeqchatError) as failure:
                suggest(engines[name], text, k, after=after, pinyin=pinyin)
            assert_sentence(str(failure.value))
            return "refused"
        found = suggest(engines[name], text, k, after=after, pinyin=pinyin)
        assert_fit(found, text, k)
        if crc32(repr(case).encode()) % 6:
            return f"{name} suggested"
        assert_same(found, suggest(make[name](), text, k, after=after, pinyin=pinyin))
        for piece in generate(engines[name], text, 2, Sampling(seed=0, max_words=3)):
            assert all(map(is_safe, piece.text))
        return f"{name} compared"

    outcomes = fuzz(typist.a_case, check)
    assert min(outcomes[f"{name} compared"] for name in _ENGINES) > CASES // 200


def assert_fit(found: list[Suggestion], text: str, k: int) -> None:
    """Check what holds for all suggestions."""
    keys = [(s.insert, s.replace) for s in found]
    assert len(set(keys)) == len(keys) <= k
    probabilities = [s.probability for s in found]
    assert all(0 <= p <= 1 for p in probabilities)
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) <= 1 + 1e-4
    for s in found:
        assert s.insert.strip()
        assert all(map(is_safe, s.insert))
        assert GLUE not in s.insert
        assert not any(special in s.insert for special in SPECIAL_WORDS)
        assert 0 <= s.replace <= len(clean(text))


def assert_same(found: list[Suggestion], expected: list[Suggestion]) -> None:
    """Check that suggestions are those of a fresh engine; equally probable ones may swap."""
    assert [s.probability for s in found] == pytest.approx([s.probability for s in expected], abs=1e-4)
    expected = {(s.insert, s.replace): s for s in expected}
    for s in found:
        other = expected.get((s.insert, s.replace))
        assert other is None or other.probability == pytest.approx(s.probability, abs=1e-4)
        assert other is not None or s.probability == pytest.approx(found[-1].probability, abs=1e-4)


@pytest.mark.parametrize("change", [{"temperature": 1e-320}, {"temperature": 1_000.0}, {"repetition_penalty": 1_000.0}])
@pytest.mark.parametrize("name", _ENGINES)
def test_numbers_at_their_ends_still_draw_words(name, change):
    engine = Engine(name, a_checkpoint(**_ENGINES[name]))
    for sampling in (Sampling(seed=1, max_words=30, **change), Sampling(seed=1, max_words=30, top_p=1e-300, **change)):
        pieces = list(generate(engine, "我想", 2, sampling))
        assert {piece.index for piece in pieces if piece.ended} == {0, 1}


_WRONG: list[dict[str, Any]] = [{"temperature": 1e300}, {"temperature": float("nan")}, {"repetition_penalty": 1e39}]
_WRONG += [
    {"seed": 2**64},
    {"seed": -(2**64)},
    {"top_p": float("nan")},
    {"min_p": -0.1},
    {"top_k": -1},
    {"max_words": 0},
]


@pytest.mark.parametrize("wrong", _WRONG)
def test_numbers_beyond_their_ends_are_one_sentence(wrong):
    with pytest.raises(SeqchatError) as failure:
        Sampling(**wrong)
    assert_sentence(str(failure.value))


def test_a_rectifier_is_used_to_the_end_of_a_long_text():
    """Its state may grow with every word, to what 32 bits cannot hold."""
    checkpoint = a_checkpoint(**_ENGINES["rectifier"])
    for name in checkpoint.weights:
        checkpoint.weights[name] = checkpoint.weights[name].abs() * 4
    engine = Engine("rectifier", checkpoint)
    text = "我想去吃火锅，" * 500
    assert len(suggest(engine, text, 5)) == 5
    assert list(generate(engine, text, 1, Sampling(seed=0)))[-1].ended


def test_a_vocabulary_of_special_words_alone_is_refused():
    config = ModelConfig(len(SPECIAL_WORDS), embedding_size=4, hidden_size=4)
    with pytest.raises(SeqchatError, match="no word that could be offered"):
        Engine("empty", Checkpoint(config, list(SPECIAL_WORDS), build(config).state_dict(), "auto"))
