"""Id streams on disk: the words of dialogs as numbers, memory-mapped."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.vocabulary import DIALOG_ID, SPECIAL_WORDS, TURN_ID
from seqchat.corpus.words import Segmenter
from seqchat.errors import SeqchatError, one_line

# What a token is, for the definitions of the metrics: a real word, or a part of an out-of-vocabulary one.
NO_WORD, WORD, UNKNOWN_START, UNKNOWN_REST = range(4)
# Added to that of a token which is only context: it is read, but neither learned nor measured.
CONTEXT = 4
# What remains without it
KIND = 3

TokenIds = NDArray[np.int32]
Kinds = NDArray[np.uint8]

_BLOCK = 1 << 20


def is_learned(kinds: Kinds) -> NDArray[np.bool_]:
    """Return which tokens are learned and measured, and not only context: bool, as the kinds."""
    learned: NDArray[np.bool_] = (kinds & CONTEXT) == 0
    return learned


class WordEncoder(Protocol):
    """What gives words their ids: a vocabulary, or a lexicon that still grows."""

    @property
    def segmenter(self) -> Segmenter:
        """How texts are cut."""

    def __contains__(self, word: str) -> bool: ...

    def encode_word(self, word: str) -> list[int]:
        """Return the id of a word, or those of its characters."""


def encode_dialog(dialog: Dialog, words: WordEncoder) -> tuple[list[int], list[int]]:
    """Return the ids of a dialog and what each is (`NO_WORD`, `WORD` …, with `CONTEXT` in turns not learned)."""
    ids, kinds = [DIALOG_ID], [NO_WORD]
    for turn, learned in zip(dialog.turns, dialog.learned or (True,) * len(dialog.turns), strict=True):
        first = len(kinds)
        for word in words.segmenter.split(turn):
            word_ids = words.encode_word(word)
            ids += word_ids
            if word == "\n":
                kinds.append(NO_WORD)
            elif word in words:
                kinds.append(WORD)
            else:
                kinds += [UNKNOWN_START] + [UNKNOWN_REST] * (len(word_ids) - 1)
        ids.append(TURN_ID)
        kinds.append(NO_WORD)
        if not learned:
            kinds[first:] = [kind | CONTEXT for kind in kinds[first:]]
    return ids, kinds


@dataclass(frozen=True)
class IdStream:
    """The tokens of a corpus, dialog after dialog, memory-mapped.

    ids: int32 [tokens]; kinds: uint8 [tokens], what each token is; starts: int64 [dialogs + 1], where dialogs begin.
    Each dialog is ``<dialog> word … <turn> word … <turn>``.
    """

    ids: TokenIds
    kinds: Kinds
    starts: NDArray[np.int64]

    @classmethod
    def write(cls, folder: Path, dialogs: Iterable[Dialog], words: WordEncoder) -> IdStream:
        """Encode dialogs into a folder, one dialog at a time, and open the result."""
        with StreamWriter(folder) as writer:
            for dialog in dialogs:
                ids, kinds = encode_dialog(dialog, words)
                writer.append(np.array(ids, dtype=np.int32), np.array(kinds, dtype=np.uint8))
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> IdStream:
        """Open what `write`, or a `StreamWriter`, wrote."""
        try:
            starts = np.load(folder / "starts.npy", mmap_mode="r", allow_pickle=False)
            if not _in_order(starts):
                raise ValueError("its dialogs do not follow each other")
            if starts[-1] == 0:
                raise SeqchatError(f"{folder} holds no text.")
            return cls(
                np.memmap(folder / "ids.bin", dtype=np.int32, mode="r", shape=(int(starts[-1]),)),
                np.memmap(folder / "kinds.bin", dtype=np.uint8, mode="r", shape=(int(starts[-1]),)),
                starts,
            )
        except SeqchatError:
            raise
        except Exception as error:  # NumPy reads a header with Python's own parser, which raises many kinds
            raise SeqchatError(f"The encoded text in {folder} cannot be read ({one_line(error)}).") from error

    def __len__(self) -> int:
        return len(self.ids)

    def blocks(self) -> Iterator[tuple[TokenIds, Kinds]]:
        """Yield the tokens in order, about a million at a time."""
        for start in range(0, len(self), _BLOCK):
            yield np.array(self.ids[start : start + _BLOCK]), np.array(self.kinds[start : start + _BLOCK])

    def counts(self, words: int) -> NDArray[np.int64]:
        """Return how often each of this many words occurs in what is learned: [words]."""
        totals = np.zeros(words, dtype=np.int64)
        for ids, kinds in self.blocks():
            totals += np.bincount(ids[is_learned(kinds)], minlength=words)
        return totals

    def split(self, count: int) -> list[IdStream]:
        """Return at most this many streams that have its dialogs, each about as many tokens."""
        marks = np.linspace(0, len(self), count + 1)[1:-1]
        cuts = np.unique([0, *np.searchsorted(self.starts, marks), self.dialogs])
        tokens = self.starts[cuts]
        return [
            IdStream(self.ids[low:high], self.kinds[low:high], self.starts[first : last + 1] - low)
            for first, last, low, high in zip(cuts[:-1], cuts[1:], tokens[:-1], tokens[1:], strict=True)
            if high > low
        ]

    def selected(self, mask: NDArray[np.bool_]) -> IdStream:
        """Return a stream, in memory, of the dialogs of a mask: bool [dialogs]."""
        lengths = np.diff(self.starts)
        tokens = np.repeat(mask, lengths)
        return IdStream(self.ids[tokens], self.kinds[tokens], np.concatenate(([0], np.cumsum(lengths[mask]))))

    @property
    def targets(self) -> int:
        """How many tokens are predicted: all but the first of each dialog."""
        return len(self.ids) - (len(self.starts) - 1)

    @property
    def dialogs(self) -> int:
        """How many dialogs there are."""
        return len(self.starts) - 1

    @property
    def words(self) -> int:
        """How many real words the text has, those outside the vocabulary included."""
        return sum(int(((kinds == WORD) | (kinds == UNKNOWN_START)).sum()) for _, kinds in self.blocks())

    @property
    def unknown_words(self) -> int:
        """How many real words the vocabulary lacks."""
        return sum(int((kinds == UNKNOWN_START).sum()) for _, kinds in self.blocks())


def _in_order(starts: NDArray[np.int64]) -> bool:
    return (
        starts.ndim == 1
        and starts.dtype == np.int64
        and len(starts) > 0
        and int(starts[0]) == 0
        and bool((np.diff(starts) >= 0).all())
    )


class StreamWriter:
    """Writes an `IdStream` into a folder, piece by piece; the pieces need not be whole dialogs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._starts = array("q")
        self._tokens = 0

    def __enter__(self) -> StreamWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._ids: BinaryIO = (self._folder / "ids.bin").open("wb")
        self._kinds: BinaryIO = (self._folder / "kinds.bin").open("wb")
        return self

    def append(self, ids: TokenIds, kinds: Kinds) -> None:
        """Add tokens; each ``<dialog>`` among them begins a dialog."""
        self._starts.extend((np.flatnonzero(ids == DIALOG_ID) + self._tokens).tolist())
        self._tokens += len(ids)
        self._ids.write(ids.tobytes())
        self._kinds.write(kinds.tobytes())

    def __exit__(self, *_: object) -> None:
        self._ids.close()
        self._kinds.close()
        np.save(self._folder / "starts.npy", np.array([*self._starts, self._tokens], dtype=np.int64))


class Recoding:
    """Maps the ids of one list of words to those of another, which spells the words that it lacks."""

    def __init__(self, words: Sequence[str], target: WordEncoder) -> None:
        special = len(SPECIAL_WORDS)
        spelled = [[i] for i in range(special)] + [target.encode_word(word) for word in words[special:]]
        self._known = np.array([True] * special + [word in target for word in words[special:]])
        self._lengths = np.array([len(ids) for ids in spelled])
        self._first = np.cumsum(self._lengths) - self._lengths
        self._flat = np.array([i for ids in spelled for i in ids], dtype=np.int32)

    def __call__(self, ids: TokenIds, kinds: Kinds) -> tuple[TokenIds, Kinds]:
        """Return the ids and kinds of the same tokens in the other list of words."""
        lengths = self._lengths[ids]
        begins = np.cumsum(lengths) - lengths
        offset = np.arange(lengths.sum()) - np.repeat(begins, lengths)
        new_ids = self._flat[np.repeat(self._first[ids], lengths) + offset]
        new_kinds = np.repeat(kinds, lengths)
        spelled = np.repeat((kinds & KIND == WORD) & ~self._known[ids], lengths)
        unknown = np.where(offset[spelled] == 0, UNKNOWN_START, UNKNOWN_REST)
        new_kinds[spelled] = unknown | (new_kinds[spelled] & CONTEXT)
        return new_ids, new_kinds
