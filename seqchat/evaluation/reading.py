"""Reading a text with a model, to measure it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import torch

from seqchat.corpus.batches import Lanes
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.evaluation.predictions import Predictions
from seqchat.evaluation.tally import Tally, unknown_longer
from seqchat.evaluation.word_table import WordTable
from seqchat.model.threads import one_thread

_LANES, _WINDOW = 32, 128


def assess(
    predictions: Callable[[], Predictions],
    stream: IdStream,
    vocabulary: Vocabulary,
    progress: Callable[[float], None] = lambda _: None,
) -> Tally:
    """Read a text once, each dialog from its beginning, and count.

    Its dialogs are dealt out to as many threads as PyTorch has, and `predictions` makes what each of them reads with.
    progress: is told the share that is read.
    """
    table = WordTable.of(vocabulary)
    parts = stream.split(torch.get_num_threads()) or [stream]
    stopped = Event()

    def read(part: IdStream, progress: Callable[[float], None] = lambda _: None) -> Tally:
        lanes = Lanes(part, _LANES, _WINDOW)
        tally, mine, done = Tally(table, lanes.lanes), predictions(), 0
        for batch in lanes:
            for lane, rows in mine.read(batch):
                tally.add(lane, batch, rows)
                done += len(rows)
            progress(done / max(part.targets, 1))
            if stopped.is_set():
                break
        tally.unknown_longer = unknown_longer(part)
        return tally

    with one_thread(), ThreadPoolExecutor(len(parts), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        others = [pool.submit(read, part) for part in parts[1:]]
        try:
            # The parts are alike, so that the first one's progress is that of all.
            return sum((other.result() for other in others), start=read(parts[0], progress))
        finally:
            stopped.set()
