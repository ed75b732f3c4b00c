"""Scripts without spaces: their words are found where a library is there, and nothing is lost where it is not."""

import re

import pytest

from seqchat.corpus import word_cutters
from seqchat.corpus.word_cutters import CUTTERS, cutting, languages_of
from seqchat.corpus.words import name_with_cutters, name_with_words, segmenter
from seqchat.errors import SeqchatError

TEXTS = {
    "ja": "今日はスマホを家に忘れてきちゃった。東京都へ行く OK?",
    "th": "วันนี้ฉันไปกินข้าวกับเพื่อน ok ครับ555",
    "km": "ថ្ងៃនេះខ្ញុំទៅផ្សារជាមួយមិត្តភក្តិ hello",
}


@pytest.fixture
def in_pairs(monkeypatch):
    """Cutters of all languages that cut after every other character."""
    cutting.cache_clear()
    segmenter.cache_clear()
    monkeypatch.setattr(word_cutters, "find_spec", lambda name: object())
    pairs = {
        code: cutter._replace(load=lambda: lambda run: [run[i : i + 2] for i in range(0, len(run), 2)])
        for code, cutter in CUTTERS.items()
    }
    monkeypatch.setattr(word_cutters, "CUTTERS", pairs)
    yield
    cutting.cache_clear()
    segmenter.cache_clear()


@pytest.mark.parametrize("code", TEXTS)
def test_the_words_of_a_library_are_words(code):
    pytest.importorskip(CUTTERS[code].package)
    found = segmenter(f"unicode+{code}").split(TEXTS[code])
    expected = {
        "ja": ["今日", "は", "スマホ", "を", "家", "に"],
        "th": ["วันนี้", "ฉัน", "ไป"],
        "km": ["ថ្ងៃ", "នេះ", "ខ្ញុំ"],
    }[code]
    assert found[: len(expected)] == expected
    assert segmenter(f"unicode+{code}").join(found) == TEXTS[code]


@pytest.mark.parametrize("code", TEXTS)
def test_a_run_of_the_script_goes_to_its_cutter_and_all_else_does_not(in_pairs, code):
    cut = segmenter(name_with_cutters("unicode", [code]))
    for text in (*TEXTS.values(), "hello world, 你好吗 नमस्ते"):
        assert cut.join(cut.split(text)) == text
    assert [word for word in cut.split("ok hello") if not word.isspace()] == ["ok", "hello"]
    run = {"ja": "忘れてき", "th": "ฉันไป", "km": "ថ្ងៃនេះ"}[code]
    assert cut.split(run) == [run[i : i + 2] for i in range(0, len(run), 2)]


@pytest.mark.parametrize("code", TEXTS)
def test_seams_are_where_both_sides_are_cut_alone(in_pairs, code):
    cut, text = segmenter(f"unicode+{code}"), " ".join(TEXTS.values()) + "好的ok"
    seams = [match.start() for match in re.finditer(cut.seam, text)]
    assert seams
    for seam in seams:
        left, right = text[:seam], text[seam:]
        assert cut.split(left) + cut.split(right, left[-1]) == cut.split(text), (left, right)


def test_what_a_library_changes_is_cut_into_characters(monkeypatch, in_pairs):
    changed = CUTTERS["th"]._replace(load=lambda: lambda run: ["something else"])
    monkeypatch.setattr(word_cutters, "CUTTERS", {**CUTTERS, "th": changed})
    assert "".join(cutting("th")("ฉันไป")) == "ฉันไป"


def test_names_keep_cutters_and_own_words(in_pairs):
    name = name_with_words(name_with_cutters("unicode", ["th"]), ["张三丰子"])
    assert name.startswith("unicode+th\n张三丰子 ")
    assert "张三丰子" in segmenter(name).split("找张三丰子去")
    assert segmenter(name).name == name
    assert name_with_cutters("whitespace", ["th"]) == "whitespace"


def test_a_model_without_its_library_says_what_to_install(monkeypatch):
    cutting.cache_clear()
    segmenter.cache_clear()
    monkeypatch.setattr(word_cutters, "find_spec", lambda name: None)
    with pytest.raises(SeqchatError, match=r"words of Thai .* pip install 'seqchat\[th\]'"):
        segmenter("unicode+th")
    for name in ("unicode+xx", "whitespace+th"):
        with pytest.raises(SeqchatError):
            segmenter(name)


def test_languages_are_known_by_their_letters():
    def languages(text):
        counts = {}
        for word in segmenter("unicode").split(text):
            counts[word] = counts.get(word, 0) + 1
        return [cutter.code for cutter in languages_of(counts)]

    for code, text in TEXTS.items():
        assert languages(text) == [code]
    assert languages("今天我们去吃饭，然后看电影，" * 20 + "かわいい") == []
    assert languages("hello " * 500 + "ไป") == []
    assert languages("你好 hello नमस्ते مرحبا") == []
