import math
from collections import defaultdict

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqchat.completion.continuation import generate
from seqchat.completion.engine import Engine
from seqchat.completion.sampling import Sampling
from seqchat.completion.suggestion import suggest
from seqchat.corpus.cleaning import GLUE, clean, is_safe
from seqchat.corpus.vocabulary import TURN_ID
from seqchat.errors import SeqchatError

from .test_context import read_from_start


def chance(engine: Engine, text: str) -> tuple[float, torch.Tensor]:
    """Return the log-probability of a whole text, and those of the word after it."""
    ids = engine.context.ids(text)
    total = 0.0
    for end, word_id in enumerate(ids):
        total += float(read_from_start(engine, ids[:end])[word_id])
    return total, read_from_start(engine, ids)


def enumerate_everything(engine: Engine, text: str, longest: int) -> dict[str, float]:
    """Compute the probability of every insertion after Chinese text by going through all words of all readings."""
    vocabulary = engine.vocabulary
    mass: dict[str, float] = defaultdict(float)
    everything = 0.0
    for length in range(longest + 1):
        beginning = text[len(text) - length :]
        context_chance, scores = chance(engine, text[: len(text) - length])
        for word_id, word in enumerate(vocabulary.words):
            surface = word.removeprefix(GLUE)
            if length and not (surface.startswith(beginning) and surface != beginning and word_id > TURN_ID):
                continue
            probability = math.exp(context_chance + float(scores[word_id]))
            everything += probability
            if vocabulary.suggestible[word_id]:
                mass[surface[length:]] += probability
    return {insert: value / everything for insert, value in mass.items()}


@pytest.mark.parametrize("text", ["我想", "今天晚上吃什", "你好，", "我们去"])
def test_probabilities_sum_over_all_readings(engine, text):
    longest = min(4, len(text.split("，")[-1]))
    exact = enumerate_everything(engine, text, longest)
    found = suggest(engine, text, 10, pinyin=False)
    best = sorted(exact.values(), reverse=True)[:10]
    assert [s.probability for s in found] == pytest.approx(best, abs=1e-6)
    for s in found:
        assert s.probability == pytest.approx(exact[s.insert], abs=1e-6)


def test_typed_characters_are_completed(lstm):
    found = {s.insert: s for s in suggest(lstm, "火", 300)}
    assert found["锅"].word == "火锅"
    assert found["锅"].completes
    assert not suggest(lstm, "，", 1)[0].completes


def test_pinyin_is_replaced_by_the_word(lstm):
    for letters in ("huoguo", "huog", "hg", "HuoGuo"):
        words = {s.word: s for s in suggest(lstm, f"晚上吃{letters}", 30)}
        assert words["火锅"].replace == len(letters)
        assert words["火锅"].insert == "火锅"
    assert all(s.replace == 0 for s in suggest(lstm, "晚上吃hg", 30, pinyin=False))


def test_latin_words_are_completed_and_spaced(lstm):
    found = [s for s in suggest(lstm, "你家wif", 30) if s.word == "wifi"]
    assert [(s.insert, s.replace, s.completes) for s in found] == [("i", 0, True)]
    for text in ("ok", "ok "):
        inserts = [text + s.insert for s in suggest(lstm, text, 200, pinyin=False) if s.word == "wifi"]
        assert all(joined.startswith("ok wifi") for joined in inserts)


def test_the_first_word_needs_no_context(engine):
    assert len(suggest(engine, "", 5)) == 5


def test_more_than_there_are(lstm):
    found = suggest(lstm, "你好", 1_000_000)
    assert len(found) > 100
    assert sum(s.probability for s in found) <= 1 + 1e-6


def test_none_at_all_is_refused(lstm):
    with pytest.raises(SeqchatError, match="at least 1"):
        suggest(lstm, "你好", 0)


TAILS = st.sampled_from(
    ["", "huog", "wif", "吃火", "好的,", "hello ", " ", "\n", "12", "😂", "（", "'", "lv", "x" * 50]
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.builds(lambda a, b: a + b, st.text(max_size=12) | st.just("我想"), TAILS))
def test_suggestions_are_always_fit_to_insert(lstm, text):
    found = suggest(lstm, text, 8)
    keys = [(s.insert, s.replace) for s in found]
    assert len(set(keys)) == len(keys)
    assert [s.probability for s in found] == sorted((s.probability for s in found), reverse=True)
    for s in found:
        assert s.insert.strip()
        assert GLUE not in s.insert
        assert "<unk>" not in s.insert
        assert "<turn>" not in s.insert
        assert all(is_safe(c) for c in s.insert)
        assert 0 <= s.replace <= len(clean(text))
        assert 0 <= s.probability <= 1


@pytest.mark.parametrize(
    "text", ["3.1", "10:3", "ok,th", "i am fine.th", "see you)t", "hello  ", "iphone  ", "ok,w", "wifi w", "在 w", "(w"]
)
def test_what_is_accepted_continues_what_was_typed(lstm, text):
    """Accepting adds the rest of a word of the vocabulary, and never a part of it that was typed already."""
    for s in suggest(lstm, text, 200, pinyin=False):
        joined = text + s.insert
        assert joined.endswith(s.word), (joined, s)
        if s.completes:
            assert not text.endswith(s.word)
            assert len(s.insert) < len(s.word)


@pytest.mark.slow
def test_readings_of_a_long_text_begin_at_the_same_place(lstm):
    """At the length where the beginning of a text is dropped, the tail is read as in a short text."""
    line = "今天晚上我们去吃火锅，你说好不好\n"
    for length in (7_998, 7_999, 8_000, 8_001, 8_002, 8_003):
        text = ("好" * (length % 17) + "\n" + line * 600)[-length + 4 :] + "我们吃火"
        inserts = [s.insert for s in suggest(lstm, text, 300)]
        assert "锅" in inserts


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=15) | TAILS, after=st.text(max_size=8), seed=st.integers(0, 99))
def test_any_text_is_continued_and_answered(lstm, text, after, seed):
    for s in suggest(lstm, text, 3, after=after):
        assert s.insert.strip()
        assert all(is_safe(c) for c in s.insert)
    for piece in generate(lstm, text, 2, Sampling(seed=seed, max_words=4, stop="sentence", min_p=0.01)):
        assert all(is_safe(c) for c in piece.text)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["好" * 1_000_000, "a" * 1_000_000, "\x00\x1b[2J\ud800\u202e" * 50_000, " \n" * 300_000]
)
def test_a_megabyte_can_be_pasted(lstm, text):
    assert len(suggest(lstm, text, 5)) == 5
