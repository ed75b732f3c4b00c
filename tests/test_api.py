"""The Python interface, as the documents show it."""

import re

import numpy as np
import pytest
import torch

import seqchat
from seqchat.errors import SeqchatError
from seqchat.model.cells import CELLS

from .conftest import REPOSITORY


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_loaded_model_suggests_continues_replies_and_is_observed(models, cell):
    model = seqchat.load(models[cell])
    assert model.name == cell
    best = model.suggest("我想吃huog", k=3)
    assert len(best) == 3
    assert {s.word for s in model.suggest("我想吃huog", k=30)} >= {"火锅"}
    pieces = list(model.generate("今天", n=2, seed=1, max_words=5))
    assert {p.index for p in pieces} == {0, 1}
    assert "".join(model.reply(["你好"], seed=1))
    traced = model.observe("你好，在吗")
    assert traced.words[0] == "▶"
    assert len(traced.words) == traced.layers[0]["hidden"].shape[0]
    assert [set(layer) for layer in traced.layers] == [{g.name for g in CELLS[cell].gates}] * len(traced.layers)
    assert len(model.observe("你好，在吗", last=2).words) == 2
    assert all(np.isfinite(values).all() for layer in traced.layers for values in layer.values())


def test_what_is_learned_is_expected_again(models):
    model = seqchat.load(models["lstm"], precision="fp32")

    def chance():
        return next(s.probability for s in model.suggest("我想吃", k=3_000) if s.insert == "火锅")

    before = chance()
    model.learn("我想吃火锅", "我想吃火锅")
    assert chance() >= before


def test_patterns_are_looked_for_in_text(models, tmp_path):
    model = seqchat.load(models["lstm"])
    chats = tmp_path / "chats.jsonl"
    chats.write_text('["我想吃火锅", "好"]\n["你好", "在吗，今天去吃饭吗"]\n', "utf-8")
    found = model.matches("我想吃火锅", [str(chats)], span=(1, 2), threshold=0.01, quantity="cell", k=1, shuffles=20)
    assert (found.dialogs, found.found[0].shared, found.found[0].dialog) == (2, found.pattern.size, 1)
    assert (found.pattern.quantity, found.shuffles) == ("cell", 20)
    groups = model.groups(words=1_500, layer=1, least=0.3, shuffles=20)
    assert groups.words >= 1_500 and groups.chance <= groups.least


def test_failures_are_one_sentence(models):
    with pytest.raises(SeqchatError, match="no model"):
        seqchat.load("no-such-model")
    model = seqchat.load(models["lstm"])
    with pytest.raises(SeqchatError, match="temperature"):
        model.generate("你好", temperature=-1)
    with pytest.raises(SeqchatError, match="at least 1"):
        model.suggest("你好", k=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("document", "examples"),
    [("README.md", 1), ("README.zh.md", 1), ("docs/scripting.md", 4), ("docs/scripting.zh.md", 4)],
)
def test_the_examples_of_documents_run(document, examples, capsys):
    text = (REPOSITORY / document).read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == examples
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert "火锅" in capsys.readouterr().out


@pytest.mark.slow
def test_the_shipped_model_is_the_default():
    model = seqchat.load()
    assert model.name == "lstm-chat"
    assert "火锅" in {s.word for s in model.suggest("我想吃huog")}
    (phrase,) = [s for s in model.suggest("woxiangchihuoguo") if s.insert == "我想吃火锅"]
    assert phrase.replace == len("woxiangchihuoguo")
    assert "北京" in {s.word for s in model.suggest("我想去bj")}


def test_the_thread_count_of_the_host_program_stays(models):
    def unchanged():
        return torch.get_num_threads() == 2

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        model = seqchat.load(models["lstm"])
        assert unchanged()
        model.suggest("我想吃huog", "，好不好")
        assert unchanged()
        model.learn("我想吃火锅")
        assert unchanged()
        model.observe("你好，在吗")
        assert unchanged()
        for stream in (model.generate("今天", n=2, seed=1, max_words=4), model.reply(["你好"], seed=1, max_words=4)):
            assert unchanged()
            assert [unchanged() for _ in stream].count(False) == 0
            assert unchanged()
        cancelled = model.generate("今天", n=2, seed=1)
        next(cancelled)
        cancelled.close()
        assert unchanged()
        with pytest.raises(SeqchatError):
            model.suggest("你好", k=0)
        assert unchanged()
    finally:
        torch.set_num_threads(before)
