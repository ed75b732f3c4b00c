import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from seqchat.corpus import segmentation
from seqchat.corpus.cutting import GrowingVocabulary
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import NO_WORD, UNKNOWN_REST, UNKNOWN_START, WORD, IdStream, encode_dialog
from seqchat.corpus.segmentation import CorpusSpec, segment_corpus
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import segmenter
from seqchat.errors import SeqchatError

AUTO = segmenter("auto")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(segmentation, "cache", lambda: tmp_path / "cache")


@pytest.fixture
def chats(tmp_path):
    path = tmp_path / "chats.txt"
    path.write_text("你好\n在吗\n\n我想吃火锅\n好的ok\n\n看<unk>电影 去吗\n去\n", "utf-8")
    return str(path)


def files(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("source", ["sample", "chats"])
@pytest.mark.parametrize("min_count", [1, 2])
def test_the_way_by_the_lexicon_ends_where_the_direct_one_does(tmp_path, chats, monkeypatch, source, min_count):
    """Cutting first and encoding later gives the ids that encoding the dialogs with the vocabulary gives."""
    names = [chats if source == "chats" else source]
    monkeypatch.setattr("seqchat.corpus.encoding._BLOCK", 1_000)
    dialogs = list(read_dialogs(names))
    text = segment_corpus(CorpusSpec(names), tmp_path / "work")
    chosen = np.arange(len(dialogs)) % 3 != 1
    kept = [dialog for dialog, keep in zip(dialogs, chosen, strict=True) if keep]
    counts = Counter(word for d in kept for turn in d.turns for word in AUTO.split(turn) if word != "\n")
    assert text.counts(chosen) == counts
    vocabulary = Vocabulary.build(counts, AUTO, min_count=min_count)
    for number, choice in enumerate((chosen, ~chosen)):
        part = [dialog for dialog, keep in zip(dialogs, choice, strict=True) if keep]
        direct = IdStream.write(tmp_path / f"direct{number}", part, vocabulary)
        encoded = text.encode(tmp_path / f"encoded{number}", vocabulary, choice)
        assert np.array_equal(encoded.ids, direct.ids)
        assert np.array_equal(encoded.kinds, direct.kinds)
        assert np.array_equal(encoded.starts, direct.starts)


@pytest.mark.slow
def test_several_processes_cut_as_one_does(tmp_path, monkeypatch):
    monkeypatch.setattr("seqchat.corpus.cutting._PIECE_CHARACTERS", 2_000)
    shares: list[float] = []
    reading = CorpusSpec(["sample"], streaming=True)  # streaming, so that nothing comes from the cache
    segment_corpus(reading, tmp_path / "one", processes=1)
    text = segment_corpus(reading, tmp_path / "two", processes=2, progress=lambda d, w, share: shares.append(share))
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert len(shares) > 10
    assert shares == sorted(shares)
    assert text.stream.dialogs == len(text.digests) == text.report.dialogs


def test_who_needs_a_text_that_is_being_cut_waits_for_it(tmp_path, chats, monkeypatch):
    cut, begun, may_end = segmentation._segment, Event(), Event()
    times: list[int] = []

    def slowly(*arguments):
        times.append(1)
        begun.set()
        assert may_end.wait(60)
        return cut(*arguments)

    monkeypatch.setattr(segmentation, "_segment", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(segment_corpus, CorpusSpec([chats]), tmp_path / "first")
        assert begun.wait(60)
        second = pool.submit(segment_corpus, CorpusSpec([chats]), tmp_path / "second")
        may_end.set()
        assert np.array_equal(first.result().stream.ids, second.result().stream.ids)
    assert times == [1]


def test_a_text_is_cut_once(tmp_path, chats, monkeypatch):
    first = segment_corpus(CorpusSpec([chats]), tmp_path / "work")

    def never(*_):
        raise AssertionError("cut again")

    monkeypatch.setattr(segmentation, "_segment", never)
    again = segment_corpus(CorpusSpec([chats]), tmp_path / "work")
    assert np.array_equal(first.stream.ids, again.stream.ids)
    assert again.report == first.report
    for other in (
        CorpusSpec([chats], segmenter="whitespace"),
        CorpusSpec([chats], max_dialogs=1),
        CorpusSpec([chats, chats]),
    ):
        with pytest.raises(AssertionError, match="cut again"):
            segment_corpus(other, tmp_path / "work")
    with open(chats, "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write("又来\n")
    with pytest.raises(AssertionError, match="cut again"):
        segment_corpus(CorpusSpec([chats]), tmp_path / "work")


def test_a_damaged_cache_is_made_again(tmp_path, chats):
    first = segment_corpus(CorpusSpec([chats]), tmp_path / "work")
    for path in (tmp_path / "cache" / "texts").glob("*/*"):
        path.write_bytes(b"?")
    assert segment_corpus(CorpusSpec([chats]), tmp_path / "work").words == first.words


def test_the_texts_used_last_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(segmentation, "_MAX_TEXTS", 2)
    for number in range(4):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"你好{number}\n在\n", "utf-8")
        segment_corpus(CorpusSpec([str(path)]), tmp_path / "work")
    kept = [path for path in (tmp_path / "cache" / "texts").iterdir() if path.is_dir()]
    assert len(kept) == 2
    words = {word for folder in kept for word in json.loads((folder / "text.json").read_text("utf-8"))["words"]}
    assert {"2", "3"} <= words


def test_a_failed_reading_leaves_nothing(tmp_path):
    (tmp_path / "a.txt").write_text("\n\n", "utf-8")
    with pytest.raises(SeqchatError, match="no usable dialog"):
        segment_corpus(CorpusSpec([str(tmp_path / "a.txt")]), tmp_path / "work")
    assert not [path for path in (tmp_path / "cache" / "texts").iterdir() if path.is_dir()]


def test_what_streams_is_not_cached_and_can_be_limited(tmp_path, monkeypatch):
    import datasets

    def load(name, streaming=False):
        assert streaming
        rows = ({"text": f"第{i}句"} for i in range(10**9))
        return {"train": rows}

    monkeypatch.setattr(datasets, "load_dataset", load)
    text = segment_corpus(CorpusSpec(["a/b"], streaming=True, max_dialogs=25), tmp_path / "work")
    assert text.stream.dialogs == 25
    assert not (tmp_path / "cache").exists()


def test_a_full_lexicon_spells_new_words():
    vocabulary = GrowingVocabulary(AUTO, max_words=6)
    encode_dialog(Dialog(("火锅 电影",)), vocabulary)
    ids, kinds = encode_dialog(Dialog(("火锅北京",)), vocabulary)
    assert [vocabulary.words[i] for i in ids] == ["<dialog>", "火锅", "北", "京", "<turn>"]
    assert kinds == [NO_WORD, WORD, UNKNOWN_START, UNKNOWN_REST, NO_WORD]


def test_every_module_that_decides_how_a_text_is_cut_is_there():
    folder = Path(segmentation.__file__).parent
    assert [name for name in segmentation._DECIDING if not list(folder.glob(name))] == []
