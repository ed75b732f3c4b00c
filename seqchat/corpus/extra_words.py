"""What a vocabulary may have besides its own words: those of lexicons, and those that a writer took."""

from __future__ import annotations

from typing import Protocol

from seqchat.corpus.lexicon_words import EntrySet
from seqchat.corpus.pinyin import Letters
from seqchat.corpus.spelling import Spelling


class ExtraWords(Protocol):
    """Words with ids after those of the vocabulary; they are offered, but text is not encoded with them."""

    @property
    def everything(self) -> tuple[EntrySet, ...]:
        """All entries."""

    @property
    def spaced(self) -> tuple[EntrySet, ...]:
        """All entries that are written with a space before them after a word that asks for one."""

    def takes_space(self, entries: EntrySet) -> bool:
        """Whether entries are written with a space before them after a word that asks for one."""

    def starting_with(self, beginning: str) -> tuple[EntrySet, ...]:
        """Return the entries that begin with these characters and are longer."""

    def matching(self, letters: Letters) -> tuple[EntrySet, ...]:
        """Return the entries whose pinyin may begin with the letters."""

    def beginning(self, letters: Letters, count: int) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries that are some of the first letters, typed in full, by where they end."""

    def ending(self, letters: Letters, end: int, count: int, *, last: bool = False) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries that end at a position in letters, typed in full, by where they begin.

        last: whether nothing follows, so that they may be longer than what is typed.
        """

    def ending_abbreviated(
        self, letters: Letters, end: int, count: int, *, last: bool = False
    ) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries that end at a position in letters, by where they begin.

        Any syllable may be abbreviated or have a slip, and none is left out; last: the last one may be unfinished.
        """

    def spell(self, spelling: Spelling) -> None:
        """Read letters as a writer with these habits types them."""

    def word(self, word_id: int) -> str:
        """Return the word of an id."""

    def spelling(self, word_id: int) -> tuple[int, ...]:
        """Return the ids in the vocabulary of the words that spell an entry."""

    def part(self, word_id: int) -> int:
        """Return the part of an entry."""

    def log_prob(self, word_id: int) -> float:
        """Return log P(word | its part)."""

    def find(self, word: str) -> int:
        """Return an id of a word, -1 if there is none."""

    def ids_of(self, word: str) -> list[int]:
        """Return all ids of a word."""
