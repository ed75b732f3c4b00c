"""The ways to read the tail of a text that is being typed.

The last word may be complete, or the last characters may begin a longer word, or the last Latin letters may be pinyin.
Summing over all of them instead of choosing one is the covering of Vieira et al. (2025, arXiv 2412.03719).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.context import Context, Node, recent
from seqchat.corpus.cleaning import clean
from seqchat.corpus.vocabulary import Ids, Vocabulary
from seqchat.corpus.words import is_han, is_letter

LONGEST_REMAINDER = 4
_LONGEST_LETTERS = 30
_PINYIN = re.compile(r"[a-zA-Z']+")


@dataclass(frozen=True)
class Reading:
    """One way to read the tail: the node of the finished words, and what has been typed of the word to come.

    log_weight: log P(finished words), up to a constant that all readings of a text share; remainder: its first
    characters, a space included that the finished words ask for; words: the ids that agree with it, None for all;
    replaces: how many characters of the text an insertion takes the place of (pinyin letters).
    """

    node: Node
    left: str
    log_weight: float
    remainder: str = ""
    words: Ids | None = None
    replaces: int = 0

    def insertion(self, word_id: int, vocabulary: Vocabulary) -> str:
        """Return the characters that accepting a word adds at the cursor; none where the word does not fit."""
        if self.replaces:
            return vocabulary.surface(word_id, "")
        surface = vocabulary.surface(word_id, self.left)
        return surface[len(self.remainder) :] if surface.startswith(self.remainder) else ""

    def word_ids(self, insertion: str, vocabulary: Vocabulary) -> list[int]:
        """Return the words that add just these characters; most often one or none."""
        surface = self.remainder + insertion
        ids = vocabulary.ids_of(surface.removeprefix(" "))
        return [i for i in ids if self.insertion(i, vocabulary) == insertion]


@dataclass(frozen=True)
class _Draft:
    finished: str
    remainder: str = ""
    words: Ids | None = None
    replaces: int = 0


def readings(text: str, context: Context, vocabulary: Vocabulary, *, pinyin: bool = True) -> list[Reading]:
    """Return the readings of a text's tail, the one in which its last word is complete first."""
    # Cut once, so that all readings see the same text.
    text = recent(clean(text))
    drafts = [_Draft(text), *_unfinished(text, vocabulary)]
    if pinyin:
        drafts += _pinyin(text, vocabulary)
    contexts = [context.ids(draft.finished) for draft in drafts]
    shared = _shared_length(contexts)
    result: list[Reading] = []
    for draft, ids in zip(drafts, contexts, strict=True):
        node = context.read(ids)
        weight = 0.0
        for end in range(shared, len(ids)):
            weight += float(context.log_probabilities(context.read(ids[:end]))[ids[end]])
        left = _last_word(draft.finished, ids)
        result.append(Reading(node, left, weight, draft.remainder, draft.words, draft.replaces))
    return result


def scores(found: list[Reading], context: Context) -> Tensor:
    """Return log P(finished words, next word) for each reading and word: [readings, words].

    Minus infinity where the word does not agree with what was typed; one constant is missing in all.
    """
    rows = torch.stack([context.log_probabilities(r.node) + r.log_weight for r in found])
    for row, reading in zip(rows, found, strict=True):
        if reading.words is not None:
            agrees = torch.zeros(len(row), dtype=torch.bool)
            agrees[torch.from_numpy(reading.words)] = True
            row.masked_fill_(~agrees, -math.inf)
    return rows


def _unfinished(text: str, vocabulary: Vocabulary) -> Iterator[_Draft]:
    """Yield the readings in which the last characters begin a longer word."""
    for beginning in _beginnings(text):
        finished = text.removesuffix(beginning)
        words = vocabulary.starting_with(beginning)
        if finished.endswith(" "):
            # "hello wor": the space belongs to the word to come, where that word asks for one.
            spaced = words[vocabulary.takes_space[words]]
            if len(spaced) and _asks_for_space(finished[:-1], vocabulary):
                yield _Draft(finished[:-1], f" {beginning}", spaced)
        elif _asks_for_space(finished, vocabulary):
            # "ok,wor": a word that asks for a space would have one.
            words = words[~vocabulary.takes_space[words]]
        if len(words):
            yield _Draft(finished, beginning, words)
    if text.endswith(" ") and _asks_for_space(text[:-1], vocabulary):
        yield _Draft(text[:-1], " ", np.flatnonzero(vocabulary.takes_space & vocabulary.suggestible))


def _asks_for_space(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a word that takes a space would be written with one behind this text."""
    return bool(text) and vocabulary.segmenter.space_after(text[-1])


def _beginnings(text: str) -> Iterator[str]:
    """Yield what may be typed of a word: up to four Chinese characters, or the letters at the end."""
    tail = text[-_LONGEST_LETTERS:]
    if tail and is_letter(tail[-1]):
        start = len(tail)
        while start and is_letter(tail[start - 1]):
            start -= 1
        yield tail[start:]
        return
    for length in range(1, min(LONGEST_REMAINDER, len(tail)) + 1):
        if not is_han(tail[-length]):
            return
        yield tail[-length:]


def _pinyin(text: str, vocabulary: Vocabulary) -> Iterator[_Draft]:
    letters = next(_beginnings(text), "")
    if letters and _PINYIN.fullmatch(letters):
        words = vocabulary.pinyin.matching(letters.lower().replace("'", ""))
        if len(words):
            yield _Draft(text.removesuffix(letters), "", words, len(letters))


def _shared_length(contexts: list[list[int]]) -> int:
    """Return how many words all contexts have in common at their start."""
    shortest = min(map(len, contexts))
    first = contexts[0]
    for i in range(shortest):
        if any(ids[i] != first[i] for ids in contexts):
            return i
    return shortest


def _last_word(finished: str, ids: list[int]) -> str:
    """Return the word before the cursor as the joining of words sees it; empty at the start of a line."""
    if not ids or not finished or finished[-1] == "\n":
        return ""
    # An unknown word has no characters in the vocabulary, but the text has them.
    return finished[-1] if not finished[-1].isspace() else " "
