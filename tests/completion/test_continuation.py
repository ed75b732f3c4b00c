import math

import pytest
import torch

from seqchat.completion.beam_search import most_probable
from seqchat.completion.continuation import generate
from seqchat.completion.sampling import Sampling
from seqchat.corpus.vocabulary import TURN_ID
from seqchat.errors import SeqchatError

from ..conftest import small_engine
from .test_context import read_from_start


def run(engine, text="今天晚上", n=3, **options):
    texts, ended, scores = [""] * n, [False] * n, [0.0] * n
    for piece in generate(engine, text, n, Sampling(**options)):
        assert not ended[piece.index]
        texts[piece.index] += piece.text
        scores[piece.index] += piece.log_probability
        ended[piece.index] = piece.ended
    assert all(ended)
    return texts, scores


def test_the_same_seed_gives_the_same_text(engine):
    assert run(engine, seed=7) == run(engine, seed=7)
    assert run(engine, seed=7, max_words=30) != run(engine, seed=8, max_words=30)


def test_each_has_a_word_and_no_more_than_asked_for(engine):
    for words in (1, 2, 5):
        for seed in range(5):
            pieces = list(generate(engine, "我想", 4, Sampling(seed=seed, max_words=words)))
            for index in range(4):
                mine = [p for p in pieces if p.index == index]
                assert 1 <= len(mine) <= words
                assert mine[0].text
                assert [p.ended for p in mine] == [False] * (len(mine) - 1) + [True]


def test_unknown_and_special_words_are_never_drawn(engine):
    texts, _ = run(engine, n=20, temperature=2.0, top_p=1.0, max_words=30, seed=1)
    assert not any(word in text for text in texts for word in ("<unk>", "<pad>", "<dialog>", "<turn>", "\n"))


def test_temperature_zero_takes_the_most_probable_word(engine):
    texts, _ = run(engine, "你好，", n=2, temperature=0, max_words=12)
    assert texts[0] == texts[1]
    ids = engine.context.ids("你好，")
    for piece in generate(engine, "你好，", 1, Sampling(temperature=0, max_words=12)):
        scores = read_from_start(engine, ids)
        scores[:3] = -math.inf
        if len(ids) == len(engine.context.ids("你好，")):
            scores[TURN_ID] = -math.inf
        best = int(scores.argmax())
        assert piece.log_probability == pytest.approx(float(scores[best]), abs=1e-4)
        ids.append(best)


def test_a_low_top_p_is_as_good_as_temperature_zero(engine):
    assert run(engine, top_p=1e-6, seed=3)[0] == run(engine, temperature=0)[0]


def test_log_probabilities_are_the_models(engine):
    """Drawn in a batch of three, they must be those of each text alone."""
    text = "我们去，"
    pieces = list(generate(engine, text, 3, Sampling(seed=5, max_words=6)))
    for index in range(3):
        ids = engine.context.ids(text)
        for piece in (p for p in pieces if p.index == index):
            scores = read_from_start(engine, ids)
            words = [TURN_ID] if not piece.text else engine.context.ids(piece.text)
            if len(words) != 1:
                break
            assert piece.log_probability == pytest.approx(float(scores[words[0]]), abs=1e-4)
            ids += words


def test_half_a_word_may_be_finished(lstm):
    first = {next(iter(generate(lstm, "晚上去吃火", 1, Sampling(seed=s)))).text for s in range(200)}
    assert "锅" in first


def test_it_can_be_stopped_between_words(lstm):
    pieces = generate(lstm, "我", 3, Sampling(seed=0))
    next(pieces)
    pieces.close()
    assert run(lstm, seed=1) == run(lstm, seed=1)


def test_it_does_not_touch_the_random_numbers_of_others(lstm):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    run(lstm)
    assert torch.rand(1) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": -1},
        {"temperature": math.inf},
        {"temperature": math.nan},
        {"top_p": 0},
        {"top_p": 1.1},
        {"max_words": 0},
        {"top_k": -1},
        {"min_p": -0.1},
        {"min_p": 1.5},
        {"repetition_penalty": 0.5},
        {"repetition_penalty": math.inf},
    ],
)
def test_numbers_out_of_range_are_refused(options):
    with pytest.raises(SeqchatError):
        Sampling(**options)


def test_no_continuation_at_all_is_refused(lstm):
    with pytest.raises(SeqchatError, match="at least 1"):
        next(iter(generate(lstm, "我", 0)))


def test_only_the_best_words_are_drawn(engine):
    allowed = {1: 1, 3: 3}
    for top_k, most in allowed.items():
        options = {"temperature": 3.0, "top_p": 1.0, "top_k": top_k, "max_words": 1}
        firsts = {run(engine, "我想，", n=20, seed=seed, **options)[0][i] for seed in range(5) for i in range(20)}
        assert len(firsts) <= most
    assert run(engine, min_p=1.0, seed=3)[0] == run(engine, temperature=0)[0]
    wide = {t for s in range(5) for t in run(engine, n=20, seed=s, temperature=3.0, top_p=1.0, max_words=1)[0]}
    assert len(wide) > 20


def test_used_words_become_less_probable(engine):
    def distinct(penalty):
        texts = []
        for piece in generate(engine, "我", 1, Sampling(temperature=0, max_words=40, repetition_penalty=penalty)):
            texts.append(piece.text)
        return len(set(texts)) / len(texts)

    assert distinct(50.0) > distinct(1.0) or distinct(1.0) == 1


@pytest.mark.slow
def test_a_sentence_may_be_the_end(engine):
    ends = set("。！？!?…") | {"."}
    pieces = list(generate(engine, "我想", 300, Sampling(seed=2, stop="sentence", max_words=40, temperature=1.0)))
    seen = 0
    for index in range(300):
        texts = [p.text for p in pieces if p.index == index]
        assert not any(t.strip() in ends for t in texts[:-1])
        seen += texts[-1].strip() in ends
    assert seen


@pytest.mark.parametrize("text", ["我想", "，"])
def test_a_wide_beam_finds_the_most_probable_texts(text):
    """Against all texts of up to three words of a small vocabulary."""
    engine = small_engine(["我", "想", "吃", "火锅", "，", "。"], seed=3)
    found = list(most_probable(engine, text, 5, beam=500, max_words=3))
    exact = {}

    def grow(ids, words, total):
        if len(words) == 3 or (words and words[-1] == TURN_ID):
            shown = engine.vocabulary.text([w for w in words if w != TURN_ID])
            exact[shown, len(words)] = exact.get((shown, len(words)), 0) + total
            return
        scores = read_from_start(engine, ids)
        for word_id in range(TURN_ID, len(engine.vocabulary)):
            if words or word_id != TURN_ID:
                grow([*ids, word_id], [*words, word_id], total + float(scores[word_id]))

    grow(engine.context.ids(text), [], 0.0)
    best = sorted(exact.values(), reverse=True)
    # The tail has no other reading that begins a longer word here, so both count the same.
    offset = found[0].log_probability - best[0]
    assert [p.log_probability - offset for p in found] == pytest.approx(best[:5], abs=1e-4)
    assert all(p.ended for p in found)
    assert [p.index for p in found] == list(range(5))


def test_a_beam_is_as_wide_as_what_is_asked_for(lstm):
    with pytest.raises(SeqchatError, match="at least as wide"):
        list(most_probable(lstm, "我", 5, beam=3))
    assert len(list(most_probable(lstm, "我想吃火", 3, beam=4, max_words=6))) == 3


@pytest.mark.parametrize("options", [{"max_words": 1}, {"temperature": 0}, {"top_p": 0.3}, {"stop": "sentence"}])
def test_no_two_continuations_are_the_same(options):
    engine = small_engine([*"好的吗。", "今天", "ok"])
    for seed in range(10):
        texts, _ = run(engine, "今天", n=5, seed=seed, distinct=True, **options)
        assert len(set(texts)) == 5, "they end alike only where nothing else is left"
    texts, _ = run(engine, "今天", n=30, seed=0, max_words=1, distinct=True)
    assert len(set(texts)) < 30
