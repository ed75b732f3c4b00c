"""A whole phrase typed in pinyin: beam search over words, with the model as the judge (``wxchg``).

Letters that are syllables in full are read so. Where they are not, syllables may be abbreviated or have a slip.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.foreign_words import Foreign
from seqchat.completion.prediction import Predictor
from seqchat.completion.states import Node, StateTree
from seqchat.corpus.lexicon_words import EntrySet
from seqchat.corpus.pinyin import LetterMatch, Letters
from seqchat.corpus.spelling import Spelling
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import is_han

BEAM = 8
# Of abbreviated phrases, 8 beginnings find fewer, and 48 no more.
ABBREVIATED_BEAM = 16
# Where letters stop being syllables in full, so many of those before are read again, as they may be abbreviated too: a
# syllable with a slip is among them. All of them would make that key many times as slow as others.
_READ_AGAIN = 6
# More letters than these are read again with the beam of syllables in full.
_FEW = 3
_MAX_STARTS, _MAX_KEPT = 6, 128
_NO_WORDS = LetterMatch(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))


@dataclass(frozen=True)
class Phrase:
    """Several words that agree with the letters.

    Letters that are syllables in full are words in full, but for the last, which is typed as any single word may be. In
    other letters, syllables of all words may be abbreviated or have a slip, and none is left out.

    log_probability: log P(words, letters).
    """

    ids: tuple[int, ...]
    log_probability: float


@dataclass(frozen=True)
class _PartialPhrase:
    """Words that spell the first letters; before: the node of all of them but the last."""

    log_probability: float
    before: Node
    ids: tuple[int, ...]


@dataclass
class _Beginnings:
    """The most probable phrases that end at one place; nodes: those after them, once a word is to follow."""

    phrases: list[_PartialPhrase]
    nodes: list[Node] = field(default_factory=list)


class _Words(NamedTuple):
    """Words that may come next: those of the vocabulary and of a lexicon, and the ids of both.

    words, log_typed: [words], of the vocabulary, and log P(the letters that are typed | word).
    """

    words: Tensor
    log_typed: Tensor
    entries: tuple[EntrySet, ...]
    ids: list[int]

    @classmethod
    def of(cls, match: LetterMatch, entries: tuple[EntrySet, ...]) -> _Words:
        """Take the words of the vocabulary, and those of a lexicon."""
        ids = [*match.ids.tolist(), *(i for found in entries for i in found.ids.tolist())]
        return cls(torch.from_numpy(match.ids), torch.from_numpy(match.log_probs), entries, ids)


class _Start(NamedTuple):
    """What decides which beginnings of a phrase are the most probable ones for letters.

    full_end: how many letters are syllables in full; None if all are, or if there are foreign words among them.
    """

    node: Node
    predictor: object
    spelling: Spelling
    full_end: int | None
    foreign: bool
    beam: int


# The beginnings that were found for letters: those typed after them only add to them.
_Kept = dict[Letters, _Beginnings]
# Of what was typed last in each text; letters may begin at several places.
_KEPT: WeakKeyDictionary[StateTree, OrderedDict[_Start, _Kept]] = WeakKeyDictionary()


def find_phrases(
    letters: Letters,
    start: Node,
    tree: StateTree,
    predictor: Predictor,
    vocabulary: Vocabulary,
    beam: int | None = None,
    *,
    foreign: Foreign | None = None,
) -> list[Phrase]:
    """Return phrases of at least two words for the letters after `start`, the most probable first.

    At each position in the letters, the `beam` most probable beginnings are continued. foreign: Latin words that stand
    among syllables in full; each phrase has one of them, and a Chinese word.
    """
    search = _search(letters, start, tree, predictor, vocabulary, beam, foreign)
    ending = _ordered(search.ending(len(letters.plain), last=True))
    found = [Phrase(p.ids, p.log_probability) for p in ending if len(p.ids) > 1]
    return [phrase for phrase in found if _mixes(phrase, vocabulary)] if foreign else found


def beginnings_of(
    letters: Letters,
    start: Node,
    tree: StateTree,
    predictor: Predictor,
    vocabulary: Vocabulary,
    *,
    foreign: Foreign | None = None,
) -> list[Node]:
    """Return the nodes after which a longer phrase goes on from these letters; `find_phrases` then looks them up."""
    search = _search(letters, start, tree, predictor, vocabulary, foreign=foreign)
    return search.read(search.beginnings(len(letters.plain)))


def beginnings_if_cut(
    letters: Letters, start: Node, tree: StateTree, predictor: Predictor, vocabulary: Vocabulary
) -> list[Node]:
    """Return the same if the next letter ends the syllables in full, which those before it are; none if they are not.

    What came last is read again then.
    """
    in_full, end = _search(letters, start, tree, predictor, vocabulary), len(letters.plain)
    if _full_end(letters, vocabulary.spelling) < end:
        return []
    abbreviated = _Start(start, predictor.identity, vocabulary.spelling, end, False, ABBREVIATED_BEAM)
    settled_end = end - _READ_AGAIN
    search = _Search(letters, abbreviated, tree, predictor, vocabulary, in_full, settled_end)
    again = (search.read(search.beginnings(position)) for position in range(max(settled_end + 1, 0), end + 1))
    return [node for nodes in again for node in nodes]


def _search(
    letters: Letters,
    start: Node,
    tree: StateTree,
    predictor: Predictor,
    vocabulary: Vocabulary,
    beam: int | None = None,
    foreign: Foreign | None = None,
) -> _Search:
    start_of = partial(_Start, start, predictor.identity, vocabulary.spelling)
    search = partial(_Search, letters, tree=tree, predictor=predictor, vocabulary=vocabulary)
    in_full = search(start_of(None, False, beam or BEAM))
    if foreign:
        # Before the first of them ends, there is nothing but syllables.
        end = min(end for by_end in foreign.values() for end in by_end)
        return search(start_of(None, True, beam or BEAM), settled=in_full, settled_end=end - 1, foreign=foreign)
    full_end = _full_end(letters, vocabulary.spelling)
    if full_end == len(letters.plain):
        return in_full
    other = start_of(full_end, False, beam or ABBREVIATED_BEAM)
    return search(other, settled=in_full, settled_end=full_end - _READ_AGAIN)


def _mixes(phrase: Phrase, vocabulary: Vocabulary) -> bool:
    """Whether a phrase has words of both kinds."""
    return len({is_han(vocabulary.word(word_id)[0]) for word_id in phrase.ids}) > 1


def _full_end(letters: Letters, spelling: Spelling) -> int:
    """Return how many of the first letters are syllables in full, the last one perhaps unfinished."""
    low, high = 0, len(letters.plain)
    if spelling.is_full(letters.plain, letters.breaks):
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if spelling.is_full(*letters.before(middle)):
            low = middle
        else:
            high = middle - 1
    return low


class _Search:
    """The search for phrases in letters; what it found for fewer letters is kept."""

    def __init__(
        self,
        letters: Letters,
        start: _Start,
        tree: StateTree,
        predictor: Predictor,
        vocabulary: Vocabulary,
        settled: _Search | None = None,
        settled_end: int = 0,
        foreign: Foreign | None = None,
    ) -> None:
        """settled: the search of syllables in full, whose beginnings are taken up to an end."""
        self._letters, self._start, self._tree, self._predictor = letters, start, tree, predictor
        self._vocabulary = vocabulary
        self._settled, self._settled_end, self._foreign = settled, settled_end, foreign or {}
        self._kept = _kept(tree, start)

    def beginnings(self, end: int) -> _Beginnings:
        """Return the most probable phrases for the first letters, none of their words unfinished."""
        if self._settled is not None and end <= self._settled_end:
            return self._settled.beginnings(end)
        key = Letters(*self._letters.before(end), end)
        found = self._kept.get(key)
        if found is None:
            if end:
                found = _Beginnings(_ordered(self.ending(end))[: self._beam(end)])
            else:
                found = _Beginnings([_PartialPhrase(0.0, self._start.node, ())], [self._start.node])
            self._kept[key] = found
        return found

    def _beam(self, end: int) -> int:
        """Return how many beginnings are kept."""
        full_end = self._start.full_end or 0
        again = full_end > _FEW and end <= full_end
        return self._settled._start.beam if self._settled is not None and again else self._start.beam

    def ending(self, end: int, *, last: bool = False) -> list[_PartialPhrase]:
        """Return phrases for the first letters: the most probable of those whose last word begins at each position.

        last: whether the last word may be unfinished; if it is the first one, there is no phrase.
        """
        found = []
        for position, match, entries in self._words(end, last):
            if (position or not last) and (before := self.beginnings(position)).phrases:
                choice = _Words.of(match, entries)
                if choice.ids:
                    found += self._extend(before, choice)
        return found

    def _words(self, end: int, last: bool) -> Iterator[tuple[int, LetterMatch, tuple[EntrySet, ...]]]:
        """Yield where the words begin that end at a position, and which they are."""
        full, count, lexicon = self._start.full_end is None, self._start.beam, self._vocabulary.lexicon
        pinyin = self._vocabulary.pinyin
        match = pinyin.ending if full else pinyin.ending_abbreviated
        words = match(self._letters, end, last=last)
        entries = {}
        if lexicon is not None:
            # Nothing on the left changes which of them are the most probable.
            entries = (lexicon.ending if full else lexicon.ending_abbreviated)(self._letters, end, count, last=last)
        for position in sorted({*words, *entries}):
            yield position, words.get(position, _NO_WORDS), entries.get(position, ())
        for position, by_end in self._foreign.items():
            if end in by_end:
                yield position, *by_end[end]

    def _extend(self, before: _Beginnings, choice: _Words) -> list[_PartialPhrase]:
        """Return the most probable phrases that are longer by a word."""
        nodes = self.read(before)
        scores = _scores(before, choice, self._predictor)
        best = scores.flatten().topk(min(self._start.beam, scores.numel()))
        ids = choice.ids
        longer = []
        for value, index in zip(best.values.tolist(), best.indices.tolist(), strict=True):
            row, column = divmod(index, len(ids))
            longer.append(_PartialPhrase(value, nodes[row], (*before.phrases[row].ids, ids[column])))
        return longer

    def read(self, beginnings: _Beginnings) -> list[Node]:
        """Return the nodes after phrases, whose last words are read at the first time."""
        if not beginnings.nodes:
            last = [self._vocabulary.spelled(p.ids[-1:]) for p in beginnings.phrases]
            beginnings.nodes = self._tree.read([p.before for p in beginnings.phrases], last)
        return beginnings.nodes


def _kept(tree: StateTree, start: _Start) -> _Kept:
    """Return the beginnings that are known already."""
    starts = _KEPT.setdefault(tree, OrderedDict())
    kept = starts.setdefault(start, {})
    starts.move_to_end(start)
    if len(kept) > _MAX_KEPT:
        kept.clear()
    while len(starts) > _MAX_STARTS:
        starts.popitem(last=False)
    return kept


def _scores(before: _Beginnings, choice: _Words, predictor: Predictor) -> Tensor:
    """Return the log-probabilities of phrases that are longer by a word: [phrases, words]."""
    nodes = before.nodes
    known = torch.tensor([[p.log_probability] for p in before.phrases])
    kept = torch.tensor([[predictor.log_kept(node)] for node in nodes])
    scores = predictor.log_prob_table(nodes, choice.words) + (known + kept) + choice.log_typed
    if not choice.entries:
        return scores
    entries = [
        torch.tensor([[predictor.log_share(node, found.part)] for node in nodes]) + known + _log_probs(found)
        for found in choice.entries
    ]
    return torch.cat([scores, *entries], dim=1)


def _log_probs(entries: EntrySet) -> Tensor:
    return torch.from_numpy(entries.log_probs)


def _ordered(partial: list[_PartialPhrase]) -> list[_PartialPhrase]:
    return sorted(partial, key=lambda p: -p.log_probability)
