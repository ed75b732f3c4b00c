"""Chinese punctuation: a mark is what the text before it makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqchat.completion.composing.punctuation import MARKS, TRADITIONAL_MARKS, punctuation


def write(keys: str, text: str = "", above: str = "", **how: bool) -> str:
    """Type keys one after the other."""
    marks = punctuation(**how)
    for key in keys:
        found = marks.typed(key, text, above)
        text = text[: len(text) - found.again] + found.text if found else text + key
    return text


@pytest.mark.parametrize(
    ("keys", "written"),
    [
        # after Chinese
        ("你好,再见.", "你好，再见。"),
        ("好吗?好!好;好:好\\好", "好吗？好！好；好：好、好"),
        ("他说:\"你好\".她说:\"嗯\"", "他说：“你好”。她说：“嗯”"),
        ("他说\"她说'好'呢\"", "他说“她说‘好’呢”"),
        ("看<红楼梦>(曹雪芹)[注]", "看《红楼梦》（曹雪芹）【注】"),
        ("嗯^好_好~价$3", "嗯……好——好～价¥3"),
        ("好,,", "好，，"),
        ("你好 ,", "你好 ，"),
        ("好😂,", "好😂，"),
        ("好...", "好。。。"),
        # numbers
        ("圆周率是3.14,不是3.15", "圆周率是3.14,不是3.15"),
        ("10:30见,1,000人", "10:30见，1,000人"),
        ("我今年18!你18?", "我今年18！你18？"),
        ("我有3..", "我有3。"),
        ("我有3,,你有5::", "我有3，你有5："),
        ("下午10:30!", "下午10:30！"),
        ("涨了50%,很多", "涨了50%，很多"),
        ("第1(一)个", "第1（一）个"),
        ("3.14?", "3.14?"),
        # Latin words in Chinese sentences, and Latin sentences
        ("我用python,也用C++,还有e-mail!", "我用python，也用C++，还有e-mail！"),
        ("我用python.", "我用python."),
        ("我用python..", "我用python。"),
        ("苹果\\banana\\梨", "苹果、banana、梨"),
        ("看<Python入门>和<Python>", "看《Python入门》和《Python》"),
        ("他说\"ok\"", "他说“ok”"),
        ("hello, world. don't (really)?", "hello, world. don't (really)?"),
        ('I said "no": fine; ok!', 'I said "no": fine; ok!'),
        ("I like 火锅 with my friends, ok?", "I like 火锅 with my friends, ok?"),
        ("好。Then we left, ok.", "好。Then we left, ok."),
        ("他说don't,我也", "他说don't，我也"),
        # addresses, paths, code
        ("见https://a.cn/b?c=1,d;e", "见https://a.cn/b?c=1,d;e"),
        ("写信到me@a.cn,", "写信到me@a.cn,"),
        ("在/usr/lib:", "在/usr/lib:"),
        ("用C:\\temp", "用C:\\temp"),
        ("函数f(x,y)和snake_case[0]", "函数f(x,y)和snake_case[0]"),
        ("写if a<b: print(\"x\")", "写if a<b: print(\"x\")"),
        ("用a > b ? c : d", "用a > b ? c : d"),
        ("2^3~5", "2^3~5"),
        ("<b>好</b>", "<b>好</b>"),
        # other writing
        ("私は元気です.", "私は元気です."),
        ("привет, мир!", "привет, мир!"),
        ("", ""),
    ],
)  # fmt: skip
def test_marks_follow_the_text(keys, written):
    assert write(keys) == written


@pytest.mark.parametrize(
    ("above", "always", "written"),
    [("", False, '"'), ("你好。", False, "“"), ("Hello.", False, '"'), ("", True, "“"), ("Hello.", True, "“")],
)
def test_where_a_line_has_no_words_the_line_above_is_asked(above, always, written):
    assert write('"', above=above, always=always) == written


def test_where_pinyin_is_forced_all_is_chinese_but_numbers_and_addresses():
    assert write('hello,"ok"!3.14<', always=True) == "hello，“ok”！3.14<"
    assert write("10:30,..", always=True) == "10:30,.."
    assert write("www.a.cn/b?", always=True) == "www.a.cn/b?"
    assert write("?!", always=True) == "？！"


def test_what_is_open_as_it_was_typed_is_closed_as_it_is_typed():
    assert write('"', 'so "你好') == 'so "你好"'
    assert write('"', '"你好', above="Hello.") == '"你好"'
    assert write('"', '{"你好') == '{"你好"'
    assert write(")", "f(好") == "f(好)"
    assert write(")", "（f(好)好") == "（f(好)好）"


@pytest.mark.parametrize(
    ("keys", "written"),
    [
        ('"你好"我', "“你好”我"), ("'你好。'", "‘你好。’"), ('"ok"', '"ok"'), ('"你ok"', '"你ok"'), ('""', '""'),
        ("[好]", "[好]"), ('"他说\'好\'"', '"他说‘好’"'),
    ],
)  # fmt: skip
def test_where_nothing_stands_before_quotes_what_they_enclose_says_what_they_are(keys, written):
    assert write(keys) == written


def test_titles_in_titles_have_single_marks():
    assert write("看<读<家>后>和<家>") == "看《读〈家〉后》和《家》"


def test_traditional_text_has_corners():
    assert write("他說\"她說'好'\"", traditional=True) == "他說「她說『好』」"
    assert MARKS.keys() == TRADITIONAL_MARKS.keys()


TEXT = st.text(st.sampled_from("你好，。“”‘’ab3 .,:'\"()<>\\\n"), max_size=30)


@given(TEXT, TEXT, st.sampled_from([*MARKS, "a", "，", " "]), st.booleans())
def test_a_mark_is_itself_or_its_chinese_one(before, above, key, always):
    found = punctuation(always=always).typed(key, before, above)
    if found is None:
        return
    mark = MARKS[key]
    replaced = before[len(before) - found.again :]
    if found.text.startswith(mark.text) and len(found.text) > len(mark.text):
        assert mark.closing and found.text == f"{mark.text}{replaced[1:]}{mark.closing}"
        assert replaced[0] == key and before == replaced.rjust(len(before))
        return
    assert found.text in (mark.text, mark.closing, mark.inner)
    assert replaced == key * found.again


@given(st.lists(st.sampled_from([*MARKS, "好", "a", "3", " "]), max_size=30))
def test_quotes_alternate_and_every_closing_mark_has_an_opening_one(keys):
    text = write("".join(["好", *keys]))
    for opening, closing in ["“”", "‘’"]:
        quotes = [c for c in text if c in opening + closing]
        assert all(quote == (opening, closing)[index % 2] for index, quote in enumerate(quotes))
