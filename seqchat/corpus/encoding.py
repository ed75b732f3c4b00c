"""Id streams on disk, and batches for truncated back-propagation through time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.sources import Dialog
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID, Vocabulary
from seqchat.corpus.words import Segmenter
from seqchat.errors import SeqchatError

NO_TARGET = -1

# What a token is, for the definitions of the measures: a real word, or a part of an out-of-vocabulary one.
NO_WORD, WORD, UNKNOWN_START, UNKNOWN_REST = range(4)


def count_words(dialogs: Iterable[Dialog], segmenter: Segmenter) -> Counter[str]:
    """Count the words of dialogs."""
    counts: Counter[str] = Counter()
    for dialog in dialogs:
        for turn in dialog.turns:
            counts.update(segmenter.split(turn))
    return counts


def split_by_dialog(dialogs: Sequence[Dialog], share: float, seed: int = 0) -> tuple[list[Dialog], list[Dialog]]:
    """Split dialogs into training and validation parts.

    The split follows a hash of each dialog's text: it does not depend on the order of files, and equal dialogs never
    stand on both sides. A single dialog is cut between two turns instead, the validation part last.
    """
    if len(dialogs) == 1:
        turns = dialogs[0].turns
        cut = min(len(turns) - 1, round(len(turns) * (1 - share)))
        if cut < 1:
            raise SeqchatError("The data is a single turn; training needs at least two, one to validate on.")
        return [Dialog(turns[:cut])], [Dialog(turns[cut:])]

    def digest(dialog: Dialog) -> bytes:
        text = "\n".join(dialog.turns).encode()
        return hashlib.blake2b(text, digest_size=8, key=str(seed).encode()).digest()

    digests = [digest(d) for d in dialogs]
    distinct = sorted(set(digests))
    if len(distinct) < 2:
        raise SeqchatError("All dialogs of the data are the same; there is nothing to validate on.")
    held_out = set(distinct[: max(1, round(len(distinct) * share))])
    train = [d for d, h in zip(dialogs, digests, strict=True) if h not in held_out]
    validation = [d for d, h in zip(dialogs, digests, strict=True) if h in held_out]
    return train, validation


@dataclass(frozen=True)
class IdStream:
    """The tokens of a corpus, dialog after dialog, memory-mapped.

    ids: int32 [tokens]; kinds: uint8 [tokens], what each token is; starts: int64 [dialogs + 1], where dialogs begin.
    Each dialog is ``<dialog> word … <turn> word … <turn>``.
    """

    ids: NDArray[np.int32]
    kinds: NDArray[np.uint8]
    starts: NDArray[np.int64]

    @classmethod
    def write(cls, folder: Path, dialogs: Iterable[Dialog], vocabulary: Vocabulary) -> IdStream:
        """Encode dialogs into a folder, one dialog at a time, and open the result."""
        folder.mkdir(parents=True, exist_ok=True)
        starts = [0]
        with (folder / "ids.bin").open("wb") as ids, (folder / "kinds.bin").open("wb") as kinds:
            for dialog in dialogs:
                tokens, token_kinds = encode_dialog(dialog, vocabulary)
                ids.write(np.array(tokens, dtype=np.int32).tobytes())
                kinds.write(np.array(token_kinds, dtype=np.uint8).tobytes())
                starts.append(starts[-1] + len(tokens))
        np.save(folder / "starts.npy", np.array(starts, dtype=np.int64))
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> IdStream:
        """Open what `write` wrote."""
        try:
            starts = np.load(folder / "starts.npy", allow_pickle=False)
            if starts[-1] == 0:
                raise SeqchatError(f"{folder} holds no text.")
            return cls(
                np.memmap(folder / "ids.bin", dtype=np.int32, mode="r", shape=(int(starts[-1]),)),
                np.memmap(folder / "kinds.bin", dtype=np.uint8, mode="r", shape=(int(starts[-1]),)),
                starts,
            )
        except (OSError, ValueError) as error:
            raise SeqchatError(f"The encoded text in {folder} cannot be read ({error}).") from error

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def targets(self) -> int:
        """How many tokens are predicted: all but the first of each dialog."""
        return len(self.ids) - (len(self.starts) - 1)

    @property
    def words(self) -> int:
        """How many real words the text has, those outside the vocabulary included."""
        return int(np.isin(self.kinds, (WORD, UNKNOWN_START)).sum())

    @property
    def unknown_words(self) -> int:
        """How many real words the vocabulary lacks."""
        return int((self.kinds == UNKNOWN_START).sum())


def encode_dialog(dialog: Dialog, vocabulary: Vocabulary) -> tuple[list[int], list[int]]:
    """Return the ids of a dialog and what each of them is (`NO_WORD`, `WORD` …)."""
    ids, kinds = [DIALOG_ID], [NO_WORD]
    for turn in dialog.turns:
        for word in vocabulary.segmenter.split(turn):
            word_ids = vocabulary.encode_word(word)
            ids += word_ids
            if word == "\n":
                kinds.append(NO_WORD)
            elif word in vocabulary:
                kinds.append(WORD)
            else:
                kinds += [UNKNOWN_START] + [UNKNOWN_REST] * (len(word_ids) - 1)
        ids.append(TURN_ID)
        kinds.append(NO_WORD)
    return ids, kinds


@dataclass(frozen=True)
class Batch:
    """A window of tokens of several lanes, time first.

    inputs, targets: int64 [time, lanes], targets `NO_TARGET` behind the end of a dialog; kinds: uint8, those of the
    targets; fresh: bool [lanes], lanes that begin a new dialog and so start from a zero state.
    """

    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    fresh: NDArray[np.bool_]


class Lanes:
    """Batches for truncated back-propagation: each lane reads one dialog after the other, window by window.

    With `seed` the dialogs come in a new random order each epoch, without end; long ones are cut, at other places each
    time, into pieces of at most a lane's fair share of the corpus, so that all lanes have work; and windows vary in
    length around `window` or, `1 − full_window_share` of them, half of it. Without a seed all dialogs come once, whole
    and in order, in windows of that length.
    """

    def __init__(
        self,
        stream: IdStream,
        lanes: int,
        window: int,
        *,
        seed: int | None = None,
        full_window_share: float = 1.0,
    ) -> None:
        self._stream, self._window, self._seed = stream, window, seed
        self._full_window_share = full_window_share
        self._longest = len(stream) if seed is None else max(4 * window, len(stream) // lanes)
        self.epoch, self.batches = 0, 0
        self._next = 0
        self._pieces = self._cut()
        self.lanes = min(lanes, len(self._pieces))
        # For each lane the first token of its piece, the token to read next, and the last, which is only a target.
        self._at: list[tuple[int, int, int] | None] = [self._take() for _ in range(self.lanes)]

    def __iter__(self) -> Iterator[Batch]:
        while any(at is not None for at in self._at):
            yield self._batch()

    def state(self) -> dict[str, Any]:
        """Return the position in the corpus, to be written as JSON."""
        return {"epoch": self.epoch, "batches": self.batches, "next": self._next, "at": self._at}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a position that `state` returned."""
        self.epoch, self.batches, self._next = state["epoch"], state["batches"], state["next"]
        self._pieces = self._cut()
        self._at = [None if at is None else (at[0], at[1], at[2]) for at in state["at"]]

    def _cut(self) -> NDArray[np.int64]:
        """Return the pieces of this epoch in the order of their reading: [pieces, first token and last]."""
        if self._seed is None:
            return _cut_pieces(self._stream.starts, self._longest, None)
        rng = np.random.default_rng([self._seed, self.epoch])
        return rng.permutation(_cut_pieces(self._stream.starts, self._longest, rng))

    def _take(self) -> tuple[int, int, int] | None:
        """Hand out the next piece."""
        if self._next == len(self._pieces):
            if self._seed is None:
                return None
            self.epoch += 1
            self._next = 0
            self._pieces = self._cut()
        first, last = (int(token) for token in self._pieces[self._next])
        self._next += 1
        return first, first, last

    def _length(self) -> int:
        """Draw the length of the next window (Merity, Keskar and Socher 2017, section 4.1)."""
        if self._seed is None or self._full_window_share == 1:
            return self._window
        rng = np.random.default_rng([self._seed, self.batches, 1])
        middle = self._window if rng.random() < self._full_window_share else self._window / 2
        return max(5, min(round(rng.normal(middle, 5)), self._window + 20))

    def _batch(self) -> Batch:
        length = self._length()
        self.batches += 1
        shape = (length, self.lanes)
        inputs = np.zeros(shape, dtype=np.int64)
        targets = np.full(shape, NO_TARGET, dtype=np.int64)
        kinds = np.zeros(shape, dtype=np.uint8)
        fresh = np.zeros(self.lanes, dtype=np.bool_)
        for lane, at in enumerate(self._at):
            if at is None:
                continue
            first, low, last = at
            high = min(low + length, last)
            n = high - low
            inputs[:n, lane] = self._stream.ids[low:high]
            targets[:n, lane] = self._stream.ids[low + 1 : high + 1]
            kinds[:n, lane] = self._stream.kinds[low + 1 : high + 1]
            fresh[lane] = low == first
            self._at[lane] = (first, high, last) if high < last else self._take()
        return Batch(inputs, targets, kinds, fresh)


def _cut_pieces(starts: NDArray[np.int64], longest: int, rng: np.random.Generator | None) -> NDArray[np.int64]:
    """Return [pieces, first token and last] of the dialogs at `starts`; `rng` moves the cuts of long ones."""
    whole = np.stack((starts[:-1], starts[1:] - 1), axis=1)
    long = whole[:, 1] - whole[:, 0] > longest
    cut: list[tuple[int, int]] = []
    for first, last in whole[long].tolist():
        cuts = range(first + (int(rng.integers(longest // 2, longest)) if rng else longest), last, longest)
        cut += zip([first, *cuts], [*cuts, last], strict=True)
    return np.concatenate((whole[~long], np.array(cut, dtype=np.int64).reshape(-1, 2)))
