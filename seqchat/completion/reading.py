"""Cursor → readings: the ways to read the tail of a text that is being typed.

The last word may be complete, or the last characters may begin a longer word, or the last Latin letters may be pinyin.
Summing over all of them instead of choosing one is the covering of Vieira et al. (2025, arXiv 2412.03719).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.context import TextContext
from seqchat.completion.cursor import Cursor
from seqchat.completion.paths import before_spelled, log_prob_of_path
from seqchat.completion.prediction import Predictor
from seqchat.completion.states import Node
from seqchat.corpus.lexicon_words import EntrySet
from seqchat.corpus.pinyin import Letters, WordIds, letters_before
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import is_han, is_letter

MAX_REMAINDER_LENGTH = 4
_MAX_LETTERS = 30


@dataclass(frozen=True)
class Reading:
    """One way to read the tail: the node of the finished words, and what has been typed of the word to come.

    log_weight: log P(finished words), up to a constant that all readings of a text share; remainder: its first
    characters, including a space that the finished words ask for; words: the ids that agree with it, None for all;
    replaces: how many characters of the text an insertion replaces (pinyin letters); log_kept: the logarithm of the
    share that the vocabulary has of the next word; entries: the words of a lexicon that agree, besides `words`;
    log_typed: log P(the letters that are typed | word) [words], None where that is 0 for all.
    """

    node: Node
    left: str
    log_weight: float
    remainder: str = ""
    words: WordIds | None = None
    replaces: int = 0
    letters: Letters | None = None
    log_kept: float = 0.0
    entries: tuple[EntrySet, ...] = ()
    log_typed: Tensor | None = None

    def log_weights(self, ids: Sequence[int]) -> Tensor:
        """Return for words of the vocabulary that agree what is added to their log-probabilities: [ids]."""
        weight = self.log_weight + self.log_kept
        if self.log_typed is None or self.words is None:
            return torch.full((len(ids),), weight)
        return self.log_typed[np.searchsorted(self.words, ids)] + weight

    def insertion(self, word_id: int, vocabulary: Vocabulary) -> str:
        """Return the characters that committing a word adds at the cursor; none where the word does not fit."""
        if self.replaces:
            return vocabulary.surface(word_id, "")
        surface = vocabulary.surface(word_id, self.left)
        return surface[len(self.remainder) :] if surface.startswith(self.remainder) else ""

    def word_ids(self, insertion: str, vocabulary: Vocabulary) -> list[int]:
        """Return the words that may be offered and add just these characters; most often one or none."""
        surface = self.remainder + insertion
        ids = vocabulary.ids_of(surface.removeprefix(" "))
        return [i for i in ids if vocabulary.suggestible[i] and self._agrees(i, insertion, vocabulary)]

    def entry(self, insertion: str, vocabulary: Vocabulary) -> tuple[int, EntrySet] | None:
        """Return the word of the lexicon that may be offered and adds just these characters, and the set it is of."""
        if not self.entries or vocabulary.lexicon is None:
            return None
        word_id = vocabulary.lexicon.find((self.remainder + insertion).removeprefix(" "))
        if word_id < 0 or self.insertion(word_id, vocabulary) != insertion:
            return None
        return next(((word_id, found) for found in self.entries if found.log_prob(word_id) > -math.inf), None)

    def _agrees(self, word_id: int, insertion: str, vocabulary: Vocabulary) -> bool:
        if self.insertion(word_id, vocabulary) != insertion:
            return False
        # The word of pinyin letters cannot be told from the insertion.
        return not self.replaces or self.words is None or bool((self.words == word_id).any())


@dataclass(frozen=True)
class _Draft:
    """A reading whose finished words, the first `end` characters of the text, are not looked up yet."""

    end: int
    remainder: str = ""
    words: WordIds | None = None
    replaces: int = 0
    letters: Letters | None = None
    entries: tuple[EntrySet, ...] = ()
    log_typed: Tensor | None = None


def read_tail(cursor: Cursor, context: TextContext, vocabulary: Vocabulary, *, pinyin: bool = True) -> list[Reading]:
    """Return the readings of the tail of a text, the one in which its last word is complete first."""
    text = cursor.text
    entries = () if vocabulary.lexicon is None else vocabulary.lexicon.everything
    drafts = [_Draft(len(text), entries=entries), *_unfinished(text, vocabulary)]
    if pinyin:
        drafts += _pinyin(text, vocabulary)
    nodes = context.nodes(text, [draft.end for draft in drafts])
    log_weights = _log_weights(nodes, cursor.predictor, vocabulary)
    return [
        Reading(
            node,
            _left(text, draft.end),
            log_weight,
            draft.remainder,
            draft.words,
            draft.replaces,
            draft.letters,
            cursor.at_cursor.log_kept(node),
            draft.entries,
            draft.log_typed,
        )
        for draft, node, log_weight in zip(drafts, nodes, log_weights, strict=True)
    ]


def _log_weights(nodes: Sequence[Node], predictor: Predictor, vocabulary: Vocabulary) -> list[float]:
    """Return log P(words) of each node, counted from a node that all of them share."""
    chains = _to_shared_node(nodes)
    if vocabulary.lexicon is not None:
        chains = before_spelled(chains, vocabulary, vocabulary.lexicon)
    predictor.prefetch([node for chain in chains for node in chain])
    if vocabulary.lexicon is None:
        return [sum(predictor.log_prob(node) for node in chain[:-1]) for chain in chains]
    return [log_prob_of_path(chain[::-1], predictor, vocabulary, vocabulary.lexicon) for chain in chains]


def _to_shared_node(nodes: Sequence[Node]) -> list[list[Node]]:
    """Return the nodes from each of these back to the last one that all share, that one included."""
    chains = [[node] for node in nodes]
    while len({chain[-1] for chain in chains}) > 1:
        deepest = max(chain[-1].depth for chain in chains)
        for chain in chains:
            if chain[-1].depth == deepest and chain[-1].parent is not None:
                chain.append(chain[-1].parent)
    return chains


def _unfinished(text: str, vocabulary: Vocabulary) -> Iterator[_Draft]:
    """Yield the readings in which the last characters begin a longer word."""
    lexicon = vocabulary.lexicon
    for beginning in _beginnings(text):
        end = len(text) - len(beginning)
        words = vocabulary.starting_with(beginning)
        entries = () if lexicon is None else lexicon.starting_with(beginning)
        if end and text[end - 1] == " ":
            # "hello wor": the space belongs to the next word, if that word asks for one.
            spaced = words[vocabulary.takes_space[words]]
            spaced_entries = tuple(found for found in entries if lexicon is not None and lexicon.takes_space(found))
            if (len(spaced) or spaced_entries) and _asks_for_space(text, end - 1, vocabulary):
                yield _Draft(end - 1, f" {beginning}", spaced, entries=spaced_entries)
        elif _asks_for_space(text, end, vocabulary):
            # "ok,wor": a word that asks for a space would have one.
            words = words[~vocabulary.takes_space[words]]
            entries = tuple(found for found in entries if lexicon is not None and not lexicon.takes_space(found))
        if len(words) or entries:
            yield _Draft(end, beginning, words, entries=entries)
    if text.endswith(" ") and _asks_for_space(text, len(text) - 1, vocabulary):
        spaced_entries = () if lexicon is None else lexicon.spaced
        yield _Draft(len(text) - 1, " ", vocabulary.spaced_suggestions, entries=spaced_entries)


def _asks_for_space(text: str, end: int, vocabulary: Vocabulary) -> bool:
    """Whether a word that takes a space would be written with one after the first `end` characters of a text."""
    return end > 0 and vocabulary.segmenter.space_after(text[end - 1])


def _beginnings(text: str) -> Iterator[str]:
    """Yield what may be the beginning of a word: up to four Chinese characters, or the letters at the end."""
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
        match = vocabulary.pinyin.matching(letters)
        entries = () if vocabulary.lexicon is None else vocabulary.lexicon.matching(letters)
        yield _Draft(
            len(text) - letters.typed, "", match.ids, letters.typed, letters, entries, torch.from_numpy(match.log_probs)
        )


def _left(text: str, end: int) -> str:
    """Return the word before the cursor as the joining of words sees it; empty at the start of a line."""
    character = text[end - 1 : end]
    if character in ("", "\n"):
        return ""
    return " " if character.isspace() else character
