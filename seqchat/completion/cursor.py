"""Where a keystroke starts: the text left of the cursor as it has been read, and what predicts the words there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from seqchat.completion.prediction import Predictor
from seqchat.completion.states import Node
from seqchat.corpus.casing import fold

_TAIL = 100


@dataclass(frozen=True)
class Cursor:
    """The end of a text that has been read.

    text: as `readable` returns it; node: all its words, the last one taken as complete; predictor: predicts a word from
    the words before it, what the writer wrote included; at_cursor: predicts the word at the cursor, from the words on
    both sides where the network reads both, and otherwise the same as `predictor`.
    """

    text: str
    node: Node
    predictor: Predictor
    at_cursor: Predictor

    @cached_property
    def tail(self) -> str:
        """The end of the text in small letters: more of it than any suggestion replaces."""
        return fold(self.text[-_TAIL:])
