import pytest

from seqchat.completion.chat import reply
from seqchat.completion.context import MAX_CHARACTERS
from seqchat.completion.continuation import generate
from seqchat.completion.sampling import Sampling


def test_a_reply_goes_on_behind_the_turns(engine):
    sampling = Sampling(seed=3, max_words=12)
    parts = list(reply(engine, ["你好", "在吗"], sampling))
    assert parts
    assert all(parts)
    assert "\n" not in "".join(parts)
    expected = [p.text for p in generate(engine, "你好\n在吗\n", 1, sampling) if p.text]
    assert parts == expected


def test_line_breaks_and_empty_turns_do_not_make_turns(engine):
    sampling = Sampling(seed=3)
    assert list(reply(engine, ["你好\n在 吗", "", "\n"], sampling)) == list(reply(engine, ["你好 在 吗"], sampling))


@pytest.mark.slow
@pytest.mark.parametrize("turns", [[], [""], ["\x00"], ["哈" * 50_000], ["你好"] * 5_000])
def test_any_history_has_a_reply(lstm, turns):
    assert "".join(reply(lstm, turns, Sampling(seed=1, max_words=5)))
    assert lstm.context.node("\n".join(turns)).depth <= MAX_CHARACTERS
