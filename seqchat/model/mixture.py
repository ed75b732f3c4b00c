"""A lexicon behind a model's vocabulary, mixed into its predictions.

    P(w | text) = (1 − π) · P_model(w | text)    for the words of the vocabulary,
    P(w | text) = π_part · P_part(w)             for those of a lexicon that the vocabulary lacks,  π = Σ π_part

where each part of the lexicon (Chinese words, other words, a trade's own) is a distribution over such words, so that
all words together sum to 1. π depends on what the last word is (Jelinek and Mercer 1980). Words that a writer took are
one more part, whose share η is taken from all others alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.errors import SeqchatError, quoted

# What the last word is: the end of a turn or nothing, Chinese, in other letters, or anything else
CONTEXTS = ("start", "han", "letters", "other")
PARTS = ("chinese", "other", "own")
_MAX_SHARE = 0.5


@dataclass(frozen=True)
class LexiconShares:
    """π of each part of a lexicon: [contexts], in the order of `CONTEXTS`.

    The defaults are for models that were trained before there was a lexicon.
    """

    chinese: tuple[float, ...] = (0.06, 0.03, 0.03, 0.04)
    other: tuple[float, ...] = (0.001, 0.001, 0.01, 0.001)
    own: tuple[float, ...] = (0.01, 0.01, 0.01, 0.01)

    def __post_init__(self) -> None:
        for part in PARTS:
            values = getattr(self, part)
            if not isinstance(values, tuple) or len(values) != len(CONTEXTS):
                raise SeqchatError(f"The lexicon has {len(CONTEXTS)} shares of {part} words, not {quoted(values)}.")
            for value in values:
                if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_SHARE:
                    raise SeqchatError(f"A share of the lexicon is from 0 to {_MAX_SHARE}, not {quoted(value)}.")
        if (self.table().sum(axis=1) >= 1).any():
            raise SeqchatError("The shares of the lexicon leave nothing to the model.")

    def table(self) -> NDArray[np.float64]:
        """Return the shares: [contexts, parts]."""
        return np.array([getattr(self, part) for part in PARTS], dtype=np.float64).T

    def to_json(self) -> dict[str, Any]:
        """Return the shares as JSON values."""
        return {part: list(values) for part, values in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Any) -> LexiconShares:
        """Read the shares back; unknown parts are an error."""
        if not isinstance(values, Mapping) or set(values) - {f.name for f in fields(cls)}:
            raise SeqchatError(f"Its entry 'lexicon' is not an object of {', '.join(PARTS)}.")
        return cls(**{part: tuple(v) if isinstance(v, list) else v for part, v in values.items()})


class LexiconMixture:
    """The shares at the words of a vocabulary."""

    def __init__(self, shares: LexiconShares, contexts: NDArray[np.uint8], present: Sequence[bool]) -> None:
        """Take the context [words] that each word of the vocabulary makes, and which parts have any words: [parts]."""
        self.contexts = contexts
        self._use(shares.table() * np.array(present))

    @classmethod
    def of_nothing(cls, words: int) -> LexiconMixture:
        """Return the mixture of a vocabulary of so many words that has no lexicon."""
        return cls(LexiconShares(), np.zeros(words, dtype=np.uint8), [False] * len(PARTS))

    def _use(self, table: NDArray[np.float64]) -> None:
        self.shares = table
        self.kept = 1 - table.sum(axis=1)
        self._log_kept = np.log(self.kept).tolist()
        self._log_shares = [[math.log(share) if share else -math.inf for share in row] for row in table.tolist()]

    def with_learned(self, share: float) -> LexiconMixture:
        """Return a mixture in which learned words have a share, as the part after all others."""
        mixture = copy(self)
        mixture._use(np.column_stack([self.shares * (1 - share), np.full(len(self.shares), share)]))
        return mixture

    def log_kept(self, word_id: int) -> float:
        """Return log (1 − π) after a word."""
        return float(self._log_kept[self.contexts[word_id]])

    def log_share(self, word_id: int, part: int) -> float:
        """Return log π of a part after a word."""
        return float(self._log_shares[self.contexts[word_id]][part])
