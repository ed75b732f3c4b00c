import math

import pytest
import torch

from seqchat.completion.right_context import JUDGED_WORDS
from seqchat.completion.suggestion import suggest
from seqchat.corpus.vocabulary import TURN_ID
from seqchat.model.network import build

from ..conftest import small_engine
from .test_context import read_from_start

WORDS = ["我", "想", "吃", "火锅", "火", "锅", "去", "北京", "看", "电影", "，", "。", "ok", "hello", "world"]


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("layers", [1, 2])
def test_both_directions_of_an_infill_network_are_used(cell, layers):
    engine = small_engine(WORDS, cell=cell, layers=layers, objective="infill")
    torch.manual_seed(0)
    network = build(engine.config)
    network.load_state_dict({name: weight * 3 for name, weight in build_again(engine).items()})
    network.eval()
    left, right = engine.context.ids("我想"), engine.context.ids("，看电影\n")
    assert right[-1] == TURN_ID
    ids = torch.tensor([[2, *left, 4, *right[:-1]]]).T
    targets = torch.tensor([[*left, 4, *right]]).T
    with torch.no_grad():
        head = network(ids, network.initial_state(1), targets).heads["joint"][len(left), 0]
        expected = network.logits(head).log_softmax(dim=0)
    gap = engine.gap_predictor("，看电影\n")
    torch.testing.assert_close(gap.log_probs(engine.context.node("我想")), expected, atol=1e-5, rtol=1e-5)
    assert engine.gap_predictor(" ") is None


def build_again(engine):
    """Return the weights that `small_engine` made, before it scaled them."""
    torch.manual_seed(0)
    return build(engine.config).state_dict()


def test_a_network_that_reads_from_the_left_judges_by_the_text_behind():
    engine = small_engine(WORDS)
    found = suggest(engine, "我想", 5, after="，看电影", pinyin=False)
    left, right = engine.context.ids("我想"), engine.context.ids("，看电影")
    plain = {s.insert: s for s in suggest(engine, "我想", 100, pinyin=False)}
    weights = {}
    for insert, s in plain.items():
        ids = [*left, *engine.vocabulary.encode_word(insert.strip())]
        total = math.log(s.probability)
        for word_id in right[:JUDGED_WORDS]:
            total += float(read_from_start(engine, ids)[word_id])
            ids.append(word_id)
        weights[insert] = math.exp(total)
    everything = sum(weights.values())
    for s in found:
        assert s.probability == pytest.approx(weights[s.insert] / everything, abs=1e-5)
    assert [s.insert for s in found] == sorted(weights, key=lambda w: -weights[w])[:5]


@pytest.mark.parametrize("objective", ["next", "infill", "window"])
@pytest.mark.parametrize("after", ["", " ", "\n", "吧", "\x1b[31m\ud800", "world", "龘" * 2_000, "👍🏽"])
def test_any_text_may_stand_behind(objective, after):
    engine = small_engine(WORDS, objective=objective)
    found = suggest(engine, "我想", 3, after=after)
    assert 1 <= len(found) <= 3
    assert all(0 <= s.probability <= 1 + 1e-9 for s in found)
    if not after.strip("\x1b[31m\ud800 \n"):
        assert [s.insert for s in found] == [s.insert for s in suggest(engine, "我想", 3)]
