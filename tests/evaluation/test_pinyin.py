import json
from itertools import accumulate

import numpy as np
import pytest
from click.testing import CliRunner
from pypinyin import lazy_pinyin

from seqchat.cli.eval import eval as evaluate
from seqchat.completion.memory import Memory
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.corpus.dialogs import Dialog
from seqchat.errors import SeqchatError
from seqchat.evaluation import pipeline
from seqchat.evaluation.pinyin import convert, measure_pinyin, measure_pinyin_with, type_text
from seqchat.evaluation.pinyin_samples import (
    abbreviated,
    phrase_spans,
    sample,
    sentence_spans,
    short_phrase_spans,
    spell,
)
from seqchat.model.config import CacheWeights

from ..conftest import Silent, small_engine

WORDS = ["我", "想", "我们", "去", "吃", "火锅", "火", "锅", "北京", "今天", "晚上", "好", "，", "？", "ok", "一起"]


def offer(insert: str, replace: int) -> Suggestion:
    return Suggestion(insert, insert, replace, 0.5, False)


def spans_of(find, text: str) -> list[str]:
    return [text[start:end] for start, end in find(text)]


def spelled(text: str, left: str = ""):
    found = spell(left, text)
    assert found is not None
    return found


# --- what is typed ----------------------------------------------------------------------------------------------


def test_phrases_are_runs_of_chinese_characters_and_longer_ones_are_cut_at_words():
    assert spans_of(phrase_spans, "今天晚上，我们去 ok，我想吃火锅!") == ["今天晚上", "我想吃火锅"]
    assert spans_of(phrase_spans, "今天晚上我们一起去北京吃火锅") == ["今天晚上我们一起去", "北京吃火锅"]
    # What is left after the last cut is too short to be a phrase.
    assert spans_of(phrase_spans, "今天晚上我们一起去吃饭") == ["今天晚上我们一起去"]
    assert spans_of(phrase_spans, "hello 你好") == []


def test_a_word_that_is_longer_than_a_phrase_is_left_out():
    word = "中华人民共和国中央人民政府"
    assert spans_of(phrase_spans, f"我们都爱{word}今天晚上") == ["我们都爱", "今天晚上"]


def test_sentences_are_whole_and_have_nothing_but_chinese_characters():
    text = "我想吃火锅。今天晚上，我们去！你说什么\n去北京吧？？好的\n他说ok了。 我们一起去吧 \n" + "很" * 17
    assert spans_of(sentence_spans, text) == ["我想吃火锅", "你说什么", "去北京吧", "我们一起去吧"]


def test_letters_are_those_of_the_phrase_with_v_for_ü():
    assert spelled("去银行旅行").syllables == ("qu", "yin", "hang", "lv", "xing")
    assert spelled("校长爬长城").letters == "xiaozhangpachangcheng"
    assert spell("", "我们ok吧") is None


@pytest.mark.parametrize("left", ["ok", "我是a", "don't", "5"])
def test_letters_after_letters_would_be_read_together_with_them(left):
    assert spell(left, "我想吃火锅") is None
    assert spell(left + " ", "我想吃火锅") is not None


def test_one_phrase_of_each_dialog_comes_before_a_second_of_any():
    dialogs = [Dialog(("我想吃火锅，今天晚上吧",)), Dialog(("ok",)), Dialog(("好的\n我们去北京", "一起去北京吗"))]
    assert {p.text[0] for p in sample(dialogs, phrase_spans, 2)} <= {"我", "今", "一"}
    assert [(p.left, p.text) for p in sample(dialogs, phrase_spans, 9)] == [
        ("", "我想吃火锅"),
        ("我想吃火锅，", "今天晚上吧"),
        ("好的\n", "我们去北京"),
        ("好的\n我们去北京\n", "一起去北京吗"),
    ]
    assert [len(sample(dialogs, phrase_spans, count)) for count in (1, 2, 3, 4, 5)] == [1, 2, 3, 4, 4]
    assert {p.left for p in sample(dialogs, phrase_spans, 9, context=False)} == {""}


def test_a_sample_is_spread_evenly_over_the_dialogs():
    digits = "零一二三四五六七八九"
    dialogs = [Dialog((f"第{digits[i // 10]}{digits[i % 10]}话",)) for i in range(100)]
    chosen = [digits.index(p.text[1]) for p in sample(dialogs, phrase_spans, 20)]
    assert chosen == sorted(chosen)
    assert set(chosen) == set(range(10))


def test_short_phrases_have_several_words():
    assert spans_of(short_phrase_spans, "今天晚上，我们去 ok，北京!好") == ["今天晚上", "我们去"]
    assert all(3 <= len(p) <= 8 for p in spans_of(short_phrase_spans, "今天晚上我们一起去北京吃火锅吧好不好"))


def test_a_share_of_the_syllables_is_abbreviated():
    text = spelled("今天晚上我们去吃饭")
    assert abbreviated(text, 1.0).letters == "jtwswmqcf"
    assert abbreviated(text, 0.5) == abbreviated(text, 0.5)
    for rate in (0.01, 0.3, 0.7):
        found = abbreviated(text, rate)
        assert any(map(str.__ne__, found.syllables, text.syllables))
        assert all(
            typed in (syllable, syllable[0]) for typed, syllable in zip(found.syllables, text.syllables, strict=True)
        )
    assert (found.text, found.left) == (text.text, text.left)


# --- typing -----------------------------------------------------------------------------------------------------


def test_a_text_is_found_if_a_suggestion_inserts_it_in_place_of_all_letters():
    text = spelled("我想吃")
    size = len("woxiangchi")
    for offered, expected in [
        ([offer("我想吃", size)], (1, 1, 1)),
        ([offer("我想吃饭", size), offer("我想吃", size)], (0, 1, 1)),
        ([offer("我像吃", size), offer("我想吃", size)], (0, 1, 0)),
        ([offer("我想吃", size - 1)], (0, 0, 0)),
        ([offer("我想", size), *[offer("我像吃", size)] * 4, offer("我想吃", size)], (0, 0, 0)),
        ([], (0, 0, 0)),
    ]:
        found = convert(lambda _, offered=offered: offered, [text])
        assert (found.top1, found.top5, found.exact) == expected
    assert convert(lambda _: [], []) is None


def keys(offers: dict[str, list[Suggestion]], text: str, left: str = "") -> int:
    return type_text(lambda before: offers.get(before, []), spelled(text, left))


def test_without_suggestions_each_letter_and_each_character_is_a_key():
    assert keys({}, "我想吃") == len("woxiangchi") + 3


def test_a_next_word_is_taken_before_any_letter():
    assert keys({"好，": [offer("我想吃", 0)]}, "我想吃", "好，") == 1
    assert keys({"": [offer("我", 0), offer("我想", 0), offer("我想吃饭", 0)], "我想": [offer("吃", 0)]}, "我想吃") == 2


def test_a_candidate_replaces_all_letters_that_are_typed():
    assert keys({"wo": [offer("我想吃", 2)]}, "我想吃") == 3
    assert keys({"wo": [offer("我想吃", 1)]}, "我想吃") == len("woxiangchi") + 3
    offers = {"w": [offer("我", 1)], "我x": [offer("像", 1)], "我xiangchi": [offer("想吃", 8)]}
    assert keys(offers, "我想吃") == 2 + 8 + 1


def test_a_candidate_that_would_lose_letters_does_not_fit():
    assert keys({"wox": [offer("我", 3)]}, "我想吃") == len("woxiangchi") + 3


def test_only_the_first_five_candidates_are_seen():
    offered = [*[offer("窝", 1)] * 5, offer("我想吃", 1)]
    assert keys({"w": offered}, "我想吃") == len("woxiangchi") + 3
    assert keys({"w": offered[1:]}, "我想吃") == 2


def typed_plainly(offered, left: str, text: str) -> int:
    """Count the keys of the typist in the plainest way, with what stands there after each candidate."""
    syllables = lazy_pinyin(text, v_to_u=False)
    done, letters, pressed = "", "", 0
    while done != text:
        rest = "".join(syllables[len(done) :])
        fitting = [
            done + insert
            for insert, replace in offered(left + done + letters)
            if replace == len(letters)
            and insert
            and text.startswith(done + insert)
            and "".join(syllables[len(done) : len(done + insert)]).startswith(letters)
        ]
        if fitting:
            pressed, done, letters = pressed + 1, max(fitting, key=len), ""
        elif letters == rest:
            pressed, done = pressed + len(text) - len(done), text
        else:
            pressed, letters = pressed + 1, rest[: len(letters) + 1]
    return pressed


@pytest.mark.parametrize(("seed", "share"), [(0, 0.0), (1, 0.4)])
def test_keys_are_those_of_a_typist_for_whom_a_new_engine_reads_everything(seed, share):
    rng = np.random.default_rng(seed)
    parts = [word for word in WORDS if word not in ("，", "？", "ok")]
    turns = ["".join(rng.choice(parts, size=3)) + tail for tail in ("锅火", "，ok", "龙", "锅火", "，ok", "龙")]
    dialogs = [Dialog(tuple(turns[:3])), Dialog(tuple(turns[3:]))]

    def engine():
        new = small_engine(WORDS, seed=seed, cell="gru")
        new.memory = Memory(CacheWeights(share, 0.1), len(new.vocabulary))
        return new

    def offered(text: str) -> list[tuple[str, int]]:
        return [(s.insert, s.replace) for s in suggest(engine(), text, 5)]

    found = measure_pinyin(engine(), dialogs, 50)
    phrases = sample(dialogs, phrase_spans, 50)
    pressed = [typed_plainly(offered, p.left, p.text) for p in phrases]
    characters = sum(len(p.text) for p in phrases)
    assert found.phrases.count == len(phrases) > 3
    assert found.phrases.characters == characters
    assert found.keys_per_character == pytest.approx(sum(pressed) / characters)
    hits = [[(p.text, len(p.letters)) == one for one in offered(p.left + p.letters)] for p in phrases]
    assert found.phrases.top1 == pytest.approx(np.mean([any(hit[:1]) for hit in hits]))
    assert found.phrases.top5 == pytest.approx(np.mean([any(hit) for hit in hits]))
    assert found.phrases.top1 <= found.phrases.exact <= found.phrases.top5


def test_one_who_knows_every_next_character_is_asked_for_one_key_each():
    text = "我们去北京吧"
    following = dict(zip(accumulate(["", *text]), text, strict=False))
    progress = Silent()
    found = measure_pinyin_with(lambda t: [offer(following.get(t, ""), 0)], [Dialog((text,))], 10, progress)
    assert found.keys_per_character == 1
    assert progress.progressed == 1


def test_nothing_to_type_is_no_number():
    found = measure_pinyin_with(lambda _: [], [Dialog(("hello world",))], 10)
    assert found.to_json() == {
        "phrases": None, "sentences": None, "keys_per_character": None, "abbreviated": None,
    }  # fmt: skip
    with pytest.raises(SeqchatError, match="at least 1, not 0"):
        measure_pinyin_with(lambda _: [], [Dialog(("我想吃火锅",))], 0)


# --- the command ------------------------------------------------------------------------------------------------


@pytest.fixture
def chats(tmp_path):
    path = tmp_path / "chats.jsonl"
    dialogs = [["我们去吃火锅吧。", "好的好的 <我想去北京吗>"], ["今天晚上吃什么？", "今天晚上吃火锅，好吃"]]
    records = [{"said": turns, "note": "这里什么都没有"} for turns in dialogs]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def run(*arguments):
    return CliRunner().invoke(evaluate, [str(a) for a in arguments], catch_exceptions=False)


def pinyin_of(*arguments):
    return json.loads(run(*arguments, "--keystrokes", 0, "--json").stdout)["pinyin"]


def test_json_and_table_have_what_was_typed(models, chats):
    document = pinyin_of(models["lstm"], chats, "--field", "said", "--pinyin")
    assert document["phrases"]["count"] == 5
    assert document["phrases"]["characters"] == 7 + 4 + 6 + 7 + 7
    assert document["sentences"]["count"] == 2
    assert 0 < document["keys_per_character"] < 5
    assert pinyin_of(models["lstm"], chats, "--field", "said") is None
    table = run(models["lstm"], chats, "--field", "said", "--pinyin", "--keystrokes", 20).stdout
    for title in ("phrases in pinyin", "sentences in pinyin", "keys per character", "keys a character"):
        assert title in table


def test_what_is_typed_is_what_is_read(models, chats):
    assert pinyin_of(models["lstm"], chats, "--field", "note", "--pinyin")["phrases"]["count"] == 2
    dropped = pinyin_of(models["lstm"], chats, "--field", "said", "--drop", "<.*>", "--pinyin")
    assert dropped["phrases"]["count"] == 4
    assert pinyin_of(models["lstm"], chats, "--field", "said", "--pinyin", "--phrases", 3)["phrases"]["count"] == 3


@pytest.fixture
def typed(monkeypatch):
    """The engine and the dialogs of each time that something is typed."""
    calls = []

    def watched(engine, dialogs, *arguments):
        calls.append((engine, dialogs))
        return measure_pinyin(engine, dialogs, *arguments)

    monkeypatch.setattr(pipeline, "measure_pinyin", watched)
    return calls


def test_only_the_dialogs_kept_for_testing_are_typed(models, typed):
    document = json.loads(
        run(models["lstm"], "sample", "--pinyin", "--phrases", 2, "--held-out", "--keystrokes", 0, "--json").stdout
    )
    ((_, dialogs),) = typed
    assert len(dialogs) == document["dialogs"] < 358 * 0.05


@pytest.mark.parametrize(("flags", "remembers"), [([], True), (["--no-memory"], False), (["--network-only"], False)])
def test_the_typist_has_the_same_parts_of_the_model(models, chats, typed, flags, remembers):
    run(models["lstm"], chats, "--field", "said", "--pinyin", "--keystrokes", 0, *flags)
    ((engine, _),) = typed
    assert bool(engine.memory.cache_weights.cache_lambda) == remembers
    assert (engine.mixture is None) == ("--network-only" in flags)


def test_a_text_without_chinese_has_nothing_to_type(models, tmp_path):
    path = tmp_path / "english.txt"
    path.write_text("hello world\nsee you at 8:30 then\n", "utf-8")
    assert pinyin_of(models["lstm"], path, "--pinyin")["keys_per_character"] is None
    assert "no Chinese phrase" in run(models["lstm"], path, "--pinyin", "--keystrokes", 0).stdout
