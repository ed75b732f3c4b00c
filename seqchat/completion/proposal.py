"""Readings → proposals: what each reading would insert, and how probable it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seqchat.completion.cursor import Cursor
from seqchat.completion.foreign_words import foreign_words
from seqchat.completion.phrase import Phrase, find_phrases
from seqchat.completion.prediction import Predictor
from seqchat.completion.reading import Insertion, Reading
from seqchat.completion.scoring import ScoredReading, TopWords, entry_weight, top_words
from seqchat.completion.states import Node, StateTree
from seqchat.corpus.pinyin import Letters
from seqchat.corpus.vocabulary import Vocabulary


class Proposal(NamedTuple):
    """One way to come to an insertion.

    result: what it has in common with other ways, those with other capitals too; word: what is offered; log_prob: of
    the reading's finished words and of these; node: the finished words; ids: the words after them; completes: whether
    the first of them finishes what is being typed; recased: whether it has a capital where a small letter was typed.
    """

    insertion: Insertion
    result: str
    word: str
    log_prob: float
    node: Node
    ids: tuple[int, ...]
    completes: bool
    recased: bool = False


def propose(
    readings: Sequence[ScoredReading],
    phrases: Sequence[Proposal],
    cursor: Cursor,
    vocabulary: Vocabulary,
    mask: Tensor,
    count: int,
    *,
    capital: bool = False,
) -> tuple[list[Proposal], list[float]]:
    """Return all ways to the results that phrases have, or that one of the `count` best words of a reading leads to.

    Then for each reading: the most that the logarithm of any other of its words may be. mask: 0 for the words [words]
    that may be proposed, minus infinity for the others; capital: whether next words begin with a capital.
    """
    results = {phrase.result for phrase in phrases}
    found = []
    for scored in readings:
        top = top_words(scored, cursor.at_cursor, count, mask)
        inserted = {word_id: scored.reading.insertion(word_id, vocabulary) for word_id in top.log_probs}
        results |= {insertion.result(cursor.tail) for insertion in inserted.values() if insertion.text.strip()}
        found.append((scored.reading, top, inserted))
    proposals = list(phrases)
    for reading, top, inserted in found:
        proposals += _ways(reading, top, inserted, results, cursor, vocabulary, capital)
    return proposals, [top.log_bound for _, top, _ in found]


def _ways(
    reading: Reading,
    top: TopWords,
    inserted: dict[int, Insertion],
    results: set[str],
    cursor: Cursor,
    vocabulary: Vocabulary,
    capital: bool,
) -> list[Proposal]:
    """Return the words of one reading that lead to one of the results, its own best ones or not.

    inserted: what the best ones insert where no capital is needed.
    """
    surfaces = reading.surfaces_to(results, cursor.tail)
    pairs = [(result, i) for result, surface in surfaces.items() for i in reading.words_written(surface, vocabulary)]
    log_probs = dict(top.log_probs)
    if missing := [word_id for _, word_id in pairs if word_id not in log_probs]:
        weights = reading.log_weights(missing)
        values = cursor.at_cursor.log_probs_of(reading.node, torch.tensor(missing)) + weights
        log_probs |= zip(missing, values.tolist(), strict=True)
    if reading.entries:
        best = [(inserted[i].result(cursor.tail), i) for i in top.log_probs if i >= len(vocabulary)]
        written = [(result, reading.entries_written(surface, vocabulary)) for result, surface in surfaces.items()]
        alike = [(result, word_id) for result, ids in written for word_id in ids]
        for result, word_id in {*best, *alike}:
            if result in results and (entries := reading.entries_with(word_id)):
                pairs.append((result, word_id))
                log_probs[word_id] = entry_weight(reading, entries, cursor.at_cursor) + entries.log_prob(word_id)
    completes = bool(reading.remainder.strip() or reading.replaces)
    ways = []
    for result, word_id in pairs:
        insertion = None if capital else inserted.get(word_id)
        insertion = insertion or reading.insertion(word_id, vocabulary, capital=capital)
        typed = "" if insertion.replaces else reading.remainder
        word = f"{typed}{insertion.text}".removeprefix(" ")
        recased = insertion.replaces > reading.replaces
        ways.append(Proposal(insertion, result, word, log_probs[word_id], reading.node, (word_id,), completes, recased))
    return ways


def _phrases(
    letters: Letters, start: Node, tree: StateTree, predictor: Predictor, vocabulary: Vocabulary
) -> list[Phrase]:
    """Return phrases of Chinese words, and those with Latin words among them."""
    found = find_phrases(letters, start, tree, predictor, vocabulary)
    if foreign := foreign_words(letters, vocabulary):
        found += find_phrases(letters, start, tree, predictor, vocabulary, foreign=foreign)
    return found


def propose_phrases(
    readings: Sequence[Reading], cursor: Cursor, tree: StateTree, vocabulary: Vocabulary
) -> list[Proposal]:
    """Return the phrases of several words that the pinyin letters of a reading may spell."""
    proposals = []
    for reading in readings:
        if reading.letters is None:
            continue
        for phrase in _phrases(reading.letters, reading.node, tree, cursor.predictor, vocabulary):
            insertion = Insertion(vocabulary.text(phrase.ids), reading.replaces)
            log_prob = phrase.log_probability + reading.log_weight
            result = insertion.result(cursor.tail)
            proposals.append(Proposal(insertion, result, insertion.text, log_prob, reading.node, phrase.ids, True))
    return proposals
