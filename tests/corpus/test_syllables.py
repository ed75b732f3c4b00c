"""Letters cut into syllables as they are understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqchat.corpus.pinyin import PinyinIndex
from seqchat.corpus.syllables import Syllables

CHARACTERS = "我想吃火锅方反案感西安先知道公司加班在女嗯"
SYLLABLES = PinyinIndex([*CHARACTERS, "火锅"]).syllables
INVENTED = Syllables({"a", "an", "fan", "fang", "gan", "xi", "xian"}, lambda character: ())


@pytest.mark.parametrize(
    ("letters", "word", "cut"),
    [
        ("woxiangchihuoguo", "我想吃火锅", "wo'xiang'chi'huo'guo"),
        ("woxiangchihuoguo", "", "wo'xiang'chi'huo'guo"),
        ("fangan", "方案", "fang'an"),
        ("fangan", "反感", "fan'gan"),
        ("xian", "西安", "xi'an"),
        ("xian", "先", "xian"),
        ("wzd", "我知道", "w'z'd"),
        ("wozaigongsjiab", "我在公司加班", "wo'zai'gong's'jia'b"),
        ("huog", "火锅", "huo'g"),
        ("nv", "女", "nv"),
        ("woq", "", "wo'q"),
    ],
)
def test_a_cut_is_that_of_the_word(letters, word, cut):
    assert "'".join(SYLLABLES.cut(letters, (), word)) == cut


def test_what_an_apostrophe_parts_stays_apart():
    assert SYLLABLES.cut("xian", {2}, "先") == ["xi", "an"]
    assert INVENTED.cut("xian", {2}) == ["xi", "an"]


@pytest.mark.parametrize(
    ("letters", "begun", "finished"),
    [("wo", True, True), ("wox", True, False), ("python", False, False), ("ng", False, False), ("guog", True, False)],
)
def test_what_is_spelled_in_full(letters, begun, finished):
    assert SYLLABLES.spell(letters) is begun
    assert SYLLABLES.spell(letters, finished=True) is finished


@given(st.text("adefghinostuwxz", max_size=24), st.text(CHARACTERS + "a", max_size=6), st.sets(st.integers(1, 20)))
def test_a_cut_loses_no_letter(letters, word, breaks):
    assert "".join(SYLLABLES.cut(letters, breaks, word)) == letters
