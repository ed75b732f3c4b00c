"""What training reads: lanes of long dialogs, and between them batches of short ones, of about the same length.

In a lane, a single sentence would leave most of its window empty, and the network would read the padding for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.batches import NO_TARGET, Batch, Lanes
from seqchat.corpus.encoding import IdStream

# Fewer short dialogs than this for each lane are read in lanes.
_MIN_DIALOGS = 4


@dataclass
class _Position:
    """How far the short dialogs are read: the epoch, its next batch, and the targets read in all epochs."""

    epoch: int = 0
    next: int = 0
    targets: int = 0


class TrainingBatches:
    """Batches of a text in a random order, epoch after epoch, without end.

    Dialogs of at most half a window are batched by their length, so that such a batch has as many tokens as one of the
    lanes; the share of these batches follows the share of their tokens in the text.
    """

    def __init__(
        self,
        stream: IdStream,
        lanes: int,
        window: int,
        *,
        seed: int,
        full_window_share: float = 1.0,
        group_short: bool = True,
    ) -> None:
        """Take a text; `group_short` false reads all dialogs in lanes, as versions without these batches did."""
        self._stream, self._seed, self._size = stream, seed, lanes * window
        targets = np.diff(stream.starts) - 1
        self._short = _short_dialogs(targets, lanes, window // 2)
        if not group_short or len(self._short) < _MIN_DIALOGS * lanes:
            self._short = self._short[:0]
        long = np.ones(stream.dialogs, dtype=np.bool_)
        long[self._short] = False
        self._lanes = Lanes(stream, lanes, window, seed=seed, full_window_share=full_window_share, dialogs=long)
        self._lane_targets = 0
        self._short_share = float(targets[self._short].sum() / max(targets.sum(), 1))
        self._at = _Position()
        self._groups = self._grouped()

    @property
    def lanes(self) -> int:
        """How many lanes carry a state from batch to batch."""
        return self._lanes.lanes

    def __iter__(self) -> Iterator[Batch]:
        lanes = iter(self._lanes)
        while True:
            read = self._at.targets + self._lane_targets
            if self._groups and self._at.targets <= self._short_share * read:
                yield self._short_batch()
            else:
                batch = next(lanes)
                self._lane_targets += int((batch.targets != NO_TARGET).sum())
                yield batch

    def state(self) -> dict[str, Any]:
        """Return the position in the text as JSON values."""
        at = self._at
        short = {"epoch": at.epoch, "next": at.next, "targets": at.targets, "lane_targets": self._lane_targets}
        return {**self._lanes.state(), "short": short if self._groups else None}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a position that `state` returned."""
        self._lanes.restore(state)
        if short := state.get("short"):
            self._at = _Position(short["epoch"], short["next"], short["targets"])
            self._lane_targets = short["lane_targets"]
            self._groups = self._grouped()

    def _grouped(self) -> list[NDArray[np.int64]]:
        """Return the batches of short dialogs of this epoch, in their order."""
        if not len(self._short):
            return []
        rng = np.random.default_rng([self._seed, self._at.epoch, 2])
        lengths = np.diff(self._stream.starts)[self._short] - 1
        # The order among dialogs of one length is random, and so are the batches that they are in.
        order = np.lexsort((rng.random(len(lengths)), lengths))
        groups, first = [], 0
        while first < len(order):
            last = first + self._columns(lengths[order[first:]])
            groups.append(self._short[order[first:last]])
            first = last
        return [groups[i] for i in rng.permutation(len(groups))]

    def _columns(self, lengths: NDArray[np.int64]) -> int:
        """Return how many of the first of these lengths, which ascend, fill a batch."""
        most = min(self._size // max(int(lengths[0]), 1), len(lengths))
        fitting = np.arange(1, most + 1) * lengths[:most] <= self._size
        return max(int(fitting.sum()), 1)

    def _short_batch(self) -> Batch:
        """Return the next batch of whole dialogs; all begin from a state of zeros, and none is carried on."""
        dialogs = self._groups[self._at.next]
        starts, targets = (
            self._stream.starts[dialogs],
            self._stream.starts[dialogs + 1] - self._stream.starts[dialogs] - 1,
        )
        time = np.arange(int(targets.max()))[:, None]
        valid = time < targets
        at = np.where(valid, starts + time, 0)
        ids, kinds = self._stream.ids, self._stream.kinds
        batch = Batch(
            np.where(valid, ids[at], 0).astype(np.int64),
            np.where(valid, ids[at + 1], NO_TARGET).astype(np.int64),
            np.where(valid, kinds[at + 1], 0).astype(np.uint8),
            np.ones(len(dialogs), dtype=np.bool_),
            carried=False,
        )
        self._at.targets += int(targets.sum())
        self._at.next += 1
        if self._at.next == len(self._groups):
            self._at.epoch, self._at.next = self._at.epoch + 1, 0
            self._groups = self._grouped()
        return batch


def _short_dialogs(targets: NDArray[np.int64], lanes: int, longest: int) -> NDArray[np.int64]:
    """Return the dialogs of at most `longest` targets [dialogs], of these all but enough to fill the lanes."""
    short = np.flatnonzero(targets <= longest)
    missing = max(lanes - (len(targets) - len(short)), 0)
    return np.sort(short[np.argsort(targets[short], kind="stable")[: len(short) - missing]])
