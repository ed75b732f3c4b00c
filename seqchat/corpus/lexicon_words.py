"""The words of lexicons that a vocabulary lacks, with ids after those of the vocabulary."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.lexicon import EntryIds, Lexicon
from seqchat.corpus.lexicon_pinyin import LexiconPinyin, LookUp, Matches, Parses
from seqchat.corpus.pinyin import Letters
from seqchat.corpus.spelling import SPELLING, Spelling
from seqchat.corpus.words import is_han, is_letter
from seqchat.files import expanded
from seqchat.locations import LEXICON_VARIABLE, NAME_OF_NO_LEXICON, shipped_lexicon

if TYPE_CHECKING:
    from seqchat.corpus.vocabulary import Vocabulary

Floats = NDArray[np.float32]

CHINESE, OTHER, OWN = range(3)
# Words that the writer took are a part of their own, after those of lexicons.
LEARNED = 3
# Entries are looked up in groups that are written alike: the part of each
_GROUPS = (CHINESE, OTHER, OWN, OWN)
START_CONTEXT, HAN_CONTEXT, LETTERS_CONTEXT, OTHER_CONTEXT = range(4)


# The file of the words that a model brings with it
FILE = "lexicon.safetensors"
NONE, VARIABLE = NAME_OF_NO_LEXICON, LEXICON_VARIABLE


class Lexicons(NamedTuple):
    """The lexicon that every model shares, and a model's own; None for none."""

    shared: Lexicon | None
    own: Lexicon | None


NO_LEXICON = Lexicons(None, None)


def lexicons_of(folder: Path, name: str | Path | None = None) -> Lexicons:
    """Return the lexicons that are used with the model in a folder.

    name: of a file instead of the one that ships; ``none`` for none at all, the model's own neither. Without a name it
    is that of the environment variable SEQCHAT_LEXICON, if it is set.

    Raises:
        SeqchatError: a file is missing, or is no lexicon.
    """
    name = str(name or os.environ.get(VARIABLE, ""))
    if name == NONE:
        return NO_LEXICON
    path, own = expanded(name).resolve() if name else shipped_lexicon(), folder / FILE
    shared = _opened(path) if name or path.is_file() else None
    return Lexicons(shared, _opened(own.resolve()) if own.is_file() else None)


@lru_cache(8)
def _opened(path: Path) -> Lexicon:
    return Lexicon.open(path)


@dataclass(frozen=True)
class EntrySet:
    """Words of one part of the lexicons that agree with what is typed.

    ids: [words], ascending but for what `first` returns; log_probs: [words], log P(word, what is typed | the part);
    log_mass: the logarithm of the sum of their probabilities.
    """

    part: int
    ids: EntryIds
    log_probs: Floats
    log_mass: float
    _firsts: dict[int, EntrySet] = field(default_factory=dict, repr=False, compare=False)

    def first(self, count: int) -> EntrySet:
        """Return the most probable ones alone, in the order of their probability; `log_mass` stays that of all."""
        found = self._firsts.get(count)
        if found is None:
            chosen = np.arange(len(self.ids))
            if len(chosen) > 4 * count:
                chosen = np.argpartition(-self.log_probs, count)[:count]
            order = chosen[np.argsort(-self.log_probs[chosen], kind="stable")][:count]
            found = self._firsts[count] = EntrySet(self.part, self.ids[order], self.log_probs[order], self.log_mass)
        return found

    @cached_property
    def ascending(self) -> Floats:
        """The log-probabilities in ascending order."""
        return np.sort(self.log_probs)

    def log_prob(self, word_id: int) -> float:
        """Return the log-probability of a word of a set in ascending order, minus infinity if it is not in the set."""
        at = int(np.searchsorted(self.ids, word_id))
        return float(self.log_probs[at]) if at < len(self.ids) and self.ids[at] == word_id else -math.inf


class LexiconWords:
    """What lexicons add to a vocabulary.

    The first lexicon may be a model's own; a word is an entry of the first one that has it. An id is the length of the
    vocabulary plus the number of the entry, the entries of one lexicon after those of the other.
    """

    def __init__(self, vocabulary: Vocabulary, shared: Lexicon | None, own: Lexicon | None = None) -> None:
        self._vocabulary = vocabulary
        self._lexicons = [lexicon for lexicon in (own, shared) if lexicon is not None]
        self._firsts = np.cumsum([len(vocabulary), *(len(lexicon) for lexicon in self._lexicons)]).tolist()
        self.spell(SPELLING)
        self._own = own is not None
        self.log_probs = self._log_probs()
        self.starting_with = lru_cache(1_000)(self._starting_with)
        self.find = lru_cache(10_000)(self._find)
        self.spelling = lru_cache(10_000)(self._spelling)

    def spell(self, spelling: Spelling) -> None:
        """Read letters as a writer with these habits types them."""
        self._pinyin = [LexiconPinyin(lexicon, spelling) for lexicon in self._lexicons]
        self._matching = lru_cache(1_000)(self._find_matching)
        self._best = lru_cache(20_000)(self._find_best)
        self._best_abbreviated = lru_cache(20_000)(self._find_best_abbreviated)

    def __len__(self) -> int:
        return int(self._firsts[-1] - self._firsts[0])

    @cached_property
    def _groups(self) -> NDArray[np.uint8]:
        """The group of each entry: [entries]."""
        groups = []
        for number, lexicon in enumerate(self._lexicons):
            group = np.full(len(lexicon), 1, dtype=np.uint8)
            group[: lexicon.han_words] = 0
            groups.append(group + 2 * (self._own and number == 0))
        return np.concatenate(groups)

    @cached_property
    def parts(self) -> NDArray[np.uint8]:
        """Which part each entry belongs to: [entries]."""
        return np.array(_GROUPS, dtype=np.uint8)[self._groups]

    @property
    def present(self) -> list[bool]:
        """Which parts have a word: [parts]."""
        usable = self.log_probs > -math.inf
        return [bool(usable[self.parts == part].any()) for part in (CHINESE, OTHER, OWN)]

    def _log_probs(self) -> Floats:
        """Return log P(word | its part): [entries], minus infinity for words that the vocabulary has."""
        known = [word for word in self._vocabulary.words if not word.startswith(GLUE)]
        log_probs = np.concatenate([lexicon.log_frequencies for lexicon in self._lexicons])
        for lexicon, first in zip(self._lexicons, self._firsts, strict=False):
            found = lexicon.find(known)
            log_probs[found[found >= 0] + first - self._firsts[0]] = -np.inf
        if len(self._lexicons) == 2:
            own, shared = self._lexicons
            found = shared.find([*own])
            log_probs[found[found >= 0] + len(own)] = -np.inf
        for part in (CHINESE, OTHER, OWN):
            mine = self.parts == part
            total = np.exp(log_probs[mine].astype(np.float64)).sum()
            if total:
                log_probs[mine] -= math.log(total)
        return log_probs

    def word(self, word_id: int) -> str:
        """Return the word of an id."""
        number = 0 if word_id < self._firsts[1] else 1
        return self._lexicons[number].word(word_id - self._firsts[number])

    def _spelling(self, word_id: int) -> tuple[int, ...]:
        """Return the ids in the vocabulary of the characters of an entry."""
        return tuple(self._vocabulary.encode_word(self.word(word_id)))

    def part(self, word_id: int) -> int:
        """Return the part of an entry."""
        return int(self.parts[word_id - self._firsts[0]])

    def log_prob(self, word_id: int) -> float:
        """Return log P(word | its part)."""
        return float(self.log_probs[word_id - self._firsts[0]])

    def _find(self, word: str) -> int:
        """Return the id of a word that the vocabulary lacks, -1 if no lexicon has it."""
        for lexicon, first in zip(self._lexicons, self._firsts, strict=False):
            entry = lexicon.find_word(word)
            if entry >= 0 and self.log_probs[entry + first - self._firsts[0]] > -math.inf:
                return int(entry + first)
        return -1

    def ids_of(self, word: str) -> list[int]:
        """Return all ids of a word, none for words that the vocabulary has."""
        # Most words that are looked up are the vocabulary's own.
        word_id = -1 if word in self._vocabulary else self.find(word)
        return [word_id] if word_id >= 0 else []

    def _starting_with(self, beginning: str) -> tuple[EntrySet, ...]:
        """Return the entries that begin with these characters and are longer."""
        return self._sets(
            (lexicon.starting_with(beginning) + first - self._firsts[0], None)
            for lexicon, first in zip(self._lexicons, self._firsts, strict=False)
        )

    @cached_property
    def everything(self) -> tuple[EntrySet, ...]:
        """All entries."""
        return self._sets([(np.arange(len(self)), None)])

    @cached_property
    def spaced(self) -> tuple[EntrySet, ...]:
        """All entries that are written with a space before them after a word that asks for one."""
        return tuple(found for found in self.everything if self.takes_space(found))

    def takes_space(self, entries: EntrySet) -> bool:
        """Whether entries are written with a space before them after a word that asks for one."""
        return self._vocabulary.segmenter.space_before(self.word(int(entries.ids[0])))

    def matching(self, letters: Letters) -> tuple[EntrySet, ...]:
        """Return the entries whose pinyin may begin with the letters, a syllable typed in full or abbreviated."""
        return self._matching(letters.plain, letters.breaks)

    def _find_matching(self, plain: str, breaks: frozenset[int]) -> tuple[EntrySet, ...]:
        letters = Letters(plain, breaks, len(plain))
        return self._of_matches((number, index.matching(letters)) for number, index in enumerate(self._pinyin))

    def beginning(self, letters: Letters, count: int) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries, `count` of each kind, that are some of the first letters, typed in full.

        They are given by where they end.
        """
        found: dict[int, tuple[EntrySet, ...]] = {}
        for end in range(1, len(letters.plain)):
            for number, index in enumerate(self._pinyin):
                for look in index.ending(letters, end).get(0, ()):
                    self._add(found, end, self._best(number, look, count))
        return found

    def ending(self, letters: Letters, end: int, count: int, *, last: bool = False) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries, `count` of each kind, that end at a position in letters, typed in full.

        They are given by where they begin; if nothing follows, they may be longer than what is typed.
        """
        found: dict[int, tuple[EntrySet, ...]] = {}
        for number, index in enumerate(self._pinyin):
            for position, look_ups in (index.ending_unfinished if last else index.ending)(letters, end).items():
                for look in look_ups:
                    self._add(found, position, self._best(number, look, count))
        return found

    def _add(self, found: dict[int, tuple[EntrySet, ...]], at: int, sets: tuple[EntrySet, ...]) -> None:
        if sets:
            found[at] = found.get(at, ()) + sets

    def _find_best(self, number: int, look: LookUp, count: int) -> tuple[EntrySet, ...]:
        sets = self._of_matches([(number, self._pinyin[number].readings([look]))])
        return tuple(found.first(count) for found in sets)

    def ending_abbreviated(
        self, letters: Letters, end: int, count: int, *, last: bool = False
    ) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries, `count` of each kind, that end at a position in letters.

        They are given by where they begin. Any syllable may be abbreviated or have a slip, and none is left out.
        """
        found: dict[int, tuple[EntrySet, ...]] = {}
        for number, index in enumerate(self._pinyin):
            for position, parses in index.parses(letters, end, last=last).items():
                self._add(found, position, self._best_abbreviated(number, parses, count))
        return found

    def _find_best_abbreviated(self, number: int, parses: Parses, count: int) -> tuple[EntrySet, ...]:
        sets = self._of_matches([(number, self._pinyin[number].typed(parses))])
        return tuple(found.first(count) for found in sets)

    def _of_matches(self, found: Iterable[tuple[int, Matches]]) -> tuple[EntrySet, ...]:
        return self._sets(
            (matches.entries + self._firsts[number] - self._firsts[0], _log_typed(matches)) for number, matches in found
        )

    def _sets(self, found: Iterable[tuple[EntryIds, Floats | None]]) -> tuple[EntrySet, ...]:
        """Return entries by their parts, given with log P(typed | entry); an entry may be there several times."""
        sets: list[EntrySet] = []
        for entries, log_typed in found:
            log_probs = self.log_probs[entries]
            if log_typed is not None:
                entries, log_probs = _summed(entries, log_probs + log_typed)
            groups = self._groups[entries]
            for group, part in enumerate(_GROUPS):
                (mine,) = np.nonzero((groups == group) & (log_probs > -np.inf))
                if len(mine):
                    chosen = log_probs[mine]
                    mass = float(np.log(np.exp(chosen.astype(np.float64)).sum()))
                    sets.append(EntrySet(part, entries[mine] + self._firsts[0], chosen, mass))
        return tuple(sets)


def _log_typed(matches: Matches) -> Floats:
    """Return log P(letters typed | entry) of each reading."""
    found: Floats = np.log(matches.shares) + matches.prices
    return found


def _summed(entries: EntryIds, log_probs: Floats) -> tuple[EntryIds, Floats]:
    """Sum the probabilities of the same entry."""
    order = np.argsort(entries, kind="stable")
    entries, log_probs = entries[order], log_probs[order]
    starts = np.flatnonzero(np.concatenate(([True], np.diff(entries) > 0))[: len(entries)])
    if len(starts) == len(entries):
        return entries, log_probs
    return entries[starts], np.logaddexp.reduceat(log_probs, starts)


def contexts_of(vocabulary: Vocabulary) -> NDArray[np.uint8]:
    """Return which context each word of a vocabulary is for the next one: [words]."""
    from seqchat.corpus.vocabulary import DIALOG_ID, TURN_ID

    contexts_after = {last: _context(last) for last in {word[-1] for word in vocabulary.words}}
    contexts = np.array([contexts_after[word[-1]] for word in vocabulary.words], dtype=np.uint8)
    contexts[[DIALOG_ID, TURN_ID]] = START_CONTEXT
    return contexts


def _context(last: str) -> int:
    if is_han(last):
        return HAN_CONTEXT
    return LETTERS_CONTEXT if is_letter(last) and not last.isdigit() else OTHER_CONTEXT
