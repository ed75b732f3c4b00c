"""What predictions are counted by, for each word of a vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.vocabulary import SPECIAL_WORDS, TURN_ID, UNKNOWN_ID, Vocabulary
from seqchat.evaluation.assessment import TOP, Sums

# So many characters of a word are typed already
TYPED = (1, 2)


@dataclass(frozen=True)
class WordTable:
    """Lengths, spaces and beginnings of words.

    hidden: the ids that are never suggested; is_hidden: bool [words]; lengths: characters, 1 for the end of a turn;
    space_after, space_before: bool [words]; groups: for each number of typed characters the group [words] of words that
    begin alike, -1 for those not longer; members: the ids of each group.
    """

    hidden: Tensor
    is_hidden: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    space_after: NDArray[np.bool_]
    space_before: NDArray[np.bool_]
    groups: list[NDArray[np.int64]]
    members: list[list[Tensor]]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> WordTable:
        """Make the table of a vocabulary."""
        words = [word.removeprefix(GLUE) or word for word in vocabulary.words]
        special = len(SPECIAL_WORDS)
        lengths = np.array([0] * special + [len(word) for word in words[special:]])
        lengths[[TURN_ID, UNKNOWN_ID]] = 1
        groups, members = zip(*(_alike(words, vocabulary, typed) for typed in TYPED), strict=True)
        after = [False] * special + [vocabulary.segmenter.space_after(word) for word in words[special:]]
        return cls(
            torch.from_numpy(np.flatnonzero(~vocabulary.suggestible)),
            ~vocabulary.suggestible,
            lengths,
            np.array(after),
            np.concatenate(([False] * special, vocabulary.takes_space[special:])),
            list(groups),
            list(members),
        )

    def characters(self, left: NDArray[np.int64], wanted: NDArray[np.int64]) -> int:
        """Return how many characters words add to the text, each behind the one left of it."""
        return int(self.lengths[wanted].sum() + (self.space_after[left] & self.space_before[wanted]).sum())

    def typed(self, k: int, rows: Tensor, own: Tensor, known: NDArray[np.int64], wanted: NDArray[np.int64]) -> Sums:
        """Return how many known words are longer than what is typed, and how many of them are hits of top-k."""
        groups = self.groups[k][wanted[known]]
        hits = np.zeros(1 + len(TOP))
        for group in np.unique(groups[groups >= 0]):
            mine = torch.from_numpy(known[groups == group])
            better = torch.count_nonzero(rows[mine[:, None], self.members[k][group]] > own[mine], dim=1).numpy()
            hits += [len(mine), *(int((better < top).sum()) for top in TOP)]
        return hits


def _alike(words: list[str], vocabulary: Vocabulary, typed: int) -> tuple[NDArray[np.int64], list[Tensor]]:
    """Return the groups of suggestible words that begin with the same characters, and their members."""
    found: dict[str, list[int]] = {}
    for word_id in np.flatnonzero(vocabulary.suggestible).tolist():
        if len(words[word_id]) > typed:
            found.setdefault(words[word_id][:typed], []).append(word_id)
    groups = np.full(len(words), -1)
    for number, ids in enumerate(found.values()):
        groups[ids] = number
    return groups, [torch.tensor(ids) for ids in found.values()]
