import math
import os
import stat

import pytest
import torch

from seqchat import locations
from seqchat.completion import remembered
from seqchat.completion.context import readable
from seqchat.completion.engine import Engine
from seqchat.completion.memory import MAX_REMEMBERED_WORDS, NeuralCache
from seqchat.completion.states import Node
from seqchat.completion.suggestion import suggest
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.sources import read_dialogs
from seqchat.errors import SeqchatError
from seqchat.evaluation.pipeline import evaluate_stream
from seqchat.evaluation.predictor import TextPredictor
from seqchat.evaluation.tuning import tune_cache
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import CacheWeights
from seqchat.model.network import build
from seqchat.model.stepping import Stepped

CACHE_WEIGHTS = CacheWeights(0.2, 0.3)


@pytest.fixture
def remembering(models) -> Engine:
    engine = Engine.load(models["lstm"])
    engine.memory.cache_weights = CACHE_WEIGHTS
    return engine


def test_mixing_by_its_definition():
    torch.manual_seed(0)
    entries, ids, features = torch.randn(6, 4), torch.tensor([3, 5, 3, 9, 5, 3]), torch.randn(4)
    row = torch.randn(12).log_softmax(dim=0)
    weights = (entries @ features * 0.3).softmax(dim=0)
    expected = row.exp() * 0.8
    for word_id, weight in zip(ids, weights, strict=True):
        expected[word_id] += 0.2 * weight
    recall = NeuralCache(entries, ids, CACHE_WEIGHTS, len(row))
    mixed = recall.mix_all(row, recall.log_shares_after(features)).exp()
    torch.testing.assert_close(mixed, expected)
    assert float(mixed.sum()) == pytest.approx(1)
    node = Node(None, 2, Stepped(torch.zeros(1, 1), features[None], []), 0)
    some = torch.tensor([11, 3, 0, 9])
    torch.testing.assert_close(recall.mix_some(row[some], some, node).exp(), expected[some])


def test_words_of_finished_turns_are_expected_again(remembering):
    text = "我们吃火锅\n我们吃"
    with_memory = {s.insert: s.probability for s in suggest(remembering, text, 300)}
    remembering.memory.cache_weights = CacheWeights()
    without = {s.insert: s.probability for s in suggest(remembering, text, 300)}
    assert with_memory["火锅"] > 2 * without["火锅"]


def test_learned_texts_count_in_other_texts_and_can_be_forgotten(remembering):
    def chance(word):
        return next(s.probability for s in suggest(remembering, "我想吃", 2_000) if s.insert == word)

    before = chance("火锅")
    remembering.learn(["我想吃火锅", "", "  "])
    assert chance("火锅") > before
    remembering.memory.forget()
    assert chance("火锅") == pytest.approx(before)


def test_the_memory_is_bounded(remembering):
    remembering.learn(["今天晚上我们去吃火锅吧"] * 500)
    recall = remembering.memory.cache_before(remembering.context.node("我"))
    assert len(recall._features) == MAX_REMEMBERED_WORDS


def test_a_share_of_nothing_changes_nothing(lstm):
    lstm.memory.cache_weights = CacheWeights()
    lstm.learn(["我想吃火锅"])
    assert lstm.memory.cache_before(lstm.context.node("我想\n我")) is None


@pytest.mark.parametrize(
    "values",
    [{"cache_lambda": 1.0}, {"cache_lambda": -0.1}, {"cache_lambda": math.nan}, {"cache_theta": "x"}, {"a": 1}, []],
)
def test_weights_that_make_no_sense_are_refused(values):
    with pytest.raises(SeqchatError, match=r"cache"):
        CacheWeights.from_json(values)


def test_measures_and_engine_agree_on_what_is_remembered(models, tmp_path, remembering):
    dialog = next(d for d in read_dialogs(["sample"]) if len(d.turns) > 6)
    stream = IdStream.write(tmp_path, [dialog], remembering.vocabulary)
    network = build(remembering.config)
    network.load_state_dict(Checkpoint.load(models["lstm"]).weights)
    network.eval()
    loss = 0.0
    ids = stream.ids.tolist()
    for end in range(1, len(ids)):
        text = readable(remembering.vocabulary.text(ids[1:end]))
        node = remembering.context.node(text)
        assert node.depth == end - 1
        loss -= float(remembering.cursor(text).predictor.log_probs_of(node, torch.tensor([ids[end]])))
    predictor = TextPredictor(network, remembering.mixture, CACHE_WEIGHTS)
    found = evaluate_stream(predictor, stream, remembering.vocabulary).metrics().overall
    assert found.perplexity == pytest.approx(math.exp(loss / (len(ids) - 1)), rel=1e-4)


def test_weights_are_tuned_where_people_repeat_themselves(models, tmp_path, lstm):
    network = build(lstm.config)
    network.load_state_dict(Checkpoint.load(models["lstm"]).weights)
    network.eval()
    repeated = Dialog(("桌子上有苹果香蕉和西瓜", "沙发旁边有书架") * 6)
    stream = IdStream.write(tmp_path / "repeated", [repeated], lstm.vocabulary)
    cache_weights = tune_cache(network, stream)
    assert cache_weights.cache_lambda >= 0.1
    without, with_memory = (
        evaluate_stream(TextPredictor(network, cache=weights), stream, lstm.vocabulary).metrics().overall
        for weights in (CacheWeights(), cache_weights)
    )
    assert with_memory.perplexity < without.perplexity / 2
    assert with_memory.top5 > without.top5
    once = IdStream.write(tmp_path / "once", [Dialog(("你好",))], lstm.vocabulary)
    assert tune_cache(network, once) == CacheWeights()


def test_remembered_texts_are_private_bounded_and_can_be_removed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    remembered.forget()
    assert remembered.load() == []
    remembered.add(["你好\n\n在吗 ", "\x1b[31m红"])
    assert remembered.load() == ["你好", "在吗", "红"]
    path = locations.remembered()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0 or os.environ.get("XDG_DATA_HOME")
    monkeypatch.setattr(remembered, "MAX_TEXTS", 2)
    remembered.add(["晚安"])
    assert remembered.load() == ["红", "晚安"]
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert remembered.forget() == 2
    assert not path.exists()
    assert remembered.forget() == 0
