"""Which dialogs are held out for validation."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import NO_WORD, IdStream, StreamWriter
from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID
from seqchat.errors import SeqchatError

_KEY = b"0"


def digest(dialog: Dialog) -> int:
    """Return a hash of a dialog's text, the same everywhere and always."""
    text = "\n".join(dialog.turns).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8, key=_KEY).digest(), "big")


def held_out(digests: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
    """Return which of the dialogs with these hashes [dialogs] are held out, a share of the different ones.

    The choice does not depend on the order of dialogs, and equal dialogs never stand on both sides.
    """
    distinct = np.unique(digests)
    if len(distinct) < 2:
        raise SeqchatError("All dialogs of the data are the same; there is nothing to validate on.")
    chosen: NDArray[np.bool_] = digests <= distinct[max(1, round(len(distinct) * share)) - 1]
    return chosen


def cut_in_two(stream: IdStream, share: float, folder: Path) -> IdStream:
    """Write a text of one dialog as two, cut between two turns with about this share behind the cut."""
    ends = _places(stream, TURN_ID) + 1
    before = min(len(ends) - 1, round(len(ends) * (1 - share)))
    if before < 1:
        raise SeqchatError("The data is a single turn; training needs at least two, one to validate on.")
    cut, first = int(ends[before - 1]), 0
    with StreamWriter(folder) as writer:
        for ids, kinds in stream.blocks():
            place = min(max(cut - first, 0), len(ids))
            writer.append(ids[:place], kinds[:place])
            if 0 <= cut - first < len(ids):
                writer.append(np.array([DIALOG_ID], dtype=np.int32), np.array([NO_WORD], dtype=np.uint8))
            writer.append(ids[place:], kinds[place:])
            first += len(ids)
    return IdStream.open(folder)


def _places(stream: IdStream, wanted: int) -> NDArray[np.int64]:
    """Return where a token stands."""
    found, first = [], 0
    for ids, _ in stream.blocks():
        found.append(np.flatnonzero(ids == wanted) + first)
        first += len(ids)
    return np.concatenate(found)
