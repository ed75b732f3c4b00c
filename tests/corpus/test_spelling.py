"""Habits of a writer: fuzzy sounds, and double pinyin."""

import pytest

from seqchat.corpus.double_pinyin import LAYOUTS, ends_pair, keys_at_end, spelled_out, syllables_of
from seqchat.corpus.fuzzy_pinyin import PAIRS
from seqchat.corpus.mandarin_syllables import SYLLABLES
from seqchat.corpus.pinyin import Letters, PinyinIndex, double_pinyin_before, letters_before
from seqchat.corpus.spelling import SPELLING, Spelling
from seqchat.corpus.typing_prices import PRICES
from seqchat.errors import SeqchatError

WORDS = ["中国", "上海", "拿", "兰", "分", "红", "热", "今天", "身", "不"]


def price(spelling: Spelling, typed: str, word: str) -> float | None:
    letters = letters_before(typed)
    assert letters is not None
    match = PinyinIndex(WORDS, spelling).matching(letters)
    return dict(zip(match.ids.tolist(), match.log_probs.tolist(), strict=True)).get(WORDS.index(word))


@pytest.mark.parametrize(
    ("pairs", "typed", "word", "places"),
    [
        ("zh/z", "zongguo", "中国", 1), ("sh/s", "sanghai", "上海", 1), ("sh/s an/ang", "sanhai", "上海", 2),
        ("n/l", "la", "拿", 1), ("n/l", "nan", "兰", 1), ("f/h", "hen", "分", 1), ("f/h", "fong", "红", 1),
        ("r/l", "le", "热", 1), ("in/ing", "jingtian", "今天", 1), ("en/eng", "sheng", "身", 1),
        ("en/eng sh/s", "seng", "身", 2), ("zh/z", "zhongguo", "中国", 0),
    ],
)  # fmt: skip
def test_sounds_that_are_taken_for_each_other(pairs, typed, word, places):
    fuzzy = Spelling(fuzzy=frozenset(pairs.split()))
    assert price(fuzzy, typed, word) == pytest.approx(places * PRICES.fuzzy, abs=0.2)
    assert fuzzy.is_full(typed, frozenset())
    if places:
        assert price(SPELLING, typed, word) is None


def test_beginnings_sound_alike_too():
    fuzzy = Spelling(fuzzy=frozenset({"zh/z", "n/l"}))
    assert price(fuzzy, "l", "拿") == pytest.approx(PRICES.abbreviated + PRICES.fuzzy)
    assert price(fuzzy, "zon", "中国") == pytest.approx(PRICES.unfinished + PRICES.fuzzy + PRICES.unbegun)
    assert price(fuzzy, "zg", "中国") == pytest.approx(2 * PRICES.abbreviated)


@pytest.mark.parametrize(
    ("layout", "text", "keys"),
    [
        ("microsoft", "去bzj;", "bzj;"),
        ("sogou", "去q;'X;", "q;'X;"),
        ("microsoft", "bz;j;", "j;"),
        ("microsoft", "ok;nihk", "nihk"),
        ("microsoft", "去;", ""),
        ("microsoft", "bz;", ""),
        ("microsoft", "a" * 70, ""),
        ("xiaohe", "去bzj;", ""),
        ("xiaohe", "去bzjk", "bzjk"),
    ],
)
def test_keys_that_a_semicolon_belongs_to(layout, text, keys):
    assert keys_at_end(layout, text) == keys


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_syllable_has_two_keys(layout):
    # lo shares its keys with luo in every layout.
    assert set(syllables_of(layout).values()) == SYLLABLES - {"lo"}
    assert all(len(pair) == 2 for pair in syllables_of(layout))
    for pair, syllable in syllables_of(layout).items():
        assert spelled_out(layout, pair) == [(syllable, 2)]


@pytest.mark.parametrize(
    ("layout", "typed", "spelled"),
    [
        ("xiaohe", "vsgorfmb", "zhong guo ren min"),
        ("xiaohe", "ulpbxtxi", "shuang pin xue xi"),
        ("xiaohe", "aaaianahaoeeeierooou", "a ai an ang ao e ei er o ou"),
        ("xiaohe", "nvltqkxkhv", "nv lve qing xing hui"),
        ("ziranma", "vsgorfmn", "zhong guo ren min"),
        ("ziranma", "udpnxxxt", "shuang pin xie xue"),
        ("ziranma", "aaaianaherou", "a ai an ang er ou"),
        ("ziranma", "byjyhvgy", "bing jing hui guai"),
        ("microsoft", "vsgorfmn", "zhong guo ren min"),
        ("microsoft", "bzj;nyly", "bei jing nv lv"),
        ("microsoft", "oaolojohokoeozoforooob", "a ai an ang ao e ei en er o ou"),
        ("microsoft", "nvlvltdv", "nve lve lve dui"),
        ("sogou", "bzj;nylt", "bei jing nv lve"),
        ("sogou", "oaolorob", "a ai er ou"),
        ("sogou", "vvdvgy", "zhui dui guai"),
    ],
)
def test_double_pinyin_is_read_as_published(layout, typed, spelled):
    assert [piece.syllable for piece in spelled_out(layout, typed)] == spelled.split()


@pytest.mark.parametrize(
    ("layout", "typed", "ends"),
    [
        ("microsoft", "b", True), ("sogou", "nihkx", True), ("microsoft", "ni'b", True), ("microsoft", "b;m", True),
        ("microsoft", "", False), ("microsoft", "bz", False), ("sogou", "b;", False), ("sogou", "h", False),
        ("sogou", "ni'", False), ("xiaohe", "b", False), ("ziranma", "b", False),
    ],
)  # fmt: skip
def test_a_semicolon_ends_a_pair_where_it_stands_for_a_sound(layout, typed, ends):
    assert ends_pair(layout, typed, ";") is ends


def test_double_pinyin_at_the_end_of_a_text():
    assert double_pinyin_before("我在nihc", "xiaohe") == Letters("nihao", frozenset({2}), 4)
    assert double_pinyin_before("ni'hcv", "xiaohe") == Letters("nihaozh", frozenset({2, 5}), 6)
    assert double_pinyin_before("bzj;", "microsoft") == Letters("beijing", frozenset({3}), 4)
    for text in ("", "你好", "12", "x;", "hao ", ";"):
        assert double_pinyin_before(text, "xiaohe") is None, text


def test_unknown_habits_are_refused():
    with pytest.raises(SeqchatError, match="zh/z"):
        Spelling(fuzzy=frozenset({"b/p"}))
    with pytest.raises(SeqchatError, match="xiaohe"):
        Spelling(layout="qwerty")
    Spelling(fuzzy=frozenset(PAIRS))
