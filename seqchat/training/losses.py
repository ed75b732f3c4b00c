"""The losses: cross-entropy over all words, or over a sample of them if there are many."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, embedding

from seqchat.corpus.batches import NO_TARGET
from seqchat.model.network import Activations, Network
from seqchat.training.settings import TrainingSettings

# Below this size of the vocabulary, the full softmax is no slower (tests/benchmarks/training.py).
_MIN_SAMPLED_WORDS = 8_000


class SampledSoftmax(nn.Module):
    """Cross-entropy of the target word against a shared sample of others (Jean et al. 2015).

    The sample is drawn from a log-uniform distribution over ids, which are ordered by frequency; each logit is
    corrected by the logarithm of how often its word is expected in the sample, so that with a growing sample the loss
    and its gradient approach those of the full softmax.
    """

    _log_expected: Tensor

    def __init__(self, words: int, samples: int) -> None:
        super().__init__()
        ranks = torch.arange(words, dtype=torch.float64)
        probability = ((ranks + 2).log() - (ranks + 1).log()) / math.log(words + 1)
        self._cumulative = probability.cumsum(0)
        # The sample holds each word once: its probability to be in it is that of at least one of the draws.
        log_expected = (-torch.expm1(samples * torch.log1p(-probability))).log().float()
        self.register_buffer("_log_expected", log_expected, persistent=False)
        self._samples = samples

    def forward(self, network: Network, features: Tensor, wanted: Tensor) -> Tensor:
        """Return the mean loss of features [tokens, embedding] for the target ids [tokens]."""
        draws = torch.rand(self._samples, dtype=torch.float64) * self._cumulative[-1]
        sample = torch.searchsorted(self._cumulative, draws).unique()  # type: ignore[no-untyped-call]
        sample = sample.to(features.device)
        weight, bias = network.embedding.weight, (network.output_bias - self._log_expected)[:, None]
        # Unlike indexing, an embedding's gradient is summed in the same order each time.
        others = features @ embedding(sample, weight).T.to(features.dtype) + embedding(sample, bias)[:, 0]
        others = others.float().masked_fill(sample == wanted[:, None], -math.inf)
        right = (features.float() * embedding(wanted, weight)).sum(dim=-1) + embedding(wanted, bias)[:, 0]
        return (torch.logaddexp(right, others.logsumexp(dim=-1)) - right).mean()


class FullSoftmax(nn.Module):
    """Cross-entropy over the whole vocabulary."""

    def forward(self, network: Network, features: Tensor, wanted: Tensor) -> Tensor:
        """Return the mean loss of features [tokens, embedding] for the target ids [tokens]."""
        return cross_entropy(network.logits(features).float(), wanted)


def activation_penalty(activations: Activations, valid_mask: Tensor, alpha: float, beta: float) -> Tensor:
    """Return alpha · mean h² + beta · mean (h_t − h_{t−1})², the activation regularisation of AWD-LSTM.

    Both means are over the positions of `valid_mask`: bool [time, batch], false only after the end of a text; the
    first one of a window has no change. Large activations are those that dropout left, changes those before it.
    """
    large = activations.dropped.float().pow(2).mean(dim=-1)
    changes = activations.output.float().diff(dim=0).pow(2).mean(dim=-1)
    penalty = alpha * (large * valid_mask).sum() + beta * (changes * valid_mask[1:]).sum()
    return penalty / valid_mask.sum()


class TrainingLoss(nn.Module):
    """Network and loss as one module, so that DistributedDataParallel sees the whole backward pass."""

    def __init__(self, network: Network, settings: TrainingSettings) -> None:
        super().__init__()
        self.network = network
        self._settings = settings
        words = network.config.vocabulary_size
        sampled = settings.softmax == "sampled" or (settings.softmax == "auto" and words >= _MIN_SAMPLED_WORDS)
        self._softmax = SampledSoftmax(words, settings.samples) if sampled else FullSoftmax()

    def forward(self, inputs: Tensor, state: Tensor, targets: Tensor, share: float) -> tuple[Tensor, Tensor, Tensor]:
        """Return the loss to minimise, the mean loss per token of the last head, and the new state."""
        output = self.network(inputs, state, targets)
        valid_mask = targets != NO_TARGET
        wanted = targets[valid_mask]
        losses = [self._softmax(self.network, features[valid_mask], wanted) for features in output.heads.values()]
        alpha, beta = self._settings.ar_alpha, self._settings.tar_beta
        penalties = [activation_penalty(activations, valid_mask, alpha, beta) for activations in output.stacks]
        return torch.stack(losses + penalties).sum() * share, losses[-1].detach(), output.state.detach()
