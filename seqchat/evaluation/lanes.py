"""Reading a text with a network: the one loop that carries a state over a text without training.

Dialogs are read side by side. A lane is a column of the batch: it reads one dialog after the other, window by window,
and has a row of the network's state of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.corpus.batches import NO_TARGET, Batch, Lanes
from seqchat.model.network import Network
from seqchat.model.ngrams import Contexts, Mixture


@dataclass(frozen=True)
class BatchFeatures:
    """What the targets of a batch are predicted from.

    batch: the lanes of the batch that have targets
    lanes: their numbers among all lanes
    heads: features [time, lanes, embedding] of each head of the network, on its device
    contexts: what the n-grams know before each target [time, lanes, …]; None without n-grams
    """

    batch: Batch
    lanes: NDArray[np.int64]
    heads: Mapping[str, Tensor]
    contexts: Contexts | None

    @property
    def valid_mask(self) -> NDArray[np.bool_]:
        """Which positions have a target: bool [time, lanes]."""
        mask: NDArray[np.bool_] = self.batch.targets != NO_TARGET
        return mask


@torch.inference_mode()
def read_lanes(
    network: Network, reader: Lanes, ngrams: Mixture | None = None, max_tokens: int | None = None
) -> Iterator[BatchFeatures]:
    """Read batches with a network, and with n-grams if there are any; each dialog starts from the initial state.

    max_tokens: no batch is read after this many targets.
    """
    device = network.output_bias.device
    state = network.initial_state(reader.lanes)
    contexts = ngrams.begin(reader.lanes) if ngrams else None
    tokens = 0
    for batch in reader:
        lanes = np.flatnonzero((batch.targets != NO_TARGET).any(axis=0))
        if not len(lanes):
            continue
        batch = _select(batch, lanes)
        inputs, targets, reset_mask = (
            torch.from_numpy(array).to(device) for array in (batch.inputs, batch.targets, batch.reset_mask)
        )
        output = network(inputs, network.reset(state[..., lanes, :], reset_mask), targets)
        state[..., lanes, :] = output.state
        known = None
        if ngrams is not None and contexts is not None:
            known = _read_ngrams(ngrams, contexts[lanes], batch)
            contexts[lanes] = known[-1]
        read = BatchFeatures(batch, lanes, output.heads, known)
        yield read
        tokens += int(read.valid_mask.sum())
        if max_tokens is not None and tokens >= max_tokens:
            break


def _select(batch: Batch, lanes: NDArray[np.int64]) -> Batch:
    return Batch(batch.inputs[:, lanes], batch.targets[:, lanes], batch.kinds[:, lanes], batch.reset_mask[lanes])


def _read_ngrams(ngrams: Mixture, contexts: Contexts, batch: Batch) -> Contexts:
    """Return the contexts before each target: [time, lanes, …]."""
    contexts[batch.reset_mask] = ngrams.begin(int(batch.reset_mask.sum()))
    return ngrams.read(contexts, batch.inputs)
