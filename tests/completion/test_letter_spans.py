"""Pinyin anywhere: after a digit, a Latin word, a bracket, at the start of a line; and nowhere in an address."""

import pytest

from seqchat.completion.letter_spans import letter_spans
from seqchat.completion.suggestion import suggest

from ..conftest import small_engine

WORDS = [
    *"点个度天日写唱歌你好码密在哪吗给站班长",
    "密码",
    "你好",
    "唱歌",
    "班长",
    "python",
    "wifi",
    "3",
    "B",
    "p",
    ",",
    "(",
    "用",
]


@pytest.fixture(scope="module")
def engine():
    return small_engine(WORDS)


@pytest.mark.parametrize(
    ("text", "typed", "word"),
    [
        ("3dian", "dian", "点"), ("买10ge", "ge", "个"), ("39du", "du", "度"), ("第2tian", "tian", "天"),
        ("3月15ri", "ri", "日"), ("用pythonxie", "xie", "写"), ("wifimima", "mima", "密码"), ("zipma", "ma", "吗"),
        ("我在KTVchangge", "changge", "唱歌"), ("(nihao", "nihao", "你好"), ("“nihao", "nihao", "你好"),
        ("a\nnihao", "nihao", "你好"), ("你好,zaina", "zaina", "在哪"), ("Bzhan", "zhan", "站"),
        ("Bzhan", "Bzhan", "班长"), ("ni3hao3", "ni3hao3", "你好"), ("python3dian", "dian", "点"),
    ],
)  # fmt: skip
def test_letters_after_anything_are_read(engine, text, typed, word):
    assert typed in [text[-span.letters.typed :] for span in letter_spans(text, engine.vocabulary)]
    found = {text[: len(text) - s.replace] + s.insert for s in suggest(engine, text, 200)}
    assert text.removesuffix(typed) + word in found or len(word) == 2


@pytest.mark.parametrize(
    "text",
    [
        "https://nihao",
        "ni@hao",
        "/nihao",
        "main.ni",
        "a1b2ni",
        "my_hao",
        "3",
        "你好",
        "",
        "niHao",
        "userHao",
        "getNiHao",
        "wifiNi",
    ],
)
def test_nothing_is_read_where_letters_are_no_language(engine, text):
    assert letter_spans(text, engine.vocabulary) == []
    assert not any(s.replace and s.insert in WORDS[:20] for s in suggest(engine, text, 50))


def test_only_open_letters_are_read(engine):
    assert [s.letters.plain for s in letter_spans("wifinihao", engine.vocabulary, most=5)] == ["nihao"]
    assert letter_spans("nihao", engine.vocabulary, most=0) == []


def test_tones_are_read_where_they_are_asked_for(engine):
    assert letter_spans("ni3hao", engine.vocabulary)[0].letters.plain == "nihao"
    assert [s.letters.plain for s in letter_spans("ni3hao", engine.vocabulary, tones=False)] == ["hao"]


def test_a_digit_after_a_capital_is_no_tone(engine):
    assert [s.letters.plain for s in letter_spans("A4zhi", engine.vocabulary)] == ["zhi"]


@pytest.mark.parametrize("text", ["python3", "hello2", "mysql5", "win1", "ni3h2", "nh3", "p2", "zh4", "ni'h3"])
def test_a_digit_after_letters_that_are_no_syllables_is_no_tone(engine, text):
    assert letter_spans(text, engine.vocabulary) == []
    assert not any(s.replace for s in suggest(engine, text, 50))


@pytest.mark.parametrize("text", ["nihao3", "ni3'hao3", "nǐ3hao", "lü4se", "lv4", "xi1'an1", "zhong1g"])
def test_a_digit_after_whole_syllables_is_a_tone(engine, text):
    assert letter_spans(text, engine.vocabulary)[0].letters.typed == len(text)


def test_pinyin_after_a_digit_that_is_no_tone_is_read_alone(engine):
    assert [s.letters.plain for s in letter_spans("python3nihao", engine.vocabulary)] == ["nihao"]


def test_a_capital_makes_pinyin_less_probable(engine):
    prices = {s.letters.plain: s.log_price for s in letter_spans("Bzhan", engine.vocabulary)}
    assert prices["zhan"] == 0 > prices["bzhan"]
