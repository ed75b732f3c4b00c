"""Letters in addresses, paths, code and passwords are recognised by what stands before and after them."""

import pytest

from seqchat.corpus.verbatim import is_command, is_secret, is_verbatim, makes_verbatim


@pytest.mark.parametrize(
    "before",
    [
        "https://", "看https://www.bai", "www.", "zhang@", "foo.bar@qq", "/", "ls /usr/", "~/", "src/", "C:\\", "main.",
        "my_", "e-", "x=", "a --", "$", "`", "a1b2", "mailto:", "git@github.com:u/",
        "密码：wo2", "密码是1q", "password: ab3", "登录密码 da3",
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
        "see https://x.org ", "1/2", "#", "50% ", "100%", "密码：", "密码是123", "密码：wo", "我的密码忘了3",
        "\n", "3-", "我-",
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


@pytest.mark.parametrize(
    "before", ["密码：", "我的密码是", "密码改成了", "wifi密码 ", "password: ", "pwd=", "账号：li"]
)
def test_what_follows_is_a_secret(before):
    assert is_secret(before)
    assert not is_secret(f"{before}，")


@pytest.mark.parametrize("before", ["", "密码", "密码，", "passion: ", "password ", "输入密码的人"])
def test_what_follows_is_none(before):
    assert not is_secret(before)


def test_a_command_begins_a_line_where_nothing_is_chinese():
    assert is_command("", "ls")
    assert is_command("cd src\n", "ls")
    assert not any(
        [is_command("在吗\n", "ls"), is_command("我", "ls"), is_command("", "wzd"), is_command("git ", "ls")]
    )
