"""Cursor → readings: the ways to read the tail of a text that is being typed.

The last word may be complete, or the last characters may begin a longer word, or the last Latin letters may be pinyin.
Summing over all of them instead of choosing one is the covering of Vieira et al. (2025, arXiv 2412.03719).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.context import TextContext
from seqchat.completion.cursor import Cursor
from seqchat.completion.letter_spans import LetterSpan, letter_spans
from seqchat.completion.paths import before_spelled, log_prob_of_path
from seqchat.completion.prediction import Predictor
from seqchat.completion.states import Node
from seqchat.corpus.casing import as_typed, capitalised, fold
from seqchat.corpus.extra_words import ExtraWords
from seqchat.corpus.lexicon_words import EntrySet
from seqchat.corpus.pinyin import Letters, WordIds
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import is_han, is_letter

MAX_REMAINDER_LENGTH = 4
_MAX_LETTERS = 30
_APOSTROPHES = "'’"


class Insertion(NamedTuple):
    """The characters that are inserted at the cursor, and how many characters before it they replace."""

    text: str
    replaces: int

    def result(self, tail: str) -> str:
        """Return how a text that ends with `tail`, in small letters, ends then: what all variants have in common."""
        return tail[: len(tail) - self.replaces] + fold(self.text)


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

    @property
    def covered(self) -> int:
        """How many characters at the end of the text belong to the word to come."""
        return len(self.remainder) + self.replaces

    def rest(self, word_id: int, vocabulary: Vocabulary) -> str:
        """Return the characters that a word adds to what was typed of it; none where the word does not fit."""
        surface = self._surface(word_id, vocabulary)
        return surface[len(self.remainder) :] if fold(surface).startswith(fold(self.remainder)) else ""

    def insertion(self, word_id: int, vocabulary: Vocabulary, *, capital: bool = False) -> Insertion:
        """Return what committing a word inserts; an empty text where the word does not fit.

        capital: whether a word of which nothing was typed begins with a capital.
        """
        surface = self._surface(word_id, vocabulary)
        if self.replaces:
            return Insertion(surface, self.replaces)
        typed = self.remainder
        if capital and not typed.strip():
            surface = capitalised(surface)
        if surface.startswith(typed):
            return Insertion(surface[len(typed) :], 0)
        if not fold(surface).startswith(fold(typed)):
            return Insertion("", 0)
        written = as_typed(surface, typed)
        letters = 0 if written.startswith(typed) else len(typed.lstrip(" "))
        return Insertion(written[len(typed) - letters :], letters)

    def word_ids(self, result: str, tail: str, vocabulary: Vocabulary) -> list[int]:
        """Return the words that may be offered and make the end of the text `result`; variants in their capitals alike.

        result: as `Insertion.result` returns it for `tail`, the end of the text now in small letters.
        """
        surfaces = self.surfaces_to([result], tail)
        return self.words_written(surfaces[result], vocabulary) if surfaces else []

    def surfaces_to(self, results: Iterable[str], tail: str) -> dict[str, str]:
        """Return what a word adds to the finished words, in small letters, by the results that one can lead to."""
        before = tail[: len(tail) - self.covered]
        begins, end = before + fold(self.remainder), len(before)
        return {result: result[end:] for result in results if len(result) > end and result.startswith(begins)}

    def words_written(self, surface: str, vocabulary: Vocabulary) -> list[int]:
        """Return the words that may be offered and add `surface` to the finished words, in any capitals."""
        ids = vocabulary.variants(surface.removeprefix(" "))
        return [i for i in ids if vocabulary.suggestible[i] and self._agrees(i, surface, vocabulary)]

    def entries_written(self, surface: str, vocabulary: Vocabulary) -> list[int]:
        """Return the words of a lexicon, and learned ones, that add `surface` to the finished words."""
        if not self.entries or vocabulary.lexicon is None:
            return []
        ids = vocabulary.lexicon.ids_of(surface.removeprefix(" "))
        return [word_id for word_id in ids if fold(self._surface(word_id, vocabulary)) == surface]

    def entries_with(self, word_id: int) -> EntrySet | None:
        """Return the set that an entry of a lexicon is of, None if it does not agree with what was typed."""
        return next((found for found in self.entries if found.log_prob(word_id) > -math.inf), None)

    def _agrees(self, word_id: int, surface: str, vocabulary: Vocabulary) -> bool:
        written = self._surface(word_id, vocabulary)
        if written != surface and fold(written) != surface:
            return False
        # Any word that goes on from the remainder agrees; letters that change, pinyin and finished words are choosier.
        certain = self.words is None or (not self.replaces and len(surface) > len(self.remainder) > 0)
        return certain or bool(np.any(self.words == word_id))

    def _surface(self, word_id: int, vocabulary: Vocabulary) -> str:
        return vocabulary.surface(word_id, "" if self.replaces else self.left)


@dataclass(frozen=True)
class _Draft:
    """A reading whose finished words, the first `end` characters of the text, are not looked up yet.

    log_price: what the form of the letters adds to its weight.
    """

    end: int
    remainder: str = ""
    words: WordIds | None = None
    replaces: int = 0
    letters: Letters | None = None
    entries: tuple[EntrySet, ...] = ()
    log_typed: Tensor | None = None
    log_price: float = 0.0


def read_tail(
    cursor: Cursor,
    context: TextContext,
    vocabulary: Vocabulary,
    *,
    pinyin: bool = True,
    recased: bool = True,
    finished: bool = False,
    tones: bool = True,
    open_letters: int | None = None,
) -> list[Reading]:
    """Return the readings of the tail of a text, the one in which its last word is complete first.

    pinyin: whether letters may be replaced by Chinese words; recased: or by the same letters with capitals; finished:
    whether the last word is known to be complete, as after a candidate was taken; tones, open_letters: as `tones` and
    `most` of `letter_spans`.
    """
    text = cursor.text
    everything = () if vocabulary.lexicon is None else vocabulary.lexicon.everything
    if finished and text and is_letter(text[-1]):
        drafts = [_Draft(len(text), words=vocabulary.after_finished, entries=everything)]
    else:
        drafts = [_Draft(len(text), entries=everything), *_unfinished(text, vocabulary, recased)]
        if pinyin and vocabulary.has_chinese:
            drafts += _pinyin(text, letter_spans(text, vocabulary, tones=tones, most=open_letters), vocabulary)
    nodes = context.nodes(text, [draft.end for draft in drafts])
    log_weights = _log_weights(nodes, cursor.predictor, vocabulary)
    return [
        Reading(
            node,
            _left(text, draft.end),
            log_weight + draft.log_price,
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
    predictor.prefetch([node for chain in chains for node in chain[1:]])
    predictor.prefetch_words([node for chain in chains for node in chain[:-1]])
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


def _unfinished(text: str, vocabulary: Vocabulary, recased: bool) -> Iterator[_Draft]:
    """Yield the readings in which the last characters begin a longer word, or lack capitals."""
    lexicon = vocabulary.lexicon
    for beginning in _beginnings(text):
        end = len(text) - len(beginning)
        words = vocabulary.starting_with(beginning)
        if recased and beginning == fold(beginning):
            words = np.concatenate([words, np.array(vocabulary.with_capitals(beginning), dtype=np.int64)])
        entries = () if lexicon is None else _entries(beginning, lexicon)
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


def _entries(beginning: str, lexicon: ExtraWords) -> tuple[EntrySet, ...]:
    """Return the words of a lexicon that begin as typed, or with small letters instead of capitals."""
    small = fold(beginning)
    return lexicon.starting_with(small) + (() if small == beginning else lexicon.starting_with(beginning))


def _asks_for_space(text: str, end: int, vocabulary: Vocabulary) -> bool:
    """Whether a word that takes a space would be written with one after the first `end` characters of a text."""
    return end > 0 and vocabulary.segmenter.space_after(text[end - 1])


def _beginnings(text: str) -> Iterator[str]:
    """Yield what may be the beginning of a word: up to four Chinese characters, or letters (``don'``)."""
    tail = text[-_MAX_LETTERS:]
    start = len(tail)
    while start and (is_letter(tail[start - 1]) or tail[start - 1] in _APOSTROPHES):
        start -= 1
    if letters := tail[start:].lstrip(_APOSTROPHES):
        yield letters
        return
    for length in range(1, min(MAX_REMAINDER_LENGTH, len(tail)) + 1):
        if not is_han(tail[-length]):
            return
        yield tail[-length:]


def _pinyin(text: str, spans: Iterable[LetterSpan], vocabulary: Vocabulary) -> Iterator[_Draft]:
    """Yield readings of letters at the end as pinyin, even where no single word agrees with them."""
    for letters, log_price in spans:
        match = vocabulary.pinyin.matching(letters)
        entries = () if vocabulary.lexicon is None else vocabulary.lexicon.matching(letters)
        typed = torch.from_numpy(match.log_probs)
        yield _Draft(len(text) - letters.typed, "", match.ids, letters.typed, letters, entries, typed, log_price)


def _left(text: str, end: int) -> str:
    """Return the word before the cursor as the joining of words sees it; empty at the start of a line."""
    character = text[end - 1 : end]
    if character in ("", "\n"):
        return ""
    return " " if character.isspace() else character
