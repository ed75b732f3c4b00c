"""A whole phrase typed in pinyin: beam search over words, with the model as the judge (``wxchg``).

Letters that are syllables in full are read so. Where they are not, syllables may be abbreviated or have a slip.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from seqchat.completion.foreign_words import Foreign
from seqchat.completion.prediction import Predictor
from seqchat.completion.states import Node, StateTree
from seqchat.corpus.lexicon_words import EntrySet
from seqchat.corpus.pinyin import LetterMatch, Letters, PhraseWords
from seqchat.corpus.spelling import Spelling
from seqchat.corpus.vocabulary import Vocabulary
from seqchat.corpus.words import is_han

BEAM = 8
# Of abbreviated phrases, 8 beginnings find fewer, and 48 no more.
ABBREVIATED_BEAM = 16
_MAX_STARTS, _MAX_KEPT = 4, 300
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


@dataclass(frozen=True)
class _Choice:
    """Words that may come next: where they end in the letters, and which they are.

    words, log_typed: [words], of the vocabulary, and log P(the letters that are typed | word).
    """

    end: int
    words: Tensor
    log_typed: Tensor
    entries: tuple[EntrySet, ...]
    ids: list[int]

    @classmethod
    def of(cls, end: int, match: LetterMatch, entries: tuple[EntrySet, ...]) -> _Choice:
        """Take the words of the vocabulary, and those of a lexicon."""
        ids = [*match.ids.tolist(), *(i for found in entries for i in found.ids.tolist())]
        return cls(end, torch.from_numpy(match.ids), torch.from_numpy(match.log_probs), entries, ids)


class _Start(NamedTuple):
    """What decides which beginnings of a phrase are the most probable ones for letters."""

    node: Node
    predictor: object
    spelling: Spelling
    full: bool
    foreign: bool
    beam: int


# The beginnings that were found for letters: those typed after them only add to them.
_Beginnings = dict[Letters, list[_PartialPhrase]]
# Of what was typed last in each text; letters may begin at several places.
_KEPT: WeakKeyDictionary[StateTree, OrderedDict[_Start, _Beginnings]] = WeakKeyDictionary()


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
    full = bool(foreign) or vocabulary.spelling.is_full(letters.plain, letters.breaks)
    if beam is None:
        beam = BEAM if full else ABBREVIATED_BEAM
    kept = _kept(tree, _Start(start, predictor.identity, vocabulary.spelling, full, bool(foreign), beam))
    known = {end: kept[key] for end in range(1, len(letters.plain)) if (key := _key(letters, end)) in kept}
    ends = [end for end in range(1, len(letters.plain) + 1) if end not in known]
    search = _Search(letters, ends, vocabulary, full, beam, foreign or {})
    ending_at: dict[int, list[_PartialPhrase]] = defaultdict(list, known)
    ending_at[0] = [_PartialPhrase(0.0, start, ())]
    for position in range(len(letters.plain)):
        partial = ending_at[position] = _ordered(ending_at[position])[:beam]
        choices = search.choices(position) if partial else []
        if not choices:
            continue
        nodes = tree.read([p.before for p in partial], [vocabulary.spelled(p.ids[-1:]) for p in partial])
        for choice, scores in zip(choices, _scores(partial, nodes, choices, predictor), strict=True):
            ending_at[choice.end] += _extend(partial, nodes, choice, scores, beam)
    kept.update((_key(letters, end), ending_at[end]) for end in range(1, len(letters.plain)))
    found = _phrases(ending_at[len(letters.plain)])
    return [phrase for phrase in found if _mixes(phrase, vocabulary)] if foreign else found


def _kept(tree: StateTree, start: _Start) -> _Beginnings:
    """Return the beginnings that are known already."""
    starts = _KEPT.setdefault(tree, OrderedDict())
    kept = starts.setdefault(start, {})
    starts.move_to_end(start)
    if len(kept) > _MAX_KEPT:
        kept.clear()
    while len(starts) > _MAX_STARTS:
        starts.popitem(last=False)
    return kept


def _key(letters: Letters, end: int) -> Letters:
    before = letters.prefix(end)
    return Letters(before.plain, before.breaks, end)


class _Search:
    """Which words may come next at a position in letters, for some ends."""

    def __init__(
        self,
        letters: Letters,
        ends: Sequence[int],
        vocabulary: Vocabulary,
        full: bool,
        count: int,
        foreign: Foreign,
    ) -> None:
        """count: how many entries of a lexicon, the most probable: nothing on the left changes their order."""
        self._letters, self._ends, self._full, self._count = letters, ends, full, count
        self._lexicon, self._foreign = vocabulary.lexicon, foreign
        pinyin = vocabulary.pinyin
        self._words: PhraseWords = (
            pinyin.phrase_words(letters) if full else pinyin.abbreviated_phrase_words(letters, ends)
        )

    def choices(self, position: int) -> list[_Choice]:
        """Return where a word that starts at a position may end, and which words these are."""
        words, entries = self._words.get(position, {}), self._entries(position)
        ends = set(self._ends)
        if not position:
            # A single word is no phrase.
            ends.discard(len(self._letters.plain))
        found = sorted({*words, *entries} & ends)
        choices = [_Choice.of(end, words.get(end, _NO_WORDS), entries.get(end, ())) for end in found]
        latin = sorted((end, found) for end, found in self._foreign.get(position, {}).items() if end in ends)
        choices += [_Choice.of(end, found.match, found.entries) for end, found in latin]
        return [choice for choice in choices if choice.ids]

    def _entries(self, position: int) -> dict[int, tuple[EntrySet, ...]]:
        if self._lexicon is None:
            return {}
        if self._full:
            return self._lexicon.from_position(self._letters, position, self._count)
        return self._lexicon.abbreviated(self._letters, position, self._ends, self._count)


def _scores(
    partial: list[_PartialPhrase], nodes: list[Node], choices: list[_Choice], predictor: Predictor
) -> list[Tensor]:
    """Return the log-probabilities of phrases that are longer by a word: [partial, words of a choice] each."""
    before = torch.tensor([[p.log_probability] for p in partial])
    kept = torch.tensor([[predictor.log_kept(node)] for node in nodes])
    known = predictor.log_prob_table(nodes, torch.cat([choice.words for choice in choices])) + (before + kept)
    known += torch.cat([choice.log_typed for choice in choices])
    parts = torch.split(known, [len(choice.words) for choice in choices], dim=1)
    scores = []
    for choice, words in zip(choices, parts, strict=True):
        entries = [
            torch.tensor([[predictor.log_share(node, found.part)] for node in nodes]) + before + _log_probs(found)
            for found in choice.entries
        ]
        scores.append(torch.cat([words, *entries], dim=1) if entries else words)
    return scores


def _log_probs(entries: EntrySet) -> Tensor:
    return torch.from_numpy(entries.log_probs)


def _phrases(complete: list[_PartialPhrase]) -> list[Phrase]:
    return [Phrase(p.ids, p.log_probability) for p in _ordered(complete) if len(p.ids) > 1]


def _mixes(phrase: Phrase, vocabulary: Vocabulary) -> bool:
    """Whether a phrase has words of both kinds."""
    return len({is_han(vocabulary.word(word_id)[0]) for word_id in phrase.ids}) > 1


def _extend(
    partial: list[_PartialPhrase], nodes: list[Node], choice: _Choice, scores: Tensor, beam: int
) -> list[_PartialPhrase]:
    """Return the most probable phrases that are longer by a word; scores: log-probabilities [partial, words]."""
    best = scores.flatten().topk(min(beam, scores.numel()))
    ids = choice.ids
    longer = []
    for value, index in zip(best.values.tolist(), best.indices.tolist(), strict=True):
        row, column = divmod(index, len(ids))
        longer.append(_PartialPhrase(value, nodes[row], (*partial[row].ids, ids[column])))
    return longer


def _ordered(partial: list[_PartialPhrase]) -> list[_PartialPhrase]:
    return sorted(partial, key=lambda p: -p.log_probability)
