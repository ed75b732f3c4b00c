"""Letters that became Chinese are letters again once what follows shows that they were meant so."""

from __future__ import annotations

import pytest

from seqchat.completion.composing import hindsight
from seqchat.completion.composing.hindsight import Trail
from seqchat.completion.composing.keys import Replace
from seqchat.completion.composing.punctuation import punctuation

from .test_composition import Desk, chinese, press


def typed(keys: str) -> str:
    return Desk(punctuation=punctuation()).type(*keys).text


@pytest.mark.parametrize(
    "keys",
    [
        "zhang.san@qq.com ", "li.ming2@163.com", "mima123", "zhangsan2008 ", "mima007", "ls -la", "rm --f",
        "cd ~/xm", "sh ./a.sh ", "cp ../a", "x = y", "n == 3", "ab && cd", "baidu.com ", "a.baidu.com/", "chat.txt ",
        "ni.docx/", "npm qinstall ", "npm qinstall@", "mp3 ", "nh40", "nhw123", "a1b2c3", "nihao128", "std::c",
    ],
)  # fmt: skip
def test_what_was_typed_is_written_as_it_was(keys):
    assert typed(keys) == keys


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("nihao.zaima ", f"{chinese('nihao')}。{chinese('zaima')}"),
        ("nihao.js ", f"{chinese('nihao')}。{chinese('js')}"),
        ("ta /ta ", f"{chinese('ta')}/{chinese('ta')}"),
        ("beijing -shanghai ", f"{chinese('beijing')}-{chinese('shanghai')}"),
        ("beijing - shanghai ", f"{chinese('beijing')}- {chinese('shanghai')}"),
        ("mai100", f"{chinese('mai')}100"),
        ("mai128ge ", f"{chinese('mai')}128{chinese('ge')}"),
        ("woyao200ge ", f"{chinese('woyao')}200{chinese('ge')}"),
        ("3yue15ri ", f"3{chinese('yue')}15{chinese('ri')}"),
        ("nihao3,nihao", f"{chinese('nih')}{chinese('ao')}，nihao"),
        ("hao 123", f"{chinese('hao')}123"),
        ("nihao,zhang.san@", f"{chinese('nihao')}，zhang.san@"),
        ("ni.hao,wo@", f"{chinese('ni')}。{chinese('hao')}，wo@"),
        ("lsd qinstall ", f"{chinese('lsd')}qinstall "),
        ("npm hao,wo@", f"{chinese('npm')}{chinese('hao')}，wo@"),
        ("shi11", f"{chinese('shi')}1"),
    ],
)
def test_chinese_stays(keys, text):
    assert typed(keys) == text


def test_letters_with_a_number_are_counted_where_a_unit_follows(monkeypatch):
    assert typed("women128ge ") == f"women128{chinese('ge')}"
    monkeypatch.setattr(hindsight, "_UNITS", chinese("g"))
    assert typed("women128ge ") == f"{chinese('women')}128{chinese('ge')}"
    assert typed("women128ta ") == f"women128{chinese('ta')}"


def test_letters_go_on_without_a_space_after_what_was_restored():
    restored = Trail("ls -l", f"{chinese('ls')}-l").restored(press("l"))
    assert restored == Replace(4, 0, "ls -l", finished=False)


def test_only_the_name_before_a_mark_is_restored():
    assert typed("ni,baidu.com,hao ") == f"{chinese('ni')}，baidu.com，{chinese('hao')}"


def test_enter_restores_a_name_before_it_sends():
    desk = Desk(punctuation=punctuation()).type(*"baidu.com", "enter")
    assert desk.text == "baidu.com"
    assert desk.type("enter").text == "baidu.com\n"
    assert Desk().type(*"npm qt", "enter").text == "npm qt"


def test_an_undo_brings_the_chinese_back():
    desk = Desk(punctuation=punctuation()).type(*"zhang.san@", "undo")
    assert desk.text == f"{chinese('zhang')}。san@"
    assert desk.type(*"ni ").text == f"{chinese('zhang')}。san@ni "


def test_parts_that_are_taken_one_by_one_are_meant():
    assert typed("nihaoa5611") == chinese("nihaoa") + "1"


def test_a_change_of_the_text_ends_what_could_be_restored():
    desk = Desk(punctuation=punctuation()).type(*"zhang.s", "backspace", *"san@")
    assert desk.text == f"{chinese('zhang')}。san@"
