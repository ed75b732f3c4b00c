import pytest

from seqchat.corpus.pinyin import Letters, PinyinIndex, letters_before

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
    "ok",
]


@pytest.fixture(scope="module")
def index() -> PinyinIndex:
    return PinyinIndex([(word, number) for number, word in enumerate(WORDS)])


def matching(index: PinyinIndex, text: str) -> set[str]:
    letters = letters_before(text)
    assert letters is not None
    return {WORDS[i] for i in index.matching(letters)}


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


def test_spelled_is_the_whole_pinyin(index):
    def spelled(text):
        return {WORDS[i] for i in index.spelled(letters_before(text))}

    assert spelled("huoguo") == {"火锅"}
    assert spelled("huog") == set()
    assert spelled("huo") == {"或"}
    assert spelled("xian") == {"西安", "先"}
    assert spelled("xi'an") == {"西安"}
