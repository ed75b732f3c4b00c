"""Sampled continuations of a text, streamed word by word."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from seqchat.completion.engine import Engine
from seqchat.completion.reading import Reading, readings, scores
from seqchat.corpus.vocabulary import DIALOG_ID, PAD_ID, TURN_ID, UNKNOWN_ID
from seqchat.errors import SeqchatError

_NEVER = torch.tensor([PAD_ID, UNKNOWN_ID, DIALOG_ID])
# A continuation has at least one word, so the turn cannot end at once.
_NEVER_FIRST = torch.tensor([PAD_ID, UNKNOWN_ID, DIALOG_ID, TURN_ID])


@dataclass(frozen=True)
class Sampling:
    """How continuations are drawn.

    temperature: below 1 prefers probable words, 0 always takes the most probable one; top_p: only the most probable
    words that together hold this probability (Holtzman et al. 2020); max_words: length limit; seed: None for a new one.
    """

    temperature: float = 0.8
    top_p: float = 0.95
    max_words: int = 20
    seed: int | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.temperature < math.inf):
            raise SeqchatError(f"The temperature is a number from 0 up, not {self.temperature}.")
        if not (0 < self.top_p <= 1):
            raise SeqchatError(f"top-p is more than 0 and at most 1, not {self.top_p}.")
        if self.max_words < 1:
            raise SeqchatError(f"The number of words is at least 1, not {self.max_words}.")


@dataclass(frozen=True)
class Piece:
    """The next word of one continuation.

    index: which continuation; text: what it adds; log_probability: of this word under the model; ended: no further
    piece of this continuation comes (then text may be empty: the turn ended).
    """

    index: int
    text: str
    log_probability: float
    ended: bool


def generate(engine: Engine, text: str, n: int = 3, sampling: Sampling | None = None) -> Iterator[Piece]:
    """Continue `text` n times; all continuations advance together, one word each at a time.

    The first word is drawn over all readings of the tail, so that ``火`` may go on as 火锅. A continuation
    has at least one word and ends with the turn or at `Sampling.max_words`. Stop iterating at any time to cancel.
    """
    if n < 1:
        raise SeqchatError(f"The number of continuations is at least 1, not {n}.")
    sampling = sampling or Sampling()
    generator = torch.Generator()
    if sampling.seed is None:
        generator.seed()
    else:
        generator.manual_seed(sampling.seed)
    return _Sampler(engine, sampling, generator).run(text, n)


@dataclass
class _Sampler:
    engine: Engine
    sampling: Sampling
    generator: torch.Generator

    def run(self, text: str, n: int) -> Iterator[Piece]:
        chosen = self._first_words(text, n)
        vocabulary = self.engine.vocabulary
        ended = self.sampling.max_words == 1
        for index, (reading, word_id, log_probability) in enumerate(chosen):
            yield Piece(index, reading.insertion(word_id, vocabulary), log_probability, ended)
        if ended:
            return
        lefts = [vocabulary.words[word_id] for _, word_id, _ in chosen]
        ids = torch.tensor([word_id for _, word_id, _ in chosen])
        state = torch.cat([reading.node.stepped.state for reading, _, _ in chosen], dim=-2)
        yield from self._continue(list(range(n)), lefts, ids, state)

    def _first_words(self, text: str, n: int) -> list[tuple[Reading, int, float]]:
        """Draw n times a reading of the tail together with a word that agrees with it."""
        engine = self.engine
        found = readings(text, engine.context, engine.vocabulary, pinyin=False)
        table = scores(found, engine.context)
        flat = (table - table.logsumexp(dim=(0, 1))).index_fill(1, _NEVER_FIRST, -math.inf).flatten()
        places = [divmod(i, table.shape[1]) for i in self._draw(flat.expand(n, -1)).tolist()]
        return [(found[row], word_id, float(flat[row * table.shape[1] + word_id])) for row, word_id in places]

    def _continue(self, active: list[int], lefts: list[str], ids: Tensor, state: Tensor) -> Iterator[Piece]:
        vocabulary, network = self.engine.vocabulary, self.engine.network
        for length in range(2, self.sampling.max_words + 1):
            stepped = network.step(ids, state)
            scores = network.log_probabilities(stepped.features)
            ids = self._draw(scores.index_fill(1, _NEVER, -math.inf))
            state = stepped.state
            log_probabilities = scores.gather(1, ids[:, None])[:, 0].tolist()
            keep: list[int] = []
            for row, word_id in enumerate(ids.tolist()):
                ended = word_id == TURN_ID or length == self.sampling.max_words
                surface = "" if word_id == TURN_ID else vocabulary.surface(word_id, lefts[row])
                yield Piece(active[row], surface, log_probabilities[row], ended)
                lefts[row] = vocabulary.words[word_id]
                if not ended:
                    keep.append(row)
            if not keep:
                return
            active, lefts = [active[r] for r in keep], [lefts[r] for r in keep]
            ids, state = ids[keep], state[..., keep, :]

    def _draw(self, scores: Tensor) -> Tensor:
        """Draw one index for each row of log-probabilities [rows, choices]."""
        if self.sampling.temperature == 0:
            return scores.argmax(dim=1)
        scores = scores - scores.max(dim=1, keepdim=True).values
        probabilities = (scores / self.sampling.temperature).softmax(dim=1)
        if self.sampling.top_p < 1:
            ordered, order = probabilities.sort(dim=1, descending=True, stable=True)
            # A word stays if those before it have not reached top-p yet; the first always does.
            outside = ordered.cumsum(dim=1) - ordered >= self.sampling.top_p
            ordered = ordered.masked_fill(outside, 0.0)
            drawn = torch.multinomial(ordered, 1, generator=self.generator)
            return order.gather(1, drawn)[:, 0]
        return torch.multinomial(probabilities, 1, generator=self.generator)[:, 0]
