"""Continuations of a text: sampled and streamed word by word, or the most probable ones by beam search."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.context import readable
from seqchat.completion.engine import Engine
from seqchat.completion.memory import NeuralCache
from seqchat.completion.prediction import logsumexp
from seqchat.completion.reading import Reading, Scored, readings, scores
from seqchat.completion.states import Node
from seqchat.corpus.vocabulary import DIALOG_ID, PAD_ID, TURN_ID, UNKNOWN_ID, Vocabulary
from seqchat.errors import SeqchatError

Stop = Literal["turn", "sentence"]

_NEVER = torch.tensor([PAD_ID, UNKNOWN_ID, DIALOG_ID])
# A continuation has at least one word, so the turn cannot end at once.
_NEVER_FIRST = torch.tensor([PAD_ID, UNKNOWN_ID, DIALOG_ID, TURN_ID])
# So many words hold top-p most often; sorting all takes longer than everything else.
_MAX_SORTED = 512
# Where no temperature or penalty makes a difference any more, and numbers of 32 bits would run out
_MAX_FACTOR, _MIN_TEMPERATURE = 1_000, 1e-6
_SENTENCE_ENDS = frozenset("。！？!?…") | {"."}


@dataclass(frozen=True)
class Sampling:
    """How continuations are drawn.

    temperature: below 1 prefers probable words, 0 always takes the most probable one; top_k: only the k most probable
    words, 0 for all; top_p: only the most probable words that together hold this probability (Holtzman et al. 2020);
    min_p: only words at least so probable, relative to the most probable one (Nguyen et al. 2024); repetition_penalty:
    the log-probability of words that the continuation has already is multiplied by it (Keskar et al. 2019), 1 for
    none; max_words: length limit; stop: at the end of the turn, or of a sentence already; seed: None for a new one.
    """

    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 0.95
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    max_words: int = 20
    stop: Stop = "turn"
    seed: int | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.temperature <= _MAX_FACTOR):
            raise SeqchatError(f"The temperature is a number from 0 to {_MAX_FACTOR:,}, not {self.temperature}.")
        if self.top_k < 0:
            raise SeqchatError(f"top-k is at least 1, or 0 for all words, not {self.top_k}.")
        if not (0 < self.top_p <= 1):
            raise SeqchatError(f"top-p is more than 0 and at most 1, not {self.top_p}.")
        if not (0 <= self.min_p <= 1):
            raise SeqchatError(f"The minimum probability is at least 0 and at most 1, not {self.min_p}.")
        if not (1 <= self.repetition_penalty <= _MAX_FACTOR):
            raise SeqchatError(f"The repetition penalty is from 1 to {_MAX_FACTOR:,}, not {self.repetition_penalty}.")
        if self.max_words < 1:
            raise SeqchatError(f"The number of words is at least 1, not {self.max_words}.")
        if self.seed is not None and not (-1 << 63 <= self.seed < 1 << 64):
            raise SeqchatError("A seed is a whole number of at most 64 bits.")


@dataclass(frozen=True)
class GeneratedWord:
    """The next word of one continuation.

    index: which continuation; text: what it adds; log_probability: of this word under the model; ended: no further
    piece of this continuation comes (then text may be empty: the turn ended).
    """

    index: int
    text: str
    log_probability: float
    ended: bool


def generate(engine: Engine, text: str, n: int = 3, sampling: Sampling | None = None) -> Iterator[GeneratedWord]:
    """Continue `text` n times; all continuations advance together, one word each at a time.

    The first word is drawn over all readings of the tail, so that ``火`` may go on as 火锅. A continuation
    has at least one word and ends with the turn or at `Sampling.max_words`. Stop iterating at any time to cancel.

    Raises:
        SeqchatError: n is less than 1.
    """
    _check(n)
    sampling = sampling or Sampling()
    generator = torch.Generator()
    if sampling.seed is None:
        generator.seed()
    else:
        generator.manual_seed(sampling.seed)
    return _Sampler(engine, sampling, generator).run(readable(text), n)


def most_probable(
    engine: Engine, text: str, n: int = 3, *, beam: int = 8, max_words: int = 20
) -> Iterator[GeneratedWord]:
    """Yield the n most probable continuations that a beam search finds, the most probable first, each as one piece.

    They end with the turn or at `max_words`; those of different length are compared by their whole probability.

    Raises:
        SeqchatError: n or max_words is less than 1, or the beam is narrower than n.
    """
    _check(n)
    if max_words < 1:
        raise SeqchatError(f"The number of words is at least 1, not {max_words}.")
    if beam < n:
        raise SeqchatError(f"A beam of {beam} finds no {n} continuations; it is at least as wide as their number.")
    paths = _search(engine, readable(text), beam, max_words)
    for index, path in enumerate(paths[:n]):
        yield GeneratedWord(index, path.text(engine.vocabulary), path.log_probability, True)


def _check(n: int) -> None:
    if n < 1:
        raise SeqchatError(f"The number of continuations is at least 1, not {n}.")


@dataclass(frozen=True)
class _Choices:
    """The words that may come first, over all readings of the tail: log-probabilities [choices]."""

    scored: list[Scored]
    sizes: list[int]
    log_probabilities: Tensor

    @classmethod
    def of(cls, engine: Engine, text: str) -> _Choices:
        predictor = engine.predictor(text)
        scored = scores(readings(text, engine.context, engine.vocabulary, predictor, pinyin=False), predictor)
        total = logsumexp([s.total for s in scored])
        rows = [
            s.log_probs() - total
            if s.ids is not None
            else (s.log_probs() - total).index_fill(0, _NEVER_FIRST, -math.inf)
            for s in scored
        ]
        return cls(scored, [len(row) for row in rows], torch.cat(rows))

    def choice(self, place: int) -> tuple[Reading, int, float]:
        """Return the reading and the word at a place, and the word's log-probability."""
        value = float(self.log_probabilities[place])
        for scored, size in zip(self.scored, self.sizes, strict=True):
            if place < size:
                return scored.reading, scored.word_id(place), value
            place -= size
        raise IndexError(place)


def _mixed(rows: Tensor, features: Tensor, recall: NeuralCache | None) -> Tensor:
    """Mix what the writer wrote into rows of log-probabilities [batch, words]."""
    if recall is None:
        return rows
    return torch.stack([recall.mix_row(row, recall.shares_after(f)) for row, f in zip(rows, features, strict=True)])


class _Reader:
    """Reads several texts on, a word each at a time, and predicts the next ones; their states are not kept."""

    def __init__(self, engine: Engine, nodes: list[Node]) -> None:
        self._network, self._mixture = engine.network, engine.mixture
        self._state = torch.cat([node.state for node in nodes], dim=-2)
        self._contexts = engine.context.tree.ngram_contexts(nodes)

    def read(self, ids: list[int]) -> tuple[Tensor, Tensor]:
        """Return log-probabilities [texts, words] behind one more word in each, and the features they come from."""
        stepped = self._network.step(torch.tensor(ids), self._state)
        self._state = stepped.state
        rows = self._network.log_probabilities(stepped.features)
        if self._mixture is not None:
            self._contexts = self._mixture.ngrams.advance(self._contexts, np.array(ids))
            rows = self._mixture.mix(rows, self._contexts)
        return rows, stepped.features

    def keep(self, rows: list[int]) -> None:
        """Go on with some of the texts alone."""
        self._state, self._contexts = self._state[..., rows, :], self._contexts[rows]


@dataclass
class _Sampler:
    engine: Engine
    sampling: Sampling
    generator: torch.Generator

    def run(self, text: str, n: int) -> Iterator[GeneratedWord]:
        choices = _Choices.of(self.engine, text)
        drawn = self._draw(choices.log_probabilities.expand(n, -1)).tolist()
        chosen = [choices.choice(place) for place in drawn]
        vocabulary = self.engine.vocabulary
        active: list[int] = []
        for index, (reading, word_id, log_probability) in enumerate(chosen):
            ended = self._ends(word_id, 1)
            yield GeneratedWord(index, reading.insertion(word_id, vocabulary), log_probability, ended)
            if not ended:
                active.append(index)
        if active:
            lasts = [word_id for _, word_id, _ in chosen]
            nodes = [chosen[index][0].node for index in active]
            yield from self._continue(
                active, lasts, nodes, self.engine.memory.cache_before(choices.scored[0].reading.node)
            )

    def _continue(
        self, active: list[int], lasts: list[int], nodes: list[Node], recall: NeuralCache | None
    ) -> Iterator[GeneratedWord]:
        """Go on with the continuations of these numbers, given the last word of each, and the nodes before these."""
        vocabulary = self.engine.vocabulary
        used = [{word_id} for word_id in lasts]
        reader = _Reader(self.engine, nodes)
        for length in range(2, self.sampling.max_words + 1):
            rows, features = reader.read([lasts[index] for index in active])
            rows = _mixed(rows, features, recall)
            allowed = rows.index_fill(1, _NEVER, -math.inf)
            drawn = self._draw(self._penalised(allowed, [used[index] for index in active]))
            keep: list[int] = []
            for row, (index, word_id) in enumerate(zip(active, drawn.tolist(), strict=True)):
                ended = self._ends(word_id, length)
                text = "" if word_id == TURN_ID else vocabulary.surface(word_id, vocabulary.words[lasts[index]])
                yield GeneratedWord(index, text, float(rows[row, word_id]), ended)
                lasts[index] = word_id
                used[index].add(word_id)
                if not ended:
                    keep.append(row)
            if not keep:
                return
            active = [active[row] for row in keep]
            reader.keep(keep)

    def _ends(self, word_id: int, length: int) -> bool:
        sentence = self.sampling.stop == "sentence" and self.engine.vocabulary.words[word_id] in _SENTENCE_ENDS
        return word_id == TURN_ID or length == self.sampling.max_words or sentence

    def _penalised(self, rows: Tensor, used: list[set[int]]) -> Tensor:
        """Make the words that each continuation [rows] has used less probable."""
        if self.sampling.repetition_penalty != 1:
            for row, ids in zip(rows, used, strict=True):
                row[list(ids - {TURN_ID})] *= self.sampling.repetition_penalty
        return rows

    def _draw(self, rows: Tensor) -> Tensor:
        """Draw one index for each row of log-probabilities [rows, choices]."""
        if self.sampling.temperature < _MIN_TEMPERATURE:
            return rows.argmax(dim=1)
        rows = rows - rows.max(dim=1, keepdim=True).values
        probabilities = (rows / self.sampling.temperature).softmax(dim=1)
        if self.sampling.min_p:
            floor = probabilities.max(dim=1, keepdim=True).values * self.sampling.min_p
            probabilities = probabilities.masked_fill(probabilities < floor, 0.0)
        if self.sampling.top_p == 1 and not self.sampling.top_k:
            return torch.multinomial(probabilities, 1, generator=self.generator)[:, 0]
        count = min(self.sampling.top_k or _MAX_SORTED, probabilities.shape[1])
        ordered, order = probabilities.topk(count, dim=1)
        # A word stays if those before it have not reached top-p yet; the first always does.
        outside = ordered.cumsum(dim=1) - ordered >= self.sampling.top_p
        outside[:, 0] = False
        if self.sampling.top_k or count == probabilities.shape[1] or bool(outside[:, -1].all()):
            drawn = torch.multinomial(ordered.masked_fill(outside, 0.0), 1, generator=self.generator)
            return order.gather(1, drawn)[:, 0]
        return torch.stack([self._draw_within(row) for row in probabilities])

    def _draw_within(self, probabilities: Tensor) -> Tensor:
        """Draw one index among the many most probable words [choices] that together hold top-p, without sorting them.

        A word belongs to them if those that are more probable do not hold top-p; what does not is drawn again.
        """
        while True:
            drawn = torch.multinomial(probabilities, 1, generator=self.generator)[0]
            better = probabilities > probabilities[drawn]
            if float(probabilities[better].sum()) < self.sampling.top_p:
                return drawn


@dataclass(frozen=True)
class _Path:
    """A continuation in a beam: how its text begins, the words behind that, and the node before the last word."""

    reading: Reading
    ids: tuple[int, ...]
    before: Node
    log_probability: float

    @property
    def ended(self) -> bool:
        return self.ids[-1] == TURN_ID

    def text(self, vocabulary: Vocabulary) -> str:
        first, *rest = self.ids
        parts = [self.reading.insertion(first, vocabulary)]
        for left, word_id in zip(self.ids, rest, strict=False):
            if word_id != TURN_ID:
                parts.append(vocabulary.surface(word_id, vocabulary.words[left]))
        return "".join(parts)


def _search(engine: Engine, text: str, beam: int, max_words: int) -> list[_Path]:
    choices = _Choices.of(engine, text)
    best = choices.log_probabilities.topk(min(beam, len(choices.log_probabilities)))
    paths = []
    for place in best.indices.tolist():
        reading, word_id, log_probability = choices.choice(place)
        paths.append(_Path(reading, (word_id,), reading.node, log_probability))
    predictor = engine.predictor(text)
    for _ in range(max_words - 1):
        growing = [path for path in paths if not path.ended]
        if not growing:
            break
        nodes = engine.context.tree.read([path.before for path in growing], [path.ids[-1:] for path in growing])
        predictor.prefetch(nodes)
        grown = [path for path in paths if path.ended]
        for path, node in zip(growing, nodes, strict=True):
            row = predictor.log_probs(node).index_fill(0, _NEVER, -math.inf)
            best = row.topk(min(beam, len(row)))
            grown += [
                _Path(path.reading, (*path.ids, word_id), node, path.log_probability + value)
                for word_id, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)
            ]
        paths = sorted(grown, key=lambda path: -path.log_probability)[:beam]
    return [path for path in paths if path.log_probability > -math.inf]
