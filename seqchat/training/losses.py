"""The losses: cross-entropy over all words, or over a sample of them if there are many.

A network that goes on from another one may also be held to what that one expects (knowledge distillation, Hinton,
Vinyals and Dean 2015; against forgetting: Li and Hoiem 2016).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import cross_entropy, embedding, kl_div

from seqchat.corpus.batches import NO_TARGET
from seqchat.model.network import Activations, Network
from seqchat.training.settings import TrainingSettings

# Below this size of the vocabulary, the full softmax is no slower (tests/benchmarks/training.py).
_MIN_SAMPLED_WORDS = 8_000
# So many rows of logits fit into the processor's cache.
_ROWS = 64


class _SampledLoss(torch.autograd.Function):
    """The mean of log(exp right + Σ exp others) − right over tokens.

    Its gradient is computed at once, in the memory of the logits, which are much larger than all else.
    """

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, vectors: Tensor, bias: Tensor, right: Tensor, place: Tensor, same: Tensor
    ) -> Tensor:
        """Take features [tokens, embedding], vectors [sample, embedding] and a bias [sample] of the others, and logits
        [tokens] of the right words; place, same: where these are among the others, and whether, [tokens, 1]."""
        logits = torch.addmm(bias, features, vectors.T)
        losses, to_right, to_bias = torch.empty_like(right), torch.empty_like(right), torch.zeros_like(bias)
        size = _ROWS if logits.is_cpu else len(logits)
        for rows in (slice(start, start + size) for start in range(0, len(logits), size)):
            losses[rows], to_right[rows] = _share_out(logits[rows], right[rows], place[rows], same[rows], to_bias)
        to_features = logits @ vectors.to(logits.dtype)
        ctx.save_for_backward(to_features, logits.T @ features, to_bias, to_right)
        return losses.mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Scale what is kept."""
        each = gradient / len(ctx.saved_tensors[0])
        return *(kept * each.to(kept.dtype) for kept in ctx.saved_tensors), None, None


def _share_out(logits: Tensor, right: Tensor, place: Tensor, same: Tensor, to_bias: Tensor) -> tuple[Tensor, Tensor]:
    """Put the probabilities of the others in the place of their logits, and add them to `to_bias`; return the loss of
    each row, and its gradient at the logit of the right word: [tokens]. All as in `_SampledLoss`."""
    shares = logits.float()
    shares.scatter_(1, place, shares.gather(1, place).masked_fill_(same, -math.inf))
    top = torch.maximum(shares.amax(dim=1), right)
    own = (right - top).exp()
    total = shares.sub_(top[:, None]).exp_().sum(dim=1) + own
    to_bias += shares.div_(total[:, None]).sum(dim=0)
    logits.copy_(shares)
    return total.log() + top - right, own / total - 1


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
        sample = self._sample(features.device)
        # Looked up together, they have one gradient of all words' size
        vectors, bias = self._rows(network, torch.cat((sample, wanted)))
        size = len(sample)
        right = (features.float() * vectors[size:]).sum(dim=-1) + bias[size:]
        place = torch.searchsorted(sample, wanted[:, None]).clamp_(max=size - 1)
        others = vectors[:size], bias[:size]
        loss: Tensor = _SampledLoss.apply(  # type: ignore[no-untyped-call]
            features, *others, right, place, sample[place] == wanted[:, None]
        )
        return loss

    def divergence(self, network: Network, features: Tensor, teacher: Network, taught: Tensor) -> Tensor:
        """Return the mean KL divergence from what a teacher expects to what a network does, within a sample of words.

        features, taught: what each of them makes of the same text, [tokens, embedding].
        """
        sample = self._sample(features.device)
        with torch.no_grad():
            expected = self._logits(teacher, taught, sample)
        return _divergence(self._logits(network, features, sample), expected)

    def _sample(self, device: torch.device) -> Tensor:
        draws = torch.rand(self._samples, dtype=torch.float64) * self._cumulative[-1]
        sample: Tensor = torch.searchsorted(self._cumulative, draws).unique()  # type: ignore[no-untyped-call]
        return sample.to(device)

    def _logits(self, network: Network, features: Tensor, sample: Tensor) -> Tensor:
        """Return the corrected logits [tokens, sample] of the words of a sample."""
        vectors, bias = self._rows(network, sample)
        return (features @ vectors.T.to(features.dtype) + bias).float()

    def _rows(self, network: Network, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Return the vectors [ids, embedding] and corrected biases [ids] of some words."""
        bias = (network.output_bias - self._log_expected)[:, None]
        # Unlike indexing, an embedding's gradient is summed in the same order each time.
        return embedding(ids, network.embedding.weight, sparse=network.sparse_gradient), embedding(ids, bias)[:, 0]


class FullSoftmax(nn.Module):
    """Cross-entropy over the whole vocabulary."""

    def forward(self, network: Network, features: Tensor, wanted: Tensor) -> Tensor:
        """Return the mean loss of features [tokens, embedding] for the target ids [tokens]."""
        return cross_entropy(network.logits(features).float(), wanted)

    def divergence(self, network: Network, features: Tensor, teacher: Network, taught: Tensor) -> Tensor:
        """Return the mean KL divergence from what a teacher expects to what a network does, over all words."""
        with torch.no_grad():
            expected = teacher.logits(taught).float()
        return _divergence(network.logits(features).float(), expected)


def _divergence(logits: Tensor, expected: Tensor) -> Tensor:
    """Return the mean of KL(softmax(expected) ‖ softmax(logits)) over rows: [tokens, words]."""
    return kl_div(logits.log_softmax(dim=1), expected.log_softmax(dim=1), reduction="batchmean", log_target=True)


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

    def __init__(self, network: Network, settings: TrainingSettings, teacher: Network | None = None) -> None:
        """Take the network; teacher: one of the same shape that does not learn, and that `settings.replay` is about."""
        super().__init__()
        self.network = network
        # In a list, so that it is no part of this module: it has nothing to train or to send to other processes.
        self._teacher = [teacher] if teacher is not None and settings.replay else []
        self._settings = settings
        words = network.config.vocabulary_size
        sampled = settings.softmax == "sampled" or (settings.softmax == "auto" and words >= _MIN_SAMPLED_WORDS)
        self._softmax = SampledSoftmax(words, settings.samples) if sampled else FullSoftmax()

    def initial_state(self, batch: int) -> Tensor:
        """Return the state that a text begins with: the network's, and the teacher's below it."""
        return torch.cat([network.initial_state(batch) for network in (self.network, *self._teacher)])

    def forward(
        self, inputs: Tensor, state: Tensor, targets: Tensor, learned_mask: Tensor, share: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the loss to minimise, the mean loss per token of the last head, and the new state.

        learned_mask: bool [time, batch], which targets count; the others are only read.
        """
        own = state[: len(state) // 2] if self._teacher else state
        output = self.network(inputs, own, targets)
        valid_mask = targets != NO_TARGET
        wanted = targets[learned_mask]
        losses = [self._loss(features[learned_mask], wanted) for features in output.heads.values()]
        alpha, beta = self._settings.ar_alpha, self._settings.tar_beta
        penalties = [activation_penalty(activations, valid_mask, alpha, beta) for activations in output.stacks]
        after, replay = output.state.detach(), self._settings.replay if self._teacher else 0.0
        terms = [(1 - replay) * loss for loss in losses] + penalties
        for teacher in self._teacher:
            with torch.no_grad():
                taught = teacher(inputs, state[len(state) // 2 :], targets)
            features, expected = (each.heads["forward"][learned_mask] for each in (output, taught))
            if len(features):
                terms.append(replay * self._softmax.divergence(self.network, features, teacher, expected))
            after = torch.cat((after, taught.state))
        return torch.stack(terms).sum() * share, losses[-1].detach(), after

    def _loss(self, features: Tensor, wanted: Tensor) -> Tensor:
        """Return the mean loss of features [tokens, embedding], 0 for none."""
        if not len(wanted):
            # All weights take part in it, as several processes wait for the gradient of each.
            return torch.stack([0.0 * weight.sum() for weight in self.network.parameters()]).sum()
        loss: Tensor = self._softmax(self.network, features, wanted)
        return loss
