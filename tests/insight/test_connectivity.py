from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import seqchat.completion.context as context_module
from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.corpus.cleaning import GLUE, clean
from seqchat.corpus.vocabulary import DIALOG_ID, SPECIAL_WORDS, TURN_ID, UNKNOWN_ID
from seqchat.corpus.words import SEGMENTERS
from seqchat.errors import SeqchatError
from seqchat.insight.connectivity import connections, connectivity, find_target
from seqchat.insight.spans import spans
from seqchat.model.cells import run_layers
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build

from ..conftest import cell_shapes, small_engine

WORDS = ["我", "想", "吃", "火锅", "火", "锅", "，", "。", " ", "hello", "world", GLUE + "world", "你", "好", "w", "o"]
TEXT = "我想吃火锅，你好\n我想hello world吃火锅。"
CARRIED = [
    (*shape, layers, objective) for shape in cell_shapes() for layers in (1, 2, 3) for objective in ("next", "infill")
]


def shaped(cell, nonlinearity, layers, objective, **more):
    return small_engine(WORDS, cell=cell, nonlinearity=nonlinearity, layers=layers, objective=objective, **more)


def logit(network, hidden, word_id):
    features = hidden if network.projection is None else hidden @ network.projection.T
    return (features @ network.embedding.T)[0, word_id]


def norms_step_by_step(engine, ids, word_id):
    """The whole text from its start, a cell at a time, differentiated as it stands."""
    network = engine.network
    xs = [network.embedding[i][None].clone().requires_grad_() for i in [DIALOG_ID, *ids]]
    state = network.initial_state()
    for x in xs:
        state, gates = run_layers(x, state, network.layers, network.cell)
    gradients = torch.autograd.grad(logit(network, gates[-1]["hidden"], word_id), xs)
    return [float(gradient.norm()) for gradient in gradients[1:]]


@pytest.mark.parametrize(("cell", "nonlinearity", "layers", "objective"), CARRIED)
def test_it_is_the_gradient_of_the_whole_text(cell, nonlinearity, layers, objective):
    engine = shaped(cell, nonlinearity, layers, objective)
    ids = engine.context.ids(TEXT)
    for end, word_id, last in ((1, 7, 100), (5, 4, 100), (len(ids), 9, 100), (len(ids), 9, 4), (len(ids) - 2, 5, 1)):
        (node,) = engine.context.tree.read([engine.context.tree.root], [ids[:end]])
        expected = norms_step_by_step(engine, ids[:end], word_id)
        found = connectivity(engine, node, word_id, last)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected[-last:], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(
    ("cell", "nonlinearity", "layers"), [("rnn", "relu", 1), ("lstm", "tanh", 2), ("gru", "tanh", 3)]
)
def test_in_a_window_it_is_that_of_torch(cell, nonlinearity, layers, bidirectional):
    options = {"bidirectional": bidirectional, "window": 4}
    engine = shaped(cell, nonlinearity, layers, "window", **options)
    torch.manual_seed(0)
    network = build(engine.config).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(3)
    ids = engine.context.ids(TEXT)
    for end in (1, 2, 3, 4, 9):
        (node,) = engine.context.tree.read([engine.context.tree.root], [ids[:end]])
        window = [0, 0, 0, DIALOG_ID, *ids[:end]][-4:]
        x = network.embedding.weight[window].detach()[:, None].requires_grad_()
        features = network.projection(network.recurrent(x)[0][-1])
        (gradient,) = torch.autograd.grad(network.logits(features)[0, 6], x)
        expected = [0.0] * (end - 4) + gradient[:, 0].norm(dim=1).tolist()[-end:]
        np.testing.assert_allclose(connectivity(engine, node, 6), expected, rtol=1e-4, atol=1e-6)


def test_a_text_without_words_has_none(engine):
    assert connectivity(engine, engine.context.node(""), 5).shape == (0,)
    (first, *_) = suggest(engine, "")
    assert connections(engine, "\n", first) == []


def test_what_does_not_exist_is_one_sentence(lstm):
    node = lstm.context.node("你好")
    with pytest.raises(SeqchatError, match=f"has words 0 to {len(lstm.vocabulary) - 1}"):
        connectivity(lstm, node, len(lstm.vocabulary))
    with pytest.raises(SeqchatError, match="at least 1, not 0"):
        connectivity(lstm, node, 5, 0)
    with pytest.raises(SeqchatError, match="'zzz' is not a suggestion for this text"):
        connections(lstm, "你好", Suggestion("zzz", "zzz", 0, 0.5, False))
    with pytest.raises(SeqchatError, match="is not a suggestion for this text"):
        find_target(lstm, "你好", Suggestion("火锅", "火锅", 4, 0.5, True))


# --- which word a suggestion is about ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "insert", "replaced", "before", "word", "rest"),
    [
        ("我想吃", "火锅", 0, "我想吃", "火锅", 0),
        ("我想吃火", "锅", 0, "我想吃", "火锅", 1),
        ("我想吃火", "锅", 0, "我想吃火", "锅", 0),
        ("hello wor", "ld", 0, "hello", "world", 4),
        ("hello", " world", 0, "hello", "world", 0),
        ("我想吃huog", "火锅", 4, "我想吃", "火锅", 4),
        ("你好\n", "我", 0, "你好\n", "我", 0),
    ],
)
def test_the_word_and_what_stands_before_it(text, insert, replaced, before, word, rest):
    engine = small_engine(WORDS, seed=1)
    assert (insert, replaced) in [(s.insert, s.replace) for s in suggest(engine, text, 50)]
    suggestion = Suggestion(word, insert, replaced, 0.5, rest > 0)
    target = find_target(engine, text, suggestion)
    assert [n.word_id for n in target.node.path_to_root()][-2::-1] == engine.context.ids(before)
    assert engine.vocabulary.words[target.word_id] == word
    assert target.rest == rest
    shaded = connections(engine, text, suggestion)
    visible = [text[c.start : c.end].replace("\n", "<turn>") for c in shaded]
    assert visible == [engine.vocabulary.words[i] for i in engine.context.ids(before)]
    assert [c.norm for c in shaded] == connectivity(engine, target.node, target.word_id).tolist()


def test_a_phrase_is_about_its_first_word():
    engine = small_engine(WORDS, seed=1)
    (found,) = (s for s in suggest(engine, "你好，woxiangchi", 50) if s.insert == "我想吃")
    target = find_target(engine, "你好，woxiangchi", found)
    assert engine.vocabulary.words[target.word_id] == "我"
    assert target.node is engine.context.node("你好，")
    assert target.rest == len("woxiangchi")


def test_every_suggestion_goes_on_from_the_words_before_it(engine):
    for text in ("", "今天", "今天我们去吃火", "hello, how are y", "我想吃huo", "好的\n那明天下午见", "去3.14 ", "吃 "):
        for suggestion in suggest(engine, text, 20):
            target = find_target(engine, text, suggestion)
            left = text[: len(text) - target.rest]
            assert [n.word_id for n in target.node.path_to_root()][-2::-1] == engine.context.ids(left)
            if suggestion.replace == 0:
                word = engine.vocabulary.words[target.word_id].removeprefix(GLUE)
                assert (text + suggestion.insert)[len(left) :].removeprefix(" ") == word


def test_only_the_last_words_are_looked_at(lstm):
    text = "今天我们去吃火锅吧，" * 30
    (first, *_) = suggest(lstm, text)
    found = connections(lstm, text, first, 7)
    assert len(found) == 7
    assert found[-1].end == len(text)
    more = connections(lstm, text, first)[-7:]
    assert [(c.start, c.end) for c in found] == [(c.start, c.end) for c in more]
    assert [c.norm for c in found] == pytest.approx([c.norm for c in more])


# --- where words stand -------------------------------------------------------------------------------------------

PIECES = [
    "我想吃火锅",
    "，",
    "hello",
    "world",
    " ",
    "  ",
    "\n",
    "\n\n",
    " \n",
    "3.14",
    "don't",
    "(",
    "ok,",
    "👨‍👩‍👧",
    "<turn>",
]
CLEAN = st.lists(st.sampled_from(PIECES) | st.text(max_size=3).map(clean), max_size=12).map("".join)
UNCLEAN = st.lists(
    st.sampled_from([*PIECES, "\r\n", "\r", "\t", "\x00", "\u202e", "\u3000", GLUE, "\u2028"]), max_size=12
).map("".join)


def engine_of(segmenter):
    config = ModelConfig(len(SPECIAL_WORDS) + len(WORDS), embedding_size=2, hidden_size=2)
    return Engine("small", Checkpoint(config, [*SPECIAL_WORDS, *WORDS], build(config).state_dict(), segmenter))


ENGINES = {name: engine_of(name) for name in SEGMENTERS}


@pytest.mark.slow
@pytest.mark.parametrize("name", SEGMENTERS)
@settings(max_examples=150)
@given(text=CLEAN | UNCLEAN)
def test_each_span_is_its_word(name, text):
    engine = ENGINES[name]
    ids, found = engine.context.ids(text), spans(engine, text)
    assert len(found) == len(ids)
    for word_id, (start, end) in zip(ids, found, strict=True):
        if word_id == UNKNOWN_ID:
            assert clean(text[start:end]).strip()
        elif word_id == TURN_ID:
            assert clean(text[start:end]) == "\n"
        else:
            assert (
                text[start:end] == engine.vocabulary.words[word_id].removeprefix(GLUE) or clean(text[start:end]) == " "
            )
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    covered = {place for start, end in found for place in range(start, end)}
    assert all(clean(text[place]).strip() == "" for place in range(len(text)) if place not in covered)


def test_spans_by_hand():
    assert spans(ENGINES["auto"], "  你好 hello world,ok \n\n 吃") == [
        *[(2, 3), (3, 4)],  # 你 好, not one word here
        (4, 5),  # a space that nothing implies
        *[(5, 10), (11, 16), (16, 17)],
        *[(17, 18), (18, 19)],  # ok is spelled
        (20, 21),  # the end of the turn
        (23, 24),
    ]


@pytest.mark.parametrize("rest", [1, 2, 5])
def test_characters_at_the_end_can_be_left_out(rest):
    text = "我想hello world吃火锅"
    assert spans(ENGINES["auto"], text, rest=rest) == spans(ENGINES["auto"], text[:-rest])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.sampled_from(["我想吃火锅", "你好\t", "hello world", ""]), min_size=8, max_size=30))
def test_of_a_long_text_the_spans_are_those_of_its_end(lines, monkeypatch):
    monkeypatch.setattr(context_module, "MAX_CHARACTERS", 24)
    monkeypatch.setattr(context_module, "_DROP", 12)
    engine, text = ENGINES["auto"], "\n".join(lines)
    ids, found = engine.context.ids(text), spans(engine, text)
    assert len(found) == len(ids)
    for word_id, (start, end) in zip(ids, found, strict=True):
        word = "\n" if word_id == TURN_ID else engine.vocabulary.words[word_id]
        assert word_id == UNKNOWN_ID or clean(text[start:end]) == word


def test_escape_sequences_are_no_words():
    assert spans(ENGINES["auto"], "\x1b[31m我\x1b[0m想\x1b]0;title\x07") == [(5, 6), (10, 11)]
