from collections import Counter

import numpy as np
import pytest

from seqchat.corpus.batches import NO_TARGET
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.training_batches import TrainingBatches
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter

LONG = [Dialog(tuple(f"第{i}轮我们吃面" for i in range(n))) for n in (12, 15, 18)]
SHORT = [Dialog((f"我们吃{word}{number}",)) for word in "饭菜肉鱼" for number in range(10)]


@pytest.fixture
def stream(tmp_path) -> IdStream:
    vocabulary = Vocabulary.build(Counter("第轮我们吃面饭菜肉鱼0123456789"), segmenter("unicode"), min_count=1)
    mixed = [dialog for pair in zip(SHORT[:3], LONG, strict=True) for dialog in pair] + SHORT[3:]
    return IdStream.write(tmp_path, mixed, vocabulary)


def pairs(batch) -> Counter[tuple[int, int]]:
    valid = batch.targets != NO_TARGET
    return Counter(zip(batch.inputs[valid].tolist(), batch.targets[valid].tolist(), strict=True))


def test_short_dialogs_are_read_whole_and_each_once_in_an_epoch(stream):
    wanted: Counter[tuple[int, int]] = Counter()
    for first, last in zip(stream.starts[:-1], stream.starts[1:], strict=True):
        if last - first - 1 <= 10:
            wanted.update(
                zip(stream.ids[first : last - 1].tolist(), stream.ids[first + 1 : last].tolist(), strict=True)
            )
    read: Counter[tuple[int, int]] = Counter()
    for batch in TrainingBatches(stream, 3, 20, seed=1):
        if batch.carried:
            continue
        assert batch.reset_mask.all()
        assert batch.inputs.size <= 3 * 20
        read += pairs(batch)
        if read.total() >= wanted.total():
            break
    assert read == wanted


def test_short_and_long_dialogs_are_read_in_proportion(stream):
    targets = {True: 0, False: 0}
    for _, batch in zip(range(300), TrainingBatches(stream, 3, 20, seed=1), strict=False):
        targets[batch.carried] += int((batch.targets != NO_TARGET).sum())
    lengths = np.diff(stream.starts) - 1
    share = lengths[lengths <= 10].sum() / lengths.sum()
    assert targets[False] / sum(targets.values()) == pytest.approx(share, abs=0.02)


def test_a_position_is_restored_exactly(stream):
    reader = TrainingBatches(stream, 3, 20, seed=5)
    batches = iter(reader)
    for _ in range(33):
        next(batches)
    state = reader.state()
    other = TrainingBatches(stream, 3, 20, seed=5)
    other.restore(state)
    for _, a, b in zip(range(60), batches, other, strict=False):
        assert a.carried == b.carried
        assert np.array_equal(a.inputs, b.inputs)
        assert np.array_equal(a.targets, b.targets)


def test_few_short_dialogs_are_read_in_lanes(stream):
    assert all(batch.carried for _, batch in zip(range(50), TrainingBatches(stream, 30, 20, seed=1), strict=False))


def test_of_short_dialogs_alone_the_longest_fill_the_lanes(stream):
    only = stream.selected(np.diff(stream.starts) <= 10)
    reader = TrainingBatches(only, 2, 20, seed=1)
    assert reader.lanes == 2
    assert {batch.carried for _, batch in zip(range(50), reader, strict=False)} == {True, False}


def test_less_padding_is_read_than_in_lanes_alone(stream):
    def filled(group_short: bool) -> float:
        read = zip(range(300), TrainingBatches(stream, 3, 20, seed=1, group_short=group_short), strict=False)
        masks = [batch.targets != NO_TARGET for _, batch in read]
        return sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks)

    assert filled(True) > 1.2 * filled(False)
