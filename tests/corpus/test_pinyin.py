import math

import pytest

from seqchat.corpus import pinyin_cache
from seqchat.corpus.pinyin import Letters, PinyinIndex, letters_before
from seqchat.corpus.readings import readings
from seqchat.corpus.spelling import SPELLING, Spelling
from seqchat.corpus.typing_prices import PRICES
from seqchat.locations import cache

WORDS = [
    "火锅",
    "或",
    "个",
    "西安",
    "先",
    "西",
    "安",
    "中国",
    "女儿",
    "绿",
    "上海",
    "不",
    "北京",
    "我们一起吃火锅",
    "得",
    "ok",
]


@pytest.fixture(scope="module")
def index() -> PinyinIndex:
    return PinyinIndex(WORDS)


def matching(index: PinyinIndex, text: str) -> set[str]:
    letters = letters_before(text)
    assert letters is not None
    return {WORDS[i] for i in index.matching(letters).ids.tolist()}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("huoguo", "火锅"), ("huog", "火锅"), ("hg", "火锅"), ("hguo", "火锅"), ("HuoGuo", "火锅"), ("h", "火锅"),
        ("huǒguō", "火锅"), ("huo3guo1", "火锅"), ("huo'guo", "火锅"), ("huo’g", "火锅"), ("huo3g", "火锅"),
        ("xi'an", "西安"), ("xī'ān", "西安"), ("xian", "西安"), ("xian", "先"), ("zhongguo", "中国"), ("zhguo", "中国"),
        ("zg", "中国"), ("zhg", "中国"), ("nver", "女儿"), ("nü'er", "女儿"), ("nǚér", "女儿"), ("lǜ", "绿"),
        ("sh", "上海"), ("shh", "上海"), ("shangh", "上海"), ("bj", "北京"), ("beij", "北京"),
        ("womenyiqichihuoguo", "我们一起吃火锅"), ("wmyqchg", "我们一起吃火锅"),
    ],
)  # fmt: skip
def test_ways_to_type_a_word(index, text, word):
    assert word in matching(index, text)
    assert word in matching(index, f"我想{text}")


@pytest.mark.parametrize(
    ("text", "word"), [("xi'an", "先"), ("huog'uo", "火锅"), ("h'uoguo", "火锅"), ("xyzq", "火锅")]
)
def test_a_syllable_does_not_go_on_across_a_break(index, text, word):
    assert word not in matching(index, text)


def test_what_is_taken_for_pinyin():
    assert letters_before("我想huog") == Letters("huog", frozenset(), 4)
    assert letters_before("nǚ3'er") == Letters("nver", frozenset({2}), 6)
    assert letters_before("lü") == Letters("lv", frozenset(), 2)
    for text in ("", "火锅", "12", "3g", "'an", "a1'2", "x" * 60, "hello ", "été?", "naïve", "_x"):
        assert letters_before(text) is None or letters_before(text).typed <= len(text), text
    for text in ("", "火锅", "12", "3g", "'an", "x" * 60, "hello ", "_x"):
        assert letters_before(text) is None, text


def phrase_words(index: PinyinIndex, text: str) -> set[tuple[int, int, str]]:
    letters = letters_before(text)
    assert letters is not None
    size = len(letters.plain)
    found = [(end, index.ending(letters, end, last=end == size)) for end in range(1, size + 1)]
    return {(at, end, WORDS[i]) for end, by_start in found for at, match in by_start.items() for i in match.ids}


def test_words_of_a_phrase_are_typed_in_full_but_for_the_last(index):
    assert phrase_words(index, "huog") >= {(0, 3, "或"), (3, 4, "个"), (0, 4, "火锅")}
    assert phrase_words(index, "huohuoguo") >= {(0, 3, "或"), (3, 6, "或"), (3, 9, "火锅")}
    assert phrase_words(index, "xianbei") >= {(0, 4, "西安"), (0, 4, "先"), (0, 2, "西"), (2, 4, "安"), (4, 7, "北京")}
    assert (4, 6, "北京") not in phrase_words(index, "xianbei")
    assert phrase_words(index, "xi'anb") >= {(0, 2, "西"), (2, 4, "安"), (4, 5, "不"), (4, 5, "北京")}
    assert (0, 4, "先") not in phrase_words(index, "xi'anb")


def abbreviated_words(index: PinyinIndex, text: str) -> set[tuple[int, int, str]]:
    letters = letters_before(text)
    assert letters is not None
    size = len(letters.plain)
    found = [(end, index.ending_abbreviated(letters, end, last=end == size)) for end in range(1, size + 1)]
    return {(at, end, WORDS[i]) for end, by_start in found for at, match in by_start.items() for i in match.ids}


def test_syllables_of_a_phrase_may_be_abbreviated_and_have_slips():
    index = PinyinIndex(WORDS)
    assert {(0, 2, "火锅"), (2, 4, "北京")} <= abbreviated_words(index, "hgbj")
    assert {(0, 4, "北京"), (4, 8, "火锅"), (8, 9, "不")} <= abbreviated_words(index, "beijhguob")
    assert {(0, 8, "中国"), (8, 9, "不")} <= abbreviated_words(index, "zhognguob")
    assert {(0, 3, "上海"), (3, 4, "不")} <= abbreviated_words(index, "shhb")
    assert {(0, 5, "北京"), (5, 7, "火锅")} <= abbreviated_words(index, "bejinhg")
    # Nothing is left out, and a syllable ends at a break.
    assert not {word for _, _, word in abbreviated_words(index, "hgb")} & {"北京", "我们一起吃火锅"}
    assert (0, 4, "先") in abbreviated_words(index, "xianhg") - abbreviated_words(index, "xi'anhg")


def test_what_is_in_full():
    for text in ("h", "huo", "huoguo", "huog", "xian", "lv", "ee", "zhuangsh"):
        assert SPELLING.is_full(text, frozenset()), text
    for text in ("hg", "huogg", "wzd", "zhogn", "ihao"):
        assert not SPELLING.is_full(text, frozenset()), text
    assert not SPELLING.is_full("xiang", frozenset({1}))


def test_letters_that_are_whole_syllables_are_hardly_cut_ones(index):
    assert price(index, "hug", "火锅") == pytest.approx(PRICES.unfinished + PRICES.abbreviated)
    assert price(index, "huguo", "火锅") == pytest.approx(PRICES.clipped)
    assert PRICES.clipped < PRICES.unfinished + PRICES.abbreviated
    assert (0, 2, "或") in phrase_words(index, "huhuoguo")
    # The letters of double pinyin are whole syllables.
    double = PinyinIndex(WORDS, Spelling(layout="xiaohe"))
    assert "火锅" not in matching(double, "huguo")
    assert (0, 2, "或") not in phrase_words(double, "huhuoguo")


def price(index: PinyinIndex, text: str, word: str) -> float:
    match = index.matching(letters_before(text))
    return float(match.log_probs[match.ids.tolist().index(WORDS.index(word))])


def test_each_syllable_that_is_not_typed_in_full_has_its_price(index):
    full, short, begun, missing = 0.0, PRICES.abbreviated, PRICES.unfinished, PRICES.unbegun
    assert price(index, "huoguo", "火锅") == pytest.approx(full)
    assert price(index, "hguo", "火锅") == pytest.approx(short)
    assert price(index, "huogu", "火锅") == pytest.approx(begun)
    assert price(index, "huo", "火锅") == pytest.approx(missing)
    assert price(index, "hgu", "火锅") == pytest.approx(short + begun)
    assert price(index, "hg", "火锅") == pytest.approx(short + max(short, begun))
    assert price(index, "zh", "中国") == pytest.approx(max(short, begun) + missing)
    assert price(index, "women", "我们一起吃火锅") == pytest.approx(5 * missing)
    assert price(index, "dei", "得") == pytest.approx(math.log(dict(readings(["得"])[0])[("dei",)]))


def test_an_index_is_read_again_and_a_broken_one_is_made_again(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(pinyin_cache, "_MIN_WORDS", 1)
    words = [*WORDS, "行"]
    folder = cache() / "pinyin"
    first = PinyinIndex(words).matching(letters_before("h"))
    (kept,) = [path for path in folder.iterdir() if path.is_dir()]
    with monkeypatch.context() as patch:
        patch.setattr(pinyin_cache, "readings", None)
        again = PinyinIndex(words).matching(letters_before("h"))
    assert (again.ids == first.ids).all()
    assert (again.log_probs == first.log_probs).all()
    for path in kept.iterdir():
        content = path.read_bytes()
        for broken in (b"", content[: len(content) // 2], b"x" * len(content)):
            path.write_bytes(broken)
            repaired = PinyinIndex(words).matching(letters_before("h"))
            assert (repaired.ids == first.ids).all()
            assert path.read_bytes() == content
    PinyinIndex(words[:-1])
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 2


def test_a_cache_folder_that_cannot_be_written_does_no_harm(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(pinyin_cache, "_MIN_WORDS", 1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert matching(PinyinIndex(WORDS), "huoguo") == {"火锅"}


def test_a_letter_that_folds_to_one_of_pinyin_means_nothing(index):
    """A long s is a letter and is no key of pinyin."""
    letters = letters_before("ſ")
    assert letters is None or not len(index.matching(letters).ids)
