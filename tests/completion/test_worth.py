"""Nothing rather than noise: what is shown saves keys, and can be meant."""

import math
from itertools import pairwise

import pytest

from seqchat.completion.beam_search import most_probable
from seqchat.completion.continuation import generate
from seqchat.completion.sampling import Sampling
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.completion.worth import (
    branch_is_worth,
    is_fragment,
    is_grey,
    is_last,
    keeps_language,
    keys_saved,
    without_open_end,
    worthwhile,
)
from seqchat.corpus.cleaning import GLUE

from ..conftest import small_engine

CHINESE = [
    "我",
    "想",
    "让",
    "我让",
    "人",
    "打开",
    "大",
    "火锅",
    "吃",
    "，",
    "。",
    "》",
    "《",
    "）",
    "（",
    "”",
    "“",
    "电影",
    "wifi",
]
LATIN = ["the", "then", "hello", "world", "work", "we", "a", "I", ",", ".", ")", "(", "]", "'"]
LETTERS = [*"abcdefghijklmnopqrstuvwxyzI", *(f"{GLUE}{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]


def engine_of(*words, seed=0):
    return small_engine([*dict.fromkeys(words)], seed=seed)


@pytest.fixture(scope="module")
def chinese():
    characters = [chr(0x4E00 + i) for i in range(400)]
    return engine_of(*CHINESE, *characters, *map("".join, pairwise(characters[:40])), *LETTERS)


@pytest.fixture(scope="module")
def english():
    return engine_of(*LATIN, *LETTERS)


def shown(engine, text, finished=False):
    return [
        s.word for s in worthwhile(suggest(engine, text, 500, finished=finished), text, engine.vocabulary, finished)
    ]


def offer(word, probability, insert=None, replace=0):
    return Suggestion(word, insert or word, replace, probability, replace > 0)


@pytest.mark.parametrize("text", ["xvzq", "我想 zvq", "hello", "hello ", "hello wor", "the man wo", "he was wor"])
def test_what_nothing_explains_is_followed_by_nothing(chinese, text):
    assert suggest(chinese, text, 5), "the interface returns what there is"
    assert shown(chinese, text) == []


def test_letters_that_agree_with_something_are_followed_by_that(chinese, english):
    assert "火锅" in shown(chinese, "我huog")
    assert all(s.replace for s in worthwhile(suggest(chinese, "我huog", 500), "我huog", chinese.vocabulary, False))
    assert set(shown(english, "we wor")) == {"world", "work"}
    assert "world" in shown(english, "hellq ") or "we" in shown(english, "hellq "), (
        "an unknown name ends with its space"
    )


@pytest.mark.parametrize("text", ["我 dakai", "ni dakai", "wifi dakai", "dakai", "我用 iphone dakai"])
def test_pinyin_is_read_where_it_can_be_meant(chinese, text):
    assert "打开" in shown(chinese, text)


def test_pinyin_is_always_shown_as_there_is_no_other_way_to_write_it(chinese):
    found = suggest(chinese, "我rang", 500)
    assert {s.word for s in found if s.replace} == {
        s.word for s in worthwhile(found, "我rang", chinese.vocabulary, False)
    }


@pytest.mark.parametrize(
    ("text", "closing"),
    [("我", set()), ("《我", {"》"}), ("《我》", set()), ("（《我", {"》", "）"}), ("《我\n我", set())],
)
def test_a_bracket_is_closed_where_one_is_open(chinese, text, closing):
    offered = [offer(bracket, 0.9) for bracket in "《》（）“”"]
    assert {s.word for s in worthwhile(offered, text, chinese.vocabulary, False)} == closing


def test_no_letter_that_only_spells_words_is_shown(english, chinese):
    for engine, text in ((english, "the"), (english, "the "), (english, "the'"), (chinese, "我"), (chinese, "")):
        for finished in (False, True):
            found = ascii_letters(" ".join(shown(engine, text, finished)))
            assert set(found) <= {"a", "I", "i"}


@pytest.mark.parametrize("word", ["b", "B", f"{GLUE}b", f"{GLUE}a", f"{GLUE}é"])
def test_letters_that_only_spell_words(word):
    assert is_fragment(word)


@pytest.mark.parametrize("word", ["a", "I", "я", "的", "3", f"{GLUE}3", "the", ".", f"{GLUE}com"])
def test_what_is_more_than_a_letter_of_a_word(word):
    assert not is_fragment(word)


def ascii_letters(text):
    return [word for word in text.replace(",", " ").split() if len(word) == 1 and word.isascii() and word.isalpha()]


@pytest.mark.parametrize("seed", range(4))
def test_continuations_have_no_fragments_and_no_lonely_brackets(english, chinese, seed):
    sampling = Sampling(temperature=2, top_p=1, max_words=40, seed=seed)
    for engine in (english, chinese):
        texts = [""] * 8
        for word in generate(engine, "we (", 8, sampling):
            texts[word.index] += word.text
        for text in [*texts, *(word.text for word in most_probable(engine, "we", max_words=8))]:
            assert set(ascii_letters(text)) <= {"a", "I", "i"}
            for opening, closing in ("《》", "（）", "“”"):
                depth = 0
                for character in text:
                    depth += (character == opening) - (character == closing)
                    assert depth >= 0, text
            assert "]" not in text
            assert text.count(")") <= text.count("(") + 1


def test_a_vocabulary_of_letters_alone_still_generates():
    assert "".join(word.text for word in generate(engine_of(*LETTERS), "a", 1, Sampling(max_words=5, seed=1)))


def test_keys_are_those_that_typing_would_take():
    assert keys_saved(" world") == 5, "five letters and the space that follows, less the key that takes it"
    assert keys_saved(",") == 0
    assert keys_saved("火锅") > keys_saved("火") > 1, "a character has no key of its own"
    assert keys_saved("rld") == 3


def test_what_is_improbable_or_short_is_not_shown(english):
    found = [offer("world", 0.5, " world"), offer("work", 0.0001, " work"), offer(".", 0.4), offer("we", 0.1, " we")]
    assert [s.word for s in worthwhile(found, "the", english.vocabulary, True)] == ["world", "we"]


def test_grey_text_has_to_be_worth_more_than_a_candidate(english):
    weak, strong = offer("world", 0.01, " world"), offer("world", 0.1, " world")
    assert worthwhile([weak], "the", english.vocabulary, True) == [weak]
    assert not is_grey(weak)
    assert is_grey(strong)
    assert not is_grey(offer("火锅", 0.9, replace=2))


@pytest.mark.parametrize(
    ("text", "before", "chinese", "latin", "kept"),
    [
        ("火锅", "我想吃", False, False, True),
        ("world", "hello ", False, False, True),
        ("python", "我用", True, False, False),
        ("，然后", "我用", True, False, True),
        ("world", "hello ", False, True, True),
        ("你好", "hello ", False, True, False),
        ("你好", "", False, True, False),
        ("火锅", "我想吃", False, True, True),
        ("你呢", "我很好，", False, True, True),
    ],
)
def test_grey_text_keeps_the_language_that_was_chosen(text, before, chinese, latin, kept):
    assert keeps_language(text, before, chinese=chinese, latin=latin) is kept


def test_a_word_is_not_offered_again_for_a_capital_unless_that_is_probable(english):
    found = [offer("We", 0.05, "We", 2), offer("London", 0.05, "London", 4)]
    assert [s.word for s in worthwhile(found, "the we", english.vocabulary, False)] == ["London"]
    assert worthwhile([offer("I'm", 0.9, "I'm", 3)], "i'm", english.vocabulary, False)


def test_pages_end_where_nothing_could_be_worth_a_glance():
    assert is_last(offer("我", 0.0001))
    assert not is_last(offer("我", 0.05))


def test_grey_text_does_not_end_in_an_opening_bracket():
    assert without_open_end("我 (") == "我"
    assert without_open_end("看《") == "看"
    assert without_open_end("我 ") == "我 "


def test_a_branch_is_shown_once_its_words_are_worth_it():
    assert branch_is_worth([("火锅", math.log(0.1))])
    assert not branch_is_worth([(",", math.log(0.1))])
    assert branch_is_worth([(",", math.log(0.1)), (" see", math.log(0.5))])
    assert not branch_is_worth([("火锅", math.log(0.0001))])
