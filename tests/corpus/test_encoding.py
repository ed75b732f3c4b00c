from collections import Counter

import numpy as np
import pytest

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import NO_WORD, UNKNOWN_REST, UNKNOWN_START, WORD, IdStream, Recoding, encode_dialog
from seqchat.corpus.vocabulary import DIALOG_ID, SPECIAL_WORDS, TURN_ID, UNKNOWN_ID, Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError

AUTO = segmenter("auto")
DIALOGS = [Dialog(tuple(f"第{i}轮我们吃{word}" for i in range(n))) for n, word in enumerate("面饭菜肉鱼虾瓜豆", 2)]


@pytest.fixture
def vocabulary() -> Vocabulary:
    counts = Counter(word for dialog in DIALOGS for turn in dialog.turns for word in AUTO.split(turn))
    return Vocabulary.build(counts, AUTO, min_count=3)


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


def test_blocks_are_the_stream(stream, monkeypatch):
    monkeypatch.setattr("seqchat.corpus.encoding._BLOCK", 7)
    blocks = list(stream.blocks())
    assert len(blocks) > 5
    assert np.array_equal(np.concatenate([ids for ids, _ in blocks]), stream.ids)
    assert np.array_equal(np.concatenate([kinds for _, kinds in blocks]), stream.kinds)
    assert stream.words == int(np.isin(stream.kinds, (WORD, UNKNOWN_START)).sum())


def test_recoding_spells_what_the_other_words_lack():
    target = Vocabulary.build(Counter({"火": 3, "锅": 2, "吃": 1}), AUTO, min_count=1)
    words = [*SPECIAL_WORDS, "火锅", "吃", "面"]
    ids = np.array([DIALOG_ID, 4, 5, 6, TURN_ID], dtype=np.int32)
    kinds = np.array([NO_WORD, WORD, WORD, WORD, NO_WORD], dtype=np.uint8)
    new_ids, new_kinds = Recoding(words, target)(ids, kinds)
    fire, pot, eat = (target.encode_word(c)[0] for c in "火锅吃")
    assert new_ids.tolist() == [DIALOG_ID, fire, pot, eat, UNKNOWN_ID, TURN_ID]
    assert new_kinds.tolist() == [NO_WORD, UNKNOWN_START, UNKNOWN_REST, WORD, UNKNOWN_START, NO_WORD]


def test_every_token_is_counted(stream, vocabulary):
    counts = stream.counts(len(vocabulary))
    assert counts.shape == (len(vocabulary),)
    assert counts.sum() == len(stream)
    assert counts.tolist() == [int((stream.ids == i).sum()) for i in range(len(vocabulary))]


@pytest.mark.parametrize("count", [1, 2, 3, 100])
def test_parts_have_all_dialogs_in_order(stream, count):
    parts = stream.split(count)
    assert len(parts) == min(count, stream.dialogs)
    assert np.concatenate([part.ids for part in parts]).tolist() == stream.ids.tolist()
    assert np.concatenate([part.kinds for part in parts]).tolist() == stream.kinds.tolist()
    assert sum(part.dialogs for part in parts) == stream.dialogs
    for part in parts:
        assert (part.starts[0], part.starts[-1]) == (0, len(part))
        assert (part.ids[part.starts[:-1]] == DIALOG_ID).all()
        assert len(part) < len(stream) / count + np.diff(stream.starts).max()
