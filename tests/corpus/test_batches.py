from collections import Counter

import numpy as np
import pytest

from seqchat.corpus.batches import NO_TARGET, Lanes
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter

AUTO = segmenter("auto")
DIALOGS = [Dialog(tuple(f"第{i}轮我们吃{word}" for i in range(n))) for n, word in enumerate("面饭菜肉鱼虾瓜豆", 2)]


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary.build(Counter("第轮我们吃面饭菜肉鱼虾瓜豆0123456789"), AUTO, min_count=1)


@pytest.fixture
def stream(tmp_path, vocabulary) -> IdStream:
    return IdStream.write(tmp_path, DIALOGS, vocabulary)


@pytest.mark.parametrize("longest_first", [False, True])
@pytest.mark.parametrize(("lanes", "window"), [(1, 1), (1, 7), (3, 4), (3, 500), (50, 5)])
def test_one_pass_predicts_each_token_once_from_its_own_past(stream, lanes, window, longest_first):
    reader = Lanes(stream, lanes, window, longest_first=longest_first)
    seen: list[list[int]] = [[] for _ in range(reader.lanes)]
    pieces: list[list[int]] = []
    for batch in reader:
        for lane in range(reader.lanes):
            if batch.reset_mask[lane]:
                seen[lane] = []
                pieces.append(seen[lane])
            for x, y in zip(batch.inputs[:, lane], batch.targets[:, lane], strict=True):
                if y == NO_TARGET:
                    continue
                assert not seen[lane] or seen[lane][-1] == x
                seen[lane] += [int(y)] if seen[lane] else [int(x), int(y)]
    targets = sum(len(p) - 1 for p in pieces)
    assert targets == stream.targets
    whole = {tuple(stream.ids[a:b].tolist()) for a, b in zip(stream.starts[:-1], stream.starts[1:], strict=True)}
    assert {tuple(p) for p in pieces} == whole
    lengths = [len(piece) for piece in pieces]
    assert (lengths == sorted(lengths, reverse=True)) == longest_first


def test_little_of_a_window_is_empty_where_the_longest_dialogs_come_first(tmp_path, vocabulary):
    stream = IdStream.write(tmp_path, [DIALOGS[0], DIALOGS[-1]] * 6, vocabulary)

    def read(longest_first: bool) -> int:
        return sum(batch.targets.size for batch in Lanes(stream, 2, 1_000, longest_first=longest_first))

    assert read(True) == stream.targets
    assert read(False) > 1.5 * stream.targets


def test_an_endless_reader_shuffles_and_can_be_restored(stream):
    reader = Lanes(stream, 3, 4, seed=5)
    batches = iter(reader)
    for _ in range(40):
        next(batches)
    assert reader.epoch >= 1
    other = Lanes(stream, 3, 4, seed=5)
    other.restore(reader.state())
    for _, a, b in zip(range(40), batches, other, strict=False):
        assert np.array_equal(a.inputs, b.inputs)
        assert np.array_equal(a.reset_mask, b.reset_mask)


@pytest.mark.parametrize("window", [1, 3, 8, 40])
def test_windows_vary_around_their_length(stream, window):
    lengths = [len(batch.inputs) for _, batch in zip(range(300), Lanes(stream, 3, window, seed=1), strict=False)]
    assert max(lengths) <= window + 20
    if window >= 8:
        assert len(set(lengths)) > 3


def test_a_position_does_not_move_with_the_reader(stream):
    reader = Lanes(stream, 3, 4, seed=5)
    batches = iter(reader)
    next(batches)
    state = reader.state()
    before = dict(state, at=list(state["at"]))
    for _ in range(5):
        next(batches)
    assert state == before


def test_one_long_dialog_gives_work_to_all_lanes(tmp_path, vocabulary):
    stream = IdStream.write(tmp_path / "long", [Dialog(("我们吃面",) * 500)], vocabulary)
    assert Lanes(stream, 8, 10, seed=1).lanes == 8
    assert Lanes(stream, 8, 10).lanes == 1
