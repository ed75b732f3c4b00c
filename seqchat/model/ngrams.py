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
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.errors import SeqchatError

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

# For each row the index of its last 1, 2 … order − 1 words in the levels of the tree, `_UNKNOWN` if there is none.
Contexts = Ints
_UNKNOWN = -1

# Shares are stored as their logarithm in 255 steps of 5%, down to a millionth; rounded down, so that no sum exceeds 1.
_STEPS, _DECADES = 255, 6.0


@dataclass(frozen=True)
class Level:
    """The n-grams of one length, from 2 on.

    starts: [n-grams one shorter + 1], where those that continue each of them begin; words: [n-grams], their last words,
    ascending for each beginning; shares: [n-grams], what each adds to its word's probability.
    """

    starts: Ints
    words: Ints
    shares: Floats

    @cached_property
    def backoffs(self) -> Floats:
        """The share that each n-gram one word shorter leaves to shorter contexts, 1 if nothing continues it; and 1 for
        none."""
        sums = np.diff(np.concatenate(([0.0], np.cumsum(self.shares, dtype=np.float64)))[self.starts])
        return np.append(np.clip(1.0 - sums, 0.0, 1.0), 1.0).astype(np.float32)

    @cached_property
    def _owners(self) -> Ints:
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def keys(self, words: int) -> Ints:
        """Return a number for each n-gram, ascending, in a vocabulary of this many words."""
        return self._owners * words + self.words


class NgramModel:
    """Predicts each word from the last ones, for many texts side by side."""

    def __init__(self, unigrams: Floats, levels: Sequence[Level]) -> None:
        """Take the words' probabilities [words] without a context, and the levels from length 2 on."""
        self.unigrams, self.levels = unigrams, list(levels)
        self.words, self.order = len(unigrams), len(levels) + 1
        self._keys = [level.keys(self.words) for level in levels]
        self._unigrams = torch.from_numpy(unigrams)

    @property
    def entries(self) -> int:
        """How many n-grams there are, single words included."""
        return self.words + sum(len(level.words) for level in self.levels)

    def begin(self, count: int) -> Contexts:
        """Return the contexts [count, order - 1] of texts with nothing before them."""
        return np.full((count, self.order - 1), _UNKNOWN)

    def advance(self, contexts: Contexts, ids: Ints) -> Contexts:
        """Return the contexts after one more word in each row: ids [rows]."""
        moved = np.empty_like(contexts)
        if self.order > 1:
            moved[:, 0] = ids
        for k in range(1, self.order - 1):
            moved[:, k] = self._find(k - 1, contexts[:, k - 1], ids)
        return moved

    def read(self, contexts: Contexts, ids: Ints) -> Contexts:
        """Return the contexts after each of several words: [time, rows, order - 1] for ids [time, rows]."""
        read = np.empty((len(ids), *contexts.shape), dtype=np.int64)
        for time, words in enumerate(ids):
            contexts = read[time] = self.advance(contexts, words)
        return read

    def depths(self, contexts: Contexts) -> Ints:
        """Return how many words of each context [rows] are known to predict the next one, 0 to order - 1."""
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
            at = contexts[known, k]
            first, lengths = level.starts[at], level.starts[at + 1] - level.starts[at]
            entries = np.repeat(first - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
            positions = np.repeat(known * self.words, lengths) + level.words[entries]
            added = level.shares[entries] * np.repeat(weights[k + 1][known], lengths)
            flat.index_add_(0, torch.from_numpy(positions), torch.from_numpy(added))
        return rows

    def probabilities_of(self, contexts: Contexts, ids: Ints) -> Tensor:
        """Return the probabilities [rows, some] of some words after each context, its own ones: ids [rows, some]."""
        weights = self._weights(contexts)
        result = weights[0][:, None] * self.unigrams[ids]
        for k, level in enumerate(self.levels):
            rows = np.flatnonzero(contexts[:, k] >= 0)
            if len(rows) and len(level.words):
                found = self._find(k, contexts[rows, k, None], ids[rows])
                result[rows] += np.where(found >= 0, level.shares[found], 0.0) * weights[k + 1][rows, None]
        return torch.from_numpy(result)

    def _weights(self, contexts: Contexts) -> Floats:
        """Return the weight of each length: [order, rows], the product of what all longer ones leave to it."""
        weights = np.ones((self.order, len(contexts)), dtype=np.float32)
        for k in range(self.order - 2, -1, -1):
            weights[k] = weights[k + 1] * self.levels[k].backoffs[contexts[:, k]]
        return weights

    def _find(self, k: int, parents: Ints, ids: Ints) -> Ints:
        """Return the indices in a level of the n-grams that continue with `ids`, `_UNKNOWN` if there are none."""
        keys = self._keys[k]
        wanted = parents * self.words + ids
        if not len(keys):
            return np.full_like(wanted, _UNKNOWN)
        indices = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((parents >= 0) & (keys[indices] == wanted), indices, _UNKNOWN)

    # --- on disk ---------------------------------------------------------------------------------------------------

    def to_tensors(self) -> dict[str, Tensor]:
        """Return the model in few bytes: 4 for each n-gram, its shares rounded down by 5% at most."""
        tensors = {"unigrams": torch.from_numpy(self.unigrams)}
        for length, level in enumerate(self.levels, 2):
            tensors[f"{length}.children"] = _small(np.diff(level.starts))
            tensors[f"{length}.words"] = _small(level.words)
            tensors[f"{length}.shares"] = torch.from_numpy(_coded(level.shares))
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
            above = len(levels[-1].words) if levels else words
            levels.append(_read_level(tensors, length, above, words))
        return cls((probabilities / probabilities.sum()).astype(np.float32), levels)


def _read_level(tensors: Mapping[str, Tensor], length: int, above: int, words: int) -> Level:
    children, last, codes = (tensors[f"{length}.{part}"] for part in ("children", "words", "shares"))
    if children.shape != (above,) or last.dim() != 1 or codes.shape != last.shape or codes.dtype != torch.uint8:
        raise SeqchatError(f"the n-grams of length {length} do not fit those of length {length - 1}.")
    if children.is_floating_point() or last.is_floating_point():
        raise SeqchatError(f"the n-grams of length {length} are not whole numbers.")
    starts = np.concatenate(([0], np.cumsum(children.numpy().astype(np.int64))))
    level = Level(starts, last.numpy().astype(np.int64), _decoded(codes.numpy()))
    in_order = (children.numpy().astype(np.int64) >= 0).all() and starts[-1] == len(level.words)
    if not in_order or ((level.words < 0) | (level.words >= words)).any() or (np.diff(level.keys(words)) <= 0).any():
        raise SeqchatError(f"the n-grams of length {length} are not in order.")
    return level


def _small(values: Ints) -> Tensor:
    """Return whole numbers in as few bytes as they fit into."""
    largest = int(values.max(initial=0))
    kinds = (np.uint8, np.uint16, np.int32)
    return torch.from_numpy(values.astype(next(kind for kind in kinds if largest <= np.iinfo(kind).max)))


def _coded(shares: Floats) -> NDArray[np.uint8]:
    logs = np.log10(np.maximum(shares, 10.0**-_DECADES)) / _DECADES
    codes: NDArray[np.uint8] = np.floor((1 + logs) * _STEPS).astype(np.uint8)
    return codes


def _decoded(codes: NDArray[np.uint8]) -> Floats:
    return (10.0 ** ((codes / _STEPS - 1) * _DECADES)).astype(np.float32)


@dataclass(frozen=True)
class Mixture:
    """An n-gram model that is mixed into a network's predictions (Jelinek and Mercer 1980).

    ``P(w) = (1 − λ_d) · P_network(w) + λ_d · P_n-gram(w)``; weights: λ [order], for each number d of words of the
    context that the n-grams know.
    """

    ngrams: NgramModel
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.weights) != self.ngrams.order:
            raise SeqchatError(f"An n-gram model of order {self.ngrams.order} has as many weights.")
        for weight in self.weights:
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < 1:
                raise SeqchatError(f"The weight of n-grams is at least 0 and less than 1, not {weight!r}.")

    def mix(self, log_probabilities: Tensor, contexts: Contexts) -> Tensor:
        """Mix into the log-probabilities [rows, words] of all words after the contexts."""
        return self.mixed(log_probabilities.exp(), contexts).log()

    def mixed(self, probabilities: Tensor, contexts: Contexts) -> Tensor:
        """Mix into the probabilities [rows, words] of all words after the contexts."""
        return torch.lerp(probabilities, self.ngrams.probabilities(contexts), self._shares(contexts))

    def mix_some(self, log_probabilities: Tensor, contexts: Contexts, ids: Tensor) -> Tensor:
        """Mix into the log-probabilities [rows, some] of some words, ids [rows, some], after the contexts."""
        others = self.ngrams.probabilities_of(contexts, ids.numpy())
        return torch.lerp(log_probabilities.exp(), others, self._shares(contexts)).log()

    def _shares(self, contexts: Contexts) -> Tensor:
        """Return the n-grams' weight after each context: [rows, 1]."""
        return torch.tensor(self.weights)[torch.from_numpy(self.ngrams.depths(contexts)), None]
