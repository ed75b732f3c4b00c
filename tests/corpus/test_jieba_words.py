"""jieba's dictionary is mapped from the user's cache; texts are cut as jieba cuts them."""

import jieba
import pytest

from seqchat.corpus import jieba_dictionary, jieba_words
from seqchat.corpus.jieba_dictionary import JiebaDictionary, write_dictionary
from seqchat.errors import SeqchatError

WORDS = {"中": 3, "中国": 5, "中国人": 2, "人": 4, "人民": 0, "人民币": 1, "T恤": 6}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "words.safetensors"
    write_dictionary(WORDS, 21, path)
    return path


def test_only_words_that_a_text_may_have_are_read(path):
    words = JiebaDictionary(path)
    assert (words.frequencies, words.total) == ({}, 21)
    words.know("人x")
    assert words.frequencies == {"人": 4, "人民": 0, "人民币": 1}
    words.know("T中人")
    assert words.frequencies == words.whole() == WORDS


def test_words_of_many_characters_are_forgotten_and_read_again(path, monkeypatch):
    words = JiebaDictionary(path)
    monkeypatch.setattr(jieba_dictionary, "_MANY", 2)
    kept = words.frequencies
    words.know("中人")
    words.forget()
    assert len(kept) == len(WORDS) - 1
    words.know("T")
    words.forget()
    assert kept == {}
    words.know("T")
    assert words.frequencies is kept
    assert kept == {"T恤": 6}


@pytest.mark.slow
def test_texts_are_cut_alike_after_words_were_forgotten(monkeypatch):
    texts = ["我们明天下午三点在公司开会", "小帅说杭研大厦打折"]
    expected = [jieba_words.cut(text) for text in texts]
    _, words = jieba_words._tokenizer()
    monkeypatch.setattr(jieba_dictionary, "_MANY", 0)
    jieba_words.forget_words()
    assert words is None or not words.frequencies
    assert [jieba_words.cut(text) for text in texts] == expected


@pytest.mark.parametrize("content", [b"", b"\0" * 40])
def test_a_damaged_file_is_an_error(path, content):
    path.write_bytes(content)
    with pytest.raises(SeqchatError):
        JiebaDictionary(path)


def test_a_damaged_cache_is_written_again(tmp_path, monkeypatch):
    monkeypatch.setattr(jieba_dictionary, "cache", lambda: tmp_path)
    monkeypatch.setattr(jieba_dictionary, "run_apart", lambda *_: False)
    monkeypatch.setattr(jieba.Tokenizer, "gen_pfdict", staticmethod(lambda file: (file.close(), (WORDS, 21))[1]))
    jieba_dictionary.dictionary()
    (found,) = (tmp_path / "jieba").glob("*.safetensors")
    found.write_bytes(b"no dictionary")
    assert jieba_dictionary.dictionary().whole() == WORDS


@pytest.mark.slow
def test_another_process_reads_the_whole_dictionary(tmp_path, monkeypatch):
    monkeypatch.setattr(jieba_dictionary, "cache", lambda: tmp_path)
    monkeypatch.delattr(jieba.Tokenizer, "gen_pfdict")
    words = jieba_dictionary.dictionary()
    words.know("北京")
    assert words.total > words.frequencies["北京"] > words.frequencies["北京烤鸭"] > 0


@pytest.mark.slow
def test_texts_are_cut_as_by_jieba_with_and_without_a_cache(monkeypatch):
    plain = jieba.Tokenizer()
    plain.FREQ, plain.total, plain.initialized = jieba_words.tokenizer_with({}).FREQ, plain.total, True
    plain.total = jieba_words._tokenizer()[0].total
    texts = ["我们明天下午三点在公司开会", "小帅说T恤打3.5折，杭研大厦", "𠮷野家 hello卡拉OK"]
    expected = [tuple(plain.cut(text)) for text in texts]
    assert [jieba_words.cut(text) for text in texts] == expected

    def no_cache():
        raise SeqchatError("The cache cannot be written.")

    monkeypatch.setattr(jieba_words, "dictionary", no_cache)
    monkeypatch.setattr(jieba_words, "_tokenizer", jieba_words._tokenizer.__wrapped__)
    assert [jieba_words.cut(text) for text in texts] == expected
