"""A model of Chinese and English reads letters both ways; what stands before them decides."""

import json

import pytest

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.completion.worth import worthwhile
from seqchat.training.run import train
from seqchat.training.settings import TrainingSettings
from seqchat.training.task import Task

from ..conftest import LIGHT, Silent, small_engine

PEOPLE = ["I", "We", "They", "You"]
WANTS = ["want to", "have to", "like to", "need to"]
DEEDS = ["go home", "go out", "eat noodles", "see the doctor", "call the office", "go to London on Monday"]
WHO = ["我", "我们", "他们", "你"]
WILL = ["想", "要", "喜欢", "得"]
DO = ["吃火锅", "回家", "看电影", "去北京", "红茶", "打开电脑"]


@pytest.fixture(scope="module")
def bilingual(tmp_path_factory):
    """A small model of a few hundred sentences of both languages, each dialog in one of them."""
    folder = tmp_path_factory.mktemp("bilingual")
    english = [f"{who} {want} {deed}." for who in PEOPLE for want in WANTS for deed in DEEDS]
    chinese = [f"{who}{will}{do}。" for who in WHO for will in WILL for do in DO]
    dialogs = [{"dialog": [one, two]} for said in (english, chinese) for one, two in zip(said, said[7:], strict=False)]
    path = folder / "both.jsonl"
    path.write_text("".join(f"{json.dumps(dialog, ensure_ascii=False)}\n" for dialog in dialogs), "utf-8")
    settings = TrainingSettings(epochs=12, batch_size=8, window=20, precision="fp32", device="cpu", **LIGHT)
    task = Task([str(path)], {"cell": "gru", "layers": 1, "embedding_size": 24, "hidden_size": 48})
    train(task, settings, folder / "model", Silent())
    return Engine.load(folder / "model")


def best(engine, text, count=1):
    return [text[: len(text) - s.replace] + s.insert for s in suggest(engine, text, count)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I want to go hom", "I want to go home"),
        ("We have to eat noo", "We have to eat noodles"),
        ("i", "I"),
        ("You like to go to lond", "You like to go to London"),
        ("我想huog", "我想火锅"),
        ("我们要hong", "我们要红茶"),
        ("他们喜欢kandianying", "他们喜欢看电影"),
    ],
)
def test_what_stands_before_letters_says_which_language_they_are(bilingual, text, expected):
    assert expected in best(bilingual, text, 2)
    if len(text) > 1:
        assert best(bilingual, text) == [expected]


def test_letters_that_are_words_of_both_are_offered_as_both(bilingual):
    found = suggest(bilingual, "ho", 20)
    assert {("home", 0), ("红茶", 2)} <= {(s.word, s.replace) for s in found}
    assert sum(s.probability for s in found) <= 1 + 1e-6


def test_after_english_the_app_shows_no_chinese_as_the_first_candidate(bilingual):
    for text in ("I want to go ho", "They need to se", "You have to call the of"):
        found = worthwhile(suggest(bilingual, text, 9), text, bilingual.vocabulary, False)
        assert found[0].word.isascii()


def test_a_model_without_chinese_words_reads_no_pinyin_and_builds_no_index(monkeypatch):
    engine = small_engine(["the", "home", "house", "want"])

    def unwanted(*_):
        raise AssertionError

    monkeypatch.setattr("seqchat.corpus.vocabulary.PinyinIndex", unwanted)
    assert {s.word for s in suggest(engine, "want ho", 9) if s.completes} == {"home", "house"}
    assert not any(s.replace for s in suggest(engine, "want zhongguo", 9))
