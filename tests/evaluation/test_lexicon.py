"""Evaluation and tuning with a lexicon against brute force, word by word."""

import math

import numpy as np
import pytest

from seqchat.completion.engine import mixed_in
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.lexicon_building import WordList, in_memory
from seqchat.corpus.lexicon_words import Lexicons
from seqchat.corpus.vocabulary import SPECIAL_WORDS, TURN_ID
from seqchat.evaluation.evaluated_model import EvaluatedModel
from seqchat.evaluation.pipeline import evaluate_stream
from seqchat.evaluation.tuning import tune_lexicon
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.mixture import LexiconShares
from seqchat.model.network import build

from ..completion.test_lexicon import Exact
from ..conftest import small_engine

WORDS = [
    "我",
    "想",
    "吃",
    "去",
    "火",
    "车",
    "站",
    "火锅",
    "锅",
    "店",
    "供",
    "应",
    "商",
    "贷",
    "款",
    "，",
    "o",
    "k",
    "￭k",
    "ok",
]
HAN = {"火车": 9.0, "火车站": 4.0, "供应商": 3.0, "贷款": 5.0, "火锅店": 1.0, "火锅": 7.0}
DIALOGS = [
    Dialog(("我想去火车站，", "贷款供应商", "火锅店")),
    Dialog(("火车", "我想我去吃火锅，我想贷款，去火车站去火车站吃火锅" * 12)),
    Dialog(("供应商想吃，", "想要贷款ok")),
]


@pytest.fixture
def model():
    lexicons = Lexicons(in_memory(WordList(HAN, {"okay": 2.0, "hello": 3.0})), None)
    engine = small_engine(WORDS, lexicons=lexicons)
    config = engine.config
    import torch

    torch.manual_seed(0)
    weights = {name: weight * 3 for name, weight in build(config).state_dict().items()}
    checkpoint = Checkpoint(config, [*SPECIAL_WORDS, *WORDS], weights, "auto")
    return engine, EvaluatedModel.of("small", checkpoint, lexicons, "fp32")


def test_beside_a_lexicon_all_logits_are_exact(model):
    _, evaluated = model
    assert evaluated.predictor().exact


@pytest.mark.slow
def test_a_word_is_spelled_or_an_entry(model, tmp_path, monkeypatch):
    engine, evaluated = model
    monkeypatch.setattr("tests.completion.test_lexicon.WORDS", WORDS)
    monkeypatch.setattr("tests.completion.test_lexicon.HAN", HAN)
    monkeypatch.setattr("tests.completion.test_lexicon.OTHERS", {"okay": 2.0, "hello": 3.0})
    exact, vocabulary = Exact(engine), evaluated.vocabulary
    nats = words = entries = unknown = hits = 0
    reciprocal = 0.0
    for dialog in DIALOGS:
        before: list[int] = []
        for turn in dialog.turns:
            for word in vocabulary.segmenter.split(turn):
                ids = vocabulary.encode_word(word)
                known, entries_after = exact.next(before)
                others = dict(entries_after)
                if word in vocabulary:
                    probability = known[ids[0]]
                elif word in others:
                    spelled = math.prod(exact.next([*before, *ids[:n]])[0][i] for n, i in enumerate(ids))
                    probability = spelled + others[word]
                else:
                    probability = math.prod(exact.next([*before, *ids[:n]])[0][i] for n, i in enumerate(ids))
                nats -= math.log(probability)
                words += 1
                unknown += word not in vocabulary
                entries += word in others and word not in vocabulary
                own = known[ids[0]] if word in vocabulary else others.get(word)
                if own is not None:
                    shown = known[vocabulary.suggestible]
                    rank = (
                        1 + int((shown > own * (1 + 1e-6)).sum()) + sum(p > own * (1 + 1e-6) for p in others.values())
                    )
                    hits += rank <= 5
                    reciprocal += 1 / rank
                before += ids
            nats -= math.log(exact.next(before)[0][TURN_ID])
            before.append(TURN_ID)
    stream = IdStream.write(tmp_path / "ids", DIALOGS, vocabulary)
    mixture = evaluated.lexicon_mixture()
    found = evaluate_stream(evaluated.predictor(), stream, vocabulary, lexicon=mixture).metrics()
    assert entries > 20
    assert found.overall.words == words
    assert found.vocabulary_oov_rate == pytest.approx(unknown / words)
    assert found.oov_rate == pytest.approx((unknown - entries) / words)
    assert found.oov_rate < found.vocabulary_oov_rate
    tokens = stream.targets
    assert math.log(found.overall.perplexity) * tokens == pytest.approx(nats, abs=1e-6 * tokens)
    assert found.overall.top5 == pytest.approx(hits / words)
    assert found.overall.mrr == pytest.approx(reciprocal / words, abs=1e-6)


def test_without_a_lexicon_it_is_as_before(model, tmp_path):
    _, evaluated = model
    stream = IdStream.write(tmp_path / "ids", DIALOGS, evaluated.vocabulary)
    found = evaluate_stream(evaluated.predictor(), stream, evaluated.vocabulary).metrics()
    assert found.oov_rate == found.vocabulary_oov_rate


def test_words_typed_so_far_may_begin_an_entry(model, tmp_path):
    _, evaluated = model
    stream = IdStream.write(tmp_path / "ids", [Dialog(("贷款", "火车站", "火车"))], evaluated.vocabulary)
    mixture = evaluated.lexicon_mixture()
    found = evaluate_stream(evaluated.predictor(), stream, evaluated.vocabulary, lexicon=mixture).metrics()
    # 贷款 is all that begins with 贷; 火车站 is all that is longer than 火车.
    assert found.typed[1]["words"] == 3
    assert found.typed[1]["top5"] == 1.0
    assert found.typed[2]["words"] == 1
    assert found.typed[2]["top1"] == 1.0


@pytest.mark.slow
def test_tuned_shares_have_the_lowest_perplexity(model, tmp_path):
    _, evaluated = model
    vocabulary = evaluated.vocabulary
    stream = IdStream.write(tmp_path / "ids", DIALOGS * 30, vocabulary)
    tuned = tune_lexicon(evaluated.predictor(), stream, vocabulary)

    def perplexity(shares: LexiconShares) -> float:
        mixture = mixed_in(vocabulary, shares)
        return evaluate_stream(evaluated.predictor(), stream, vocabulary, lexicon=mixture).metrics().overall.perplexity

    best = perplexity(tuned)
    assert best < perplexity(LexiconShares())
    for context in range(2):
        for factor in (0.6, 1.5):
            chinese = list(tuned.chinese)
            chinese[context] = min(chinese[context] * factor, 0.3)
            assert perplexity(LexiconShares(tuple(chinese), tuned.other, tuned.own)) > best * (1 - 1e-4)
    # Nothing in the text is of these, but nothing is impossible.
    assert all(0 < share < 0.01 for share in tuned.other[:2])
    assert tuned.own == LexiconShares().own


def test_shares_are_stored_with_the_model(model, tmp_path):
    _, evaluated = model
    shares = LexiconShares((0.1, 0.2, 0.0, 0.3), (0.01,) * 4, (0.0,) * 4)
    from dataclasses import replace

    from seqchat.model.network import build  # noqa: F401

    checkpoint = replace(evaluated.checkpoint, lexicon_shares=shares)
    checkpoint.save(tmp_path)
    assert Checkpoint.load(tmp_path).lexicon_shares == shares
    assert np.allclose(shares.table()[:, 0], (0.1, 0.2, 0.0, 0.3))
