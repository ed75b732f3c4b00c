"""An n-gram model over word ids: how probable each word is after the last few words.

Interpolated (Chen and Goodman 1999): with h' the context h without its first word,

    P(w | h) = share(h, w) + backoff(h) · P(w | h'),   backoff(h) = 1 − Σ share(h, w)

so a word's probability sums the shares of contexts of every length, and each row sums to 1. n-grams are the nodes of a
tree, level by level: those of length n are sorted by the n-gram of length n − 1 that they begin with, and then by their
last word. `kneser_ney.estimate` makes it from a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqchat.errors import SeqchatError
from seqchat.model.ngram_levels import UNKNOWN, Floats, Ints, Level, read_level

# For each row the index of its last 1, 2 … order − 1 words in the levels of the tree, `UNKNOWN` if there is none.
Contexts = Ints

# Up to this many contexts are looked up one by one, each with what is kept of it; more are looked up together.
_FEW, _MAX_KEPT = 16, 2_000


class _Continuations(NamedTuple):
    """What may follow a context, by its levels.

    depth: as in `NgramModel.depths`; weight: of the words' probabilities without a context; levels: those in which
    something continues it, with where that begins and ends and the weight of its shares.
    """

    depth: int
    weight: float
    levels: tuple[tuple[Level, int, int, float], ...]


class NgramModel:
    """Predicts each word from the last ones, for many texts side by side."""

    def __init__(self, unigrams: Floats, levels: Sequence[Level]) -> None:
        """Take the words' probabilities [words] without a context, and the levels from length 2 on."""
        self.unigrams, self.levels = unigrams, list(levels)
        self.words, self.order = len(unigrams), len(levels) + 1
        self._unigrams = torch.from_numpy(unigrams)
        self._continuations = lru_cache(_MAX_KEPT)(self._find_continuations)

    @property
    def entries(self) -> int:
        """How many n-grams there are, single words included."""
        return self.words + sum(map(len, self.levels))

    def begin(self, count: int) -> Contexts:
        """Return the contexts [count, order - 1] of texts with nothing before them."""
        return np.full((count, self.order - 1), UNKNOWN)

    def advance(self, contexts: Contexts, ids: Ints) -> Contexts:
        """Return the contexts after one more word in each row: ids [rows]."""
        moved = np.empty_like(contexts)
        if self.order > 1:
            moved[:, 0] = ids
        for k in range(1, self.order - 1):
            moved[:, k] = self.levels[k - 1].find(contexts[:, k - 1], ids[:, None])[:, 0]
        return moved

    def read(self, contexts: Contexts, ids: Ints) -> Contexts:
        """Return the contexts after each of several words: [time, rows, order - 1] for ids [time, rows]."""
        read = np.empty((len(ids), *contexts.shape), dtype=np.int64)
        for time, words in enumerate(ids):
            contexts = read[time] = self.advance(contexts, words)
        return read

    def depths(self, contexts: Contexts) -> Ints:
        """Return how many words of each context [rows] are known to predict the next one, 0 to order - 1."""
        if len(contexts) <= _FEW:
            return np.array([self._after(context).depth for context in contexts], dtype=np.int64)
        deepest = np.zeros(len(contexts), dtype=np.int64)
        for k, level in enumerate(self.levels):
            at = contexts[:, k]
            deepest[(at >= 0) & (level.starts[at + 1] > level.starts[at])] = k + 1
        return deepest

    def probabilities(self, contexts: Contexts) -> Tensor:
        """Return the probability of every word: [rows, words]."""
        weights = self._weights(contexts)
        rows = torch.outer(torch.from_numpy(weights[0]), self._unigrams)
        flat = rows.view(-1)
        for k, level in enumerate(self.levels):
            known = np.flatnonzero(contexts[:, k] >= 0)
            first, lengths = level.ranges(contexts[known, k])
            entries = np.repeat(first - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
            positions = np.repeat(known * self.words, lengths) + level.words[entries]
            added = level.shares(entries) * np.repeat(weights[k + 1][known], lengths)
            flat.index_add_(0, torch.from_numpy(positions), torch.from_numpy(added))
        return rows

    def probabilities_of(self, contexts: Contexts, ids: Ints) -> Tensor:
        """Return the probabilities [rows, some] of some words after each context, its own ones: ids [rows, some]."""
        if len(contexts) > 1 and ids.strides[0] == 0:
            return torch.from_numpy(self._table(contexts, ids[0]))
        if len(contexts) <= _FEW or ids.shape[1] > _FEW:
            each = [self._probabilities_after(context, words) for context, words in zip(contexts, ids, strict=True)]
            return torch.from_numpy(np.stack(each) if each else np.empty(ids.shape, dtype=np.float32))
        weights = self._weights(contexts)
        result = weights[0][:, None] * self.unigrams[ids]
        for k, level in enumerate(self.levels):
            rows = np.flatnonzero(contexts[:, k] >= 0)
            if len(rows) and len(level):
                found = level.find(contexts[rows, k], ids[rows])
                result[rows] += np.where(found >= 0, level.shares(found), 0.0) * weights[k + 1][rows, None]
        return torch.from_numpy(result)

    def _probabilities_after(self, context: Ints, ids: Ints) -> Floats:
        """Return the probabilities [some] of some words after one context [order - 1]."""
        found = self._after(context)
        result: Floats = self.unigrams[ids] * np.float32(found.weight)
        for level, first, end, weight in found.levels:
            places = level.places(first, end, ids)
            result += np.where(places >= 0, level.shares(places), np.float32(0)) * np.float32(weight)
        return result

    def _table(self, contexts: Contexts, ids: Ints) -> Floats:
        """Return the probabilities [rows, some] of the same words after each context."""
        after = [self._after(context) for context in contexts]
        result: Floats = np.outer(np.array([found.weight for found in after], dtype=np.float32), self.unigrams[ids])
        ranges = [(row, *found) for row, each in enumerate(after) for found in each.levels]
        if not ranges:
            return result
        # The last place of each word; what is wanted of a word twice is looked up once.
        place = np.full(self.words, -1, dtype=np.int32)
        place[ids] = np.arange(len(ids))
        places = place[np.concatenate([level.words[first:end] for _, level, first, end, _ in ranges])]
        (hits,) = np.nonzero(places >= 0)
        ends = np.cumsum([end - first for _, _, first, end, _ in ranges])
        of_range = np.searchsorted(ends, hits, side="right")
        coded = np.concatenate([level.coded[first:end] for _, level, first, end, _ in ranges])[hits]
        weights = np.array([weight for *_, weight in ranges], dtype=np.float32)[of_range]
        rows = np.array([row for row, *_ in ranges])[of_range]
        added = np.bincount(rows * len(ids) + places[hits], ranges[0][1].decoded(coded) * weights, result.size)
        result += added.reshape(result.shape)[:, place[ids]].astype(np.float32)
        return result

    def _after(self, context: Ints) -> _Continuations:
        return self._continuations(tuple(context.tolist()))

    def _find_continuations(self, context: tuple[int, ...]) -> _Continuations:
        weights = self._weights(np.array([context], dtype=np.int64).reshape(1, -1))[:, 0].tolist()
        depth, levels = 0, []
        for k, (level, at) in enumerate(zip(self.levels, context, strict=True)):
            first, end = level.starts[at : at + 2].tolist() if at >= 0 else (0, 0)
            if first < end:
                depth = k + 1
                levels.append((level, first, end, weights[k + 1]))
        return _Continuations(depth, weights[0], tuple(levels))

    def _weights(self, contexts: Contexts) -> Floats:
        """Return the weight of each length: [order, rows], the product of what all longer ones leave to it."""
        weights = np.ones((self.order, len(contexts)), dtype=np.float32)
        for k in range(self.order - 2, -1, -1):
            weights[k] = weights[k + 1] * self.levels[k].backoffs[contexts[:, k]]
        return weights

    def widened(self, words: int) -> NgramModel:
        """Return the model of a vocabulary with more words at its end; to them, it gives no probability."""
        if words == self.words:
            return self
        unigrams = np.concatenate((self.unigrams, np.zeros(words - self.words, dtype=np.float32)))
        parents = [words, *map(len, self.levels)]
        return NgramModel(unigrams, [level.widened(n, words) for n, level in zip(parents, self.levels, strict=False)])

    # --- on disk ---------------------------------------------------------------------------------------------------

    def to_tensors(self) -> dict[str, Tensor]:
        """Return the model in few bytes: 4 for each n-gram, its shares rounded down by 5% at most."""
        tensors = {"unigrams": torch.from_numpy(self.unigrams)}
        for length, level in enumerate(self.levels, 2):
            tensors |= level.to_tensors(length)
        return tensors

    def stored(self) -> NgramModel:
        """Return the model as it is after being stored and read."""
        return NgramModel.from_tensors(self.to_tensors(), self.words)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], words: int) -> NgramModel:
        """Read what `to_tensors` wrote, for a vocabulary of this many words.

        Raises:
            SeqchatError: it is not an n-gram model of such a vocabulary.
        """
        lengths = range(2, 2 + (len(tensors) - 1) // 3)
        expected = {"unigrams"} | {f"{n}.{part}" for n in lengths for part in ("children", "words", "shares")}
        if set(tensors) != expected:
            raise SeqchatError("they are not those of an n-gram model.")
        unigrams = tensors["unigrams"]
        if unigrams.shape != (words,) or not unigrams.is_floating_point():
            raise SeqchatError(f"there are not {words} single words.")
        probabilities = unigrams.double().numpy()
        if not (np.isfinite(probabilities).all() and (probabilities >= 0).all() and probabilities.sum() > 0):
            raise SeqchatError("the single words have no probabilities.")
        levels: list[Level] = []
        for length in lengths:
            above = len(levels[-1]) if levels else words
            levels.append(read_level(tensors, length, above, words))
        return cls((probabilities / probabilities.sum()).astype(np.float32), levels)


@dataclass(frozen=True)
class WeightedNgrams:
    """An n-gram model, and how much of the probability it gets.

    weights: λ [order], for each number of words of the context that the n-grams know.
    """

    ngrams: NgramModel
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.weights) != self.ngrams.order:
            raise SeqchatError(f"An n-gram model of order {self.ngrams.order} has as many weights.")
        for weight in self.weights:
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < 1:
                raise SeqchatError(f"The weight of n-grams is at least 0 and less than 1, not {weight!r}.")

    def share(self, contexts: Contexts) -> Tensor:
        """Return λ after each context: [rows, 1]."""
        return self._weights[torch.from_numpy(self.ngrams.depths(contexts)), None]

    @cached_property
    def _weights(self) -> Tensor:
        return torch.tensor(self.weights)


@dataclass(frozen=True)
class Mixture:
    """n-gram models that are mixed into a network's predictions, one after the other (Jelinek and Mercer 1980).

    ``P_i(w) = (1 − λ_i) · P_{i−1}(w) + λ_i · P_n-gram i(w)``, where P_0 is the network's and λ_i depends on how many
    words of the context the n-grams know. A model that goes on from another one has its n-grams first, then its own.
    A context of the mixture is those of its parts side by side: [rows, Σ (order − 1)].
    """

    parts: tuple[WeightedNgrams, ...]

    @classmethod
    def of(cls, ngrams: NgramModel, weights: Sequence[float]) -> Mixture:
        """Return the mixture of a single n-gram model."""
        return cls((WeightedNgrams(ngrams, tuple(weights)),))

    @property
    def entries(self) -> int:
        """How many n-grams there are, single words included."""
        return sum(part.ngrams.entries for part in self.parts)

    def begin(self, count: int) -> Contexts:
        """Return the contexts of texts with nothing before them."""
        return np.concatenate([part.ngrams.begin(count) for part in self.parts], axis=1)

    def advance(self, contexts: Contexts, ids: Ints) -> Contexts:
        """Return the contexts after one more word in each row: ids [rows]."""
        pairs = zip(self.parts, self.split(contexts), strict=True)
        return np.concatenate([part.ngrams.advance(own, ids) for part, own in pairs], axis=1)

    def read(self, contexts: Contexts, ids: Ints) -> Contexts:
        """Return the contexts after each of several words: [time, rows, …] for ids [time, rows]."""
        pairs = zip(self.parts, self.split(contexts), strict=True)
        return np.concatenate([part.ngrams.read(own, ids) for part, own in pairs], axis=2)

    def split(self, contexts: Contexts) -> list[Contexts]:
        """Return the context of each part: [rows, order - 1]."""
        if len(self.parts) == 1:
            return [contexts]
        widths = [part.ngrams.order - 1 for part in self.parts]
        return np.split(contexts, np.cumsum(widths)[:-1], axis=-1)

    def mix(self, log_probabilities: Tensor, contexts: Contexts) -> Tensor:
        """Mix into the log-probabilities [rows, words] of all words after the contexts."""
        return self.mixed(log_probabilities.exp(), contexts).log()

    def mixed(self, probabilities: Tensor, contexts: Contexts) -> Tensor:
        """Mix into the probabilities [rows, words] of all words after the contexts."""
        for part, own in zip(self.parts, self.split(contexts), strict=True):
            probabilities = torch.lerp(probabilities, part.ngrams.probabilities(own), part.share(own))
        return probabilities

    def mix_some(self, log_probabilities: Tensor, contexts: Contexts, ids: Tensor) -> Tensor:
        """Mix into the log-probabilities [rows, some] of some words, ids [rows, some], after the contexts."""
        probabilities = log_probabilities.exp()
        for part, own in zip(self.parts, self.split(contexts), strict=True):
            others = part.ngrams.probabilities_of(own, ids.numpy())
            probabilities = torch.lerp(probabilities, others, part.share(own))
        return probabilities.log()
