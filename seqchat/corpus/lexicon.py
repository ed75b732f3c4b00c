"""Words with their frequencies and readings, far more than a network can learn, in a file that is mapped into memory.

Chinese words are kept by their number of characters. Those of one length are fixed numbers of bytes in order, and so
are their readings, as codes of syllables: binary search finds what begins with some characters, or with some letters of
pinyin, without any index that would have to be built first. All other words are in order too, one after the other.
`lexicon_building` writes the file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.mapped import map_arrays
from seqchat.corpus.scripts import HAN_BASIC
from seqchat.errors import SeqchatError, one_line, quoted

EntryIds = NDArray[np.int64]
Floats = NDArray[np.float32]

FORMAT = 1
MAX_HAN = 8
MAX_LENGTH = 40

# A frequency is stored as its logarithm in 255 steps of 8%, from three in a thousand million upwards.
_STEPS, _DECADES = 255, 8.5
_LAST = "\U0010ffff"
# Of a word that is not Chinese: what fits into a number of 64 bits
_FIRST_BYTES = 8
_HAN_WORD = re.compile(f"[{HAN_BASIC}]{{1,{MAX_HAN}}}")


def coded_frequencies(frequencies: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return relative frequencies in a byte each."""
    logs = 1 + np.log10(np.maximum(frequencies, 10.0**-_DECADES)) / _DECADES
    codes: NDArray[np.uint8] = (logs * _STEPS).round().clip(0, _STEPS).astype(np.uint8)
    return codes


def _log_frequencies(codes: NDArray[np.uint8]) -> Floats:
    table: Floats = ((np.arange(_STEPS + 1) / _STEPS - 1) * _DECADES * np.log(10)).astype(np.float32)
    return np.take(table, codes)


def is_han_word(word: str) -> bool:
    """Whether a word is kept among the Chinese ones: one to eight characters of the basic plane."""
    return _HAN_WORD.fullmatch(word) is not None


def bytes_of(words: Sequence[str], length: int) -> NDArray[np.uint8]:
    """Return words of this many characters in two bytes a character: [words, 2 · length]."""
    return np.frombuffer("".join(words).encode("utf-16-be"), dtype=np.uint8).reshape(len(words), 2 * length)


def _sortable(rows: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """View rows of bytes as items that compare byte by byte."""
    return np.ascontiguousarray(rows).view(f"S{rows.shape[1]}")[:, 0]


@dataclass(frozen=True)
class HanWords:
    """The Chinese words of one length, in order, and their readings, in order too.

    first: the number of the first of them among all entries; characters: uint8 [words, 2 · length]; syllables: uint16
    [readings, length], big-endian codes; readers: [readings], which word each of the readings is of; weights: uint8
    [readings], the share of a word's readings.
    """

    length: int
    first: int
    characters: NDArray[np.uint8]
    syllables: NDArray[np.uint16]
    readers: NDArray[np.uint32]
    weights: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.characters)

    @cached_property
    def keys(self) -> NDArray[np.bytes_]:
        """The words as items that compare in their order."""
        return _sortable(self.characters)

    @cached_property
    def reading_keys(self) -> NDArray[np.bytes_]:
        """The readings as items that compare in their order."""
        return _sortable(self.syllables.view(np.uint8).reshape(len(self.syllables), 2 * self.length))

    @cached_property
    def shares(self) -> Floats:
        """The share of each reading among those of its word: [readings]."""
        return self.weights.astype(np.float32) / np.float32(_STEPS)

    def readings_between(self, codes: Sequence[int], low: int, high: int) -> tuple[int, int]:
        """Return where the readings are that begin with some syllables, and then one with a code from low to high."""
        padding = b"\0" * (2 * (self.length - len(codes) - 1))
        start = np.array([*codes, low], dtype=">u2").tobytes() + padding
        end = np.array([*codes, high], dtype=">u2").tobytes() + padding
        low, high = np.searchsorted(self.reading_keys, np.array([start, end], dtype=self.reading_keys.dtype)).tolist()
        return low, high

    def word(self, index: int) -> str:
        """Return one of the words."""
        return bytes(self.characters[index]).decode("utf-16-be")

    def find(self, words: Sequence[str]) -> EntryIds:
        """Return the entries of some words of this length, -1 for those that are not among them."""
        if not len(self) or not words:
            return np.full(len(words), -1)
        wanted = _sortable(bytes_of(words, self.length))
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self) - 1)
        return np.where(self.keys[at] == wanted, at + self.first, -1)

    def find_word(self, word: str) -> int:
        """Return the entry of a word of this length, -1 if it is not among them."""
        key = word.encode("utf-16-be")
        at = int(np.searchsorted(self.keys, np.array(key, dtype=self.keys.dtype)))
        return at + self.first if at < len(self) and bytes(self.characters[at]) == key else -1

    def starting_with(self, beginning: str) -> EntryIds:
        """Return the entries that begin with some characters, fewer than the length."""
        low = beginning.encode("utf-16-be")
        bounds = np.array([low, low + b"\xff" * (2 * self.length - len(low))], dtype=self.keys.dtype)
        start, end = np.searchsorted(self.keys, bounds)
        return np.arange(start, end) + self.first


class OtherWords:
    """Words that are not Chinese, in order."""

    def __init__(self, first: int, text: NDArray[np.uint8], lengths: NDArray[np.uint8]) -> None:
        self.first = first
        self._text = text
        self._ends = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        self.starting_with = lru_cache(10_000)(self._starting_with)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> str:
        return self._text[self._ends[index] : self._ends[index + 1]].tobytes().decode("utf-8")

    def find(self, word: str) -> int:
        """Return the entry of a word, -1 if it is not among them."""
        at = bisect_left(self, word)
        return at + self.first if at < len(self) and self[at] == word else -1

    def find_all(self, words: Sequence[str]) -> EntryIds:
        """Return the same for many words: [words], first of all by their first bytes."""
        text, ends = _joined([word.encode("utf-8") for word in words])
        wanted, lengths = _first_bytes(text, ends), np.diff(ends)
        low, high = np.searchsorted(self._keys, wanted), np.searchsorted(self._keys, wanted, side="right")
        found = np.full(len(words), -1)
        begun = low < high
        # Of words with the same first bytes, the one that has no others is the first.
        whole = np.flatnonzero(begun & (lengths <= _FIRST_BYTES))
        same = np.diff(self._ends)[low[whole]] == lengths[whole]
        found[whole[same]] = low[whole[same]] + self.first
        for index in np.flatnonzero(begun & (lengths > _FIRST_BYTES)).tolist():
            word, end = words[index], int(high[index])
            at = bisect_left(self, word, int(low[index]), end)
            if at < end and self[at] == word:
                found[index] = at + self.first
        return found

    @cached_property
    def _keys(self) -> NDArray[np.uint64]:
        return _first_bytes(self._text, self._ends)

    def _starting_with(self, beginning: str) -> EntryIds:
        """Return the entries that begin with some characters and are longer."""
        low, high = bisect_left(self, beginning + "\0"), bisect_left(self, beginning + _LAST)
        return np.arange(low, high) + self.first


def _joined(words: Sequence[bytes]) -> tuple[NDArray[np.uint8], EntryIds]:
    ends = np.cumsum([0, *map(len, words)])
    return np.frombuffer(b"".join(words), dtype=np.uint8), ends


def _first_bytes(text: NDArray[np.uint8], ends: EntryIds) -> NDArray[np.uint64]:
    """Return the first bytes of texts, as numbers in the order of the texts; ends: [texts + 1]."""
    starts, lengths = ends[:-1], np.diff(ends)
    keys = np.zeros(len(starts), dtype=np.uint64)
    for index in range(_FIRST_BYTES):
        there = lengths > index
        keys <<= np.uint64(8)
        keys[there] |= text[starts[there] + index]
    return keys


class Lexicon:
    """The words of a file: Chinese ones by length, then all others; an entry is the number of a word in this order."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Take what `lexicon_building.arrays_of` made."""
        self.han: list[HanWords] = []
        first = 0
        for length in range(1, MAX_HAN + 1):
            parts = [arrays[f"han.{length}.{part}"] for part in ("characters", "syllables", "readers", "weights")]
            characters, syllables, readers, weights = parts
            if not (
                characters.shape[1:] == (2 * length,)
                and syllables.shape[1:] == (2 * length,)
                and len(syllables) == len(readers) == len(weights)
                and (not len(readers) or int(readers.max()) < len(characters))
            ):
                raise ValueError(f"its words of {length} characters do not fit their readings")
            self.han.append(
                HanWords(length, first, characters, syllables.view(">u2").reshape(-1, length), readers, weights)
            )
            first += len(characters)
        self.han_words = first
        self.others = OtherWords(first, arrays["other.text"], arrays["other.lengths"])
        self.syllables: list[str] = arrays["syllables"].tobytes().decode("ascii").split()
        codes = arrays["frequencies"]
        if len(codes) != len(self) or int(arrays["other.lengths"].sum(dtype=np.int64)) != len(arrays["other.text"]):
            raise ValueError("its words do not fit their frequencies")
        self._codes = codes

    @classmethod
    def open(cls, path: Path) -> Lexicon:
        """Map a file.

        Raises:
            SeqchatError: it is missing, damaged, or of a newer format.
        """
        arrays, notes = map_arrays(path)
        if notes.get("seqchat-lexicon") != str(FORMAT):
            raise SeqchatError(
                f"{one_line(path, 300)} is not a lexicon of format {FORMAT} ({quoted(notes.get('seqchat-lexicon'))}); "
                "make it again with 'seqchat lexicon'."
            )
        try:
            return cls(arrays)
        except (KeyError, ValueError, IndexError) as error:
            raise SeqchatError(f"{one_line(path, 300)} is damaged ({one_line(error)}).") from error

    def __len__(self) -> int:
        return self.han_words + len(self.others)

    @property
    def log_frequencies(self) -> Floats:
        """The logarithm of how frequent each word is in its language: [entries]."""
        return _log_frequencies(self._codes)

    def word(self, entry: int) -> str:
        """Return the word of an entry."""
        if entry >= self.han_words:
            return self.others[entry - self.han_words]
        for words in self.han:
            if entry < words.first + len(words):
                return words.word(entry - words.first)
        raise IndexError(entry)

    def __iter__(self) -> Iterator[str]:
        return map(self.word, range(len(self)))

    def find(self, words: Sequence[str]) -> EntryIds:
        """Return the entries of words: [words], -1 for those that are not in the lexicon."""
        found = np.full(len(words), -1)
        lengths = np.array([len(word) if is_han_word(word) else 0 for word in words], dtype=np.int64)
        for han in self.han:
            at = np.flatnonzero(lengths == han.length).tolist()
            found[at] = han.find([words[i] for i in at])
        at = np.flatnonzero(lengths == 0).tolist()
        found[at] = self.others.find_all([words[i] for i in at])
        return found

    def find_word(self, word: str) -> int:
        """Return the entry of a word, -1 if it is not in the lexicon."""
        return self.han[len(word) - 1].find_word(word) if is_han_word(word) else self.others.find(word)

    def starting_with(self, beginning: str) -> EntryIds:
        """Return the entries of the words that begin with these characters and are longer."""
        if not is_han_word(beginning):
            return self.others.starting_with(beginning)
        found = [words.starting_with(beginning) for words in self.han[len(beginning) :]]
        return np.concatenate([*found, self.others.starting_with(beginning)])
