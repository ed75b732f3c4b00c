"""jieba's tokenizer, with the words of its dictionary and a person's own."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Mapping
from copy import copy
from functools import cache
from typing import TYPE_CHECKING

from seqchat import locations

if TYPE_CHECKING:
    import jieba


@cache
def tokenizer() -> jieba.Tokenizer:
    """Return jieba's tokenizer; its dictionary is loaded at the first use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    # jieba prints a traceback if its cache cannot be written, but only starts more slowly the next time.
    jieba.setLogLevel(logging.CRITICAL + 1)
    found = jieba.Tokenizer()
    # jieba's default is the shared temporary folder, where anybody could plant a cache.
    try:
        found.tmp_dir = str(locations.cache())
    except OSError:
        found.tmp_dir = os.devnull
    found.initialize()
    return found


def jieba_frequencies() -> dict[str, int]:
    """Return the words of jieba's dictionary with how often each occurs in its corpus."""
    return {word: count for word, count in tokenizer().FREQ.items() if count}


def tokenizer_with(own: Mapping[str, int]) -> jieba.Tokenizer:
    """Return a tokenizer that also knows these words, with how often each occurs in jieba's corpus; in this order."""
    # The words themselves are shared with the other tokenizer.
    found = copy(tokenizer())
    found.FREQ = dict(found.FREQ)
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
