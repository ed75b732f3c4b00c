from collections import Counter

import numpy as np
import pytest

from seqchat.corpus.encoding import (
    NO_TARGET,
    NO_WORD,
    UNKNOWN_REST,
    UNKNOWN_START,
    WORD,
    IdStream,
    Lanes,
    count_words,
    encode_dialog,
    split_by_dialog,
)
from seqchat.corpus.sources import Dialog
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError

AUTO = segmenter("auto")
DIALOGS = [Dialog(tuple(f"第{i}轮我们吃{word}" for i in range(n))) for n, word in enumerate("面饭菜肉鱼虾瓜豆", 2)]


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary.build(count_words(DIALOGS, AUTO), AUTO, min_count=3)


@pytest.fixture
def stream(tmp_path, vocabulary) -> IdStream:
    return IdStream.write(tmp_path, DIALOGS, vocabulary)


def test_a_dialog_is_marked_at_its_start_and_its_turns_at_their_end(vocabulary):
    ids, kinds = encode_dialog(Dialog(("我们吃", "吃")), vocabulary)
    assert [vocabulary.words[i] for i in ids] == ["<dialog>", "我们", "吃", "<turn>", "吃", "<turn>"]
    assert kinds == [NO_WORD, WORD, WORD, NO_WORD, WORD, NO_WORD]


def test_a_word_outside_the_vocabulary_counts_once():
    words = Vocabulary.build(Counter({"火": 2, "锅": 2}), AUTO)
    assert encode_dialog(Dialog(("火锅",)), words)[1] == [NO_WORD, UNKNOWN_START, UNKNOWN_REST, NO_WORD]


def test_the_stream_is_on_disk_and_comes_back(stream, tmp_path):
    again = IdStream.open(tmp_path)
    assert isinstance(again.ids, np.memmap)
    assert np.array_equal(stream.ids, again.ids)
    assert np.array_equal(stream.starts, again.starts)
    assert (again.ids[again.starts[:-1]] == DIALOG_ID).all()
    assert (again.ids == TURN_ID).sum() == sum(len(d.turns) for d in DIALOGS)


def test_a_damaged_stream_is_one_sentence(stream, tmp_path):
    (tmp_path / "ids.bin").write_bytes(b"xx")
    with pytest.raises(SeqchatError, match="cannot be read"):
        IdStream.open(tmp_path)


@pytest.mark.parametrize(("lanes", "window"), [(1, 1), (1, 7), (3, 4), (3, 500), (50, 5)])
def test_one_pass_predicts_each_token_once_from_its_own_past(stream, lanes, window):
    reader = Lanes(stream, lanes, window)
    seen: list[list[int]] = [[] for _ in range(reader.lanes)]
    pieces: list[list[int]] = []
    for batch in reader:
        for lane in range(reader.lanes):
            if batch.fresh[lane]:
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
        assert np.array_equal(a.fresh, b.fresh)


def test_one_long_dialog_gives_work_to_all_lanes(tmp_path, vocabulary):
    stream = IdStream.write(tmp_path / "long", [Dialog(("我们吃面",) * 500)], vocabulary)
    assert Lanes(stream, 8, 10, seed=1).lanes == 8
    assert Lanes(stream, 8, 10).lanes == 1


def test_the_split_follows_the_text_and_not_the_order():
    train, validation = split_by_dialog(DIALOGS * 2, 0.25)
    assert set(train).isdisjoint(validation)
    assert len(train) + len(validation) == 2 * len(DIALOGS)
    other_train, other_validation = split_by_dialog((DIALOGS * 2)[::-1], 0.25)
    assert set(other_validation) == set(validation)
    assert set(other_train) == set(train)


def test_a_single_dialog_is_split_between_turns():
    train, validation = split_by_dialog([Dialog(("一", "二", "三", "四"))], 0.25)
    assert (train, validation) == ([Dialog(("一", "二", "三"))], [Dialog(("四",))])
    with pytest.raises(SeqchatError, match="single turn"):
        split_by_dialog([Dialog(("一",))], 0.25)
    with pytest.raises(SeqchatError, match="the same"):
        split_by_dialog([Dialog(("一",))] * 3, 0.25)
