"""The words that may come first in a continuation, over all readings of the text's tail."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from seqchat.completion.allowed import allowed
from seqchat.completion.cursor import Cursor
from seqchat.completion.engine import Engine
from seqchat.completion.prediction import logsumexp
from seqchat.completion.reading import Reading, read_tail
from seqchat.completion.scoring import ScoredReading, all_log_probs, score_readings
from seqchat.corpus.vocabulary import TURN_ID


@dataclass(frozen=True)
class FirstWords:
    """The words of all readings, one reading after the other: log-probabilities [choices]."""

    scored: list[ScoredReading]
    sizes: list[int]
    log_probs: Tensor

    def choice(self, index: int) -> tuple[Reading, int, float]:
        """Return the reading and the id of the word with an index, and the word's log-probability."""
        offset = index
        for scored, size in zip(self.scored, self.sizes, strict=True):
            if offset < size:
                word_id = offset if scored.ids is None else int(scored.ids[offset])
                return scored.reading, word_id, float(self.log_probs[index])
            offset -= size
        raise IndexError(index)


def first_words(engine: Engine, cursor: Cursor, *, finished: bool = False) -> FirstWords:
    """Return the words that a continuation may begin with; it adds to what was typed and replaces nothing."""
    predictor = cursor.predictor
    readings = read_tail(cursor, engine.context, engine.vocabulary, pinyin=False, recased=False, finished=finished)
    scored = score_readings(readings, predictor)
    log_normalizer = logsumexp([s.log_normalizer for s in scored])
    # A continuation has at least one word, so the turn cannot end at once.
    mask = allowed(engine, cursor.text.rpartition("\n")[2]).index_fill(0, torch.tensor([TURN_ID]), -math.inf)
    rows = []
    for s in scored:
        row = all_log_probs(s, predictor) - log_normalizer
        rows.append(row + (mask if s.ids is None else mask[s.ids]))
    return FirstWords(scored, [len(row) for row in rows], torch.cat(rows))
