"""A word that was taken is finished, and the space after it is the program's business."""

import pytest

from seqchat.completion.continuation import generate
from seqchat.completion.sampling import Sampling
from seqchat.completion.spacing import begins_word, is_finished
from seqchat.completion.suggestion import suggest
from seqchat.corpus.cleaning import GLUE

from ..conftest import small_engine

WORDS = ["the", "then", "there", "was", "he", "so", "ok", "火", "火锅", "我", "，", ",", ".", "!", "?", *"thenrwaso"]
WORDS += [f"{GLUE}{letter}" for letter in "thenrwaso"]


@pytest.fixture(params=[0, 1, 2])
def engine(request):
    return small_engine([*dict.fromkeys(WORDS)], seed=request.param)


@pytest.mark.parametrize("text", ["he was the", "the", "我 the", "so\nok"])
def test_after_a_word_that_was_taken_come_next_words_and_punctuation_alone(engine, text):
    found = suggest(engine, text, 200, finished=True)
    assert not any(s.completes or s.replace for s in found)
    assert {" was", ".", "，", "我"} <= {s.insert for s in found}
    assert all(s.insert.startswith(" ") for s in found if s.insert.strip()[0].isascii() and s.insert.strip().isalpha())
    assert sum(s.probability for s in found) <= 1 + 1e-6


def test_without_a_word_taken_it_may_become_longer(engine):
    found = suggest(engine, "he was the", 200)
    assert {"n", "re", " was", "."} <= {s.insert for s in found}


def test_after_a_chinese_word_nothing_changes(engine):
    assert suggest(engine, "我火", 50, finished=True) == suggest(engine, "我火", 50)


@pytest.mark.parametrize("text", ["", "he was", "th", "火", "我 the ", "the."])
def test_no_suggestion_ends_in_a_space(engine, text):
    for finished in (False, True):
        found = suggest(engine, text, 200, finished=finished)
        assert found
        assert not any(s.insert.endswith(" ") for s in found)


def test_a_continuation_after_a_word_that_was_taken_begins_with_another(engine):
    words = generate(engine, "he was the", 200, Sampling(temperature=1, top_p=1, max_words=1, seed=0), finished=True)
    assert not any(word.text[:1].isalpha() and word.text.isascii() for word in words)


@pytest.mark.parametrize(("taken", "finished"), [("the", True), (" naïve", True), ("привет", True)])
@pytest.mark.parametrize("also", ["火锅", "12", ".", "", "8:30"])
def test_what_is_finished(taken, finished, also):
    assert is_finished(taken) is finished
    assert not is_finished(also)


@pytest.mark.parametrize("typed", ["a", "I", "3", "(", "$", "“", "é", "word"])
def test_the_next_word_has_a_space_before_it(typed):
    assert begins_word(typed, "the")


@pytest.mark.parametrize("typed", [".", ",", "?", "'", "’", "-", ")", "/", " ", "\n", "我", "，", "", "%", "…"])
def test_punctuation_and_chinese_have_none(typed):
    assert not begins_word(typed, "the")


def test_a_quotation_mark_closes_what_was_opened():
    assert begins_word('"', "he said")
    assert not begins_word('"', 'he said "yes')
