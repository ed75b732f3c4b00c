"""How much of a prediction is to come from the n-grams, and how much from the network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.corpus.batches import NO_TARGET, Lanes
from seqchat.corpus.encoding import IdStream
from seqchat.model.network import Network
from seqchat.model.ngrams import Mixture, NgramModel

_LANES, _WINDOW = 32, 64
# A larger part of the text would not change the weights.
_MOST_TOKENS = 200_000
# Expectation and maximisation come to rest within a few rounds.
_ROUNDS = 50
_BEGINNING = 0.3
_MOST_WEIGHT = 0.99

_Chances = NDArray[np.float64]


def tune_mixture(network: Network, ngrams: NgramModel, stream: IdStream) -> Mixture:
    """Return the mixture with the lowest perplexity on a text that neither has learned from.

    The weights are found by expectation maximisation (Jelinek and Mercer 1980), one for each depth of a context.
    """
    networks, others, depths = _chances(network, ngrams, stream)
    weights = np.full(ngrams.order, _BEGINNING)
    for _ in range(_ROUNDS):
        share = weights[depths]
        blame = share * others / np.maximum(share * others + (1 - share) * networks, 1e-300)
        for depth in np.unique(depths):
            weights[depth] = blame[depths == depth].mean()
    return Mixture(ngrams, tuple(np.minimum(weights, _MOST_WEIGHT).round(3).tolist()))


@torch.inference_mode()
def _chances(network: Network, ngrams: NgramModel, stream: IdStream) -> tuple[_Chances, _Chances, NDArray[np.int64]]:
    """Return the probability that each gives to each token, and the depth of the context before it: [tokens]."""
    reader = Lanes(stream, _LANES, _WINDOW)
    state, contexts = network.initial_state(reader.lanes), ngrams.begin(reader.lanes)
    device = network.output_bias.device
    networks: list[_Chances] = []
    others: list[_Chances] = []
    depths: list[NDArray[np.int64]] = []
    for batch in reader:
        if sum(len(part) for part in depths) >= _MOST_TOKENS:
            break
        inputs, targets, fresh = (
            torch.from_numpy(a).to(device) for a in (batch.inputs, batch.targets, batch.reset_mask)
        )
        run = network(inputs, network.reset(state, fresh), targets)
        state = run.state
        contexts[batch.reset_mask] = ngrams.begin(int(batch.reset_mask.sum()))
        read = ngrams.read(contexts, batch.inputs)
        contexts = read[-1]
        there = batch.targets != NO_TARGET
        wanted = targets[targets != NO_TARGET, None]
        rows = network.logits(run.heads["forward"][targets != NO_TARGET]).float().softmax(dim=1)
        networks.append(rows.gather(1, wanted)[:, 0].cpu().double().numpy())
        others.append(ngrams.probabilities_of(read[there], batch.targets[there][:, None])[:, 0].double().numpy())
        depths.append(ngrams.depths(read[there]))
    return np.concatenate(networks), np.concatenate(others), np.concatenate(depths)
