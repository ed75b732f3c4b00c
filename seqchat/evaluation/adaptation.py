"""How much the memory of what was written helps, and how strongly it is to be mixed in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.memory import MOST_WORDS
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.vocabulary import TURN_ID
from seqchat.evaluation.quality import Quality, Tally
from seqchat.model.config import Adaptation
from seqchat.model.network import Network

# A larger part of the text would not change the choice.
_MOST_TOKENS = 40_000
_SHARES = (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3)
_FLATNESSES = (0.02, 0.05, 0.1, 0.2, 0.4)


@dataclass(frozen=True)
class _Dialog:
    """A dialog as the network read it: features [tokens, embedding] before each target [tokens], and its kind."""

    features: Tensor
    targets: Tensor
    kinds: Tensor

    def recalled(self, flatness: float) -> tuple[Tensor, Tensor]:
        """Return the weights [tokens, tokens] of all earlier words before each target, and where there are any."""
        place = torch.arange(len(self.targets))
        # Words are remembered once their turn is finished: those up to the last end of a turn before a target.
        ends = torch.where(self.targets == TURN_ID, place + 1, 0).cummax(dim=0).values
        finished = torch.cat((torch.zeros(1, dtype=torch.long), ends[:-1]))[:, None]
        usable = (place < finished) & (place >= finished - MOST_WORDS)
        scores = (self.features @ self.features.T * flatness).masked_fill(~usable, -math.inf)
        return scores.softmax(dim=1).nan_to_num(0.0), usable.any(dim=1)


@torch.inference_mode()
def tune(network: Network, streams: Sequence[IdStream], chosen: Callable[[int], bool] = lambda _: True) -> Adaptation:
    """Return the weights of the memory with the lowest perplexity on texts, each dialog for itself.

    `chosen` says which dialogs of each text take part, by their number. Where no weight lowers the perplexity, the
    share is 0.
    """
    choices = [Adaptation(share, flatness) for share, flatness in product(_SHARES, _FLATNESSES)]
    losses, without = np.zeros(len(choices)), 0.0
    dialogs = (
        dialog
        for stream in streams
        for dialog in _dialogs(network, stream, filter(chosen, range(stream.dialogs)), _MOST_TOKENS / len(streams))
    )
    for dialog in dialogs:
        rows = network.logits(dialog.features).log_softmax(dim=1)
        expected = rows.gather(1, dialog.targets[:, None])[:, 0]
        without -= float(expected.sum())
        same = dialog.targets[:, None] == dialog.targets
        recalled = {}
        for flatness in _FLATNESSES:
            weights, there = dialog.recalled(flatness)
            recalled[flatness] = (weights * same).sum(dim=1), there
        for i, choice in enumerate(choices):
            mass, there = recalled[choice.flatness]
            share = choice.share * there
            losses[i] -= float((expected.exp() * (1 - share) + mass * share).log().sum())
    best = int(losses.argmin())
    return choices[best] if losses[best] < without else Adaptation()


@torch.inference_mode()
def compare(
    network: Network, stream: IdStream, chosen: Sequence[int], suggestible: Tensor, adaptation: Adaptation
) -> tuple[Quality, Quality]:
    """Return the quality over some dialogs without and with the memory, each dialog for itself."""
    without, with_memory = Tally(), Tally()
    for dialog in _dialogs(network, stream, chosen):
        rows = network.logits(dialog.features).log_softmax(dim=1)
        without.add(rows, dialog.targets, dialog.kinds, suggestible)
        weights, there = dialog.recalled(adaptation.flatness)
        mass = torch.zeros_like(rows).index_add_(1, dialog.targets, weights)
        share = (adaptation.share * there)[:, None]
        with_memory.add((rows.exp() * (1 - share) + mass * share).log(), dialog.targets, dialog.kinds, suggestible)
    return without.quality(), with_memory.quality()


def _dialogs(
    network: Network, stream: IdStream, chosen: Iterable[int], most_tokens: float = math.inf
) -> Iterator[_Dialog]:
    """Yield dialogs as the network reads them from left to right, until there are enough tokens."""
    tokens, device = 0, network.output_bias.device
    for number in chosen:
        start, end = int(stream.starts[number]), int(stream.starts[number + 1])
        ids = torch.from_numpy(np.array(stream.ids[start:end], dtype=np.int64)).to(device)
        inputs, targets = ids[:-1, None], ids[1:, None]
        if not len(inputs):
            continue
        run = network(inputs, network.initial_state(1), targets)
        kinds = torch.from_numpy(np.array(stream.kinds[start + 1 : end]))
        yield _Dialog(run.heads["forward"][:, 0].float(), targets[:, 0], kinds.to(device))
        tokens += len(inputs)
        if tokens >= most_tokens:
            return
