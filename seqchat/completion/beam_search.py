"""The most probable continuations of a text, by beam search."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from seqchat.completion.allowed import allowed
from seqchat.completion.continuation import GeneratedWord, check_count, in_script
from seqchat.completion.cursor import Cursor
from seqchat.completion.engine import Engine
from seqchat.completion.first_word import first_words
from seqchat.completion.reading import Reading
from seqchat.completion.states import Node
from seqchat.corpus.vocabulary import TURN_ID, Vocabulary
from seqchat.errors import SeqchatError


def most_probable(
    engine: Engine, text: str, n: int = 3, *, beam: int = 8, max_words: int = 20
) -> Iterator[GeneratedWord]:
    """Yield the n most probable continuations that are found, the most probable first, each as one word.

    They end with the turn or at `max_words`; those of different length are compared by their whole probability.

    Raises:
        SeqchatError: n or max_words is less than 1, or the beam is narrower than n.
    """
    check_count(n)
    if max_words < 1:
        raise SeqchatError(f"The number of words is at least 1, not {max_words}.")
    if beam < n:
        raise SeqchatError(
            f"A beam of {beam} cannot find {n} continuations; it must be at least as wide as their number."
        )
    best = enumerate(_search(engine, text, beam, max_words)[:n])
    words = (GeneratedWord(i, found.text(engine.vocabulary), found.log_probability, True) for i, found in best)
    yield from words if engine.script is None else in_script(engine.script, words, engine.context.readable(text))


@dataclass(frozen=True)
class _Hypothesis:
    """A continuation in the beam: how its text begins, its words, and the node before the last of them."""

    reading: Reading
    ids: tuple[int, ...]
    before: Node
    log_probability: float

    @property
    def ended(self) -> bool:
        return self.ids[-1] == TURN_ID

    def text(self, vocabulary: Vocabulary) -> str:
        first, *rest = self.ids
        parts = [self.reading.rest(first, vocabulary)]
        for left, word_id in zip(self.ids, rest, strict=False):
            if word_id != TURN_ID:
                parts.append(vocabulary.surface(word_id, vocabulary.word(left)))
        return "".join(parts)


def _search(engine: Engine, text: str, beam: int, max_words: int) -> list[_Hypothesis]:
    cursor = engine.cursor(text)
    choices = first_words(engine, cursor)
    best = choices.log_probs.topk(min(beam, len(choices.log_probs)))
    hypotheses = []
    for index in best.indices.tolist():
        reading, word_id, log_probability = choices.choice(index)
        hypotheses.append(_Hypothesis(reading, (word_id,), reading.node, log_probability))
    for _ in range(max_words - 1):
        if all(hypothesis.ended for hypothesis in hypotheses):
            break
        grown = _grow(hypotheses, engine, cursor, beam)
        hypotheses = sorted(grown, key=lambda hypothesis: -hypothesis.log_probability)[:beam]
    return [hypothesis for hypothesis in hypotheses if hypothesis.log_probability > -math.inf]


def _grow(hypotheses: list[_Hypothesis], engine: Engine, cursor: Cursor, beam: int) -> list[_Hypothesis]:
    """Return those that have ended, and the others with each of their most probable next words."""
    growing = [hypothesis for hypothesis in hypotheses if not hypothesis.ended]
    last = [engine.vocabulary.spelled(h.ids[-1:]) for h in growing]
    nodes = engine.context.tree.read([h.before for h in growing], last)
    cursor.predictor.prefetch(nodes)
    line = cursor.text.rpartition("\n")[2]
    grown = [hypothesis for hypothesis in hypotheses if hypothesis.ended]
    for h, node in zip(growing, nodes, strict=True):
        row = cursor.predictor.log_probs(node) + allowed(engine, line + h.text(engine.vocabulary))
        best = row.topk(min(beam, len(row)))
        grown += [
            _Hypothesis(h.reading, (*h.ids, word_id), node, h.log_probability + value)
            for word_id, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]
    return grown
