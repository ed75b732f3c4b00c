import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqchat.corpus.cleaning import GLUE, clean


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("\x1b[31m红\x1b[0m", "红"),
        ("\x1b]0;title\x07标题", "标题"),
        ("\x9b2J清屏", "清屏"),
        ("a\u202eb\u2066c\u200f", "abc"),
        ("a\x00b\x07c\x7f", "abc"),
        ("一\r\n二\r三\u2028四", "一\n二\n三\n四"),
        ("全\u3000角\t空\u00a0格", "全 角 空 格"),
        ("\ud800残", "残"),
        (f"x{GLUE}y", "x■y"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("می\u200cآیی \u200cx\u200c y", "می\u200cآیی x y"),
        ("他说â€\x9d，然后\n走了", "他说â€，然后\n走了"),
        ("没完\x1b]0;title\n下一行", "没完0;title\n下一行"),
        ("\x1b]52;c;ZXZpbA==\x1b\\剪贴板", "剪贴板"),
    ],
)
def test_what_is_dangerous_is_dropped(dirty: str, tidy: str):
    assert clean(dirty) == tidy


@given(st.text(st.characters(codec=None)))
def test_no_control_character_survives(text: str):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    for character in cleaned:
        assert character in "\n\u200d\u200c" or unicodedata.category(character)[0] != "C"


@given(st.text(st.characters(codec=None) | st.sampled_from("\n\u200d\u200c\u3000 \x1b[31m■" + GLUE)))
def test_printable_text_is_what_cleaning_leaves_alone(text: str):
    """The quick look and the long way come to the same."""
    slow = "".join(c for c in clean(f"{text}\x00") if c != "\x00")
    assert clean(text) == slow
