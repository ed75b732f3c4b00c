"""Which dialogs are held out for validation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import NO_WORD, IdStream, StreamWriter, is_learned
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID
from seqchat.errors import SeqchatError

_KEY = b"0"


def digest(dialog: Dialog) -> int:
    """Return a hash of a dialog's text, the same everywhere and always."""
    text = "\n".join(dialog.turns).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8, key=_KEY).digest(), "big")


@dataclass(frozen=True)
class HeldOut:
    """Which dialogs a training has not learned from: those with a hash up to `last`.

    Half of them are for validation, which chooses when to stop and what to mix in; the others, those with an even hash,
    choose nothing. If a half would be empty, all are for validation and `tested` is false.
    """

    last: int
    tested: bool

    def held_out_mask(self, digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return which of the dialogs with these hashes [dialogs] were held out."""
        return digests <= np.uint64(self.last)

    def test_mask(self, digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return which of them were used to choose nothing."""
        return self.held_out_mask(digests) & _even(digests) & self.tested

    def validation_mask(self, digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return which of them are for validation."""
        return self.held_out_mask(digests) & ~self.test_mask(digests)


# How much a rule may hold out in place of a share: from half to four times as much.
_LEAST, _MOST = 0.5, 4.0


def hold_out(digests: NDArray[np.uint64], share: float, before: HeldOut | None = None) -> HeldOut:
    """Hold out a share of the different ones among dialogs with these hashes [dialogs].

    The choice does not depend on the order of dialogs, and equal dialogs are never on both sides. before: an earlier
    choice, which is kept if it holds out about as much, so that what was held out stays so.
    """
    distinct = np.unique(digests)
    if len(distinct) < 2:
        raise SeqchatError("All dialogs of the data are the same; there is nothing to validate on.")
    wanted = max(1, round(len(distinct) * share))
    held = distinct[:wanted]
    last = int(held[-1])
    if before is not None:
        kept = distinct[before.held_out_mask(distinct)]
        if wanted * _LEAST <= len(kept) <= min(wanted * _MOST, len(distinct) - 1):
            held, last = kept, before.last
    even = _even(held)
    return HeldOut(last, bool(even.any() and not even.all()))


def _even(digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
    even: NDArray[np.bool_] = digests % np.uint64(2) == 0
    return even


def cut_in_two(stream: IdStream, share: float, folder: Path) -> IdStream:
    """Write a text of one dialog as two, cut after a turn that is learned, with about this share of these after it."""
    ends = _ends_of_learned(stream) + 1
    before = min(len(ends) - 1, round(len(ends) * (1 - share)))
    if before < 1:
        raise SeqchatError("There is a single turn to learn; training needs at least two, one to validate on.")
    cut, first = int(ends[before - 1]), 0
    with StreamWriter(folder) as writer:
        for ids, kinds in stream.blocks():
            offset = min(max(cut - first, 0), len(ids))
            writer.append(ids[:offset], kinds[:offset])
            if 0 <= cut - first < len(ids):
                writer.append(np.array([DIALOG_ID], dtype=np.int32), np.array([NO_WORD], dtype=np.uint8))
            writer.append(ids[offset:], kinds[offset:])
            first += len(ids)
    return IdStream.open(folder)


def _ends_of_learned(stream: IdStream) -> NDArray[np.int64]:
    """Return the positions at which turns end that are learned."""
    found, first = [], 0
    for ids, kinds in stream.blocks():
        found.append(np.flatnonzero((ids == TURN_ID) & is_learned(kinds)) + first)
        first += len(ids)
    return np.concatenate(found)
