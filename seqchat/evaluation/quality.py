"""Perplexity and top-k of a network over an encoded text."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from seqchat.corpus.batches import NO_TARGET, Lanes
from seqchat.corpus.encoding import UNKNOWN_START, WORD, IdStream
from seqchat.model.network import Network

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


@dataclass
class _Tally:
    """Sums over the text for one head of a network."""

    loss: float = 0.0
    tokens: int = 0
    words: int = 0
    hits: tuple[int, ...] = (0,) * len(_TOP)

    def add(self, logits: Tensor, wanted: Tensor, kinds: Tensor, suggestible: Tensor) -> None:
        """Count tokens: logits [tokens, words], the wanted ids, what each is, and the words that may be offered."""
        self.loss += float(cross_entropy(logits, wanted, reduction="sum"))
        self.tokens += len(wanted)
        self.words += int(((kinds == WORD) | (kinds == UNKNOWN_START)).sum())
        known = (kinds == WORD) & suggestible[wanted]
        scores = logits[known].masked_fill_(~suggestible, -math.inf)
        ranks = (scores > scores.gather(1, wanted[known][:, None])).sum(dim=1)
        self.hits = tuple(n + int((ranks < k).sum()) for n, k in zip(self.hits, _TOP, strict=True))

    def quality(self) -> Quality:
        """Return the measures of all that was counted."""
        top1, top3, top5 = (n / self.words if self.words else 0.0 for n in self.hits)
        mean = self.loss / self.tokens if self.tokens else math.inf
        return Quality(self.tokens, self.words, math.exp(min(mean, 700)), top1, top3, top5)


@torch.inference_mode()
def measure(
    network: Network, stream: IdStream, suggestible: Tensor, *, lanes: int = 32, window: int = 64
) -> dict[str, Quality]:
    """Read the whole text once, in order, each dialog from its beginning; return the quality of each head.

    suggestible: bool [vocabulary], the words that may be offered; the others cannot be hits of top-k. A head that reads
    from the right as well sees no farther than the window.
    """
    was_training = network.training
    network.eval()
    device = network.output_bias.device
    suggestible = suggestible.to(device)
    reader = Lanes(stream, lanes, window)
    state = network.initial_state(reader.lanes)
    tallies: dict[str, _Tally] = {}
    for batch in reader:
        inputs, targets, kinds, fresh = (
            torch.from_numpy(a).to(device) for a in (batch.inputs, batch.targets, batch.kinds, batch.reset_mask)
        )
        run = network(inputs, network.reset(state, fresh), targets)
        state = run.state
        present = targets != NO_TARGET
        for name, features in run.heads.items():
            logits = network.logits(features[present])
            tallies.setdefault(name, _Tally()).add(logits, targets[present], kinds[present], suggestible)
    network.train(was_training)
    return {name: tally.quality() for name, tally in tallies.items()}
