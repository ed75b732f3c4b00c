"""Any text or value from elsewhere can be shown in a message."""

import json

import pytest

from seqchat.errors import one_line, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\n\tc", "a b c"),
        ("\x1b[2J\x00red", "[2J red"),
        ("a\u202eb\ud800c", "a b c"),
        ("你好，《世界》", "你好，《世界》"),
        ("", ""),
        ("x" * 20, "x" * 9 + "…"),
        (ValueError("two\nlines"), "two lines"),
    ],
)
def test_a_text_becomes_one_printable_line(text, shown):
    assert one_line(text, 10) == shown


def test_a_long_text_is_not_read_to_its_end():
    assert one_line("\n" * 10**8 + "x", 10) == ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x1b[31m", r"'a\x1b[31m'"),
        (None, "None"),
        (1.5, "1.5"),
        ({"a": [1]}, "{'a': [1]}"),
    ],
)
def test_any_value_can_be_quoted(value, shown):
    assert quoted(value) == shown


def test_huge_numbers_and_nested_lists_can_be_quoted():
    assert quoted(10**5_000) == "something too large to show"
    assert len(quoted(json.loads("[" * 900 + "]" * 900))) <= 60
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    assert quoted(deep) == "something too large to show"
