"""What a writer takes is learned, ranked, and kept in a file that survives whatever happens to it."""

from __future__ import annotations

import stat
import threading
import time

import pytest

from seqchat.completion import learned_words
from seqchat.completion.habit_file import HabitFile
from seqchat.completion.habits import HALF_LIFE, Habit, Habits
from seqchat.completion.suggestion import suggest
from seqchat.corpus.word_pinyin import pinyin_of
from seqchat.errors import SeqchatError

from ..conftest import small_engine

WORDS = ["我", "想", "吃", "火", "锅", "火锅", "国", "果", "过", "去", "西", "安", "，"]


def first(engine, text):
    return suggest(engine, text, 1)[0].insert


def chances(engine):
    return {s.insert: s.probability for s in suggest(engine, "guoan", 60) if s.replace == 5}


def test_what_is_taken_is_ranked_and_follows_the_habit_until_it_is_forgotten():
    engine, habits = small_engine(WORDS), Habits()
    engine.follow(habits)
    before = chances(engine)
    for word in ("郭案", "郭岸", "郭案"):
        earlier = chances(engine).get(word, 0)
        habits.take(word, "guo an")
        assert chances(engine)[word] > earlier
    found = chances(engine)
    assert found["郭案"] > found["郭岸"] > 0, "what was used more often, and later"
    # Words that nobody else knows, in full, cut, in first letters, within a phrase, and by their first characters
    habits.take("果安西", "guo an xi")
    assert [first(engine, letters) for letters in ("guoanxi", "guoanx", "gax", "gaxi")] == ["果安西"] * 4
    assert first(engine, "woguoanxi") == "我果安西"
    assert "安西" in {s.insert for s in suggest(engine, "我果", 20, pinyin=False)}
    for word in ("郭案", "郭岸", "果安西"):
        assert habits.forget(word)
    assert not habits.forget("郭案")
    assert chances(engine) == pytest.approx(before)


def test_older_takes_count_less():
    now = time.time()
    old, new = Habit("郭案", "guo an", 4.0, now - 3 * HALF_LIFE), Habit("郭岸", "guo an", 1.0, now)
    assert old.count_at(now) == pytest.approx(0.5)
    engine = small_engine(WORDS)
    engine.follow(Habits([old, new]))
    assert chances(engine)["郭岸"] > chances(engine)["郭案"]
    again = Habits([old, Habit("郭案", "guo an", 1.0, now)])
    assert [habit.count for habit in again] == [pytest.approx(1.5)]


def test_a_take_among_many_thousand_words_rebuilds_nothing_large():
    engine = small_engine(WORDS)
    habits = Habits(Habit(f"{a}{b}{c}", "guo guo guo", 1.0, 1.0) for a in WORDS for b in WORDS for c in WORDS)
    engine.follow(habits)
    suggest(engine, "guo", 5)
    learned = engine.vocabulary.lexicon
    large, _ = learned._indexes
    assert large.end == len(habits) > learned_words._MAX_NEW
    habits.take("安国", "an guo")
    assert first(engine, "anguo") == "安国"
    assert learned._indexes[0] is large
    assert learned._indexes[1].end == large.end + 1


def test_engines_of_others_learn_nothing():
    engine = small_engine(WORDS)
    other = engine.fork()
    habits = Habits()
    other.follow(habits)
    habits.take("果安西", "guo an xi")
    assert first(other, "guoanxi") == "果安西"
    assert "果安西" not in {s.insert for s in suggest(engine, "guoanxi", 60)} or first(engine, "guoanxi") != "果安西"
    assert engine.vocabulary.lexicon is None


@pytest.mark.parametrize("text", ["", " ", "a\nb", "长" * 41, "\x1b[31m"])
def test_what_is_no_word_is_not_learned(text):
    assert Habits().take(text, "a") is None


@pytest.mark.parametrize(
    ("word", "letters", "pinyin"),
    [
        ("银行", "yinhang", "yin hang"),
        ("银行", "", "yin hang"),
        ("行", "xing", "xing"),
        ("西安", "xi'an", "xi an"),
        ("还是", "hai", "hai shi"),
        ("王小帅", "wxs", "wang xiao shuai"),
        ("绿色", "lüse", "lv se"),
        ("我在KTV", "wozaiktv", "wo zai ktv"),
        ("国果", "zzz", "guo guo"),
        ("hello", "hello", ""),
        ("3点", "3dian", ""),
    ],
)
def test_letters_say_how_a_word_is_read(word, letters, pinyin):
    assert pinyin_of(word, letters) == pinyin


# --- the file


@pytest.fixture
def file(tmp_path):
    return HabitFile(tmp_path / "data" / "learned-words.tsv")


def words(file):
    return {habit.word: habit.count for habit in file.load().habits}


def take(word, count=1.0):
    return Habit(word, "guo", count, float(int(time.time())))


def test_what_is_added_counts_together_and_is_private(file):
    file.add([take("国"), take("果")])
    file.add([take("国")])
    assert words(file) == {"国": 2, "果": 1}
    assert [habit.word for habit in file.load().habits] == ["果", "国"]
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    file.forget("国")
    assert words(file) == {"果": 1}
    assert file.remove() == 1
    assert not list(file.path.parent.iterdir())
    assert file.remove() == 0


def test_forgetting_a_word_leaves_all_other_lines_as_they_are(file):
    file.add([take("国"), take("国家"), Habit("国", "", 1.0, 5.0), take("果")])
    before = file.path.read_text()
    file.path.write_text(f"{before}damaged\n{before.splitlines()[-1]}\n")
    file.forget("国")
    kept = [line for line in before.splitlines() if not line.startswith("国\t")]
    assert file.path.read_text().splitlines() == [*kept, "damaged", before.splitlines()[-1]]
    assert words(file) == {"国家": 1, "果": 2}
    content = file.path.read_bytes()
    file.forget("没有")
    assert file.path.read_bytes() == content


def test_what_is_no_file_of_learned_words_is_not_changed_by_forgetting(file):
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_text("国\tguo\t1\t1\n")
    with pytest.raises(SeqchatError, match="not a file of learned words"):
        file.forget("国")
    assert file.path.read_text() == "国\tguo\t1\t1\n"


def test_two_windows_lose_nothing(file):
    def write(word):
        for _ in range(20):
            HabitFile(file.path).add([take(word)])
            file.change(lambda habits: None)

    threads = [threading.Thread(target=write, args=[word]) for word in ("国", "果")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert words(file) == {"国": pytest.approx(20), "果": pytest.approx(20)}


def test_a_file_of_many_lines_is_written_again(file):
    file.add([take("国")] * 2_000)
    assert words(file) == {"国": 2_000}
    assert len(file.path.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    "damage",
    [
        b"half a li",
        b"\xff\xfe\t\tx\n",
        b"\x00" * 50 + b"\n",
        b"a\tb c\tnan\t1\n",
        b"a\x1b[31m\ta\t1\t1\n",
        b"a\ta\t-1\t9\n",
    ],
)
def test_damaged_lines_are_left_out_said_once_and_kept_in_a_copy(file, damage):
    file.add([take("国")])
    with file.path.open("ab") as raw:
        raw.write(damage)
    before = file.path.read_bytes()
    file.add([take("果")])
    found = file.load()
    assert {habit.word for habit in found.habits} == {"国", "果"}
    assert "1 line of" in found.problem
    copy = file.path.with_name("learned-words.tsv.damaged-1")
    assert copy.read_bytes().startswith(before)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert file.load().problem == ""
    file.remove()
    assert not copy.exists()


@pytest.mark.parametrize("content", [b"# Rime user dictionary\n", b"\x00\x01\x02", b"\xff\xd8\xff\xe0 JFIF", b"{}"])
def test_a_file_of_another_program_stays_as_it_is(file, content):
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    for use in (file.load, lambda: file.add([take("国")]), lambda: file.forget("国")):
        with pytest.raises(SeqchatError, match="is not a file of learned words"):
            use()
    assert file.path.read_bytes() == content


def test_a_huge_file_or_a_folder_is_one_sentence(file):
    file.add([take("国")])
    with file.path.open("ab") as raw:
        raw.truncate(60_000_000)
    with pytest.raises(SeqchatError, match=r"cannot be used \(it is larger than 50 MB\)"):
        file.load()
    file.path.unlink()
    file.path.mkdir()
    for use in (file.load, lambda: file.add([take("国")])):
        with pytest.raises(SeqchatError, match="cannot be used"):
            use()


def test_an_empty_file_and_one_that_an_editor_saved_are_read(file):
    file.path.parent.mkdir()
    file.path.write_bytes(b"")
    file.add([take("国")])
    file.path.write_bytes(b"\xef\xbb\xbf" + file.path.read_bytes().replace(b"\n", b"\r\n"))
    file.add([take("果")])
    assert words(file) == {"国": 1, "果": 1}
    assert file.load().problem == ""
