"""What a vocabulary may have besides its own words: those of lexicons, and those that a writer took."""

from __future__ import annotations

from collections.abc import Sequence
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

    def from_position(self, letters: Letters, position: int, count: int) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries whose pinyin is typed from a position on, by where they end."""

    def abbreviated(
        self, letters: Letters, position: int, ends: Sequence[int], count: int
    ) -> dict[int, tuple[EntrySet, ...]]:
        """Return the most probable entries for which letters from a position to some ends are typed, by these ends.

        Any syllable may be abbreviated or have a slip, and none is left out.
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
