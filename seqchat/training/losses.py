"""What is minimised: cross-entropy over all words, or over a sample of them where there are many."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, embedding

from seqchat.model.network import Network


class SampledSoftmax:
    """Cross-entropy against the wanted word and a shared sample of others (Jean et al. 2015).

    The sample is drawn from a log-uniform distribution over ids, which stand in the order of frequency; each logit is
    corrected by the logarithm of how often its word is expected in the sample, so that the gradient is that of the full
    softmax on average.
    """

    def __init__(self, words: int, samples: int) -> None:
        ranks = torch.arange(words, dtype=torch.float64)
        probability = ((ranks + 2).log() - (ranks + 1).log()) / math.log(words + 1)
        self._cumulative = probability.cumsum(0)
        # The sample holds each word once: the chance to be in it is that of at least one of so many draws.
        self._log_expected = (-torch.expm1(samples * torch.log1p(-probability))).log().float()
        self._samples = samples

    def __call__(self, network: Network, features: Tensor, wanted: Tensor) -> Tensor:
        """Return the mean loss of features [tokens, embedding] for the wanted ids [tokens]."""
        log_expected = self._log_expected.to(features.device)
        draws = torch.rand(self._samples, dtype=torch.float64) * self._cumulative[-1]
        sample = torch.searchsorted(self._cumulative, draws).unique()  # type: ignore[no-untyped-call]
        sample = sample.to(features.device)
        weight, bias = network.embedding.weight, (network.output_bias - log_expected)[:, None]
        # Unlike indexing, an embedding's gradient is summed in the same order each time.
        others = features @ embedding(sample, weight).T.to(features.dtype) + embedding(sample, bias)[:, 0]
        others = others.float().masked_fill(sample == wanted[:, None], -math.inf)
        right = (features.float() * embedding(wanted, weight)).sum(dim=-1) + embedding(wanted, bias)[:, 0]
        return (torch.logaddexp(right, others.logsumexp(dim=-1)) - right).mean()


class FullSoftmax:
    """Cross-entropy over the whole vocabulary."""

    def __call__(self, network: Network, features: Tensor, wanted: Tensor) -> Tensor:
        """Return the mean loss of features [tokens, embedding] for the wanted ids [tokens]."""
        return cross_entropy(network.logits(features).float(), wanted)


def activation_penalty(output: Tensor, dropped: Tensor, alpha: float, beta: float) -> Tensor:
    """Return alpha · mean h² + beta · mean (h_t − h_{t−1})², the activation regularisation of AWD-LSTM.

    output, dropped: the last layer's outputs [time, batch, hidden] before and after dropout.
    """
    penalty = alpha * dropped.float().pow(2).mean()
    if len(output) > 1:
        penalty = penalty + beta * (output[1:] - output[:-1]).float().pow(2).mean()
    return penalty
