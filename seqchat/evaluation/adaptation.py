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
# So much of a dialog is read, and compared with what was remembered, at once.
_BLOCK = 512
_SHARES = (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3)
_FLATNESSES = (0.02, 0.05, 0.1, 0.2, 0.4)


@dataclass(frozen=True)
class _Block:
    """A part of a dialog as the network read it, and the words before it that may be remembered.

    features [tokens, embedding] before each target [tokens], and its kind; past_features [words, embedding] before each
    of past_targets [words]; usable: bool [tokens, words], which of them are remembered at a token.
    """

    features: Tensor
    targets: Tensor
    kinds: Tensor
    past_features: Tensor
    past_targets: Tensor
    usable: Tensor

    @property
    def there(self) -> Tensor:
        """Whether anything is remembered, for each token."""
        return self.usable.any(dim=1)

    def recalled(self, flatness: float) -> Tensor:
        """Return the weights [tokens, words] of the remembered words, which sum to 1 where there are any."""
        scores = (self.features @ self.past_features.T * flatness).masked_fill(~self.usable, -math.inf)
        return scores.softmax(dim=1).nan_to_num(0.0)


@torch.inference_mode()
def tune(network: Network, streams: Sequence[IdStream], chosen: Callable[[int], bool] = lambda _: True) -> Adaptation:
    """Return the weights of the memory with the lowest perplexity on texts, each dialog for itself.

    `chosen` says which dialogs of each text take part, by their number. Where no weight lowers the perplexity, the
    share is 0.
    """
    choices = [Adaptation(share, flatness) for share, flatness in product(_SHARES, _FLATNESSES)]
    losses, without = np.zeros(len(choices)), 0.0
    blocks = (
        block
        for stream in streams
        for block in _blocks(network, stream, filter(chosen, range(stream.dialogs)), _MOST_TOKENS // len(streams))
    )
    for block in blocks:
        rows = network.logits(block.features).log_softmax(dim=1)
        expected = rows.gather(1, block.targets[:, None])[:, 0]
        without -= float(expected.sum())
        same = block.targets[:, None] == block.past_targets
        recalled = {flatness: (block.recalled(flatness) * same).sum(dim=1) for flatness in _FLATNESSES}
        for i, choice in enumerate(choices):
            share = choice.share * block.there
            mixed = expected.exp() * (1 - share) + recalled[choice.flatness] * share
            losses[i] -= float(mixed.clamp(min=1e-30).log().sum())
    best = int(losses.argmin())
    return choices[best] if losses[best] < without else Adaptation()


@torch.inference_mode()
def compare(
    network: Network, stream: IdStream, chosen: Iterable[int], suggestible: Tensor, adaptation: Adaptation
) -> tuple[Quality, Quality]:
    """Return the quality over some dialogs without and with the memory, each dialog for itself."""
    without, with_memory = Tally(), Tally()
    for block in _blocks(network, stream, chosen):
        rows = network.logits(block.features).log_softmax(dim=1)
        without.add(rows, block.targets, block.kinds, suggestible)
        mass = torch.zeros_like(rows).index_add_(1, block.past_targets, block.recalled(adaptation.flatness))
        share = (adaptation.share * block.there)[:, None]
        with_memory.add((rows.exp() * (1 - share) + mass * share).log(), block.targets, block.kinds, suggestible)
    return without.quality(), with_memory.quality()


def _blocks(
    network: Network, stream: IdStream, chosen: Iterable[int], most_tokens: int | None = None
) -> Iterator[_Block]:
    """Yield dialogs, block by block, until there are enough tokens."""
    left = most_tokens
    for number in chosen:
        start, end = int(stream.starts[number]), int(stream.starts[number + 1])
        if left is not None:
            end = min(end, start + 1 + left)
            left -= end - start - 1
        if end - start < 2:
            continue
        device = network.output_bias.device
        ids = torch.from_numpy(np.array(stream.ids[start:end], dtype=np.int64)).to(device)
        kinds = torch.from_numpy(np.array(stream.kinds[start + 1 : end])).to(device)
        yield from _blocks_of(_read(network, ids), ids[1:], kinds)


def _read(network: Network, ids: Tensor) -> Tensor:
    """Return the features [tokens, embedding] before each word of a dialog but its first, from left to right."""
    state, features = network.initial_state(1), []
    for start in range(0, len(ids) - 1, _BLOCK):
        targets = ids[start + 1 : start + 1 + _BLOCK, None]
        run = network(ids[start : start + len(targets), None], state, targets)
        state = run.state
        features.append(run.heads["forward"][:, 0].float())
    return torch.cat(features)


def _blocks_of(features: Tensor, targets: Tensor, kinds: Tensor) -> Iterator[_Block]:
    place = torch.arange(len(targets), device=targets.device)
    # Words are remembered once their turn is finished: those up to the last end of a turn before a target.
    ends = torch.where(targets == TURN_ID, place + 1, 0).cummax(dim=0).values
    finished = torch.cat((ends.new_zeros(1), ends[:-1]))
    for start in range(0, len(targets), _BLOCK):
        tokens = slice(start, start + _BLOCK)
        now = finished[tokens, None]
        past = slice(max(int(now[0]) - MOST_WORDS, 0), int(now[-1]))
        usable = (place[past] < now) & (place[past] >= now - MOST_WORDS)
        yield _Block(features[tokens], targets[tokens], kinds[tokens], features[past], targets[past], usable)
