"""Ranked insertions for the cursor."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from seqchat.completion.context import readable, readable_right
from seqchat.completion.engine import Engine
from seqchat.completion.phrase import phrases
from seqchat.completion.prediction import logsumexp
from seqchat.completion.reading import Reading, readings, scores
from seqchat.completion.right_context import right_log_probs
from seqchat.completion.states import Node
from seqchat.corpus.cleaning import GLUE
from seqchat.errors import SeqchatError

# Each reading first proposes so many words beyond those asked for.
_MARGIN = 4
# Where all words are about equally probable, no number of proposals would settle it.
_MORE_ROUNDS = 2
# So many suggestions, or where more are asked for at most so many, are judged by how well a text behind them follows.
_MIN_RESCORED, _MAX_RESCORED = 32, 256


@dataclass(frozen=True)
class Suggestion:
    """A word, or for pinyin a phrase, offered at the cursor.

    word: the whole word; insert: the text that accepting it adds, after `replace` characters before the cursor (pinyin
    letters) are taken away; probability: among everything that agrees with what was typed; completes: whether it
    finishes the word being typed (词补全) or is the next one (下一词).
    """

    word: str
    insert: str
    replace: int
    probability: float
    completes: bool


@dataclass(frozen=True)
class Way:
    """One way to come to an insertion: some words behind a node, and the logarithm of their probability."""

    log_probability: float
    node: Node
    ids: tuple[int, ...]
    completes: bool


# What is inserted, and how many characters it replaces
_Key = tuple[str, int]


def suggest(engine: Engine, text: str, k: int = 5, *, after: str = "", pinyin: bool = True) -> list[Suggestion]:
    """Return the k most probable insertions at the end of `text`, the most probable first.

    An insertion's probability sums over the readings of the tail, so ``火`` → ``锅`` counts both 火锅 as one word
    and 锅 after 火. Fewer than k are returned where fewer agree with what was typed. Where a text stands `after` the
    cursor, they fit that as well: a network of the objective infill reads it, any other judges its own best
    suggestions, 256 at most, by how probable it makes the text behind them.

    Raises:
        SeqchatError: k is less than 1.
    """
    if k < 1:
        raise SeqchatError(f"The number of suggestions is at least 1, not {k}.")
    after = readable_right(after)
    ranking = _Ranking(engine, readable(text), after, pinyin)
    if not after.strip() or engine.reads_both_sides:
        return ranking.best(k)[0]
    return _fitting(engine, *ranking.best(min(max(k, _MIN_RESCORED), _MAX_RESCORED)), after)[:k]


def _fitting(engine: Engine, found: list[Suggestion], ways: list[Way], after: str) -> list[Suggestion]:
    """Weigh suggestions by the probability of the text behind them; what was not among them has no part any more."""
    if not found:
        return []
    tree = engine.context.tree
    nodes = tree.read([way.node for way in ways], [way.ids for way in ways])
    # How the text on the right is cut depends on whether a space between it and the insertion is implied.
    rights = [engine.right_ids(after, s.insert[-1]) for s in found]
    weights = [
        math.log(max(s.probability, 1e-300)) + likelihood
        for s, likelihood in zip(found, right_log_probs(tree, nodes, rights), strict=True)
    ]
    total = logsumexp(weights)
    fitting = [
        replace(s, probability=math.exp(min(weight - total, 0.0))) for s, weight in zip(found, weights, strict=True)
    ]
    return sorted(fitting, key=_order)


def _order(suggestion: Suggestion) -> tuple[float, str]:
    return -suggestion.probability, suggestion.insert


class _Ranking:
    """All ways to go on from a text, and the best insertions among them."""

    def __init__(self, engine: Engine, text: str, after: str, pinyin: bool) -> None:
        self._engine = engine
        self._left = engine.predictor(text)
        found = readings(text, engine.context, engine.vocabulary, self._left, pinyin=pinyin)
        self._predictor = engine.gap_predictor(after) or self._left
        self._scored = scores(found, self._predictor)
        self._phrases: list[tuple[str, Way, int]] = []
        for reading in found:
            if reading.letters is not None:
                self._phrases += self._decode(reading)
        self._total = logsumexp([s.total for s in self._scored] + [way.log_probability for _, way, _ in self._phrases])

    def _decode(self, reading: Reading) -> list[tuple[str, Way, int]]:
        """Return the phrases that pinyin letters may be, with the text of each and what it replaces."""
        assert reading.letters is not None
        context, vocabulary = self._engine.context, self._engine.vocabulary
        return [
            (
                vocabulary.text(phrase.ids),
                Way(phrase.log_probability + reading.log_weight, reading.node, phrase.ids, True),
                reading.replaces,
            )
            for phrase in phrases(reading.letters, reading.node, context.tree, self._left, vocabulary)
        ]

    def best(self, k: int) -> tuple[list[Suggestion], list[Way]]:
        """Return the k most probable suggestions, and the most probable way to each.

        Each reading proposes its best words. What none of them proposes has at most the sum of the last proposals'
        probabilities, so that more are asked for while that could be enough (Fagin's threshold algorithm).
        """
        count = k + _MARGIN
        for last in (False,) * _MORE_ROUNDS + (True,):
            keys, known, most_missed = self._proposals(count)
            ways = self._ways(keys, known)
            ranked = sorted((self._suggestion(key, found) for key, found in ways.items()), key=_ranked)
            if last or (ranked[k - 1][0].probability if len(ranked) >= k else 0.0) >= most_missed:
                break
            count *= 4
        return [s for s, _ in ranked[:k]], [way for _, way in ranked[:k]]

    def _proposals(self, count: int) -> tuple[set[_Key], list[dict[int, float]], float]:
        """Return what the best words of each reading insert, and the most that any other insertion may have.

        Between them: for each reading, the log-probabilities of its best words.
        """
        keys: set[_Key] = {(text, replaced) for text, _, replaced in self._phrases}
        known = []
        most_missed = 0.0
        for scored in self._scored:
            reading = scored.reading
            ids, values, rest = scored.top_words(count, self._engine.suggestible_mask)
            best = {word_id: value for word_id, value in zip(ids, values, strict=True) if value > -math.inf}
            keys |= {(reading.insertion(word_id, self._engine.vocabulary), reading.replaces) for word_id in best}
            known.append(best)
            most_missed += math.exp(min(rest - self._total, 0.0))
        return {(insert, replaced) for insert, replaced in keys if insert.strip()}, known, most_missed

    def _ways(self, keys: set[_Key], known: list[dict[int, float]]) -> dict[_Key, list[Way]]:
        """Return all ways to each insertion."""
        ways: dict[_Key, list[Way]] = defaultdict(list)
        for text, way, replaced in self._phrases:
            if (text, replaced) in keys:
                ways[text, replaced].append(way)
        for scored, values in zip(self._scored, known, strict=True):
            reading = scored.reading
            completes = bool(reading.remainder.strip() or reading.replaces)
            pairs = [
                (key, word_id)
                for key in keys
                if key[1] == reading.replaces
                for word_id in reading.word_ids(key[0], self._engine.vocabulary)
            ]
            if new := [word_id for _, word_id in pairs if word_id not in values]:
                scores = self._predictor.log_probs_of(reading.node, torch.tensor(new)) + reading.log_weight
                values |= zip(new, scores.tolist(), strict=True)
            for key, word_id in pairs:
                ways[key].append(Way(values[word_id], reading.node, (word_id,), completes))
        return ways

    def _suggestion(self, key: _Key, ways: Sequence[Way]) -> tuple[Suggestion, Way]:
        """Sum an insertion's probability over all ways to it; it is named after the most probable one."""
        insert, replaced = key
        way = max(ways, key=lambda way: way.log_probability)
        words = self._engine.vocabulary.words
        word = words[way.ids[0]].removeprefix(GLUE) if len(way.ids) == 1 else insert
        total = logsumexp([way.log_probability for way in ways]) - self._total
        return Suggestion(word, insert, replaced, math.exp(min(total, 0.0)), way.completes), way


def _ranked(entry: tuple[Suggestion, Way]) -> tuple[float, str]:
    return _order(entry[0])
