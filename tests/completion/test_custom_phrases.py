"""The user's own abbreviations, and dates."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise

import pytest

from seqchat.completion.custom_phrases import CustomPhrase, load, with_custom_phrases
from seqchat.completion.suggestion import Suggestion

FOUND = [Suggestion("人气", "人气", 2, 0.6, True), Suggestion("日期", "日期", 2, 0.4, True)]


def offered(table, text, found=FOUND):
    return [s.insert for s in with_custom_phrases(found, text, table)]


def test_phrases_stand_at_their_places_and_probabilities_still_sum_to_one(tmp_path):
    path = tmp_path / "phrases.txt"
    path.write_text("# mine\n\nyx = a@b.org {x}\ndz,2 = 上海市\nDZ = 北京市\n")
    table, problems = load(path)
    assert problems == []
    assert offered(table, "我的yx") == ["a@b.org {x}", "人气", "日期"]
    assert offered(table, "dz") == ["北京市", "上海市", "人气", "日期"]
    assert offered(table, "xyx") == offered(table, "yxx") == offered(table, "") == ["人气", "日期"]
    assert offered(table, "yx", []) == ["a@b.org {x}"]
    made = with_custom_phrases(FOUND, "我dz", table)
    assert sum(s.probability for s in made) == pytest.approx(1)
    assert all(a.probability >= b.probability - 1e-9 for a, b in pairwise(made))
    assert made[0].replace == 2


def test_dates_come_after_the_first_candidate_unless_the_table_has_others(tmp_path):
    table, _ = load(tmp_path / "missing.txt")
    first, date, iso, last = offered(table, "rq")
    assert (first, last) == ("人气", "日期")
    assert re.fullmatch(r"\d{4}年\d{1,2}月\d{1,2}日", date)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", iso)
    assert re.fullmatch(r"\d\d:\d\d", offered(table, "sj")[1])
    assert re.fullmatch(r"星期[一二三四五六日]", offered(table, "xq")[1])
    now = datetime(2026, 3, 5, 7, 8, 9)
    assert CustomPhrase("{day:02}.{month}. {hour:02}:{minute:02}:{second} {weekday} {星期}", 1).at(now) == (
        "05.3. 07:08:9 Thursday 四"
    )
    path = tmp_path / "phrases.txt"
    path.write_text("rq = {year}/{month}\n")
    assert re.fullmatch(r"\d{4}/\d+", offered(load(path)[0], "rq")[0])
    assert len(offered(load(path)[0], "rq")) == 3


@pytest.mark.parametrize(
    "line", ["yx", "y x = a", "yx =", "12 = a", "yx,0 = a", "yx,12 = a", "= a", "yx = " + "x" * 600]
)
def test_a_wrong_line_is_one_sentence_and_the_others_are_used(tmp_path, line):
    path = tmp_path / "phrases.txt"
    path.write_text(f"{line}\nok = fine\n")
    table, problems = load(path)
    assert len(problems) == 1
    assert "phrases.txt, line 1:" in problems[0]
    assert offered(table, "ok")[0] == "fine"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 2_000_000])
def test_a_file_that_is_none_is_one_sentence(tmp_path, content):
    path = tmp_path / "phrases.txt"
    path.write_bytes(content)
    table, problems = load(path)
    assert len(problems) == 1
    assert "cannot be read" in problems[0]
    assert "rq" in table
