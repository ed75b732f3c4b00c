from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqchat.corpus.cleaning import clean, is_safe
from seqchat.corpus.pinyin import Letters, letters_before
from seqchat.corpus.vocabulary import SPECIAL_WORDS, TURN_ID, UNKNOWN_ID, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError

AUTO = segmenter("auto")


def typed(text: str) -> Letters:
    letters = letters_before(text)
    assert letters is not None
    return letters


def vocabulary_of(*texts: str, **options: int) -> Vocabulary:
    counts = Counter(word for text in texts for word in AUTO.split(clean(text)))
    return Vocabulary.build(counts, AUTO, **options)


def test_rare_words_are_spelled_with_characters():
    words = vocabulary_of("火锅", "火锅", "红烧肉")
    assert "火锅" in words
    assert "红烧肉" not in words
    assert words.decode(words.encode(AUTO.split("红烧肉"))) == ["红", "烧", "肉"]
    assert words.text(words.encode(["红烧肉"])) == "红烧肉"


def test_latin_words_keep_together_when_spelled():
    words = vocabulary_of("abc xyz", "abc", "a b c x y z 1 2 3")
    ids = words.encode(AUTO.split("cab abc 321"))
    assert words.text(ids) == "cab abc 321"


def test_only_characters_never_seen_are_unknown():
    words = vocabulary_of("你好", "你好")
    assert words.encode(["你", "龘"]) == [words.encode(["你"])[0], UNKNOWN_ID]
    assert not words.suggestible[UNKNOWN_ID]


def test_special_words_cannot_be_typed():
    words = vocabulary_of("<turn> <unk>", "<turn> <unk>")
    assert set(words.encode(AUTO.split("<turn>"))).isdisjoint(range(len(SPECIAL_WORDS)))
    assert words.encode(["\n"]) == [TURN_ID]


def test_size_and_frequency_limits():
    texts = ["我们吃火锅"] * 5 + ["他们看电影"] * 3
    assert len(vocabulary_of(*texts, max_words=10)) == 10
    assert "电影" in vocabulary_of(*texts, min_count=3)
    assert "电影" not in vocabulary_of(*texts, min_count=4)


def test_the_same_words_give_the_same_vocabulary():
    assert vocabulary_of("一 二 三", "三 二").words == vocabulary_of("三 二", "一 二 三").words


def test_look_up_by_beginning_and_by_pinyin():
    words = vocabulary_of(*["火锅 火车 北京 女儿 hello help"] * 2)

    def found(ids):
        return {words.words[i] for i in ids}

    assert found(words.starting_with("火")) >= {"火锅", "火车"}
    assert found(words.starting_with("hel")) == {"hello", "help"}
    assert len(words.starting_with("zzz")) == 0
    for letters in ("huoguo", "huog", "hg", "h", "hguo"):
        assert "火锅" in found(words.pinyin.matching(typed(letters)).ids), letters
    assert "北京" in found(words.pinyin.matching(typed("bj")).ids)
    assert "女儿" in found(words.pinyin.matching(typed("nver")).ids)
    assert len(words.pinyin.matching(typed("xyzq")).ids) == 0


@given(st.lists(st.text(st.characters(codec=None), min_size=1), max_size=10))
def test_nothing_dangerous_enters(texts: list[str]):
    counts = Counter([*texts, "\x1b[31m", "\u202e", "a\nb", "\x00", "\t"])
    for word in Vocabulary.build(counts, AUTO, min_count=1).words:
        assert word
        assert "\n" not in word
        assert all(is_safe(character) for character in word)


@pytest.mark.parametrize("bad", ["\x1b[2J", "\u202e", "", "a\nb", "\t"])
def test_a_vocabulary_file_with_dangerous_words_is_refused(bad: str):
    with pytest.raises(SeqchatError, match="must not be shown"):
        Vocabulary([*SPECIAL_WORDS, bad], AUTO)


def test_a_vocabulary_with_doubles_or_without_special_words_is_refused():
    with pytest.raises(SeqchatError, match="twice"):
        Vocabulary([*SPECIAL_WORDS, "一", "一"], AUTO)
    with pytest.raises(SeqchatError, match="begins with"):
        Vocabulary(["一", "二"], AUTO)
