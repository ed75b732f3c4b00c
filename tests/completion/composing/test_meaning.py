"""What open letters mean: Latin or pinyin, whole phrases and parts, whatever surrounds them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seqchat.completion.composing import meaning as meaning_module
from seqchat.completion.composing.literal import PRICES
from seqchat.completion.composing.meaning import Meaning, look_ahead, meaning_of
from seqchat.completion.engine import Engine
from seqchat.corpus.spelling import SPELLING, Spelling

from ...conftest import small_engine

WORDS = [
    *"我想吃火锅西安先在吗你好写码密谢轻",
    "火锅",
    "你好",
    "我想",
    "西安",
    "密码",
    "python",
    "ok",
    "on",
    "nh",
    "huo2",
    "the",
    "，",
    "3",
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return small_engine(WORDS)


def read(engine: Engine, text: str, letters: int | None = None, **options: bool) -> tuple[str, Meaning]:
    letters = len(text) if letters is None else letters
    return text[len(text) - letters :], meaning_of(engine, text, letters, 9, **options)


@pytest.mark.parametrize(
    ("text", "first", "syllables"),
    [
        ("nihao", "你好", "ni'hao"),
        ("woxiangchihuoguo", "我想吃火锅", "wo'xiang'chi'huo'guo"),
        ("xi'an", "西安", "xi'an"),
        ("huog", "火锅", "huo'g"),
        ("pythonxie", "写", "python'xie"),
        ("nihaoi", "你好", "ni'hao'i"),
        ("nihaovvv", "你好", "ni'hao'vvv"),
    ],
)
def test_letters_are_pinyin_where_words_are_spelled_with_them(engine, text, first, syllables):
    typed, meaning = read(engine, text)
    assert not meaning.literal
    assert meaning.candidates[0].word == first or len(first) == 1
    assert meaning.syllables == syllables
    assert_whole(typed, meaning)


def assert_whole(typed: str, meaning: Meaning) -> None:
    """Candidates replace the letters up to the cursor, and what they leave is the end of what was typed."""
    rests = []
    for found in meaning.candidates:
        assert 0 <= found.replace <= len(typed)
        assert found.insert == found.word + typed[len(typed) - found.rest :] or not found.replace
        rests.append(found.rest)
    literal = [found for found in meaning.candidates if found.insert == typed]
    assert [(found.replace, found.rest) for found in literal] == [(len(typed), 0)]
    least = meaning.candidates[0].rest
    whole = [rest <= least for rest, found in zip(rests, meaning.candidates, strict=True) if found.insert != typed]
    assert whole == sorted(whole, reverse=True), "whole phrases come before parts"


@pytest.mark.parametrize("text", ["qxzv", "vvvv", "bcdfgh", "ok", "the", "i"])
def test_other_letters_mean_themselves(engine, text):
    _, meaning = read(engine, text)
    assert meaning.literal
    assert not any(found.rest for found in meaning.candidates)


def test_letters_after_a_word_that_was_finished_do_not_belong_to_it(engine):
    assert not read(engine, "oknihao", 5)[1].literal
    assert read(engine, "oknihao", 5)[1].candidates[0].insert == "你好"


@pytest.mark.parametrize("text", ["https://nihao", "ni@hao", "/nihao", "a1b2ni"])
def test_nothing_is_pinyin_in_an_address(engine, text):
    assert read(engine, text, 2)[1].literal
    assert read(engine, text, 2, forced=True)[1].literal


def test_parts_are_words_and_characters_for_the_first_syllables(engine):
    typed, meaning = read(engine, "woxiangchihuoguo")
    parts = [(found.word, found.insert, found.rest) for found in meaning.candidates if found.rest]
    assert ("我想", "我想chihuoguo", 9) in parts
    assert ("我", "我xiangchihuoguo", 14) in parts
    assert [rest for _, _, rest in parts] == sorted(rest for _, _, rest in parts)
    assert meaning.complete
    assert_whole(typed, meaning)


def test_no_part_leaves_letters_that_begin_no_syllable(engine):
    assert not any(found.rest == 1 for found in read(engine, "nihao")[1].candidates), "niha-o is no way to read it"
    assert {found.rest for found in read(engine, "xi'an")[1].candidates} == {0, 2}


@pytest.mark.parametrize("count", [10, 30, 200])
def test_letters_without_end_are_taken_from_the_front(engine, count):
    text = "nihao" * count
    taken = ""
    while text:
        _, meaning = read(engine, text)
        assert not meaning.literal
        first = meaning.candidates[0]
        taken += first.insert[: len(first.insert) - first.rest]
        assert len(text) - first.rest > 0
        text = text[len(text) - first.rest :]
        if count == 200:
            return
    assert taken == "你好" * count


def test_the_writer_may_force_pinyin(engine):
    text = "the"
    assert read(engine, text)[1].literal
    forced = read(engine, text, forced=True)[1]
    assert forced.literal or forced.candidates[0].word in WORDS[:20]
    monkeyed = read(engine, "on", forced=True)[1]
    assert monkeyed.literal, "no word is spelled so"


def test_digits_are_tones_where_they_are_asked_for(engine):
    typed, meaning = read(engine, "ni3hao3", tones=True)
    assert meaning.candidates[0].word == "你好"
    assert_whole(typed, meaning)
    parts = [found.insert for found in meaning.candidates if found.rest]
    assert "你hao3" in parts


@pytest.mark.parametrize(
    ("layout", "text", "letters", "first", "syllables"),
    [
        ("xiaohe", "nihc", 4, "你好", "ni'hao"),
        ("xiaohe", "3nihc", 4, "你好", "ni'hao"),
        ("xiaohe", "okhogo", 4, "火锅", "huo'guo"),
        ("microsoft", "q;;q;", 2, "轻", "qing"),
    ],
)
def test_double_pinyin_is_composed(engine, layout, text, letters, first, syllables):
    engine.spell(Spelling(layout=layout))
    try:
        typed, meaning = read(engine, text, letters)
    finally:
        engine.spell(SPELLING)
    assert (meaning.candidates[0].insert, meaning.syllables) == (first, syllables)
    assert_whole(typed, meaning)


@pytest.mark.parametrize(
    ("layout", "text", "parts"),
    [
        ("xiaohe", "woiihogo", {("我", "iihogo")}),
        ("xiaohe", "ni'hc'ma", {("你好", "ma"), ("你", "hc'ma")}),
        ("microsoft", "q;hogo", {("轻", "hogo")}),
        ("microsoft", "nixdq;", {("你", "xdq;")}),
        ("sogou", "nihkma", {("你好", "ma"), ("你", "hkma")}),
    ],
)
def test_parts_of_double_pinyin_leave_whole_syllables(engine, layout, text, parts):
    engine.spell(Spelling(layout=layout))
    try:
        typed, meaning = read(engine, text)
    finally:
        engine.spell(SPELLING)
    found = {(found.word, text[len(text) - found.rest :]) for found in meaning.candidates if found.rest}
    assert parts <= found
    assert_whole(typed, meaning)


@pytest.fixture
def always_pinyin(monkeypatch):
    monkeypatch.setattr(meaning_module, "PRICES", replace(PRICES, decides=2.0))


def test_a_digit_may_make_a_name_of_letters(engine, always_pinyin):
    assert [read(engine, f"我{letters}", len(letters))[1].digits for letters in ("huo", "nihao")] == ["2", ""]


def test_digits_belong_to_a_password(engine):
    assert read(engine, "密码：nihao", 5)[1].digits == "123456789"
    assert not read(engine, "密码，nihao", 5)[1].digits


def test_digits_go_on_counting_after_a_unit(engine, monkeypatch):
    assert not read(engine, "我huoguo", 6)[1].counts
    monkeypatch.setattr(engine.vocabulary, "numbers", {"1": engine.vocabulary.numbers["3"]})
    counts = {}
    for price in (-50.0, 0.0):
        monkeypatch.setattr(meaning_module, "PRICES", replace(PRICES, numbered=price))
        counts[price] = read(engine, "3huo", 3)[1].counts
    assert counts == {-50.0: "1", 0.0: ""}, "the first candidate is seldom taken by its number"


def test_a_command_of_a_shell_begins_a_line(engine, monkeypatch):
    monkeypatch.setattr(meaning_module, "is_command", lambda before, letters: (before, letters) == ("我\n", "nihao"))
    assert read(engine, "我\nnihao", 5)[1].literal
    assert not read(engine, "我\nnihao", 5, forced=True)[1].literal
    assert not read(engine, "nihao")[1].literal


def test_letters_may_be_a_latin_word_as_well(engine, always_pinyin):
    assert [read(engine, f"我{letters}", 2)[1].is_word for letters in ("nh", "hg")] == [True, False]


@pytest.mark.parametrize(("price", "literal"), [(20.0, False), (-20.0, True)])
def test_letters_that_are_a_latin_word_are_rather_that_than_first_letters(engine, monkeypatch, price, literal):
    monkeypatch.setattr(meaning_module, "PRICES", replace(PRICES, shortened=price))
    assert read(engine, "我nh", 2)[1].literal is literal


def test_the_price_of_an_unknown_word_grows_with_its_letters():
    assert PRICES.log_prob(8) < PRICES.log_prob(3) < 0


@pytest.mark.parametrize("typed", ["woxiangchihuog", "wxchg", "woxiangcih", "pythonxie", "zxcvb"])
def test_what_was_looked_ahead_changes_nothing_and_leaves_one_word_to_read(typed, monkeypatch):
    hurried, prepared = small_engine(WORDS), small_engine(WORDS)
    steps: list[int] = []
    step = prepared.network.step
    monkeypatch.setattr(prepared.network, "step", lambda ids, *rest: steps.append(len(ids)) or step(ids, *rest))
    for letters in range(1, len(typed) + 1):
        steps.clear()
        found = meaning_of(prepared, typed[:letters], letters, 9)
        assert letters == 1 or sum(steps) <= 2
        expected = meaning_of(hurried, typed[:letters], letters, 9)
        assert (found.literal, found.syllables) == (expected.literal, expected.syllables)
        assert [s.insert for s in found.candidates] == [s.insert for s in expected.candidates]
        look_ahead(prepared, typed[:letters], letters)


@pytest.mark.parametrize("typed", ["wooknihaoma", "woxiangokchi", "woxiangchg", "nihaowx"])
def test_nothing_is_left_to_predict_for_latin_words_and_syllables_that_are_cut(typed, monkeypatch):
    engine = small_engine(WORDS)
    rows: list[int] = []
    logits = engine.network.output.logits
    monkeypatch.setattr(
        engine.network.output, "logits", lambda features: rows.append(len(features)) or logits(features)
    )
    for letters in range(1, len(typed) + 1):
        rows.clear()
        meaning_of(engine, typed[:letters], letters, 9)
        # The letters themselves may be a Latin word.
        assert letters == 1 or sum(rows) <= 3, typed[:letters]
        look_ahead(engine, typed[:letters], letters)
