"""Continuations of a text, sampled and streamed word by word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.allowed import allowed
from seqchat.completion.engine import Engine
from seqchat.completion.first_word import first_words
from seqchat.completion.memory import NeuralCache
from seqchat.completion.sampling import Sampler, Sampling
from seqchat.completion.script import LEFT, TraditionalScript
from seqchat.completion.states import Node
from seqchat.corpus.vocabulary import TURN_ID
from seqchat.errors import SeqchatError

_SENTENCE_ENDS = frozenset("。！？!?…") | {"."}


@dataclass(frozen=True)
class GeneratedWord:
    """The next word of one continuation.

    index: which continuation; text: what it adds; log_probability: of this word under the model; ended: whether it is
    the last of this continuation (then text may be empty: the turn ended).
    """

    index: int
    text: str
    log_probability: float
    ended: bool


def generate(
    engine: Engine, text: str, n: int = 3, sampling: Sampling | None = None, *, finished: bool = False
) -> Iterator[GeneratedWord]:
    """Continue `text` n times; all continuations advance together, one word each at a time.

    The first word is drawn over all readings of the tail, so that ``火`` may become 火锅. A continuation has at least
    one word and ends with the turn or at `Sampling.max_words`. Stop iterating at any time to cancel. finished: whether
    the last word of the text is known to be complete.

    Raises:
        SeqchatError: n is less than 1.
    """
    check_count(n)
    words = _Generation(engine, Sampler(sampling or Sampling()), finished).run(text, n)
    return words if engine.script is None else in_script(engine.script, words, engine.context.readable(text))


def in_script(script: TraditionalScript, words: Iterable[GeneratedWord], left: str) -> Iterator[GeneratedWord]:
    """Yield generated words in a script; left: the text that they follow, as it was read."""
    lefts: dict[int, str] = {}
    for word in words:
        before = lefts.get(word.index, left)
        lefts[word.index] = (before + word.text)[-LEFT:]
        yield replace(word, text=script.written(word.text, before)) if word.text else word


def check_count(n: int) -> None:
    """Check a number of continuations.

    Raises:
        SeqchatError: it is less than 1.
    """
    if n < 1:
        raise SeqchatError(f"The number of continuations is at least 1, not {n}.")


class _BatchReader:
    """Reads words on after several texts, one each at a time, and predicts the next; the states are not kept."""

    def __init__(self, engine: Engine, nodes: list[Node], cache: NeuralCache | None) -> None:
        """Begin after the words of the nodes; cache: what the writer wrote."""
        tree = engine.context.tree
        self._network, self._mixture, self._cache = engine.network, engine.mixture, cache
        self._state = torch.cat([node.state for node in tree.with_states(nodes)], dim=-2)
        self._ngram_contexts = tree.ngram_contexts(nodes)

    def read(self, ids: list[int]) -> Tensor:
        """Read one more word of each text; return the log-probabilities [texts, words] of the word after it."""
        stepped = self._network.step(torch.tensor(ids), self._state)
        self._state = stepped.state
        rows = self._network.log_probabilities(stepped.features)
        if self._mixture is not None:
            self._ngram_contexts = self._mixture.advance(self._ngram_contexts, np.array(ids))
            rows = self._mixture.mix(rows, self._ngram_contexts)
        if self._cache is None:
            return rows
        return torch.stack(
            [
                self._cache.mix_all(row, self._cache.log_shares_after(features))
                for row, features in zip(rows, stepped.features, strict=True)
            ]
        )

    def keep(self, rows: list[int]) -> None:
        """Continue with only some of the texts."""
        self._state, self._ngram_contexts = self._state[..., rows, :], self._ngram_contexts[rows]


@dataclass
class _Generation:
    engine: Engine
    sampler: Sampler
    finished: bool
    _ended: set[str] = field(default_factory=set)

    def run(self, text: str, n: int) -> Iterator[GeneratedWord]:
        cursor = self.engine.cursor(text)
        choices = first_words(self.engine, cursor, finished=self.finished)
        line = cursor.text.rpartition("\n")[2]

        def first_ending(_: int, index: int) -> str | None:
            reading, word_id, _log_prob = choices.choice(index)
            return line + reading.rest(word_id, self.engine.vocabulary) if self._ends(word_id, 1) else None

        drawn = self._draw(choices.log_probs.expand(n, -1), first_ending)
        chosen = [choices.choice(index) for index in drawn]
        active: list[int] = []
        lines = []
        for number, (reading, word_id, log_probability) in enumerate(chosen):
            ended = self._ends(word_id, 1)
            text = reading.rest(word_id, self.engine.vocabulary)
            lines.append(line + text)
            yield GeneratedWord(number, text, log_probability, ended)
            if not ended:
                active.append(number)
        if active:
            # A word of a lexicon is read through its characters.
            spelled = [self.engine.vocabulary.spelled([word_id]) for _, word_id, _ in chosen]
            last_ids = [ids[-1] for ids in spelled]
            starts = [chosen[number][0].node for number in active]
            nodes = self.engine.context.tree.read(starts, [spelled[number][:-1] for number in active])
            reader = _BatchReader(self.engine, nodes, self.engine.memory.cache_before(cursor.node))
            yield from self._continue(active, last_ids, lines, reader)

    def _continue(
        self, active: list[int], last_ids: list[int], lines: list[str], reader: _BatchReader
    ) -> Iterator[GeneratedWord]:
        """Go on with the continuations of these numbers, given the last word and the line of each."""
        vocabulary = self.engine.vocabulary
        used = [{word_id} for word_id in last_ids]
        for length in range(2, self.sampler.sampling.max_words + 1):
            rows = reader.read([last_ids[number] for number in active])
            fitting = rows + torch.stack([allowed(self.engine, lines[number]) for number in active])

            def surface(number: int, word_id: int) -> str:
                return "" if word_id == TURN_ID else vocabulary.surface(word_id, vocabulary.words[last_ids[number]])

            def ending(row: int, word_id: int, length: int = length, numbers: list[int] = active) -> str | None:
                number = numbers[row]
                return lines[number] + surface(number, word_id) if self._ends(word_id, length) else None

            drawn = self._draw(self.sampler.penalise(fitting, [used[number] for number in active]), ending)
            kept: list[int] = []
            for row, (number, word_id) in enumerate(zip(active, drawn, strict=True)):
                ended = self._ends(word_id, length)
                text = surface(number, word_id)
                yield GeneratedWord(number, text, float(rows[row, word_id]), ended)
                last_ids[number], lines[number] = word_id, lines[number] + text
                used[number].add(word_id)
                if not ended:
                    kept.append(row)
            if not kept:
                return
            active = [active[row] for row in kept]
            reader.keep(kept)

    def _draw(self, rows: Tensor, ending: Callable[[int, int], str | None]) -> list[int]:
        """Draw an index for each row, and another one while a continuation would end like one before it.

        ending: the text that a row ends with after the word of an index; None where it goes on.
        """
        drawn = self.sampler.draw(rows).tolist()
        if not self.sampler.sampling.distinct:
            return drawn
        for row, index in enumerate(drawn):
            others = rows[row : row + 1]
            while (text := ending(row, index)) in self._ended and bool((others > -torch.inf).sum() > 1):
                others = others.index_fill(1, torch.tensor([index]), -torch.inf)
                index = int(self.sampler.draw(others)[0])
            drawn[row] = index
            if text is not None:
                self._ended.add(text)
        return drawn

    def _ends(self, word_id: int, length: int) -> bool:
        sampling = self.sampler.sampling
        sentence = sampling.stop == "sentence" and self.engine.vocabulary.word(word_id) in _SENTENCE_ENDS
        return word_id == TURN_ID or length == sampling.max_words or sentence
