"""Lines break where a reader of their language expects it."""

import pytest
from rich._wrap import divide_line

from seqchat.tui.line_breaks import line_breaks, wrapped


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("a network reads", 9, ["a network", "reads"]),
        ("网络逐词阅读。", 8, ["网络逐词", "阅读。"]),
        ("网络逐词，阅读", 8, ["网络逐", "词，阅读"]),
        ("把「北京」改", 5, ["把", "「北", "京」", "改"]),
        ("向量 x 和 h₋₁ 混合", 9, ["向量 x 和", "h₋₁ 混合"]),
        ("at 小美, not", 6, ["at 小", "美,", "not"]),
        ("unbreakable x", 4, ["unbreakable", "x"]),
        ("", 4, []),
    ],
)
def test_lines_are_broken_as_their_language_is(text, width, lines):
    assert wrapped(text, width) == lines


@pytest.mark.parametrize("text", ["abc def ghi jkl", "x abcdefghijklmnop qr", "   a b  c    d", "don't e.g. 3.5"])
@pytest.mark.parametrize("width", range(1, 16))
@pytest.mark.parametrize("fold", [True, False])
def test_words_between_spaces_are_broken_as_rich_does(text, width, fold):
    assert line_breaks(text, width, fold) == divide_line(text, width, fold)


def test_chinese_begins_after_a_name_and_no_line_is_too_long():
    text = "lstm  真的有用吗车的，不是去花，我下班来你要的事了，没了"
    assert wrapped(text, 49) == [text[:27], text[27:]]
    assert text[27:] == "了，没了"
