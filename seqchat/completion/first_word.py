"""The words that may come first in a continuation, over all readings of the text's tail."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from seqchat.completion.allowed import allowed
from seqchat.completion.cursor import Cursor
from seqchat.completion.engine import Engine
from seqchat.completion.prediction import Predictor, logsumexp
from seqchat.completion.reading import Reading, read_tail
from seqchat.completion.scoring import all_log_probs, entry_weight, score_readings
from seqchat.corpus.lexicon_words import EntrySet
from seqchat.corpus.vocabulary import TURN_ID


@dataclass(frozen=True)
class FirstWords:
    """The words of all readings, one reading after the other: log-probabilities [choices].

    ids: the words of each reading, None for all of the vocabulary.
    """

    readings: list[Reading]
    ids: list[Tensor | None]
    sizes: list[int]
    log_probs: Tensor

    def choice(self, index: int) -> tuple[Reading, int, float]:
        """Return the reading and the id of the word with an index, and the word's log-probability."""
        offset = index
        for reading, ids, size in zip(self.readings, self.ids, self.sizes, strict=True):
            if offset < size:
                return reading, offset if ids is None else int(ids[offset]), float(self.log_probs[index])
            offset -= size
        raise IndexError(index)


def first_words(engine: Engine, cursor: Cursor, *, finished: bool = False) -> FirstWords:
    """Return the words that a continuation may begin with; it adds to what was typed and replaces nothing.

    Words of a lexicon are among them where they finish a word that was begun: elsewhere, nothing in the text speaks for
    one more than for another.
    """
    predictor = cursor.predictor
    readings = read_tail(cursor, engine.context, engine.vocabulary, pinyin=False, recased=False, finished=finished)
    scored = score_readings(readings, predictor)
    log_normalizer = logsumexp([s.log_normalizer for s in scored])
    # A continuation has at least one word, so the turn cannot end at once.
    mask = allowed(engine, cursor.text.rpartition("\n")[2]).index_fill(0, torch.tensor([TURN_ID]), -math.inf)
    ids: list[Tensor | None] = []
    rows = []
    for s in scored:
        row = all_log_probs(s, predictor)
        row = row + (mask if s.ids is None else mask[s.ids])
        if s.ids is None:
            ids.append(None)
        else:
            ids.append(torch.cat([s.ids, *(torch.from_numpy(found.ids) for found in s.reading.entries)]))
            row = torch.cat([row, *(_log_probs(s.reading, found, predictor) for found in s.reading.entries)])
        rows.append(row - log_normalizer)
    return FirstWords([s.reading for s in scored], ids, [len(row) for row in rows], torch.cat(rows))


def _log_probs(reading: Reading, entries: EntrySet, predictor: Predictor) -> Tensor:
    return torch.from_numpy(entries.log_probs) + entry_weight(reading, entries, predictor)
