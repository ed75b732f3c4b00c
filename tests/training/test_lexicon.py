"""Words of one's own that a model brings with it."""

import json
from dataclasses import replace

import pytest

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.lexicon_building import WordList, build
from seqchat.corpus.lexicon_words import FILE, OWN
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.mixture import LexiconShares
from seqchat.training.run import train
from seqchat.training.task import Task

from ..conftest import QUICK, TINY, Silent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model with a list of its own, tuned beside a small shared lexicon."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "words.txt").write_text("溴化锂机组 5\n减速机\nPLC控制柜 2\nanodising\n")
    shared = build(WordList({"减速机": 1.0, "供应商": 9.0, "轧钢厂": 3.0}, {"anodising": 1.0, "catalyst": 2.0}))
    (folder / "shared.safetensors").write_bytes(shared)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQCHAT_LEXICON", str(folder / "shared.safetensors"))
        task = Task(["sample"], TINY, lexicon=str(folder / "words.txt"))
        train(task, replace(QUICK, ngrams=1_000), folder / "model", Silent())
    return folder


def test_a_models_own_words_are_offered(folder):
    engine = Engine.load(folder / "model", lexicon=folder / "shared.safetensors")
    for typed, word in (("jiansuji", "减速机"), ("xhljz", "溴化锂机组"), ("gongyingshang", "供应商")):
        assert word in [s.insert for s in suggest(engine, f"我们的{typed}", 10)]
    assert "dising" in [s.insert for s in suggest(engine, "ok ano", 10)]
    lexicon = engine.vocabulary.lexicon
    assert lexicon is not None
    # A word is counted once, as one of the model's own.
    assert lexicon.part(lexicon.find("减速机")) == OWN
    assert lexicon.find("PLC控制柜") > 0


def test_a_models_own_words_stay_whole_in_its_text_and_at_the_cursor(folder):
    text = "请问溴化锂机组在哪里"
    for lexicon in (folder / "shared.safetensors", "none"):
        engine = Engine.load(folder / "model", lexicon=lexicon)
        assert "溴化锂机组" in engine.vocabulary.segmenter.split(text)
    assert "溴化锂机组" not in segmenter("unicode").split(text)


def test_without_lexicons_the_model_knows_none_of_them(folder):
    engine = Engine.load(folder / "model", lexicon="none")
    assert engine.vocabulary.lexicon is None
    assert "供应商" not in [s.insert for s in suggest(engine, "我们的gongyingshang", 50)]


def test_the_shares_are_tuned_and_stored(folder):
    shares = Checkpoint.load(folder / "model").lexicon_shares
    assert shares != LexiconShares()
    assert all(share > 0 for share in (*shares.chinese, *shares.other, *shares.own))


def test_a_model_of_before_has_the_defaults(folder, tmp_path):
    for file in (folder / "model").iterdir():
        if file.is_file() and file.name != FILE:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    document = json.loads((tmp_path / "config.json").read_text())
    del document["lexicon"]
    (tmp_path / "config.json").write_text(json.dumps(document))
    assert Checkpoint.load(tmp_path).lexicon_shares == LexiconShares()
    engine = Engine.load(tmp_path, lexicon=folder / "shared.safetensors")
    assert "供应商" in [s.insert for s in suggest(engine, "我们的gongyingshang", 10)]


@pytest.mark.parametrize(
    "shares",
    [[], {"chinese": [0.1]}, {"chinese": [0.1, 0.1, 0.1, "x"]}, {"new": [0, 0, 0, 0]}, {"own": [0.9, 0, 0, 0]}],
)
def test_shares_that_are_none_are_refused(folder, tmp_path, shares):
    for file in (folder / "model").iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    document = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**document, "lexicon": shares}))
    with pytest.raises(SeqchatError, match="lexicon"):
        Checkpoint.load(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "has no words"), ("好 x\n", "line 1"), ("x" * 41, "at most 40 characters"), ("\x00\x01\n", "has no words")],
)
def test_a_list_that_cannot_be_used_is_refused_before_any_work(tmp_path, content, message):
    (tmp_path / "words.txt").write_text(content)
    with pytest.raises(SeqchatError, match=message):
        train(Task(["sample"], TINY, lexicon=str(tmp_path / "words.txt")), QUICK, tmp_path / "model", Silent())
    assert not (tmp_path / "model").exists()


def test_a_lexicon_that_is_missing_is_named(folder, tmp_path):
    with pytest.raises(SeqchatError, match=r"nothing\.safetensors"):
        Engine.load(folder / "model", lexicon=tmp_path / "nothing.safetensors")
