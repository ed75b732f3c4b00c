"""Sums of metrics over a text, as a whole and in groups of its words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.corpus.encoding import UNKNOWN_REST, UNKNOWN_START, WORD, IdStream, is_learned
from seqchat.corpus.vocabulary import SPECIAL_WORDS, TURN_ID
from seqchat.errors import SeqchatError
from seqchat.evaluation.lexicon_entries import EntryCounter, FoundEntry
from seqchat.evaluation.metrics import (
    NATS,
    SUMS,
    TOP_K,
    WORDS,
    Metrics,
    Sums,
    TextMetrics,
    better_mask,
    count_rows,
    token_sums,
)
from seqchat.evaluation.predictor import LanePredictions
from seqchat.evaluation.word_table import TYPED, WordTable

# The groups of each breakdown: their names, and the first value of each
_TURNS = {"1": 1, "2": 2, "3–5": 3, "6–10": 6, "11–20": 11, "21 and later": 21}
_RANKS = {"1–100": 1, "101–1,000": 101, "1,001–5,000": 1_001, "5,001 and later": 5_001}
_UNKNOWN = "not in the vocabulary"


@dataclass(frozen=True)
class TextSums:
    """Sums over a text; those of several texts can be added.

    by_turn: [groups of turns, sums]; by_rank: [groups of frequency ranks and one of unknown words, sums]
    typed: for each number of typed characters, the words that are longer and their hits of top-k: [typed, 1 + top-k]
    unknown_longer: int64 [typed], the words longer than that which the vocabulary lacks
    characters: of the text, int64 []
    entries: how many words the vocabulary lacks and a lexicon has, int64 []
    """

    by_turn: Sums
    by_rank: Sums
    typed: Sums
    unknown_longer: NDArray[np.int64]
    characters: NDArray[np.int64]
    entries: NDArray[np.int64]

    def __add__(self, other: TextSums) -> TextSums:
        return TextSums(
            self.by_turn + other.by_turn,
            self.by_rank + other.by_rank,
            self.typed + other.typed,
            self.unknown_longer + other.unknown_longer,
            self.characters + other.characters,
            self.entries + other.entries,
        )

    def metrics(self) -> TextMetrics:
        """Divide the sums.

        Raises:
            SeqchatError: there is no word among the tokens.
        """
        overall = self.by_turn.sum(axis=0)
        if not overall[WORDS]:
            raise SeqchatError("The text has no word.")
        return TextMetrics(
            overall=Metrics.of(overall),
            bits_per_character=float(overall[NATS]) / math.log(2) / max(int(self.characters), 1),
            oov_rate=float((self.by_rank[-1, WORDS] - self.entries) / overall[WORDS]),
            vocabulary_oov_rate=float(self.by_rank[-1, WORDS] / overall[WORDS]),
            typed=self._typed_metrics(),
            groups={
                "turn": _by_group([*_TURNS], self.by_turn),
                "frequency": _by_group([*_RANKS, _UNKNOWN], self.by_rank),
            },
        )

    def _typed_metrics(self) -> dict[int, dict[str, float]]:
        found = {}
        for typed, (words, *hits), unknown in zip(TYPED, self.typed, self.unknown_longer, strict=True):
            total = words + int(unknown)
            shares = {f"top{k}": hit / total if total else math.nan for k, hit in zip(TOP_K, hits, strict=True)}
            found[typed] = {"words": int(total), **shares}
        return found


class MetricsAccumulator:
    """Adds up the predictions of a text, lane by lane."""

    def __init__(self, table: WordTable, stream: IdStream, counter: EntryCounter | None = None) -> None:
        """Take a counter of its own if there is a lexicon."""
        self._table = table
        self._counter = counter
        # The number of the turn that each lane is in
        self._turns: dict[int, int] = {}
        self.sums = TextSums(
            np.zeros((len(_TURNS), len(SUMS))),
            np.zeros((len(_RANKS) + 1, len(SUMS))),
            np.zeros((len(TYPED), 1 + len(TOP_K))),
            _unknown_longer(stream),
            np.zeros((), dtype=np.int64),
            np.zeros((), dtype=np.int64),
        )

    @torch.inference_mode()
    def add(self, predictions: LanePredictions) -> None:
        """Count tokens of a lane."""
        targets, kinds, probs = predictions.targets, predictions.kinds, predictions.probs
        ids = torch.from_numpy(targets)
        own = probs.gather(1, ids[:, None])[:, 0].double().numpy()
        known = (kinds == WORD) & ~self._table.is_hidden[targets]
        better = better_mask(probs, ids, self._table.hidden)
        counts = count_rows(better)
        if self._counter is not None:
            own *= self._counter.kept(predictions.inputs)
            counts[known] += self._counter.more_probable(predictions.inputs[known], own[known])
        values = token_sums(kinds, known, counts)
        with np.errstate(divide="ignore"):
            values[:, NATS] = -np.log(own)
        learned = is_learned(kinds)
        values[~learned] = 0
        if self._counter is not None:
            for entry in self._counter.entries(predictions, values[:, NATS].copy()):
                self._add_entry(entry, values, self._counter)

        sums = self.sums
        np.add.at(sums.by_turn, self._turn_groups(predictions), values)
        words = targets != TURN_ID
        np.add.at(sums.by_rank, _rank_groups(predictions)[words], values[words])
        sums.characters[...] += self._table.characters(predictions.inputs[learned], targets[learned])
        for k in range(len(TYPED)):
            sums.typed[k] += self._table.typed(k, predictions, better, own, np.flatnonzero(known), self._counter)

    def _add_entry(self, entry: FoundEntry, values: Sums, counter: EntryCounter) -> None:
        """Count a word that a lexicon has: its likelihood and hits are added to those of the token that ends it."""
        self.sums.entries[...] += 1
        log_prob = counter.log_prob(entry)
        before, own = np.array([entry.before]), np.exp([log_prob])
        entry.row[self._table.hidden] = 0
        better = int(torch.count_nonzero(entry.row > own[0])) + int(counter.more_probable(before, own)[0])
        values[entry.token, NATS] -= float(np.logaddexp(-entry.nats, log_prob)) + entry.nats
        values[entry.token, WORDS + 1 : -1] += [better < top for top in TOP_K]
        values[entry.token, -1] += 1 / (1 + better)
        for k in range(len(TYPED)):
            self.sums.typed[k] += self._table.typed_entry(k, entry, counter)

    def _turn_groups(self, predictions: LanePredictions) -> NDArray[np.int64]:
        """Return the group of each token by the number of its turn: [tokens]."""
        first = 1 if predictions.starts_dialog else self._turns[predictions.lane]
        ends = np.cumsum(predictions.targets == TURN_ID)
        self._turns[predictions.lane] = first + int(ends[-1])
        turns = first + np.concatenate(([0], ends[:-1]))
        groups: NDArray[np.int64] = np.searchsorted(list(_TURNS.values()), turns, side="right") - 1
        return groups


def _rank_groups(predictions: LanePredictions) -> NDArray[np.int64]:
    """Return the group of each token by the frequency rank of its word: [tokens]."""
    ranks = predictions.targets - len(SPECIAL_WORDS) + 1
    groups: NDArray[np.int64] = np.searchsorted(list(_RANKS.values()), ranks, side="right") - 1
    groups[(predictions.kinds == UNKNOWN_START) | (predictions.kinds == UNKNOWN_REST)] = len(_RANKS)
    return groups


def _by_group(names: list[str], sums: Sums) -> dict[str, Metrics]:
    return {name: Metrics.of(row) for name, row in zip(names, sums, strict=True) if row[0]}


def _unknown_longer(stream: IdStream) -> NDArray[np.int64]:
    """Return how many words that the vocabulary lacks are longer than each number of typed characters: [typed]."""
    longer = np.zeros(len(TYPED), dtype=np.int64)
    # How many pieces of the last word the blocks so far have
    pieces = 0
    for _, kinds in stream.blocks():
        starts = np.flatnonzero(kinds != UNKNOWN_REST)
        # What comes before the first start continues the last word of the block before.
        first = int(starts[0]) if len(starts) else len(kinds)
        longer += [pieces <= typed < pieces + first for typed in TYPED] if pieces else 0
        lengths = np.diff(np.append(starts, len(kinds)))
        unknown = kinds[starts] == UNKNOWN_START
        longer += [int((lengths[unknown] > typed).sum()) for typed in TYPED]
        continues = len(starts) == 0
        pieces = pieces + first if continues else int(lengths[-1]) if unknown[-1] else 0
    return longer
