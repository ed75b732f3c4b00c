"""Words and characters for the first syllables of what is typed, where the rest of the letters stays open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from seqchat.completion.cursor import Cursor
from seqchat.completion.engine import Engine
from seqchat.completion.prediction import logsumexp
from seqchat.completion.reading import Reading
from seqchat.completion.suggestion import Suggestion
from seqchat.corpus.pinyin import typed_end

# Of the words for the same letters so many are offered, and of single characters
_WORDS, _CHARACTERS = 5, 27


def first_parts(engine: Engine, cursor: Cursor, reading: Reading, rest: str = "") -> list[Suggestion]:
    """Return words for the first letters of a reading as pinyin, those for more letters first.

    rest: letters after those of the reading, which stay as well.
    """
    letters = reading.letters
    assert letters is not None
    kept, typed = cursor.text[: -letters.typed], cursor.text[-letters.typed :]
    layout = engine.vocabulary.spelling.layout
    syllables, plain = engine.vocabulary.pinyin.syllables, letters.plain
    in_full = syllables.spell(plain)
    found: list[tuple[int, str, float]] = []
    lefts = {}
    for end, words in _by_end(engine, cursor, reading).items():
        # After whole syllables none is left over that is none.
        if 0 < end < len(plain) and (syllables.spell(plain[end:]) or not in_full):
            best = sorted(words.items(), key=lambda item: -item[1])
            longer = [item for item in best if len(item[0]) > 1][:_WORDS]
            found += [(end, word, score) for word, score in (*longer, *_characters(best))]
            lefts[end] = typed[typed_end(typed, end, layout) :] + rest
    log_normalizer = logsumexp([score for _, _, score in found])
    found.sort(key=lambda part: (-part[0], -part[2]))
    parts = []
    for end, word, log_prob in found:
        left = lefts[end]
        share = math.exp(log_prob - log_normalizer)
        part = Suggestion(word, word, len(typed) + len(rest), share, True)
        if engine.script is not None:
            part = engine.script.suggestion(part, kept, [word])
        parts.append(replace(part, insert=part.insert + left, rest=len(left)))
    return parts


def _characters(best: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    return [item for item in best if len(item[0]) == 1][:_CHARACTERS]


def _by_end(engine: Engine, cursor: Cursor, reading: Reading) -> dict[int, dict[str, float]]:
    """Return log P(word, its letters) of the words for the first letters, by how many letters these are."""
    vocabulary, predictor, node = engine.vocabulary, cursor.predictor, reading.node
    letters = reading.letters
    assert letters is not None
    words = ((end, vocabulary.pinyin.spelled(letters, end)) for end in range(1, len(letters.plain)))
    matches = [(end, match) for end, match in words if match is not None]
    found: dict[int, dict[str, float]] = {end: {} for end, _ in matches}
    if matches:
        ids = torch.from_numpy(np.concatenate([match.ids for _, match in matches]))
        log_typed = torch.from_numpy(np.concatenate([match.log_probs for _, match in matches]))
        values = (predictor.log_probs_of(node, ids) + reading.log_kept + log_typed).tolist()
        ends = [end for end, match in matches for _ in match.ids]
        for end, word_id, value in zip(ends, ids.tolist(), values, strict=True):
            found[end][vocabulary.words[word_id]] = value
    if vocabulary.lexicon is not None:
        for end, sets in vocabulary.lexicon.beginning(letters, _WORDS).items():
            for entries in sets:
                share = predictor.log_share(node, entries.part)
                for word_id, value in zip(entries.ids.tolist(), entries.log_probs.tolist(), strict=True):
                    found.setdefault(end, {}).setdefault(vocabulary.word(word_id), share + value)
    return found
