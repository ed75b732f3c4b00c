"""Words of a text that a lexicon has and the vocabulary lacks: spelled by the stream, and entries at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.encoding import UNKNOWN_REST, UNKNOWN_START
from seqchat.corpus.extra_words import ExtraWords
from seqchat.corpus.lexicon_words import EntrySet
from seqchat.corpus.vocabulary import UNKNOWN_ID, Vocabulary
from seqchat.evaluation.predictor import LanePredictions
from seqchat.model.mixture import LexiconMixture

# An entry is not more probable than itself; logarithms of float32 are this exact.
_ROUNDING = 1e-5


@dataclass(frozen=True)
class FoundEntry:
    """A word of the text that is an entry.

    token: the index of its end among the predictions that are being counted; part, log_prob: its part of the lexicon,
    and log P(word | part); before: the word before it; ids: of its characters; nats: of these, when it is spelled; row:
    [words], the probabilities of the vocabulary's words instead of it.
    """

    token: int
    word: str
    part: int
    log_prob: float
    before: int
    ids: list[int]
    nats: float
    row: Tensor


@dataclass
class _Spelled:
    """A word that is being spelled, with what was known before its first character."""

    before: int
    row: Tensor
    nats: float
    ids: list[int]


class EntryCounter:
    """Finds entries in a text, and counts how many of them are more probable than other words."""

    def __init__(self, vocabulary: Vocabulary, lexicon: ExtraWords, mixture: LexiconMixture) -> None:
        self._vocabulary, self._lexicon, self._mixture = vocabulary, lexicon, mixture
        self._kept: NDArray[np.float32] = mixture.kept[mixture.contexts].astype(np.float32)
        self._spelled: dict[int, _Spelled] = {}

    def kept(self, inputs: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return what the lexicon leaves to the words of the vocabulary after each of some words: [words]."""
        return self._kept[inputs]

    def more_probable(self, before: NDArray[np.int64], probs: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many entries are more probable than words with these probabilities, each after a word: [words]."""
        return self._count(self._lexicon.everything, before, probs)

    def more_probable_starting_with(
        self, beginning: str, before: NDArray[np.int64], probs: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Return the same for the entries that begin with some characters and are longer."""
        return self._count(self._lexicon.starting_with(beginning), before, probs)

    def _count(
        self, sets: tuple[EntrySet, ...], before: NDArray[np.int64], probs: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        counts = np.zeros(len(probs), dtype=np.int64)
        for found in sets:
            shares = self._mixture.shares[self._mixture.contexts[before], found.part]
            with np.errstate(divide="ignore"):
                limits = np.log(probs) - np.log(shares) + _ROUNDING
            counts += len(found.ids) - np.searchsorted(found.ascending, limits, side="right")
        return counts

    def entries(self, predictions: LanePredictions, nats: NDArray[np.float64]) -> Iterator[FoundEntry]:
        """Yield the entries that end among the predictions of a lane; nats [tokens]: those of its tokens.

        A word with a character that the vocabulary lacks cannot be told from others, and is none.
        """
        lane = predictions.lane
        if predictions.starts_dialog:
            self._spelled.pop(lane, None)
        for token in self._tokens_of_interest(predictions):
            kind = predictions.kinds[token]
            if kind != UNKNOWN_REST and (spelled := self._spelled.pop(lane, None)):
                yield from self._found(spelled, max(token - 1, 0))
            if kind == UNKNOWN_START:
                before = int(predictions.inputs[token])
                row = predictions.probs[token] * float(self._kept[before])
                self._spelled[lane] = _Spelled(before, row, 0.0, [])
            if lane in self._spelled:
                self._spelled[lane].ids.append(int(predictions.targets[token]))
                self._spelled[lane].nats += float(nats[token])

    def _tokens_of_interest(self, predictions: LanePredictions) -> list[int]:
        unknown = (predictions.kinds == UNKNOWN_START) | (predictions.kinds == UNKNOWN_REST)
        ends = np.concatenate(([predictions.lane in self._spelled], unknown[:-1])) & ~unknown
        return np.flatnonzero(unknown | ends).tolist()

    def _found(self, spelled: _Spelled, token: int) -> Iterator[FoundEntry]:
        if UNKNOWN_ID in spelled.ids:
            return
        first, *rest = (self._vocabulary.words[i] for i in spelled.ids)
        word_id = (
            -1 if first.startswith(GLUE) else self._lexicon.find(first + "".join(w.removeprefix(GLUE) for w in rest))
        )
        if word_id < 0:
            return
        part, log_prob = self._lexicon.part(word_id), self._lexicon.log_prob(word_id)
        word = self._lexicon.word(word_id)
        yield FoundEntry(token, word, part, log_prob, spelled.before, spelled.ids, spelled.nats, spelled.row)

    def log_prob(self, entry: FoundEntry) -> float:
        """Return log P(entry | the words before it), as an entry alone."""
        return self._mixture.log_share(entry.before, entry.part) + entry.log_prob
