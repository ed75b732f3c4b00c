"""Ranked insertions for the cursor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from seqchat.completion.engine import Engine
from seqchat.completion.reading import Reading, agreeing, readings
from seqchat.corpus.cleaning import GLUE
from seqchat.errors import SeqchatError

# Each reading proposes so many words beyond those asked for, before the readings are summed.
_MARGIN = 64


@dataclass(frozen=True)
class Suggestion:
    """A word offered at the cursor.

    word: the whole word; insert: the text that accepting it adds, after `replace` characters before the cursor (pinyin
    letters) are taken away; probability: among everything that agrees with what was typed; completes: whether it
    finishes the word being typed (词补全) or is the next one (下一词).
    """

    word: str
    insert: str
    replace: int
    probability: float
    completes: bool


@dataclass
class _Total:
    probability: float
    largest: float
    reading: Reading
    word_id: int

    def add(self, probability: float, reading: Reading, word_id: int) -> None:
        self.probability += probability
        if probability > self.largest:
            self.largest, self.reading, self.word_id = probability, reading, word_id


def suggest(engine: Engine, text: str, k: int = 5, *, pinyin: bool = True) -> list[Suggestion]:
    """Return the k most probable insertions at the end of `text`, the most probable first.

    An insertion's probability sums over the readings of the tail, so ``火`` → ``锅`` counts both 火锅 as one word and 锅
    after 火. Fewer than k are returned where fewer agree with what was typed.
    """
    if k < 1:
        raise SeqchatError(f"The number of suggestions is at least 1, not {k}.")
    found = readings(text, engine.context, engine.vocabulary, pinyin=pinyin)
    scored = [(reading, *agreeing(reading, engine.context)) for reading in found]
    normaliser = float(torch.stack([scores.logsumexp(0) for _, _, scores in scored]).logsumexp(0))
    totals: dict[tuple[str, int], _Total] = {}
    for reading, words, scores in scored:
        for word_id, score in _best(engine, words, scores, k + _MARGIN):
            insert = reading.insertion(word_id, engine.vocabulary)
            if not insert.strip():
                continue
            probability = math.exp(score - normaliser)
            key = (insert, reading.replaces)
            if key in totals:
                totals[key].add(probability, reading, word_id)
            else:
                totals[key] = _Total(probability, probability, reading, word_id)
    ranked = sorted(totals.items(), key=lambda item: (-item[1].probability, item[0]))
    return [_suggestion(engine, insert, total) for (insert, _), total in ranked[:k]]


def _suggestion(engine: Engine, insert: str, total: _Total) -> Suggestion:
    reading = total.reading
    return Suggestion(
        word=engine.vocabulary.words[total.word_id].removeprefix(GLUE),
        insert=insert,
        replace=reading.replaces,
        probability=min(total.probability, 1.0),
        completes=bool(reading.remainder.strip() or reading.replaces),
    )


def _best(engine: Engine, words: object, scores: Tensor, k: int) -> list[tuple[int, float]]:
    """Return the best suggestible words and their scores; `words` are the ids that the scores stand for."""
    suggestible = torch.from_numpy(engine.vocabulary.suggestible)
    ids = torch.arange(len(scores)) if words is None else torch.as_tensor(words)
    masked = scores.masked_fill(~suggestible[ids], -math.inf)
    best = masked.topk(min(k, len(masked)))
    return [
        (int(ids[i]), value)
        for i, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        if value > -math.inf
    ]
