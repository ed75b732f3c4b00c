"""The words that a writer took, behind a vocabulary and its lexicon, with ids after those of both.

They are one more part of the mixture: P(w | text) = (1 − η) · P_model(w | text) + η · P_learned(w). A word that the
model has as well is in both, and the ways to it are summed. P_learned is half a word's share of all takes, which count
less the older they are, and half a share that falls with a power of its place in the order of last use, as the need for
a memory does (Anderson and Schooler 1991). η grows with the takes, to 15%.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from seqchat.completion.habits import HALF_LIFE, Habit, Habits
from seqchat.corpus.lexicon_words import LEARNED, EntrySet, LexiconWords
from seqchat.corpus.pinyin import LetterMatch, Letters, PinyinIndex
from seqchat.corpus.spelling import Spelling
from seqchat.corpus.syllable_trie import SyllableTrie
from seqchat.corpus.vocabulary import Vocabulary

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

# The word used last is about as probable as any of so many used before it.
_FLAT = 3
# The most that η is, and the takes after which it is half of it.
_MOST, _HALF_AT = 0.15, 40.0
# So many new words are looked through; then the index of all is built again.
_MAX_NEW = 300
_LAST = "\U0010ffff"


class LearnedWords:
    """The learned words as what a vocabulary has besides its own words, those of its lexicon included."""

    def __init__(self, vocabulary: Vocabulary, lexicon: LexiconWords | None, habits: Habits) -> None:
        self._vocabulary, self._lexicon, self._habits = vocabulary, lexicon, habits
        self._first = len(vocabulary) + (0 if lexicon is None else len(lexicon))
        self._seen = 0
        self._entries: list[Habit] = []
        self._entry_of: dict[tuple[str, str], int] = {}
        self._by_word: defaultdict[str, list[int]] = defaultdict(list)
        # For each entry: how often it was taken, when it was taken last, and the number of that change
        self._uses = np.empty((3, 0))
        # The index of the first entries, and that of the others, which is small
        self._typed_as = vocabulary.spelling
        self._indexes = (_Index((), 0, self._typed_as), _Index((), 0, self._typed_as))
        self._table = _Table.of(self._uses)
        self.spelling = lru_cache(10_000)(self._spelling)

    def follow(self) -> bool:
        """Learn what has changed since the last time; return whether anything has."""
        changes = self._habits.changes[self._seen :]
        if not changes:
            return False
        entries = [self._entry(habit) for habit in changes]
        uses = [(habit.count, habit.time, number) for number, habit in enumerate(changes, self._seen)]
        self._uses = np.pad(self._uses, ((0, 0), (0, len(self._entries) - self._uses.shape[1])))
        # Of several changes of an entry the last one counts.
        self._uses[:, entries] = np.array(uses, dtype=np.float64).T
        self._seen += len(changes)
        settled, _ = self._indexes
        if len(self._entries) > settled.end + _MAX_NEW:
            settled = _Index(self._entries, 0, self._typed_as)
        if len(self._entries) != self._indexes[1].end or settled is not self._indexes[0]:
            self._indexes = settled, _Index(self._entries[settled.end :], settled.end, self._typed_as)
        self._table = _Table.of(self._uses)
        self.__dict__.pop("everything", None)
        self.__dict__.pop("spaced", None)
        return True

    def _entry(self, habit: Habit) -> int:
        """Return the number of a habit's entry, a new one if it has none."""
        key = habit.word, habit.pinyin
        entry = self._entry_of.get(key)
        if entry is None:
            entry = self._entry_of[key] = len(self._entries)
            self._entries.append(habit)
            self._by_word[habit.word].append(entry)
        self._entries[entry] = habit
        return entry

    @property
    def share(self) -> float:
        """η, the probability that the next word is a learned one."""
        return self._table.share

    # --- words and ids

    def word(self, word_id: int) -> str:
        """Return the word of an id."""
        if word_id < self._first:
            assert self._lexicon is not None
            return self._lexicon.word(word_id)
        return self._entries[word_id - self._first].word

    def _spelling(self, word_id: int) -> tuple[int, ...]:
        """Return the ids in the vocabulary of the words that an entry consists of."""
        if word_id < self._first:
            assert self._lexicon is not None
            return self._lexicon.spelling(word_id)
        return tuple(self._vocabulary.encode(self._vocabulary.segmenter.split(self.word(word_id))))

    def part(self, word_id: int) -> int:
        """Return the part of an entry."""
        if word_id < self._first:
            assert self._lexicon is not None
            return self._lexicon.part(word_id)
        return LEARNED

    def log_prob(self, word_id: int) -> float:
        """Return log P(word | its part)."""
        if word_id < self._first:
            assert self._lexicon is not None
            return self._lexicon.log_prob(word_id)
        return float(self._table.log_probs[word_id - self._first])

    def find(self, word: str) -> int:
        """Return an id of a word, -1 if it is in no lexicon and was not learned."""
        return next(iter(self.ids_of(word)), -1)

    def ids_of(self, word: str) -> list[int]:
        """Return all ids of a word: those under which it was learned, and that of the lexicon."""
        learned = [entry + self._first for entry in self._by_word.get(word, ()) if self._entries[entry].count]
        return learned + ([] if self._lexicon is None else self._lexicon.ids_of(word))

    # --- sets of entries

    @cached_property
    def everything(self) -> tuple[EntrySet, ...]:
        """All entries."""
        others = () if self._lexicon is None else self._lexicon.everything
        return others + self._sets(np.arange(len(self._entries)))

    @cached_property
    def spaced(self) -> tuple[EntrySet, ...]:
        """All entries that are written with a space before them after a word that asks for one."""
        return tuple(found for found in self.everything if self.takes_space(found))

    def takes_space(self, entries: EntrySet) -> bool:
        """Whether entries are written with a space before them after a word that asks for one."""
        return self._vocabulary.segmenter.space_before(self.word(int(entries.ids[0])))

    def starting_with(self, beginning: str) -> tuple[EntrySet, ...]:
        """Return the entries that begin with these characters and are longer."""
        others = () if self._lexicon is None else self._lexicon.starting_with(beginning)
        return others + self._sets(np.concatenate([index.starting_with(beginning) for index in self._indexes]))

    def matching(self, letters: Letters) -> tuple[EntrySet, ...]:
        """Return the entries whose pinyin may begin with the letters, a syllable typed in full or shortened."""
        others = () if self._lexicon is None else self._lexicon.matching(letters)
        return others + self._of_match(*(index.pinyin.matching(letters) for index in self._indexes))

    def beginning(self, letters: Letters, count: int) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries that are some of the first letters, typed in full, by where they end."""
        found = {} if self._lexicon is None else self._lexicon.beginning(letters, count)
        for index in self._indexes:
            for end in range(1, len(letters.plain)):
                if (match := index.pinyin.spelled(letters, end)) is not None:
                    self._add(found, end, match, count)
        return found

    def ending(self, letters: Letters, end: int, count: int, *, last: bool = False) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries that end at a position in letters, in full or clipped, by their start."""
        found = {} if self._lexicon is None else self._lexicon.ending(letters, end, count, last=last)
        for index in self._indexes:
            for position, match in index.pinyin.ending(letters, end, last=last).items():
                self._add(found, position, match, count)
        return found

    def ending_abbreviated(
        self, letters: Letters, end: int, count: int, *, last: bool = False
    ) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries that end at a position in letters, in any way, by where they begin."""
        found = {} if self._lexicon is None else self._lexicon.ending_abbreviated(letters, end, count, last=last)
        for index in self._indexes:
            for position, match in index.pinyin.ending_abbreviated(letters, end, last=last).items():
                self._add(found, position, match, count)
        return found

    def _add(self, found: dict[int, tuple[EntrySet, ...]], at: int, match: LetterMatch, count: int) -> None:
        """Add the most probable entries of a match to those that were found."""
        found[at] = found.get(at, ()) + tuple(entries.first(count) for entries in self._of_match(match))

    def spell(self, spelling: Spelling) -> None:
        """Read letters as a writer with these habits types them."""
        self._typed_as = spelling
        if self._lexicon is not None:
            self._lexicon.spell(spelling)
        for index in self._indexes:
            index.spell(spelling)

    def _of_match(self, *matches: LetterMatch) -> tuple[EntrySet, ...]:
        entries = np.concatenate([match.ids for match in matches])
        return self._sets(entries, np.concatenate([match.log_probs for match in matches]))

    def _sets(self, entries: Ids, log_typed: NDArray[np.float32] | None = None) -> tuple[EntrySet, ...]:
        """Return entries, given in ascending order, in sets that are written alike; log_typed: log P(typed | entry)."""
        if not len(entries):
            return ()
        log_probs = self._table.log_probs[entries]
        if log_typed is not None:
            log_probs = log_probs + log_typed
        spaced = np.concatenate([index.takes_space(self._vocabulary) for index in self._indexes])[entries]
        sets = []
        for group in (False, True):
            (mine,) = np.nonzero((spaced == group) & (log_probs > -np.inf))
            if len(mine):
                chosen = log_probs[mine].astype(np.float32)
                mass = float(np.log(np.exp(log_probs[mine]).sum()))
                sets.append(EntrySet(LEARNED, entries[mine] + self._first, chosen, mass))
        return tuple(sets)


class _Table:
    """log P(word | a learned one) [entries], and η."""

    def __init__(self, log_probs: Floats, share: float) -> None:
        self.log_probs, self.share = log_probs, share

    @classmethod
    def of(cls, uses: Floats) -> _Table:
        """Compute them of counts, times, and numbers that are larger for those used later: [3, entries]."""
        counts, times, last_used = uses
        counts = counts * 0.5 ** (np.maximum(time.time() - times, 0.0) / HALF_LIFE)
        total = float(counts.sum())
        log_probs = np.full(len(counts), -np.inf)
        if not total:
            return cls(log_probs, 0.0)
        (known,) = np.nonzero(counts)
        order = known[np.argsort(-last_used[known], kind="stable")]
        recency = np.zeros(len(counts))
        recency[order] = 1 / (np.arange(len(order)) + _FLAT)
        log_probs[known] = np.log((counts / total + recency / recency.sum())[known] / 2)
        return cls(log_probs, _MOST * total / (total + _HALF_AT))


class _Index:
    """Look-up of some entries by their first characters, and by letters."""

    def __init__(self, entries: Sequence[Habit], first: int, spelling: Spelling) -> None:
        """Take entries, the first of which has the number `first`."""
        self._words = [habit.word for habit in entries]
        self.end = first + len(self._words)
        order = sorted(range(len(self._words)), key=self._words.__getitem__)
        self._sorted = [self._words[i] for i in order]
        self._order = np.array(order, dtype=np.int64) + first
        readings = ((number, habit.pinyin.split(" "), 1.0) for number, habit in enumerate(entries, first))
        trie = SyllableTrie.build((n, way, p) for n, way, p in readings if way[0])
        self.pinyin = PinyinIndex(self._words, spelling, trie)
        self._takes_space: NDArray[np.bool_] | None = None

    def spell(self, spelling: Spelling) -> None:
        """Read letters as a writer with these habits types them."""
        self.pinyin = self.pinyin.respelled(spelling)

    def starting_with(self, beginning: str) -> Ids:
        """Return the entries that begin with these characters and are longer, in ascending order."""
        low, high = bisect_left(self._sorted, beginning + "\0"), bisect_left(self._sorted, beginning + _LAST)
        return np.sort(self._order[low:high])

    def takes_space(self, vocabulary: Vocabulary) -> NDArray[np.bool_]:
        """Return which entries take a space before them: [entries]."""
        if self._takes_space is None:
            space_before = vocabulary.segmenter.space_before
            self._takes_space = np.array([space_before(word) for word in self._words], dtype=np.bool_)
        return self._takes_space
