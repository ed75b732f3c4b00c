"""Ranked insertions for the cursor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from seqchat.completion.engine import Engine
from seqchat.completion.reading import Reading, readings, scores
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


def suggest(engine: Engine, text: str, k: int = 5, *, pinyin: bool = True) -> list[Suggestion]:
    """Return the k most probable insertions at the end of `text`, the most probable first.

    An insertion's probability sums over the readings of the tail, so ``火`` → ``锅`` counts both 火锅 as one word
    and 锅 after 火. Fewer than k are returned where fewer agree with what was typed.
    """
    if k < 1:
        raise SeqchatError(f"The number of suggestions is at least 1, not {k}.")
    found = readings(text, engine.context, engine.vocabulary, pinyin=pinyin)
    table = scores(found, engine.context)
    table = table - table.logsumexp(dim=(0, 1))
    suggestions = [
        _suggestion(engine, found, table, insert, replace)
        for insert, replace in _proposals(engine, found, table, k + _MARGIN)
    ]
    return sorted(suggestions, key=lambda s: (-s.probability, s.insert))[:k]


def _proposals(engine: Engine, found: list[Reading], table: Tensor, count: int) -> set[tuple[str, int]]:
    """Return the insertions, and what they replace, of the best suggestible words of each reading."""
    suggestible = torch.from_numpy(engine.vocabulary.suggestible)
    best = table.masked_fill(~suggestible, -math.inf).topk(min(count, table.shape[1]), dim=1)
    proposals = {
        (reading.insertion(word_id, engine.vocabulary), reading.replaces)
        for reading, ids, values in zip(found, best.indices.tolist(), best.values.tolist(), strict=True)
        for word_id, value in zip(ids, values, strict=True)
        if value > -math.inf
    }
    return {(insert, replace) for insert, replace in proposals if insert.strip()}


def _suggestion(engine: Engine, found: list[Reading], table: Tensor, insert: str, replace: int) -> Suggestion:
    """Sum an insertion's probability over all readings; it is named after the one that gives it most."""
    ways = [
        (math.exp(float(table[row, word_id])), row, word_id)
        for row, reading in enumerate(found)
        if reading.replaces == replace
        for word_id in reading.word_ids(insert, engine.vocabulary)
    ]
    _, row, word_id = max(ways)
    reading = found[row]
    return Suggestion(
        word=engine.vocabulary.words[word_id].removeprefix(GLUE),
        insert=insert,
        replace=replace,
        probability=min(sum(way[0] for way in ways), 1.0),
        completes=bool(reading.remainder.strip() or reading.replaces),
    )
