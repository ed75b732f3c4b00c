"""The dialogs of some files that a training on them held out, file by file, for the benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.segmentation import Reading, segmented
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.splitting import digest, held_out
from seqchat.corpus.vocabulary import Vocabulary


def held_out_streams(
    sources: list[str], vocabulary: Vocabulary, folder: Path, share: float = 0.05
) -> Iterator[tuple[str, IdStream]]:
    """Yield each file's name and its held-out dialogs, as `seqchat train` on all of them together chose these."""
    text = segmented(Reading(sources, vocabulary.segmenter.name), folder / "text")
    chosen = held_out(text.digests, share)
    first = 0
    for source in sources:
        count = segmented(Reading([source], vocabulary.segmenter.name), folder / "part").stream.dialogs
        mine = chosen.copy()
        mine[:first] = mine[first + count :] = False
        first += count
        yield Path(source).stem, text.encode(folder / f"of-{first}", vocabulary, mine)


def held_out_dialogs(sources: list[str], share: float = 0.05) -> Iterator[Dialog]:
    """Yield the held-out dialogs of all files."""
    import numpy as np

    dialogs = list(read_dialogs(sources))
    chosen = held_out(np.array([digest(dialog) for dialog in dialogs], dtype=np.uint64), share)
    yield from (dialog for dialog, held in zip(dialogs, chosen, strict=True) if held)
