"""Which neurons of a text's words are looked for elsewhere: a gate, a span and a threshold; independent of widgets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.insight.neurons.patterns import Pattern, ReadText

# Of a longer text, only so much of its end is read.
_CHARACTERS = 4_000
# A step of the threshold
_STEP = 1.1


@dataclass(frozen=True)
class PatternChoice:
    """Words of a text that was read, from the first to the last, and the value from which on a neuron is on."""

    read: ReadText
    first: int
    last: int
    threshold: float

    @classmethod
    def ending(cls, read: ReadText, back: int) -> PatternChoice:
        """Choose three words, the last of them as many words before the last one of the text."""
        last = max(len(read.words) - 1 - back, 1)
        return cls(read, max(last - 2, 1), last, read.usual)

    def moved(self, steps: int) -> PatternChoice:
        """Choose later words, or earlier ones, but none that are not there."""
        steps = min(max(steps, 1 - self.first), len(self.read.words) - 1 - self.last)
        return replace(self, first=self.first + steps, last=self.last + steps)

    def lengthened(self, steps: int) -> PatternChoice:
        """Choose more words at the end, or fewer."""
        return replace(self, last=min(max(self.last + steps, self.first), len(self.read.words) - 1))

    def raised(self, steps: int) -> PatternChoice:
        """Choose a higher threshold, or a lower one."""
        return replace(self, threshold=float(f"{self.threshold * _STEP**steps:.3g}"))

    def of_gate(self, read: ReadText) -> PatternChoice:
        """Choose the same words in another gate."""
        return replace(self, read=read, threshold=read.usual)

    @cached_property
    def pattern(self) -> Pattern:
        """The neurons that are on throughout these words."""
        from seqchat.insight.neurons.patterns import Span

        return self.read.pattern(Span(self.first, self.last), self.threshold)


def read_end(engine: Engine, text: str, layer: str, gate: str) -> ReadText:
    """Read the end of a text with a model, in the thread in which it runs.

    Raises:
        SeqchatError: the text has no words, or the layer reads in the other direction.
    """
    from seqchat.insight.neurons.patterns import read_text

    return read_text(engine, text[-_CHARACTERS:], layer, gate)
