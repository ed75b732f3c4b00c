"""The probabilities of the next word at each position of a text, mixed as the engine mixes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.corpus.batches import Lanes
from seqchat.corpus.encoding import Kinds
from seqchat.evaluation.dialog_cache import CacheEntries, DialogCache
from seqchat.evaluation.lanes import read_lanes
from seqchat.model.config import CacheWeights
from seqchat.model.network import Network
from seqchat.model.ngrams import Mixture
from seqchat.model.text_output import TextOutput

# So many rows of all words are computed at once: fewer of many words, whose values leave the processor's cache.
_ROWS, _ROWS_OF_MANY, _MANY_WORDS = 128, 64, 32_768


@dataclass(frozen=True)
class LanePredictions:
    """The predictions of targets of one lane of a batch, a part of them at a time.

    lane: its number
    starts_dialog: whether the first input begins a dialog
    inputs, targets: int64 [tokens]; kinds: uint8 [tokens], those of the targets as in `IdStream`
    probs: [tokens, words], the probability of every word
    """

    lane: int
    starts_dialog: bool
    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]
    kinds: Kinds
    probs: Tensor


@dataclass(frozen=True)
class TextPredictor:
    """A network in evaluation mode, with its n-grams and the cache of the finished turns of the same dialog.

    head: which head of the network predicts; output: its output layer, if that is not to be the network's own; exact:
    whether all logits are, or only those of the targets and, where few words may be better, of these.
    """

    network: Network
    mixture: Mixture | None = None
    cache: CacheWeights = field(default_factory=CacheWeights)
    head: str = "forward"
    output: TextOutput | None = None
    exact: bool = True

    @torch.inference_mode()
    def predict(self, reader: Lanes) -> Iterator[LanePredictions]:
        """Yield the predictions of each lane of each batch."""
        if not self.cache.cache_lambda:
            for predictions, _ in self._without_cache(reader):
                yield predictions
            return
        for predictions, entries in self.predict_beside_cache(reader):
            yield replace(predictions, probs=entries.mix(predictions.probs, self.cache))

    @torch.inference_mode()
    def predict_beside_cache(
        self, reader: Lanes, max_tokens: int | None = None
    ) -> Iterator[tuple[LanePredictions, CacheEntries]]:
        """Yield the predictions of each lane without the cache, and what the cache holds at each token.

        max_tokens: as in `read_lanes`.
        """
        caches: dict[int, DialogCache] = {}
        for predictions, features in self._without_cache(reader, max_tokens):
            if predictions.starts_dialog:
                caches[predictions.lane] = DialogCache()
            words = torch.from_numpy(predictions.targets)
            yield predictions, caches[predictions.lane].extend(features.float(), words)

    def _without_cache(self, reader: Lanes, max_tokens: int | None = None) -> Iterator[tuple[LanePredictions, Tensor]]:
        """Yield the predictions of each lane without the cache, and their features [tokens, embedding]."""
        for read in read_lanes(self.network, reader, self.mixture, max_tokens):
            batch = read.batch
            rows = _ROWS if self.network.config.vocabulary_size < _MANY_WORDS else _ROWS_OF_MANY
            for column, first, last in _pieces(read.valid_mask.sum(axis=0).tolist(), rows):
                at = slice(first, last), column
                features = read.heads[self.head][at]
                probs = self._logits(features, batch.targets[at]).softmax(dim=1)
                if self.mixture is not None and read.contexts is not None:
                    probs = self.mixture.mixed(probs, read.contexts[at])
                yield (
                    LanePredictions(
                        int(read.lanes[column]),
                        bool(batch.reset_mask[column]) and first == 0,
                        batch.inputs[at],
                        batch.targets[at],
                        batch.kinds[at],
                        probs,
                    ),
                    features,
                )

    def _logits(self, features: Tensor, targets: NDArray[np.int64]) -> Tensor:
        if self.output is None:
            return self.network.logits(features).float()
        if self.exact:
            return self.output.logits(features)
        return self.output.logits_around(features, torch.from_numpy(targets))


def _pieces(counts: Sequence[int], rows: int) -> Iterator[tuple[int, int, int]]:
    """Yield each lane with the first and the last token of parts of so many rows of its targets, in their order."""
    for lane, count in enumerate(counts):
        for first in range(0, count, rows):
            yield lane, first, min(first + rows, count)
