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

    With `seed` the dialogs come in a new random order each epoch, without end, and long ones are cut into pieces of at
    most a lane's fair share of the corpus, so that all lanes have work. Without, they come once, whole and in order.
    """

    def __init__(self, stream: IdStream, lanes: int, window: int, *, seed: int | None = None) -> None:
        self._stream, self._window, self._seed = stream, window, seed
        longest = len(stream) if seed is None else max(4 * window, len(stream) // lanes)
        self._pieces = _cut_pieces(stream.starts, longest)
        self.lanes = min(lanes, len(self._pieces))
        self.epoch = 0
        self._next = 0
        self._order = self._shuffled()
        self._at = [self._take() for _ in range(self.lanes)]

    def _shuffled(self) -> NDArray[np.int64]:
        if self._seed is None:
            return np.arange(len(self._pieces))
        return np.random.default_rng([self._seed, self.epoch]).permutation(len(self._pieces))

    def _take(self) -> tuple[int, int] | None:
        """Hand out the next piece, as its number and the token to read next."""
        if self._next == len(self._order):
            if self._seed is None:
                return None
            self.epoch += 1
            self._next = 0
            self._order = self._shuffled()
        piece = int(self._order[self._next])
        self._next += 1
        return piece, int(self._pieces[piece, 0])

    def __iter__(self) -> Iterator[Batch]:
        while any(at is not None for at in self._at):
            yield self._batch()

    def _batch(self) -> Batch:
        shape = (self._window, self.lanes)
        inputs = np.zeros(shape, dtype=np.int64)
        targets = np.full(shape, NO_TARGET, dtype=np.int64)
        kinds = np.zeros(shape, dtype=np.uint8)
        fresh = np.zeros(self.lanes, dtype=np.bool_)
        for lane, at in enumerate(self._at):
            if at is None:
                continue
            piece, low = at
            start, end = self._pieces[piece]
            high = min(low + self._window, end)
            n = high - low
            inputs[:n, lane] = self._stream.ids[low:high]
            targets[:n, lane] = self._stream.ids[low + 1 : high + 1]
            kinds[:n, lane] = self._stream.kinds[low + 1 : high + 1]
            fresh[lane] = low == start
            self._at[lane] = (piece, int(high)) if high < end else self._take()
        return Batch(inputs, targets, kinds, fresh)

    def state(self) -> dict[str, Any]:
        """Return the position in the corpus, to be written as JSON."""
        return {"epoch": self.epoch, "next": self._next, "at": self._at}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a position that `state` returned."""
        self.epoch, self._next = state["epoch"], state["next"]
        self._order = self._shuffled()
        self._at = [None if at is None else (at[0], at[1]) for at in state["at"]]


def _cut_pieces(starts: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """Return [pieces, 2]: the first token of each piece and its last, which is only a target."""
    pieces = [
        (low, min(low + limit, last))
        for first, last in zip(starts[:-1], starts[1:] - 1, strict=True)
        for low in range(int(first), int(last), limit)
    ]
    return np.array(pieces, dtype=np.int64)
