import re
from collections import Counter

import numpy as np
import pytest

from seqchat.completion.engine import Engine
from seqchat.completion.memory import Memory
from seqchat.completion.suggestion import Suggestion, suggest
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.segmentation import CorpusSpec, segment_corpus
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError
from seqchat.evaluation.keystrokes import simulate, simulate_with
from seqchat.evaluation.texts import SelectedDialogs
from seqchat.model.config import CacheWeights

from ..conftest import Silent, small_engine

DIALOGS = [
    Dialog(("今天晚上吃火锅吗？", "好的, see you at 8:30 then")),
    Dialog(("hello world", "  我 想去  北京\t玩  ", "ok,ok 龘龘")),
    Dialog(("第一行\n第二行\n\n", "\x1b[31m红色")),
]
AUTO = segmenter("auto")


def offer(insert: str, replace: int = 0) -> Suggestion:
    return Suggestion(insert, insert, replace, 0.5, False)


def vocabulary_of(*words: str) -> Vocabulary:
    return Vocabulary.build(Counter(words), AUTO, min_count=1)


def pressed(suggester, *turns: str, vocabulary: Vocabulary | None = None, characters: int = 1_000):
    return simulate_with(suggester, vocabulary or vocabulary_of("a"), [Dialog(turns)], characters=characters)


def typed_by_hand(offered, turns: list[str]) -> int:
    """Count the keys in the plainest way: `offered` gives what stands there after each suggestion."""
    keys, finished = 0, ""
    for turn in turns:
        current, taken = "", False
        while current != turn:
            keys += 1
            rest = turn[len(current) :]
            next_word = taken and re.match(r" [a-z]", rest)
            better = [
                text
                for text in offered(finished, current, taken)
                if turn.startswith(text)
                and len(text) > len(current)
                and not re.match(r"[a-z]{2}", turn[len(text) - 1 :])
            ]
            by_key = current + rest[: 2 if next_word else 1]
            current, taken = max([(by_key, False), *((text, text[-1].isascii()) for text in better)], key=_longer)
        finished += turn + "\n"
    return keys


def _longer(text_and_taken: tuple[str, bool]) -> tuple[int, bool]:
    text, taken = text_and_taken
    return len(text), taken


WORDS = [
    "我",
    "想",
    "我们",
    "去",
    "吃",
    "火锅",
    "火",
    "锅",
    "北京",
    "今天",
    "晚上",
    "好",
    "，",
    "？",
    "ok",
    "hello",
    "world",
]


@pytest.mark.parametrize(("seed", "share"), [(0, 0.0), (1, 0.0), (2, 0.4)])
def test_keys_are_those_of_a_user_for_whom_a_new_engine_reads_everything(seed, share):
    rng = np.random.default_rng(seed)
    turns = [AUTO.join(rng.choice(WORDS, size=8).tolist()) + rng.choice(["", "龘", " gg"]) for _ in range(4)]

    def engine() -> Engine:
        new = small_engine(WORDS, seed=seed, cell="gru")
        new.memory = Memory(CacheWeights(share, 0.1), len(new.vocabulary))
        return new

    def offered(finished: str, current: str, taken: bool) -> list[str]:
        found = suggest(engine(), finished + current, finished=taken)
        return [current[: len(current) - s.replace] + s.insert for s in found]

    found = simulate(engine(), [Dialog(tuple(turns))], characters=10_000)
    assert found.characters == sum(map(len, turns))
    assert found.keys == typed_by_hand(offered, turns) < found.characters
    assert found.savings == pytest.approx(1 - found.keys / found.characters)
    assert found.milliseconds > 0


def test_an_oracle_reaches_the_ceiling(lstm):
    """It offers the next word, with the space before it, wherever a word of the vocabulary begins."""
    expected: dict[str, str] = {}
    lines = [
        ["今天晚上吃火锅吗？", "好的, see you at 8:30 then"],
        ["hello world", "我 想去  北京 玩", "ok,ok 龘龘"],
        ["第一行", "第二行", "红色"],
    ]
    for turns in lines:
        before = ""
        for turn in turns:
            left = ""
            for word in AUTO.split(turn):
                surface = AUTO.surface(word, left)
                if word in lstm.vocabulary:
                    expected[before] = surface
                before, left = before + surface, word
            before += "\n"

    def oracle(text: str, finished: bool) -> list[Suggestion]:
        return [offer(expected[text])] if text in expected else []

    found = simulate_with(oracle, lstm.vocabulary, DIALOGS, characters=10_000)
    assert found.characters == sum(len(turn) for turns in lines for turn in turns)
    assert found.savings == found.ceiling
    assert 0 < found.ceiling < 1


def test_the_ceiling_counts_a_key_for_a_known_word_and_each_character_of_others():
    vocabulary = vocabulary_of("hello", "火锅")
    assert "world" not in vocabulary
    found = pressed(lambda *_: [], "hello world", "火锅", vocabulary=vocabulary)
    assert found.ceiling == pytest.approx(1 - (1 + len("world") + 1) / 13)


def test_the_space_after_a_word_that_was_taken_comes_with_the_next_one():
    words = {"": "hello", "hello": " world", "hello, wo": "rld"}

    def suggester(text: str, finished: bool) -> list[Suggestion]:
        assert finished == (text in ("hello", "hello world", "hello, world"))
        return [offer(words[text])] if text in words else []

    assert pressed(suggester, "hello zebra").keys == 1 + len("zebra")
    assert pressed(suggester, "hello, wo").keys == 1 + len(", wo")
    assert pressed(suggester, "hello world").keys == 2
    assert pressed(suggester, "hello, world").keys == 1 + len(", wo") + 1
    assert pressed(suggester, "hello -zebra").keys == 1 + len(" -zebra")
    assert pressed(suggester, "hello 火锅").keys == 1 + len(" 火锅")


def test_a_word_that_would_have_to_be_made_longer_is_not_taken():
    def suggester(text: str, finished: bool) -> list[Suggestion]:
        return [offer("the")] if text == "" else []

    assert pressed(suggester, "then").keys == 4
    assert pressed(suggester, "the n").keys == 2
    assert pressed(suggester, "the.").keys == 2


@pytest.mark.parametrize("useless", [[], [offer("完全不对")], [offer("")], [offer("", 1)], [offer("x", 99)]])
def test_useless_suggestions_save_nothing(useless):
    found = simulate_with(lambda *_: useless, vocabulary_of("a"), DIALOGS, characters=10_000)
    assert found.savings == 0
    assert found.keys == found.characters


def test_the_longest_suggestion_that_continues_the_text_wins():
    offers = {
        "": [offer("今"), offer("今天晚"), offer("今天晚上好"), offer("今天")],
        "今天晚": [offer("上吃"), offer("上")],
    }
    assert pressed(lambda text, _: offers.get(text, []), "今天晚上吃").keys == 2


def test_a_suggestion_may_replace_letters():
    offers = {"ok h": [offer("K 火锅", 3), offer("火锅", 1)], "ok ": [offer("吃", 1)]}
    assert pressed(lambda text, _: offers.get(text, []), "ok 火锅").keys == 5
    # What stands there after accepting counts, even where the letters typed so far go.
    assert pressed(lambda text, _: [offer("abcd", 2)] if text == "ab" else [], "abcd e").keys == 4
    assert pressed(lambda text, _: [offer("ab", 2)] if text == "ab" else [], "abc").keys == 3


def test_a_suggestion_that_goes_beyond_the_turn_is_not_taken():
    assert pressed(lambda *_: [offer("ab")], "a", "b").keys == 2


def test_each_turn_follows_the_finished_turns_of_its_own_dialog():
    seen: list[str] = []

    def suggester(text: str, finished: bool) -> list[Suggestion]:
        seen.append(text)
        return []

    simulate_with(suggester, vocabulary_of("a"), [Dialog(("ab", " c\nd")), Dialog(("e",))], characters=99)
    assert seen == ["", "a", "ab\n", "ab\nc\n", ""]


@pytest.mark.parametrize("characters", [1, 2, 3, 4, 5])
def test_typing_ends_at_just_so_many_characters(characters):
    progress = Silent()
    dialogs = [Dialog(("ab", "c")), Dialog(("d", "e"))]
    found = simulate_with(lambda *_: [], vocabulary_of("a"), dialogs, characters=characters, progress=progress)
    assert found.characters == found.keys == characters
    assert found.dialogs == 1 + (characters > 3)
    assert progress.progressed == 1


def test_dialogs_are_chosen_from_everywhere():
    dialogs = [Dialog((f"{index:03}",)) for index in range(200)]
    seen: set[int] = set()

    def suggester(text: str, finished: bool) -> list[Suggestion]:
        if len(text) == 2:
            seen.add(int(text) // 2)
        return []

    found = simulate_with(suggester, vocabulary_of("a"), dialogs, characters=3 * 20)
    assert found.dialogs == 20
    # Ten dialogs share their first two figures, two of these tens a fifth of a hundred.
    assert seen == set(range(10))


def test_what_cannot_be_typed_is_said(lstm):
    with pytest.raises(SeqchatError, match="no text to type"):
        simulate(lstm, [Dialog((" \n ", "\x1b[0m"))], characters=10)
    with pytest.raises(SeqchatError, match="at least 1, not 0"):
        simulate(lstm, DIALOGS, characters=0)


def test_dialogs_of_a_cut_text_are_those_that_were_read(tmp_path):
    lines = tmp_path / "chat.txt"
    lines.write_text("你好,ok  好\n我们去 北京\n\nhello, world!\n\n在吗\n在的\n", "utf-8")
    text = segment_corpus(CorpusSpec([str(lines)]), tmp_path)
    texts = SelectedDialogs(text, AUTO, np.array([True, False, True]))
    assert len(texts) == 2
    assert [texts[0], texts[1]] == [Dialog(("你好,ok  好", "我们去 北京")), Dialog(("在吗", "在的"))]
