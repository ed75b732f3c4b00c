"""`complete --after`, `generate --beam`, `chat`, `bench` and `forget`, as a person or a script calls them."""

import json
import stat

import pytest

from .test_commands import failed, seqchat

pytestmark = pytest.mark.slow


def test_complete_with_a_text_behind_the_cursor(models):
    arguments = ("complete", "我想去", "-m", models["lstm"], "-k", 4)
    done = seqchat(*arguments, "--after", "看电影", "--json")
    assert done.returncode == 0, done.stderr
    suggestions = json.loads(done.stdout)["suggestions"]
    assert len(suggestions) == 4
    assert [s["probability"] for s in suggestions] == sorted((s["probability"] for s in suggestions), reverse=True)
    plain = seqchat(*arguments, "--after", "看电影")
    assert all(line.endswith("看电影") for line in plain.stdout.splitlines())


def test_a_phrase_in_pinyin(models):
    done = seqchat("complete", "woxiangchihuoguo", "-m", models["lstm"], "-k", 10)
    assert "我想吃火锅" in done.stdout


def test_habits_of_a_writer(models):
    for typed, *options in [
        ("wxchg",),
        ("woxainchihuoguo",),
        ("woxianchihuoguo", "--fuzzy", "an/ang", "--fuzzy", "zh/z"),
        ("woxlixigo", "--double-pinyin", "xiaohe"),
    ]:
        done = seqchat("complete", typed, "-m", models["lstm"], "-k", 60, *options)
        assert done.returncode == 0, done.stderr
    failed(seqchat("complete", "wo", "-m", models["lstm"], "--fuzzy", "b/p"), 2, "--fuzzy", "zh/z")


@pytest.mark.parametrize("precision", ["auto", "fp32"])
def test_precision_can_be_chosen(models, precision):
    done = seqchat("complete", "你好", "-m", models["gru"], "--precision", precision, "--json")
    assert len(json.loads(done.stdout)["suggestions"]) == 5


def test_the_most_probable_continuations(models):
    done = seqchat("generate", "今天", "-m", models["lstm"], "-n", 2, "--beam", 4, "--max-words", 5, "--json")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["index"] for a in answers] == [0, 1]
    assert answers[0]["log_probability"] >= answers[1]["log_probability"]
    failed(seqchat("generate", "今天", "-m", models["lstm"], "-n", 3, "--beam", 2), 1, "at least as wide")
    failed(seqchat("generate", "今天", "-m", models["lstm"], "--beam", 4, "--top-p", 0.5), 2, "--top-p", "--beam")


@pytest.mark.parametrize(
    ("flag", "value", "says"),
    [
        ("--temperature", "inf", "temperature"),
        ("--temperature", "nan", "temperature"),
        ("--min-p", "2", "minimum probability"),
        ("--repetition-penalty", "0", "repetition penalty"),
        ("--top-p", "0", "top-p"),
    ],
)
def test_numbers_out_of_range_are_one_sentence(models, flag, value, says):
    failed(seqchat("generate", "今天", "-m", models["lstm"], flag, value), 1, says)


def test_chat_answers_each_line(models):
    arguments = ("chat", "-m", models["lstm"], "--seed", 2, "--max-words", 8)
    done = seqchat(*arguments, "--json", stdin="你好\n\n在吗\n\x1b[31m\n")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["turn"] for a in answers] == ["你好", "在吗"]
    assert all(a["reply"] and "\n" not in a["reply"] for a in answers)
    plain = seqchat(*arguments, stdin="你好\n在吗\n")
    assert plain.stdout.splitlines() == [a["reply"] for a in answers]


def test_chat_remembers_only_where_it_is_asked_to(models, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = tmp_path / "seqchat" / "remembered.txt"
    arguments = ("chat", "-m", models["lstm"], "--max-words", 3)
    seqchat(*arguments, stdin="我家的猫叫小花\n")
    assert not path.exists()
    seqchat(*arguments, "--remember", stdin="我家的猫叫小花\n")
    assert path.read_text("utf-8") == "我家的猫叫小花\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert seqchat("complete", "我家", "-m", models["lstm"], "--remember").returncode == 0
    assert "1 text" in seqchat("forget").stdout
    assert not path.exists()
    assert "Nothing" in seqchat("forget").stdout


def test_bench_as_json(models):
    done = seqchat("bench", models["rnn"], "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) >= {"keystroke_ms", "words_per_second", "first_suggestion_ms", "peak_rss_mb"}
    assert set(answer["keystroke_ms"]) == {"p50", "p99"}
    failed(seqchat("bench", models["rnn"], "--synthetic"), 2, "--synthetic")
