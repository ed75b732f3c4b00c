"""Evaluating a network alone, each of its heads, as training validates it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from seqchat.corpus.batches import Lanes
from seqchat.corpus.encoding import WORD, IdStream, Kinds
from seqchat.evaluation.lanes import read_lanes
from seqchat.evaluation.metrics import NATS, SUMS, WORDS, Metrics, Sums, count_better, token_sums
from seqchat.model.network import Network


@dataclass(frozen=True)
class Validation:
    """The metrics of a text by each head of the network, and of each of its sources by the last head."""

    heads: dict[str, Metrics]
    sources: dict[str, Metrics]


def validate_sources(network: Network, streams: Mapping[str, IdStream], suggestible: Tensor) -> Validation:
    """Read the texts of several sources once, each dialog from its beginning, and measure them alone and together.

    suggestible: as in `validate`.
    """
    sums = {name: _read(network, stream, suggestible, lanes=32, window=64) for name, stream in streams.items()}
    heads = list(next(iter(sums.values())))
    last = {name: each[heads[-1]] for name, each in sums.items()}
    return Validation(
        {head: Metrics.of(np.sum([each[head] for each in sums.values()], axis=0)) for head in heads},
        {name: Metrics.of(total) for name, total in last.items() if total[WORDS]},
    )


def validate(
    network: Network, stream: IdStream, suggestible: Tensor, *, lanes: int = 32, window: int = 64
) -> dict[str, Metrics]:
    """Read a text once, each dialog from its beginning, and return the metrics of each head.

    suggestible: bool [vocabulary] on the CPU, the words that may be suggested; others are never hits. A head that also
    reads from the right sees only the window.
    """
    sums = _read(network, stream, suggestible, lanes=lanes, window=window)
    return {head: Metrics.of(total) for head, total in sums.items()}


@torch.inference_mode()
def _read(network: Network, stream: IdStream, suggestible: Tensor, *, lanes: int, window: int) -> dict[str, Sums]:
    """Return the sums over the tokens of a text for each head."""
    was_training = network.training
    network.eval()
    sums: dict[str, Sums] = {}
    for read in read_lanes(network, Lanes(stream, lanes, window, longest_first=True)):
        learned_mask = read.batch.learned_mask
        targets, kinds = torch.from_numpy(read.batch.targets[learned_mask]), read.batch.kinds[learned_mask]
        for head, features in read.heads.items():
            logits = network.logits(features[torch.from_numpy(learned_mask).to(features.device)])
            sums[head] = sums.get(head, np.zeros(len(SUMS))) + _sums(logits, targets, kinds, suggestible)
    network.train(was_training)
    return sums


def _sums(logits: Tensor, targets: Tensor, kinds: Kinds, suggestible: Tensor) -> Sums:
    """Return the sums over tokens, given logits [tokens, words]."""
    known = (kinds == WORD) & suggestible[targets].numpy()
    targets, hidden = targets.to(logits.device), (~suggestible).nonzero()[:, 0].to(logits.device)
    nats = float(cross_entropy(logits, targets, reduction="sum"))
    total: Sums = token_sums(kinds, known, count_better(logits, targets, hidden)).sum(axis=0)
    total[NATS] = nats
    return total
