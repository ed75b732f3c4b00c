"""The ways to read the tail of a text that is being typed.

The last word may be complete, or the last characters may begin a longer word, or the last Latin letters may be pinyin.
Summing over all of them instead of choosing one is the covering of Vieira et al. (2025, arXiv 2412.03719).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seqchat.completion.context import TextContext
from seqchat.completion.prediction import Predictor
from seqchat.completion.states import Node
from seqchat.corpus.pinyin import Letters, WordIds, letters_before
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import is_han, is_letter

MAX_REMAINDER_LENGTH = 4
_MAX_LETTERS = 30
# Of more words than this, the log-probabilities are taken from the row of all.
_MANY_WORDS = 1_000


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
    words: WordIds | None = None
    replaces: int = 0
    letters: Letters | None = None

    def insertion(self, word_id: int, vocabulary: Vocabulary) -> str:
        """Return the characters that accepting a word adds at the cursor; none where the word does not fit."""
        if self.replaces:
            return vocabulary.surface(word_id, "")
        surface = vocabulary.surface(word_id, self.left)
        return surface[len(self.remainder) :] if surface.startswith(self.remainder) else ""

    def word_ids(self, insertion: str, vocabulary: Vocabulary) -> list[int]:
        """Return the words that may be offered and add just these characters; most often one or none."""
        surface = self.remainder + insertion
        ids = vocabulary.ids_of(surface.removeprefix(" "))
        return [i for i in ids if vocabulary.suggestible[i] and self._agrees(i, insertion, vocabulary)]

    def _agrees(self, word_id: int, insertion: str, vocabulary: Vocabulary) -> bool:
        if self.insertion(word_id, vocabulary) != insertion:
            return False
        # What pinyin stands for cannot be told from the insertion.
        return not self.replaces or self.words is None or bool((self.words == word_id).any())


@dataclass(frozen=True)
class Scored:
    """A reading, and the log-probabilities of the words that agree with it, the finished words before them included.

    ids: the words, None for all; log_probabilities: of `ids`; total: the logarithm of the sum of all of them.
    """

    reading: Reading
    predictor: Predictor
    ids: Tensor | None
    log_probabilities: Tensor | None
    total: float

    def top_words(self, count: int, allowed: Tensor) -> tuple[list[int], list[float], float]:
        """Return the best words, their log-probabilities, and the most that any other word may have.

        allowed: 0 for the words [words] that may be among them, minus infinity for the others.
        """
        if self.ids is None or self.log_probabilities is None:
            ids, values = self.predictor.top_words(self.reading.node, count, allowed)
            values = values + self.reading.log_weight
            all_are_there = len(ids) == len(allowed)
        else:
            values, places = (self.log_probabilities + allowed[self.ids]).topk(min(count, len(self.ids)))
            ids = self.ids[places]
            all_are_there = len(ids) == len(self.ids)
        return ids.tolist(), values.tolist(), -math.inf if all_are_there else float(values[-1])

    def log_probs(self) -> Tensor:
        """Return the log-probabilities of all words that agree: [words], or [ids]."""
        if self.log_probabilities is not None:
            return self.log_probabilities
        return self.predictor.log_probs(self.reading.node) + self.reading.log_weight

    def word_id(self, place: int) -> int:
        """Return the id of the word at a place of `row`."""
        return place if self.ids is None else int(self.ids[place])


@dataclass(frozen=True)
class _Draft:
    end: int
    remainder: str = ""
    words: WordIds | None = None
    replaces: int = 0
    letters: Letters | None = None


def readings(
    text: str, context: TextContext, vocabulary: Vocabulary, predictor: Predictor, *, pinyin: bool = True
) -> list[Reading]:
    """Return the readings of a `readable` text's tail, the one in which its last word is complete first."""
    drafts = [_Draft(len(text)), *_unfinished(text, vocabulary)]
    if pinyin:
        drafts += _pinyin(text, vocabulary)
    nodes = context.nodes(text, [draft.end for draft in drafts])
    weights = _log_weights(nodes, predictor)
    return [
        Reading(node, _left(text, draft.end), weight, draft.remainder, draft.words, draft.replaces, draft.letters)
        for draft, node, weight in zip(drafts, nodes, weights, strict=True)
    ]


def scores(found: Sequence[Reading], predictor: Predictor) -> list[Scored]:
    """Return log P(finished words, next word) of each reading; one constant is missing in all."""
    predictor.prefetch([reading.node for reading in found])
    return [_score(reading, predictor) for reading in found]


def _score(reading: Reading, predictor: Predictor) -> Scored:
    if reading.words is None:
        # All words together are certain.
        return Scored(reading, predictor, None, None, reading.log_weight)
    ids = torch.from_numpy(reading.words)
    many = len(ids) > _MANY_WORDS
    values = predictor.log_probs(reading.node)[ids] if many else predictor.log_probs_of(reading.node, ids)
    values = values + reading.log_weight
    return Scored(reading, predictor, ids, values, float(values.logsumexp(dim=0)) if len(ids) else -math.inf)


def _log_weights(nodes: Sequence[Node], predictor: Predictor) -> list[float]:
    """Return log P(words) of each node, behind the last words that all of them share."""
    chains = [[node] for node in nodes]
    while len({chain[-1] for chain in chains}) > 1:
        deepest = max(chain[-1].depth for chain in chains)
        for chain in chains:
            if chain[-1].depth == deepest and chain[-1].parent is not None:
                chain.append(chain[-1].parent)
    predictor.prefetch([node for chain in chains for node in chain])
    return [sum(predictor.log_prob(node) for node in chain[:-1]) for chain in chains]


def _unfinished(text: str, vocabulary: Vocabulary) -> Iterator[_Draft]:
    """Yield the readings in which the last characters begin a longer word."""
    for beginning in _beginnings(text):
        end = len(text) - len(beginning)
        words = vocabulary.starting_with(beginning)
        if end and text[end - 1] == " ":
            # "hello wor": the space belongs to the word to come, where that word asks for one.
            spaced = words[vocabulary.takes_space[words]]
            if len(spaced) and _asks_for_space(text, end - 1, vocabulary):
                yield _Draft(end - 1, f" {beginning}", spaced)
        elif _asks_for_space(text, end, vocabulary):
            # "ok,wor": a word that asks for a space would have one.
            words = words[~vocabulary.takes_space[words]]
        if len(words):
            yield _Draft(end, beginning, words)
    if text.endswith(" ") and _asks_for_space(text, len(text) - 1, vocabulary):
        yield _Draft(len(text) - 1, " ", vocabulary.spaced_suggestions)


def _asks_for_space(text: str, end: int, vocabulary: Vocabulary) -> bool:
    """Whether a word that takes a space would be written with one behind these first characters of a text."""
    return end > 0 and vocabulary.segmenter.space_after(text[end - 1])


def _beginnings(text: str) -> Iterator[str]:
    """Yield what may be typed of a word: up to four Chinese characters, or the letters at the end."""
    tail = text[-_MAX_LETTERS:]
    if tail and is_letter(tail[-1]):
        start = len(tail)
        while start and is_letter(tail[start - 1]):
            start -= 1
        yield tail[start:]
        return
    for length in range(1, min(MAX_REMAINDER_LENGTH, len(tail)) + 1):
        if not is_han(tail[-length]):
            return
        yield tail[-length:]


def _pinyin(text: str, vocabulary: Vocabulary) -> Iterator[_Draft]:
    """Yield the reading of the letters at the end as pinyin, even where no single word agrees with them."""
    letters = letters_before(text)
    if letters is not None:
        yield _Draft(len(text) - letters.typed, "", vocabulary.pinyin.matching(letters), letters.typed, letters)


def _left(text: str, end: int) -> str:
    """Return the word before the cursor as the joining of words sees it; empty at the start of a line."""
    character = text[end - 1 : end]
    if character in ("", "\n"):
        return ""
    return " " if character.isspace() else character
