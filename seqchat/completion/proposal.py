"""Readings → proposals: what each reading would insert, and how probable it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seqchat.completion.phrase import find_phrases
from seqchat.completion.prediction import Predictor
from seqchat.completion.reading import Reading
from seqchat.completion.scoring import ScoredReading, TopWords, entry_weight, top_words
from seqchat.completion.states import Node, StateTree
from seqchat.corpus.vocabulary import Vocabulary


class Insertion(NamedTuple):
    """The characters that are inserted at the cursor, and how many characters before it they replace."""

    text: str
    replaces: int


class Proposal(NamedTuple):
    """One way to come to an insertion.

    log_prob: of the reading's finished words and of these; node: the finished words; ids: the words after them;
    completes: whether the first of them finishes what is being typed.
    """

    insertion: Insertion
    log_prob: float
    node: Node
    ids: tuple[int, ...]
    completes: bool


def propose(
    readings: Sequence[ScoredReading],
    phrases: Sequence[Proposal],
    predictor: Predictor,
    vocabulary: Vocabulary,
    mask: Tensor,
    count: int,
) -> tuple[list[Proposal], list[float]]:
    """Return all ways to the insertions that are phrases, or that one of the `count` best words of a reading adds.

    Then for each reading: the most that the logarithm of any other of its insertions may be. mask: 0 for the words
    [words] that may be proposed, minus infinity for the others.
    """
    tops = [top_words(scored, predictor, count, mask) for scored in readings]
    insertions = {phrase.insertion for phrase in phrases}
    for scored, top in zip(readings, tops, strict=True):
        reading = scored.reading
        insertions |= {Insertion(reading.insertion(word_id, vocabulary), reading.replaces) for word_id in top.log_probs}
    insertions = {insertion for insertion in insertions if insertion.text.strip()}
    proposals = list(phrases)
    for scored, top in zip(readings, tops, strict=True):
        proposals += _ways(scored.reading, top, insertions, predictor, vocabulary)
    return proposals, [top.log_bound for top in tops]


def _ways(
    reading: Reading, top: TopWords, insertions: set[Insertion], predictor: Predictor, vocabulary: Vocabulary
) -> list[Proposal]:
    """Return the words of one reading that insert one of the insertions, its own best ones or not."""
    pairs = [
        (insertion, word_id)
        for insertion in insertions
        if insertion.replaces == reading.replaces
        for word_id in reading.word_ids(insertion.text, vocabulary)
    ]
    log_probs = dict(top.log_probs)
    if missing := [word_id for _, word_id in pairs if word_id not in log_probs]:
        values = predictor.log_probs_of(reading.node, torch.tensor(missing)) + reading.log_weights(missing)
        log_probs |= zip(missing, values.tolist(), strict=True)
    for insertion in insertions if reading.entries else ():
        if insertion.replaces == reading.replaces and (found := reading.entry(insertion.text, vocabulary)):
            word_id, entries = found
            pairs.append((insertion, word_id))
            log_probs[word_id] = entry_weight(reading, entries, predictor) + entries.log_prob(word_id)
    completes = bool(reading.remainder.strip() or reading.replaces)
    return [
        Proposal(insertion, log_probs[word_id], reading.node, (word_id,), completes) for insertion, word_id in pairs
    ]


def propose_phrases(
    readings: Sequence[Reading], tree: StateTree, predictor: Predictor, vocabulary: Vocabulary
) -> list[Proposal]:
    """Return the phrases of several words that the pinyin letters of a reading may spell."""
    return [
        Proposal(
            Insertion(vocabulary.text(phrase.ids), reading.replaces),
            phrase.log_probability + reading.log_weight,
            reading.node,
            phrase.ids,
            True,
        )
        for reading in readings
        if reading.letters is not None
        for phrase in find_phrases(reading.letters, reading.node, tree, predictor, vocabulary)
    ]
