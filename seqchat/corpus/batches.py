"""Batches for truncated back-propagation through time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.encoding import IdStream, is_learned

NO_TARGET = -1


@dataclass(frozen=True)
class Batch:
    """A window of tokens of several lanes, time first.

    inputs, targets: int64 [time, lanes], targets `NO_TARGET` after the end of a dialog; kinds: uint8, those of the
    targets; reset_mask: bool [lanes], lanes that begin a new dialog and so start from a zero state; carried: whether
    the lanes are those of other batches, which the state is carried from and to.
    """

    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    reset_mask: NDArray[np.bool_]
    carried: bool = True

    @property
    def learned_mask(self) -> NDArray[np.bool_]:
        """Which targets are learned and measured, and not only read as context: bool [time, lanes]."""
        learned: NDArray[np.bool_] = (self.targets != NO_TARGET) & is_learned(self.kinds)
        return learned


class Lanes:
    """Batches for truncated back-propagation: each lane reads one dialog after the other, window by window.

    With `seed`, the dialogs come in a new random order in each epoch, without end; long ones are cut, at other
    positions each time, into pieces of at most a lane's fair share of the corpus, so that all lanes have work; and
    windows vary in length around `window` or, `1 − full_window_share` of them, half of it. Without a seed, all dialogs
    come once and whole, in windows of at most that length: in order or, with `longest_first`, so that the lanes end
    theirs at about the same time and little of a window stays empty. `dialogs`: which ones are read, bool [dialogs].
    """

    def __init__(
        self,
        stream: IdStream,
        lanes: int,
        window: int,
        *,
        seed: int | None = None,
        full_window_share: float = 1.0,
        dialogs: NDArray[np.bool_] | None = None,
        longest_first: bool = False,
    ) -> None:
        self._longest_first = longest_first
        self._dialogs = np.ones(stream.dialogs, dtype=np.bool_) if dialogs is None else dialogs
        self._stream, self._window, self._seed = stream, window, seed
        self._full_window_share = full_window_share
        self._longest = len(stream) if seed is None else max(4 * window, len(stream) // lanes)
        self.epoch, self.batches = 0, 0
        self._next = 0
        self._pieces = self._cut()
        self.lanes = min(lanes, len(self._pieces))
        # For each lane the first token of its piece, the next token to read, and the last one, which is only a target.
        self._at: list[tuple[int, int, int] | None] = [self._take() for _ in range(self.lanes)]

    def __iter__(self) -> Iterator[Batch]:
        while any(at is not None for at in self._at):
            yield self._batch()

    def state(self) -> dict[str, Any]:
        """Return the position in the corpus as JSON values."""
        return {"epoch": self.epoch, "batches": self.batches, "next": self._next, "at": list(self._at)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a position that `state` returned."""
        self.epoch, self.batches, self._next = state["epoch"], state["batches"], state["next"]
        self._pieces = self._cut()
        self._at = [None if at is None else (at[0], at[1], at[2]) for at in state["at"]]

    def _cut(self) -> NDArray[np.int64]:
        """Return the pieces of this epoch in their order of reading: [pieces, first token and last]."""
        if self._seed is None:
            pieces = _cut_pieces(self._stream.starts, self._dialogs, self._longest, None)
            order = np.argsort(pieces[:, 0] - pieces[:, 1], kind="stable")
            return pieces[order] if self._longest_first else pieces
        rng = np.random.default_rng([self._seed, self.epoch])
        return rng.permutation(_cut_pieces(self._stream.starts, self._dialogs, self._longest, rng))

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
        if self._seed is None:
            return min(self._window, max(last - low for _, low, last in filter(None, self._at)))
        rng = np.random.default_rng([self._seed, self.batches, 1])
        middle = self._window if rng.random() < self._full_window_share else self._window / 2
        length = round(rng.normal(middle, min(5.0, self._window / 4)))
        return max(min(5, self._window), min(length, self._window + 20))

    def _batch(self) -> Batch:
        length = self._length()
        self.batches += 1
        shape = (length, self.lanes)
        inputs = np.zeros(shape, dtype=np.int64)
        targets = np.full(shape, NO_TARGET, dtype=np.int64)
        kinds = np.zeros(shape, dtype=np.uint8)
        reset_mask = np.zeros(self.lanes, dtype=np.bool_)
        for lane, at in enumerate(self._at):
            if at is None:
                continue
            first, low, last = at
            high = min(low + length, last)
            n = high - low
            inputs[:n, lane] = self._stream.ids[low:high]
            targets[:n, lane] = self._stream.ids[low + 1 : high + 1]
            kinds[:n, lane] = self._stream.kinds[low + 1 : high + 1]
            reset_mask[lane] = low == first
            self._at[lane] = (first, high, last) if high < last else self._take()
        return Batch(inputs, targets, kinds, reset_mask)


def _cut_pieces(
    starts: NDArray[np.int64], dialogs: NDArray[np.bool_], longest: int, rng: np.random.Generator | None
) -> NDArray[np.int64]:
    """Return [pieces, first token and last] of some dialogs of those at `starts`; `rng` moves the cuts of long ones."""
    whole = np.stack((starts[:-1], starts[1:] - 1), axis=1)[dialogs]
    long = whole[:, 1] - whole[:, 0] > longest
    cut: list[tuple[int, int]] = []
    for first, last in whole[long].tolist():
        cuts = range(first + (int(rng.integers(longest // 2, longest)) if rng else longest), last, longest)
        cut += zip([first, *cuts], [*cuts, last], strict=True)
    return np.concatenate((whole[~long], np.array(cut, dtype=np.int64).reshape(-1, 2)))
