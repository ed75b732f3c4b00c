"""Counting what predictions hit, on the whole text and in groups of its words."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.corpus.batches import Batch
from seqchat.corpus.encoding import UNKNOWN_REST, UNKNOWN_START, WORD, IdStream, Kinds
from seqchat.corpus.vocabulary import SPECIAL_WORDS, TURN_ID
from seqchat.errors import SeqchatError
from seqchat.evaluation.assessment import SUMS, TOP, Assessment, Measures, Sums
from seqchat.evaluation.word_table import TYPED, WordTable

# The groups of each way to look closer: what they are called, and the first value of each
_TURNS = {"1": 1, "2": 2, "3–5": 3, "6–10": 6, "11–20": 11, "21 and later": 21}
_RANKS = {"1–100": 1, "101–1,000": 101, "1,001–5,000": 1_001, "5,001 and later": 5_001}
_UNKNOWN = "not in the vocabulary"


class Tally:
    """Sums over a text; those of several texts can be added."""

    def __init__(self, table: WordTable, lanes: int) -> None:
        self._table = table
        self._turn = np.ones(lanes, dtype=np.int64)
        self._by_turn = np.zeros((len(_TURNS), len(SUMS)))
        self._by_rank = np.zeros((len(_RANKS) + 1, len(SUMS)))
        self._characters = 0
        self._typed = np.zeros((len(TYPED), 1 + len(TOP)))
        # How many words that the vocabulary lacks are longer than what is typed
        self.unknown_longer: NDArray[np.int64] = np.zeros(len(TYPED), dtype=np.int64)

    @torch.inference_mode()
    def add(self, lane: int, batch: Batch, rows: Tensor) -> None:
        """Count a lane's targets in a batch, given the probabilities [targets, words]; these are changed."""
        count = len(rows)
        wanted, kinds = batch.targets[:count, lane], batch.kinds[:count, lane]
        places = torch.from_numpy(wanted)[:, None]
        own = rows.gather(1, places)
        rows[:, self._table.hidden] = 0
        known = np.flatnonzero((kinds == WORD) & ~self._table.is_hidden[wanted])
        # Counting is several times as fast as summing.
        better = torch.count_nonzero(rows > own, dim=1).numpy()[known]
        values = _values(own[:, 0].double().log().numpy(), kinds, known, better)
        self._count_turns(lane, batch, wanted, values)
        ranks = np.searchsorted(list(_RANKS.values()), wanted - len(SPECIAL_WORDS) + 1, side="right") - 1
        ranks[(kinds == UNKNOWN_START) | (kinds == UNKNOWN_REST)] = len(_RANKS)
        np.add.at(self._by_rank, ranks[wanted != TURN_ID], values[wanted != TURN_ID])
        self._characters += self._table.characters(batch.inputs[:count, lane], wanted)
        for k in range(len(TYPED)):
            self._typed[k] += self._table.typed(k, rows, own, known, wanted)

    def __add__(self, other: Tally) -> Tally:
        self._by_turn += other._by_turn
        self._by_rank += other._by_rank
        self._characters += other._characters
        self._typed += other._typed
        self.unknown_longer = self.unknown_longer + other.unknown_longer
        return self

    def assessment(self) -> Assessment:
        """Return the measures of all that was counted.

        Raises:
            SeqchatError: that was no word.
        """
        sums = self._by_turn.sum(axis=0)
        if not sums[SUMS.index("words")]:
            raise SeqchatError("The text has no word.")
        typed = {}
        for typed_characters, (words, *hits), unknown in zip(TYPED, self._typed, self.unknown_longer, strict=True):
            whole = words + int(unknown)
            shares = {f"top{k}": hit / whole if whole else math.nan for k, hit in zip(TOP, hits, strict=True)}
            typed[typed_characters] = {"words": int(whole), **shares}
        unknown = self._by_rank[len(_RANKS), SUMS.index("words")]
        return Assessment(
            Measures.of(sums),
            float(sums[SUMS.index("nats")]) / math.log(2) / max(self._characters, 1),
            float(unknown / sums[SUMS.index("words")]),
            typed,
            {
                "turn": _measured([*_TURNS], self._by_turn),
                "frequency": _measured([*_RANKS, _UNKNOWN], self._by_rank),
            },
        )

    def _count_turns(self, lane: int, batch: Batch, wanted: NDArray[np.int64], values: Sums) -> None:
        if batch.reset_mask[lane]:
            self._turn[lane] = 1
        ends = np.cumsum(wanted == TURN_ID)
        turns = self._turn[lane] + np.concatenate(([0], ends[:-1]))
        self._turn[lane] += ends[-1]
        groups = np.searchsorted(list(_TURNS.values()), turns, side="right") - 1
        np.add.at(self._by_turn, groups, values)


def _values(logs: Sums, kinds: Kinds, known: NDArray[np.int64], better: NDArray[np.int64]) -> Sums:
    """Return what each token adds to the sums: [tokens, sums]."""
    values = np.zeros((len(logs), len(SUMS)))
    values[:, 0], values[:, 1] = 1, -logs
    values[:, 2] = (kinds == WORD) | (kinds == UNKNOWN_START)
    for k, top in enumerate(TOP):
        values[known, 3 + k] = better < top
    values[known, 3 + len(TOP)] = 1 / (1 + better)
    return values


def _measured(names: list[str], sums: Sums) -> dict[str, Measures]:
    return {name: Measures.of(row) for name, row in zip(names, sums, strict=True) if row[0]}


def unknown_longer(stream: IdStream) -> NDArray[np.int64]:
    """Return how many words that the vocabulary lacks have more characters than are typed, for each number of these."""
    longer = np.zeros(len(TYPED), dtype=np.int64)
    pieces = 0
    for _, kinds in stream.blocks():
        starts = np.flatnonzero(kinds != UNKNOWN_REST)
        # What stands before the first start goes on with the last word of the block before.
        first = int(starts[0]) if len(starts) else len(kinds)
        longer += [pieces <= typed < pieces + first for typed in TYPED] if pieces else 0
        lengths = np.diff(np.append(starts, len(kinds)))
        unknown = kinds[starts] == UNKNOWN_START
        longer += [int((lengths[unknown] > typed).sum()) for typed in TYPED]
        goes_on = len(starts) == 0
        pieces = pieces + first if goes_on else int(lengths[-1]) if unknown[-1] else 0
    return longer
