"""Latin words that stand among letters of pinyin without a space."""

import pytest

from seqchat.completion.composing.meaning import meaning_of
from seqchat.completion.foreign_words import foreign_words
from seqchat.completion.suggestion import suggest
from seqchat.corpus.lexicon_building import WordList, in_memory
from seqchat.corpus.lexicon_words import Lexicons
from seqchat.corpus.pinyin import read_letters

from ..conftest import small_engine

WORDS = [*"我想用写发给他买在你好", "python", "Email", "iPhone", "ok", "women", "wow", "你好", "我们", "3"]


@pytest.fixture(scope="module")
def engine():
    return small_engine(WORDS)


@pytest.mark.parametrize(
    ("letters", "found"),
    [
        ("faemailgeita", {(2, 7)}),
        ("emailgei", {(0, 5)}),
        ("yongpythonx", {(4, 10)}),
        ("yongpythonemail", {(4, 10), (10, 15)}),
        ("woaiwow", {(4, 7)}),
        ("women", set()),
        ("nihao", set()),
        ("python", set()),
        ("fae'mailgeita", set()),
        ("yongpyth", set()),
        ("qpython", set()),
        ("", set()),
    ],
)
def test_words_stand_before_or_after_syllables_in_full(engine, letters, found):
    words = foreign_words(read_letters(letters), engine.vocabulary)
    assert {(start, end) for start, ends in words.items() for end in ends} == found


@pytest.mark.parametrize(
    ("text", "insert", "syllables"),
    [
        ("faemailgeita", "发Email给他", "fa'email'gei'ta"),
        ("我yongPythonxie", "用python写", "yong'python'xie"),
        ("maiiphone", "买iPhone", "mai'iphone"),
        ("emailgeita", "Email给他", "email'gei'ta"),
        ("nihaopythonni", "你好python你", "ni'hao'python'ni"),
    ],
)
def test_a_phrase_has_latin_words_among_chinese_ones(engine, text, insert, syllables):
    letters = len(text.lstrip("我"))
    assert insert in [s.insert for s in suggest(engine, text, 20) if s.replace == letters]
    meaning = meaning_of(engine, text, letters, 9, forced=True)
    assert insert in [s.insert for s in meaning.candidates]
    if meaning.candidates[0].insert == insert:
        assert meaning.syllables == syllables
    parts = [s.word for s in meaning.candidates if s.rest]
    assert insert[0] in parts or not parts, "the first syllables can be taken alone"


def test_a_word_may_be_of_a_lexicon_alone():
    lexicons = Lexicons(in_memory(WordList({"你好": 2.0}, {"youtube": 3.0, "zoom": 1.0})), None)
    engine = small_engine([*"我用看你好", *"youtbezm"], lexicons=lexicons)
    assert "看youtube" in [s.insert for s in suggest(engine, "kanyoutube", 20) if s.replace == 10]
