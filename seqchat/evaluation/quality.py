"""Perplexity and top-k of a network over an encoded text."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from seqchat.corpus.encoding import NO_TARGET, UNKNOWN_START, WORD, IdStream, Lanes
from seqchat.model.network import FusedState, Network

_TOP = (1, 3, 5)


@dataclass(frozen=True)
class Quality:
    """Measures of a model on a text.

    perplexity: exp of the mean negative log-likelihood per token, ends of turns included; top1, top3, top5: share of
    real words that are among the k best next-word suggestions, words that the vocabulary lacks counted as misses.
    """

    tokens: int
    words: int
    perplexity: float
    top1: float
    top3: float
    top5: float

    def to_json(self) -> dict[str, float]:
        """Return the measures as JSON values."""
        return asdict(self)


@torch.inference_mode()
def measure(network: Network, stream: IdStream, suggestible: Tensor, *, lanes: int = 32, window: int = 64) -> Quality:
    """Read the whole text once, in order, each dialog from a zero state.

    suggestible: bool [vocabulary], the words that may be offered; the others cannot be hits of top-k.
    """
    was_training = network.training
    network.eval()
    device = network.output_bias.device
    loss, tokens, words = 0.0, 0, 0
    hits = dict.fromkeys(_TOP, 0)
    states: list[FusedState] | None = None
    for batch in Lanes(stream, lanes, window):
        inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)
        kinds, fresh = torch.from_numpy(batch.kinds).to(device), torch.from_numpy(batch.fresh).to(device)
        targets = targets.to(device)
        features, states = network(inputs.to(device), reset_fresh(states, fresh))
        present = targets != NO_TARGET
        logits = network.logits(features[present])
        wanted, kind = targets[present], kinds[present]
        loss += float(cross_entropy(logits, wanted, reduction="sum"))
        tokens += len(wanted)
        words += int(((kind == WORD) | (kind == UNKNOWN_START)).sum())
        known = (kind == WORD) & suggestible[wanted]
        ranks = _ranks(logits[known].masked_fill_(~suggestible, -math.inf), wanted[known])
        for k in _TOP:
            hits[k] += int((ranks < k).sum())
    network.train(was_training)
    top1, top3, top5 = (hits[k] / words if words else 0.0 for k in _TOP)
    return Quality(tokens, words, math.exp(min(loss / tokens, 700)), top1, top3, top5)


def _ranks(logits: Tensor, wanted: Tensor) -> Tensor:
    """Return how many words score higher than the wanted one."""
    return (logits > logits.gather(1, wanted[:, None])).sum(dim=1)


def reset_fresh(states: list[FusedState] | None, fresh: Tensor) -> list[FusedState] | None:
    """Return the layers' states with zeros for the lanes that begin a new dialog, cut off from their history."""
    if states is None:
        return None
    keep = (~fresh)[None, :, None]

    def reset(state: Tensor) -> Tensor:
        return state.detach() * keep

    return [tuple(reset(s) for s in state) if isinstance(state, tuple) else reset(state) for state in states]
