"""Properties of the words of a vocabulary that the metrics need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.vocabulary import SPECIAL_WORDS, TURN_ID, UNKNOWN_ID, Vocabulary
from seqchat.evaluation.lexicon_entries import EntryCounter, FoundEntry
from seqchat.evaluation.metrics import TOP_K, Sums
from seqchat.evaluation.predictor import LanePredictions

# Numbers of characters of a word that are typed already
TYPED = (1, 2)


@dataclass(frozen=True)
class WordTable:
    """Lengths, spaces and first characters of words.

    hidden: ids of the words that are never suggested; is_hidden: the same as bool [words]
    lengths: characters [words], 1 for the end of a turn
    space_after, space_before: bool [words]
    groups: for each number of typed characters, the group [words] of words with the same first characters; -1 for words
        that are not longer
    members: for each number of typed characters, the ids of each group
    beginnings: for each number of typed characters, the first characters of each group; numbers: and its number
    """

    hidden: Tensor
    is_hidden: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    space_after: NDArray[np.bool_]
    space_before: NDArray[np.bool_]
    groups: list[NDArray[np.int64]]
    members: list[list[NDArray[np.int64]]]
    beginnings: list[list[str]]
    numbers: list[dict[str, int]]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> WordTable:
        """Make the table of a vocabulary."""
        words = [word.removeprefix(GLUE) or word for word in vocabulary.words]
        special = len(SPECIAL_WORDS)
        lengths = np.array([0] * special + [len(word) for word in words[special:]])
        lengths[[TURN_ID, UNKNOWN_ID]] = 1
        groups, members, beginnings = zip(*(_same_start(words, vocabulary, typed) for typed in TYPED), strict=True)
        after = [False] * special + [vocabulary.segmenter.space_after(word) for word in words[special:]]
        return cls(
            torch.from_numpy(np.flatnonzero(~vocabulary.suggestible)),
            ~vocabulary.suggestible,
            lengths,
            np.array(after),
            np.concatenate(([False] * special, vocabulary.takes_space[special:])),
            list(groups),
            list(members),
            list(beginnings),
            [{beginning: number for number, beginning in enumerate(names)} for names in beginnings],
        )

    def characters(self, inputs: NDArray[np.int64], targets: NDArray[np.int64]) -> int:
        """Return how many characters the targets [tokens] add to the text, each after its input [tokens]."""
        return int(self.lengths[targets].sum() + (self.space_after[inputs] & self.space_before[targets]).sum())

    def typed(
        self,
        k: int,
        predictions: LanePredictions,
        better: NDArray[np.bool_],
        own: NDArray[np.float64],
        known: NDArray[np.int64],
        counter: EntryCounter | None = None,
    ) -> Sums:
        """Return how many words are longer than what is typed, and how many of them are hits of top-k: [1 + top-k].

        k: index into `TYPED`; better: which words are more probable than each token's, as in `better_mask`; own: how
        probable these are, [tokens]; known: indices of the tokens that can be suggested.
        """
        groups = self.groups[k][predictions.targets]
        tokens = known[groups[known] >= 0]
        counts = np.array(
            [
                np.count_nonzero(better[token].take(self.members[k][group]))
                for token, group in zip(tokens.tolist(), groups[tokens].tolist(), strict=True)
            ],
            dtype=np.int64,
        )
        if counter is not None:
            for group in np.unique(groups[tokens]):
                alike = groups[tokens] == group
                before, probs = predictions.inputs[tokens[alike]], own[tokens[alike]]
                counts[alike] += counter.more_probable_starting_with(self.beginnings[k][group], before, probs)
        return np.array([len(tokens), *(np.count_nonzero(counts < top) for top in TOP_K)], dtype=np.float64)

    def typed_entry(self, k: int, entry: FoundEntry, counter: EntryCounter) -> Sums:
        """Return the hits of an entry, if it is longer than what is typed: [1 + top-k], the first of them 0."""
        hits = np.zeros(1 + len(TOP_K))
        beginning = entry.word[: TYPED[k]]
        if len(entry.word) > TYPED[k]:
            before, own = np.array([entry.before]), np.exp([counter.log_prob(entry)])
            better = int(counter.more_probable_starting_with(beginning, before, own)[0])
            if (group := self.numbers[k].get(beginning)) is not None:
                better += int(np.count_nonzero(entry.row.numpy()[self.members[k][group]] > own[0]))
            hits[1:] = [better < top for top in TOP_K]
        return hits


def _same_start(
    words: list[str], vocabulary: Vocabulary, typed: int
) -> tuple[NDArray[np.int64], list[NDArray[np.int64]], list[str]]:
    """Return the groups of suggestible words with the same first characters, their members and characters."""
    found: dict[str, list[int]] = {}
    for word_id in np.flatnonzero(vocabulary.suggestible).tolist():
        if len(words[word_id]) > typed:
            found.setdefault(words[word_id][:typed], []).append(word_id)
    groups = np.full(len(words), -1)
    for number, ids in enumerate(found.values()):
        groups[ids] = number
    return groups, [np.array(ids) for ids in found.values()], list(found)
