"""Chinese words by the Latin letters of an input method: ``huoguo``, ``huog``, ``hg`` → 火锅."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.words import HAN

_HAN_WORD = re.compile(f"[{HAN}]+")
_LAST = "\U0010ffff"


class PinyinIndex:
    """Sorted keys of every Chinese word: its full pinyin, its first letters, and the mixtures of both."""

    def __init__(self, words: Sequence[tuple[str, int]]) -> None:
        """Read `words`, pairs of a word and its id; words with other than Chinese characters are left out."""
        entries = sorted({(key, i) for word, i in words if _HAN_WORD.fullmatch(word) for key in _keys(word)})
        self._keys = [key for key, _ in entries]
        self._ids = np.array([i for _, i in entries], dtype=np.int64)

    def matching(self, letters: str) -> NDArray[np.int64]:
        """Return the ids of the words whose pinyin may begin with these lower-case letters (ü is v)."""
        low = bisect_left(self._keys, letters)
        high = bisect_left(self._keys, letters + _LAST)
        return np.unique(self._ids[low:high])


def _keys(word: str) -> set[str]:
    """Return the ways to type a word: for each character its syllable or its first letter, the last in full."""
    from pypinyin import Style, lazy_pinyin

    syllables = lazy_pinyin(word, style=Style.NORMAL, v_to_u=False)
    full = "".join(syllables)
    initials = "".join(s[0] for s in syllables)
    if len(syllables) > 4:
        return {full, initials}
    keys = {""}
    for syllable in syllables[:-1]:
        keys = {key + part for key in keys for part in (syllable, syllable[0])}
    return {key + syllables[-1] for key in keys} | {initials}
