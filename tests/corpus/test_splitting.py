import numpy as np
import pytest

from seqchat.corpus.cutting import GrowingVocabulary
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.splitting import HeldOut, cut_in_two, digest, hold_out
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError

AUTO = segmenter("auto")


def hashes(dialogs):
    return np.array([digest(d) for d in dialogs], dtype=np.uint64)


def test_the_split_follows_the_text_and_not_the_order():
    dialogs = [Dialog((f"我们吃{word}", "好")) for word in "面饭菜肉鱼虾瓜豆"] * 2
    chosen = hold_out(hashes(dialogs), 0.25).held_out_mask(hashes(dialogs))
    held = {d for d, h in zip(dialogs, chosen, strict=True) if h}
    assert len(held) == 2
    assert chosen.sum() == 4  # equal dialogs stand on the same side
    again = hold_out(hashes(dialogs), 0.25).held_out_mask(hashes(dialogs[::-1]))
    assert {d for d, h in zip(dialogs[::-1], again, strict=True) if h} == held


def test_at_least_one_dialog_is_held_out():
    few = hashes([Dialog((word,)) for word in "面饭菜肉"])
    held = hold_out(few, 1e-9)
    assert held.held_out_mask(few).sum() == 1
    # A single one is for validation.
    assert not held.tested
    assert (held.validation_mask(few) == held.held_out_mask(few)).all()
    with pytest.raises(SeqchatError, match="the same"):
        hold_out(hashes([Dialog(("一",))] * 3), 0.25)


def test_half_of_what_is_held_out_is_kept_for_testing():
    digests = hashes([Dialog((f"第{n}句",)) for n in range(2_000)])
    held = hold_out(digests, 0.1)
    assert held.held_out_mask(digests).sum() == 200
    assert 70 < held.test_mask(digests).sum() < 130
    assert not (held.test_mask(digests) & held.validation_mask(digests)).any()
    assert ((held.test_mask(digests) | held.validation_mask(digests)) == held.held_out_mask(digests)).all()
    # The rule can be kept as two numbers, and says the same of a part of the dialogs.
    again = HeldOut(held.last, held.tested)
    assert (again.test_mask(digests[::3]) == held.test_mask(digests)[::3]).all()


@pytest.mark.parametrize("block", [1, 2, 3, 5, 1000])
def test_a_single_dialog_is_cut_between_turns(tmp_path, monkeypatch, block):
    lexicon = GrowingVocabulary(AUTO)
    stream = IdStream.write(tmp_path / "one", [Dialog(("一", "二", "三", "四"))], lexicon)
    monkeypatch.setattr("seqchat.corpus.encoding._BLOCK", block)
    two = cut_in_two(stream, 0.25, tmp_path / "two")
    parts = np.split(two.ids, two.starts[1:-1])
    texts = [[lexicon.words[i] for i in part] for part in parts]
    assert texts == [["<dialog>", "一", "<turn>", "二", "<turn>", "三", "<turn>"], ["<dialog>", "四", "<turn>"]]


def test_a_single_turn_cannot_be_cut(tmp_path):
    stream = IdStream.write(tmp_path / "one", [Dialog(("一",))], GrowingVocabulary(AUTO))
    with pytest.raises(SeqchatError, match="single turn"):
        cut_in_two(stream, 0.25, tmp_path / "two")
