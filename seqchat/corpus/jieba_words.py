"""jieba's tokenizer, with the words of its dictionary and a person's own."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Iterable, Mapping
from copy import copy
from functools import cache
from typing import TYPE_CHECKING

from seqchat.corpus.jieba_dictionary import JiebaDictionary, dictionary
from seqchat.errors import SeqchatError

if TYPE_CHECKING:
    import jieba


# Words are not forgotten while a text is cut in another thread.
_CUTTING = threading.Lock()


@cache
def _tokenizer() -> tuple[jieba.Tokenizer, JiebaDictionary | None]:
    """Return jieba's tokenizer, and where its words are read from as they are needed; None if it has them all."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    # jieba prints a traceback if its cache cannot be written, but only starts more slowly the next time.
    jieba.setLogLevel(logging.CRITICAL + 1)
    found = jieba.Tokenizer()
    try:
        words = dictionary()
    except (OSError, SeqchatError):
        # jieba's default is the shared temporary folder, where anybody could plant a cache.
        found.tmp_dir = os.devnull
        found.initialize()
        return found, None
    found.FREQ, found.total, found.initialized = words.frequencies, words.total, True
    return found, words


def cut(block: str) -> tuple[str, ...]:
    """Cut a text into words."""
    found, words = _tokenizer()
    with _CUTTING:
        if words is not None:
            words.know(block)
        return tuple(found.cut(block))


def forget_words() -> None:
    """Give back the memory of the dictionary's words, if those of many characters were read; cutting is as before."""
    if _tokenizer.cache_info().currsize:
        _, words = _tokenizer()
        with _CUTTING:
            if words is not None:
                words.forget()


def jieba_frequencies() -> dict[str, int]:
    """Return the words of jieba's dictionary with how often each occurs in its corpus."""
    return {word: count for word, count in _all_words().items() if count}


def _all_words() -> dict[str, int]:
    found, words = _tokenizer()
    return dict(found.FREQ) if words is None else words.whole()


def tokenizer_with(own: Mapping[str, int]) -> jieba.Tokenizer:
    """Return a tokenizer that also knows these words, with how often each occurs in jieba's corpus; in this order."""
    found = copy(_tokenizer()[0])
    found.FREQ = _all_words()
    for word, count in own.items():
        found.add_word(word, count)
    return found


def whole_words(words: Iterable[str]) -> dict[str, int]:
    """Return how often each of some words would have to occur so that jieba does not cut it, shorter words first."""
    found = tokenizer_with({})
    ordered = sorted(dict.fromkeys(words), key=lambda word: (len(word), word))
    for word in ordered:
        found.add_word(word)
    return {word: found.FREQ[word] for word in ordered}
