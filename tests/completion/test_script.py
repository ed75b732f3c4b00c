"""Traditional characters: what is read is simplified and as long, what is written is Taiwan's."""

from __future__ import annotations

import pytest

from seqchat.completion.continuation import generate
from seqchat.completion.sampling import Sampling
from seqchat.completion.script import TraditionalScript, script_of
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.insight.spans import spans

from ..conftest import small_engine

WORDS = ["我", "们", "我们", "想", "吃", "面", "火", "锅", "火锅", "国", "发", "头发", "去", "，", "ok", "软件"]


@pytest.fixture(scope="module")
def script() -> TraditionalScript:
    return TraditionalScript()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("我們想吃麵", "我们想吃面"),
        ("用軟體寫程式\n頭髮", "用软件写程序\n头发"),
        ("部落格", "部落格"),
        ("計程車abc，後天", "出租车abc，后天"),
        ("ok 123\n\n", "ok 123\n\n"),
        ("", ""),
    ],
)
def test_what_is_read_is_simplified_and_as_long(script, text, read):
    assert script.read(text) == read
    for end in range(len(text)):
        assert len(script.read(text[:end])) == end


@pytest.mark.parametrize(
    ("left", "text", "written"),
    [
        ("", "软件", "軟體"),
        ("我们想吃", "面", "麵"),
        ("头", "发", "髮"),
        ("我想", "发展", "發展"),
        ("博", "客", "客"),
        ("打", "出租车", "計程車"),
        ("，", "后天", "後天"),
        ("ok", "hello", "hello"),
    ],
)
def test_what_is_written_fits_its_left_side(script, left, text, written):
    assert script.written(text, left) == written


def test_candidates_and_continuations_are_in_the_script_and_positions_are_kept(script):
    plain, engine = small_engine(WORDS), small_engine(WORDS)
    engine.use_script("traditional")
    found = suggest(engine, "我們想吃huog", 5)
    assert [(s.replace, s.probability) for s in found] == pytest.approx(
        [(s.replace, s.probability) for s in suggest(plain, "我们想吃huog", 5)]
    )
    assert "火鍋" in {s.insert for s in found}
    completed = [(s.word, s.insert) for s in suggest(engine, "火", 60)]
    assert ("火鍋", "鍋") in completed
    assert [s.insert for s in suggest(engine, "我們", 60, after="去")] == [
        script.written(s.insert, "我们") for s in suggest(plain, "我们", 60, after="去")
    ]
    greedy = Sampling(temperature=0, max_words=6)
    texts = ["".join(w.text for w in generate(e, t, 1, greedy)) for e, t in ((engine, "我們"), (plain, "我们"))]
    assert script.read(texts[0]) == texts[1]
    assert spans(engine, "我們吃頭髮") == spans(plain, "我们吃头发")
    engine.use_script("simplified")
    assert suggest(engine, "我们", 5) == suggest(plain, "我们", 5)


def test_words_with_letters_that_stay_are_rewritten_too(script):
    found = script.suggestion(Suggestion("软件", "软件de", 9, 0.5, True, 2), "我用", ["软件de"])
    assert (found.word, found.insert, found.replace, found.rest) == ("軟體", "軟體de", 9, 2)
    phrase = script.suggestion(Suggestion("打出租车", "打出租车", 10, 0.5, True), "", ["打", "出租车"])
    assert (phrase.word, phrase.insert) == ("打計程車", "打計程車")


def test_models_write_simplified_characters():
    assert script_of("simplified") is None
    assert script_of("traditional") is script_of("traditional")
