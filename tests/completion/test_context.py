import random
from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import seqchat.completion.context as context_module
import seqchat.completion.states as states_module
from seqchat.completion.engine import Engine
from seqchat.completion.states import AbandonedError, Node
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID

PIECES = ["我想去北京", "，", "hello", " ", "\n", "3.14", "元", "don't", "👨\u200d👩", "(", "  ", "\u200d", "e\u0301"]
MIXED = st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=7).map("".join)


def words_of(node: Node) -> list[int]:
    """Return the words that a node and those before it stand for."""
    return [n.word_id for n in node.path_to_root()][-2::-1]


def read_from_start(engine: Engine, ids: list[int]) -> torch.Tensor:
    """Compute the next word's log-probabilities from nothing."""
    state = engine.network.initial_state()
    for word_id in [DIALOG_ID, *ids]:
        state, features, _ = engine.network.step(torch.tensor([word_id]), state)
    row = engine.network.log_probabilities(features)
    if engine.mixture is None:
        return row[0]
    ngrams = engine.mixture
    context = ngrams.begin(1)
    for word_id in (DIALOG_ID, *ids):
        context = ngrams.advance(context, np.array([word_id]))
    return engine.mixture.mix(row, context)[0]


@pytest.mark.slow
def test_an_edited_text_is_read_as_if_it_were_new(engine):
    rng = random.Random(0)
    turns = [t for d in list(read_dialogs(["sample"]))[:5] for t in d.turns]
    text = ""
    for _ in range(60):
        place, kind = rng.randrange(len(text) + 1), rng.randrange(4)
        if kind == 0 and text:
            text = text[: place - 1] + text[place:]
        elif kind == 1:
            text = text[:place] + rng.choice(turns)[:5] + text[place:]
        else:
            text += rng.choice([*turns, "\n", " ", "hello", "。"])[:8]
        ids = engine.context.ids(text)
        node = engine.context.node(text)
        assert words_of(node) == ids
        scores = engine.context.tree.log_probs(node)
        torch.testing.assert_close(scores, read_from_start(engine, ids), atol=1e-5, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("name", ["sms", "crosswoz"])
def test_real_messages_under_random_edits_are_read_as_if_they_were_new(lstm, real_data, name):
    rng = random.Random(name)
    turns = [t for d in islice(read_dialogs([str(real_data / f"{name}.jsonl")]), 40) for t in d.turns]
    text, undone = "", [""]
    for _ in range(150):
        place, kind = rng.randrange(len(text) + 1), rng.random()
        undone.append(text)
        if kind < 0.2 and text:
            text = text[: place - 1] + text[place:]
        elif kind < 0.35:
            text = text[:place] + rng.choice(turns) + text[place:]
        elif kind < 0.45:
            text = text[:place]
        elif kind < 0.55:
            text = rng.choice(undone)
        else:
            text += rng.choice([*turns, "\n", " ", "\n\n  ", "ok "])[: rng.randrange(1, 30)]
        text = text[-600:]
        node, ids = lstm.context.node(text), lstm.context.ids(text)
        assert words_of(node) == ids
        torch.testing.assert_close(lstm.context.tree.log_probs(node), read_from_start(lstm, ids), atol=1e-5, rtol=1e-5)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(MIXED, min_size=1, max_size=4))
@example(texts=["e\u0301 e\u0301"])
def test_any_text_after_any_other_is_read_as_if_it_were_new(lstm, texts):
    for text in texts:
        for end in range(len(text) + 1):
            assert words_of(lstm.context.node(text[:end])) == lstm.context.ids(text[:end])


def test_nothing_is_computed_twice(lstm, monkeypatch):
    steps = []
    network_step = lstm.network.step
    monkeypatch.setattr(lstm.network, "step", lambda *a: steps.append(a) or network_step(*a))
    text = "今天晚上我们去吃火锅吧"
    ids = lstm.context.ids(text)
    lstm.context.node(text)
    assert len(steps) == len(ids)
    lstm.context.node(text[:4])
    lstm.context.node(text)
    assert len(steps) == len(ids)
    lstm.context.node(f"{text}\n")
    assert len(steps) == len(ids) + 1


def test_lines_are_turns_and_empty_ones_are_skipped(lstm):
    assert lstm.context.ids("你好\n\n在吗") == lstm.context.ids("你好\n在吗") == lstm.context.ids("\n 你好\n在吗")
    assert lstm.context.ids("你好\n").count(TURN_ID) == 1
    assert lstm.context.ids("") == lstm.context.ids("\n") == []


def test_of_a_long_text_the_end_is_read(lstm):
    lines = "".join(f"第{i}句话，今天我们去哪里吃饭\n" for i in range(3_000))
    ids = lstm.context.ids(lines + "我想")
    assert ids[-1] == lstm.context.ids("我想")[-1]
    assert len(ids) < context_module.MAX_CHARACTERS
    # Further typing keeps the beginning where it is, so that the states stay valid.
    for more in ("吃", "吃火", "吃火锅"):
        assert lstm.context.ids(lines + "我想" + more)[: len(ids) - 5] == ids[:-5]
    assert len(lstm.context.ids("哈" * 1_000_000)) <= context_module.MAX_CHARACTERS


def test_memory_is_bounded(lstm, monkeypatch):
    monkeypatch.setattr(states_module, "MAX_STATES", 50)
    rng = random.Random(1)
    turns = [t for d in list(read_dialogs(["sample"]))[:30] for t in d.turns]
    text = ""
    for _ in range(60):
        text = "\n".join(rng.sample(turns, 3)) if rng.random() < 0.3 else text + rng.choice(turns)[:4]
        node = lstm.context.node(text)
        ids = lstm.context.ids(text)
        assert words_of(node) == ids
        torch.testing.assert_close(lstm.context.tree.log_probs(node), read_from_start(lstm, ids), atol=1e-5, rtol=1e-5)
        tree = lstm.context.tree
        assert len(tree._nodes()) == tree._states <= 50 + len(ids) + 1


def test_what_was_used_last_is_kept(lstm, monkeypatch):
    monkeypatch.setattr(states_module, "MAX_STATES", 60)
    steps = []
    network_step = lstm.network.step
    monkeypatch.setattr(lstm.network, "step", lambda *a: steps.append(a) or network_step(*a))
    text = "今天晚上我们去吃火锅吧"
    for other in (f"{i}号线" for i in range(80)):
        lstm.context.node(text)
        lstm.context.node(other)
    assert len(lstm.context.tree._nodes()) <= 60 + 12
    before = len(steps)
    lstm.context.node(text)
    assert len(steps) == before


def test_reading_can_be_given_up(lstm):
    calls = []
    lstm.context.tree.interrupted = lambda: len(calls) > 3 or calls.append(1)
    with pytest.raises(AbandonedError):
        lstm.context.node("今天晚上我们去吃火锅吧，你说好不好")
    lstm.context.tree.interrupted = lambda: False
    text = "今天晚上我们去吃火锅吧，你说好不好"
    assert words_of(lstm.context.node(text)) == lstm.context.ids(text)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["\x1b[31m", "\x00", "\ud800", "👍🏽", "   ", "ひらがな العربية", "a" * 10_000])
def test_any_text_can_be_read(lstm, text):
    assert torch.isfinite(lstm.context.tree.log_probs(lstm.context.node(text))).all()
