"""The words that may come first in a continuation, over all readings of the text's tail."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from seqchat.completion.cursor import Cursor
from seqchat.completion.engine import Engine
from seqchat.completion.prediction import logsumexp
from seqchat.completion.reading import Reading, read_tail
from seqchat.completion.scoring import ScoredReading, all_log_probs, score_readings
from seqchat.corpus.vocabulary import DIALOG_ID, PAD_ID, TURN_ID, UNKNOWN_ID

# Words that are never generated
NEVER = torch.tensor([PAD_ID, UNKNOWN_ID, DIALOG_ID])
# A continuation has at least one word, so the turn cannot end at once.
_NEVER_FIRST = torch.tensor([PAD_ID, UNKNOWN_ID, DIALOG_ID, TURN_ID])


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


def first_words(engine: Engine, cursor: Cursor) -> FirstWords:
    """Return the words that a continuation may begin with."""
    predictor = cursor.predictor
    scored = score_readings(read_tail(cursor, engine.context, engine.vocabulary, pinyin=False), predictor)
    log_normalizer = logsumexp([s.log_normalizer for s in scored])
    rows = []
    for s in scored:
        row = all_log_probs(s, predictor) - log_normalizer
        rows.append(row.index_fill(0, _NEVER_FIRST, -math.inf) if s.ids is None else row)
    return FirstWords(scored, [len(row) for row in rows], torch.cat(rows))
