"""How probable it is that letters are meant as they are; every price of that question stands in this table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LiteralPrices:
    """Logarithms of probabilities, where the model and its lexicon know no word of the letters.

    unknown: a Latin word that nobody knows comes next; letter: each of its letters. shortened: somebody shortens the
    syllables of Chinese to letters that are a Latin word. numbered: somebody takes the first candidate by its number,
    and not with Space. decides: from which share of all that the letters may mean they are taken as they are.
    """

    unknown: float = -9.5
    letter: float = -2.5
    shortened: float = -2.0
    numbered: float = -3.0
    decides: float = 0.5

    def log_prob(self, letters: int) -> float:
        """Return log P(an unknown Latin word of so many letters)."""
        return self.unknown + self.letter * letters


PRICES = LiteralPrices()
