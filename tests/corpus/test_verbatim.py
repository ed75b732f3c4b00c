"""Letters in addresses, paths, code and passwords are recognised by what stands before and after them."""

import pytest

from seqchat.corpus.verbatim import is_verbatim, makes_verbatim


@pytest.mark.parametrize(
    "before",
    [
        "https://", "看https://www.bai", "www.", "zhang@", "foo.bar@qq", "/", "ls /usr/", "~/", "src/", "C:\\", "main.",
        "my_", "e-", "x=", "a --", "$", "`", "a1b2", "mailto:", "git@github.com:u/",
        "$ ", "好的\n$ git ", "me@host:~$ ls ", ">>> import ",
    ],
)  # fmt: skip
def test_letters_after_these_are_no_language(before):
    assert is_verbatim(before)


@pytest.mark.parametrize(
    "before",
    [
        "", "我", "3", "买10", "第2", "3月15", "我在KTV", "(", "“", "，", "nihao,", "你好.", "3.", "我/", "10:30",
        "python3", "mp3", "- ", "a ", '$ git commit -m "', ">>> # ", "$ ls\n", "$100 ",
        "see https://x.org ", "1/2", "#", "50% ", "\n", "3-", "我-",
    ],
)  # fmt: skip
def test_letters_after_these_may_be(before):
    assert not is_verbatim(before)


@pytest.mark.parametrize(
    ("letters", "typed", "expected"),
    [
        ("zhangsan", "@", True),
        ("www", ".", True),
        ("https", ":", True),
        ("my", "_", True),
        ("nihao", ",", False),
        ("nihao", ".", False),
        ("nihao", "!", False),
        ("nihao", ":", False),
        ("nihao", "）", False),
        ("wo", "-", False),
    ],
)
def test_a_character_after_letters_may_say_that_they_are_none(letters, typed, expected):
    assert makes_verbatim(letters, typed) is expected
    assert not (typed == "_" and makes_verbatim(letters, typed, "_"))


def test_a_long_text_without_spaces_is_no_burden():
    assert not is_verbatim("a" * 100_000)
