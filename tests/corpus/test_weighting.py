import numpy as np
import pytest

from seqchat.corpus.weighting import SourceWeights, copies, short_names
from seqchat.errors import SeqchatError

SOURCES = ["/data/zh/tatoeba.jsonl", "/data/en/tatoeba.jsonl", "/data/tencent-prompts.jsonl", "someone/chats", "sample"]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], [1, 1, 1, 1, 1]),
        (["tencent*=4"], [1, 1, 4, 1, 1]),
        (["tatoeba=0.5"], [0.5, 0.5, 1, 1, 1]),
        (["tatoeba.jsonl=2", "en/*=0.25"], [2, 0.25, 1, 1, 1]),
        (["someone/chats=3", "sample=2.5"], [1, 1, 1, 3, 2.5]),
    ],
)
def test_a_pattern_finds_sources_by_the_end_of_their_path(entries: list[str], expected: list[float]):
    assert SourceWeights.parse(entries).of(SOURCES).tolist() == expected


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("tatoeba", "not of the form"),
        ("=2", "not of the form"),
        ("tatoeba=much", "not of the form"),
        ("tatoeba=0", "leave a source out"),
        ("tatoeba=-1", "above 0"),
        ("tatoeba=inf", "at most 100"),
        ("tatoeba=nan", "not of the form"),
    ],
)
def test_a_bad_weight_is_refused_in_a_sentence(entry: str, message: str):
    with pytest.raises(SeqchatError, match=message):
        SourceWeights.parse([entry])


def test_a_pattern_without_a_source_says_which_there_are():
    with pytest.raises(SeqchatError, match="'news' matches no source; there are zh/tatoeba, en/tatoeba"):
        SourceWeights.parse(["news=2"]).of(SOURCES)


def test_a_fraction_is_a_fixed_sample_that_does_not_depend_on_what_is_held_out():
    digests = np.random.default_rng(0).integers(0, 2**64, 20_000, dtype=np.uint64)
    read = copies(np.full(len(digests), 2.3), digests)
    assert set(read.tolist()) == {2, 3}
    assert read.mean() == pytest.approx(2.3, abs=0.02)
    smallest = np.argsort(digests)[:2_000]
    assert read[smallest].mean() == pytest.approx(2.3, abs=0.05)
    assert (copies(np.full(len(digests), 2.3), digests) == read).all()
    # A larger share keeps those of a smaller one.
    assert (copies(np.full(len(digests), 2.6), digests) >= read).all()


def test_names_are_as_short_as_they_can_be():
    assert short_names(SOURCES[2:]) == ["tencent-prompts", "chats", "sample"]
    assert short_names(SOURCES)[:2] == ["zh/tatoeba", "en/tatoeba"]
    assert short_names(["/me/chat.txt", "/me/chat.json"]) == ["chat.txt", "chat.json"]
