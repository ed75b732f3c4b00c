import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqchat.corpus.cleaning import GLUE, clean
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.words import SEGMENTERS, name_with_words, segmenter
from seqchat.errors import SeqchatError

FRAGMENTS = [
    "我想去北京", "火锅", "，", "。", "？", "！", "：", "hello", "world", "don't", "wifi", "OK", ",", ".",
    "(", ")", "[", "3.14", "8:30", "2026", "年", "¥", "…", "—", "~", "_", "'", "10点半", "T恤",
    "卡拉OK", "👍🏽", "👨‍👩‍👧", "🇨🇳", "😂", "e\u0301", "한국어", "ひらがな", "مرحبا", "https://a.b/c?d=1",
    "<turn>", " ", "  ", "\n", "\"",
]  # fmt: skip
MIXED = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=12).map("".join)


@pytest.mark.parametrize("name", SEGMENTERS)
@given(text=MIXED)
def test_joining_the_words_gives_the_text_back(name: str, text: str):
    text = clean(text)
    cut = SEGMENTERS[name]
    assert cut.join(cut.split(text)) == cut.normalize(text)


@pytest.mark.parametrize("name", SEGMENTERS)
@given(text=MIXED)
def test_spelling_a_word_gives_the_word_back(name: str, text: str):
    cut = SEGMENTERS[name]
    for word in cut.split(clean(text)):
        assert cut.join(cut.spell(word)) == word.removeprefix(GLUE) or word == GLUE


def test_chinese_is_cut_by_jieba_and_the_rest_by_spaces_and_punctuation():
    cut = segmenter("auto")
    assert cut.split("我想去北京，ok?") == ["我", "想", "去", "北京", "，", "ok", "?"]
    assert cut.split("Hello, world (it's 3.14)!") == ["Hello", ",", "world", "(", "it's", "3.14", ")", "!"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我想去北京，ok?", ["我", "想", "去", "北京", "，", "ok", "?"]),
        ("Don't! I’m at 8:30pm, 3.5kg", ["Don't", "!", "I’m", "at", "8:30pm", ",", "3.5kg"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("مرحبا بِكَ", ["مرحبا", "بِكَ"]),
        ("e\u0301te\u0301 u\u0308ber", ["\u00e9t\u00e9", "\u00fcber"]),
        ("\u1112\u1161\u11ab국 사람", ["한국", "사람"]),
        ("สวัสดี", ["ส", "วั", "ส", "ดี"]),
        ("カタカナとテスト", ["カタカナ", "と", "テスト"]),
        ("ok.thanks", ["ok", ".", GLUE + "thanks"]),
    ],
)
def test_words_of_every_script_keep_their_marks_and_apostrophes(text: str, words: list[str]):
    assert segmenter("unicode").split(text) == words


def test_old_models_cut_as_they_always_did():
    assert segmenter("auto").split("e\u0301te 8:30pm नमस्ते")[:5] == ["e", "\u0301", "te", "8", ":"]


def test_words_of_ones_own_stay_whole():
    text = "去湖景苑三期的减速机房，不是减速机"
    assert "湖景苑三期" not in segmenter("unicode").split(text)
    name = name_with_words("unicode", ["湖景苑三期", "减速机房", "减速机", "ok", "的"])
    cut = segmenter(name)
    words = cut.split(text)
    assert [w for w in words if len(w) > 2] == ["湖景苑三期", "减速机房", "减速机"]
    assert cut.join(words) == text
    assert segmenter("unicode").split("湖景苑三期") != ["湖景苑三期"]
    assert name_with_words("whitespace", ["湖景苑三期"]) == "whitespace"
    for damaged in (f"{name}\n", f"{name}x", "whitespace\n苑 3"):
        with pytest.raises(SeqchatError, match="segmenter"):
            segmenter(damaged)


def test_a_missing_space_is_marked():
    assert segmenter("auto").split("好的,ok") == ["好", "的", ",", GLUE + "ok"]
    assert segmenter("auto").split("你好 世界") == ["你好", " ", "世界"]


def test_whitespace_leaves_segmented_text_alone():
    assert segmenter("whitespace").split("mr. <unk> is 火锅 n't") == ["mr.", "<unk>", "is", "火锅", "n't"]


def test_an_unknown_segmenter_is_named_with_the_known_ones():
    with pytest.raises(SeqchatError, match="unicode, auto, jieba, whitespace"):
        segmenter("nltk")


@pytest.mark.slow
@pytest.mark.real_data
def test_real_messages_come_back_whole(real_data):
    for dialog in read_dialogs([str(real_data / "sms.jsonl")]):
        for turn in dialog.turns:
            for cut in SEGMENTERS.values():
                assert cut.join(cut.split(turn)) == cut.normalize(turn)


@pytest.mark.parametrize("name", [name for name, cut in SEGMENTERS.items() if cut.seam])
@given(text=MIXED)
def test_the_words_on_both_sides_of_a_seam_do_not_depend_on_each_other(name: str, text: str):
    cut = SEGMENTERS[name]
    for line in clean(text).split("\n"):
        for seam in re.finditer(cut.seam, line):
            left, right = line[: seam.start()], line[seam.start() :]
            if left.strip():
                assert cut.split(left) + cut.split(right, left[-1]) == cut.split(line)


def test_seams_are_frequent():
    text = "我想去北京，你呢？hello world 3.14元"
    assert len(list(re.finditer(segmenter("auto").seam, text))) >= 6


def test_no_seam_is_next_to_a_mark():
    seam = segmenter("unicode").seam
    assert [match.start() for match in re.finditer(seam, "e\u0301hello国\ufe00家ok")] == [7, 10]
