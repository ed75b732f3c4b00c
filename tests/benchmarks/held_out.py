"""The dialogs of some files that a training on them held out for the benchmarks."""

from __future__ import annotations

from collections.abc import Iterator

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.splitting import digest, hold_out


def held_out_dialogs(sources: list[str], share: float = 0.05) -> Iterator[Dialog]:
    """Yield the held-out dialogs of all files."""
    import numpy as np

    dialogs = list(read_dialogs(sources))
    digests = np.array([digest(dialog) for dialog in dialogs], dtype=np.uint64)
    chosen = hold_out(digests, share).all(digests)
    yield from (dialog for dialog, held in zip(dialogs, chosen, strict=True) if held)
