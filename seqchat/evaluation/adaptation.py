"""How strongly the memory of what was written is to be mixed in."""

from __future__ import annotations

from itertools import product

import numpy as np
import torch

from seqchat.corpus.batches import Lanes
from seqchat.corpus.encoding import IdStream
from seqchat.evaluation.predictions import NetworkPredictions
from seqchat.model.config import CacheWeights
from seqchat.model.network import Network
from seqchat.model.ngrams import Mixture

_LANES, _WINDOW = 16, 128
# A larger part of the text would not change the choice.
_MOST_TOKENS = 40_000
_LAMBDAS = (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3)
_THETAS = (0.02, 0.05, 0.1, 0.2, 0.4)


@torch.inference_mode()
def tune(network: Network, stream: IdStream, mixture: Mixture | None = None) -> CacheWeights:
    """Return the weights of the memory with the lowest perplexity on a text, each dialog for itself.

    mixture: the n-grams that are mixed in before. Where no weight lowers the perplexity, the share is 0.
    """
    choices = [CacheWeights(cache_lambda, cache_theta) for cache_lambda, cache_theta in product(_LAMBDAS, _THETAS)]
    losses, without, tokens = np.zeros(len(choices)), 0.0, 0
    predictions = NetworkPredictions(network, mixture)
    for batch in Lanes(stream, _LANES, _WINDOW):
        for lane, rows, past in predictions.remember(batch):
            targets = torch.from_numpy(batch.targets[: len(rows), lane, None])
            expected = rows.gather(1, targets)[:, 0]
            tokens += len(rows)
            without -= float(expected.log().sum())
            same = targets == past.past_words
            recalled = {cache_theta: (past.recalled(cache_theta) * same).sum(dim=1) for cache_theta in _THETAS}
            for i, choice in enumerate(choices):
                share = choice.cache_lambda * past.there
                mixed = expected * (1 - share) + recalled[choice.cache_theta] * share
                losses[i] -= float(mixed.clamp(min=1e-30).log().sum())
        if tokens >= _MOST_TOKENS:
            break
    best = int(losses.argmin())
    return choices[best] if losses[best] < without else CacheWeights()
