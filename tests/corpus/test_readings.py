import pytest

from seqchat.corpus import reading_tables
from seqchat.corpus.readings import readings


def ways(word: str) -> dict[str, float]:
    return {" ".join(way.syllables): way.probability for way in readings([word])[0]}


@pytest.mark.parametrize(
    ("word", "usual", "also"),
    [
        ("行", "xing", "hang"), ("还", "hai", "huan"), ("得", "de", "dei"), ("乐", "le", "yue"), ("调", "tiao", "diao"),
        ("重", "zhong", "chong"), ("长", "chang", "zhang"), ("着", "zhe", "zhao zhuo"), ("了", "le", "liao"),
        ("都", "dou", "du"), ("会", "hui", "kuai"), ("觉", "jue", "jiao"), ("差", "cha", "chai"),
        ("便", "bian", "pian"),
        ("给", "gei", "ji"), ("血", "xue", "xie"), ("那", "na", "nei"), ("这", "zhe", "zhei"), ("数", "shu", ""),
        ("女", "nv", ""), ("绿", "lv", "lu"), ("嗯", "en", "ng n"), ("银行", "yin hang", ""), ("旅行", "lv xing", ""),
        ("那个", "na ge", "nei ge"), ("音乐", "yin yue", ""), ("快乐", "kuai le", ""), ("一行", "yi hang", "yi xing"),
        ("觉得", "jue de", ""), ("睡觉", "shui jiao", ""), ("朝阳", "chao yang", "zhao yang"),
        ("重回", "chong hui", ""),
        ("中国画研究院", "zhong guo hua yan jiu yuan", ""), ("看着", "kan zhe", ""), ("真的", "zhen de", ""),
        ("哪儿", "na er", "na r"), ("女儿", "nv er", ""), ("大", "da", "dai"),
    ],
)  # fmt: skip
def test_common_ways_to_read_a_word(word, usual, also):
    found = ways(word)
    assert max(found, key=found.__getitem__) == usual
    characters = len(word)
    assert all(len(way.split()) == characters for way in found)
    for other in also.split() if characters == 1 else filter(None, [also]):
        assert found[other] > 0


@pytest.mark.parametrize(("word", "rare"), [("大", "tai"), ("的", "di"), ("石", "dan"), ("不", "fou"), ("女", "ru")])
def test_rare_ways_count_for_little(word, rare):
    assert ways(word).get(rare, 0.0) <= 0.02


def test_both_ways_of_who_are_equally_usual():
    assert ways("谁")["shei"] == pytest.approx(ways("谁")["shui"], abs=0.02)


def test_ways_of_a_word_sum_to_one_and_are_few():
    for word, found in zip(
        words := ["行", "重重", "长长的", "还行", "乐乐", "哪儿", "谁", "好"], readings(words), strict=True
    ):
        assert sum(way.probability for way in found) == pytest.approx(1.0), word
        assert 1 <= len(found) <= 4
        assert len({way.syllables for way in found}) == len(found)
        assert list(found) == sorted(found, key=lambda way: -way.probability)


def test_what_nobody_can_read_has_no_way():
    assert readings(["\ue000\ue000", "\ue000好", "a", ""]) == [(), (), (), ()]


@pytest.mark.parametrize("table", [reading_tables.AS_WORDS, reading_tables.WORDS])
def test_the_tables_are_complete(table):
    for word, entry in table.items():
        parts = entry.split()
        assert sum(map(int, parts[1::2])) == 100, word
        assert all(len(way.split("'")) == len(word) for way in parts[::2]), word
