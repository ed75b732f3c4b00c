"""A pattern: the neurons of a layer that are on throughout a span of words (LSTMVis, Strobelt et al. 2018).

LSTMVis calls a neuron on while its value is at least a threshold. The sign of a neuron means nothing by itself, for the
weights that read it may turn it round; so a signed value counts as on at either end, and the two ends are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqchat.completion.context import turns
from seqchat.completion.engine import Engine
from seqchat.corpus.cleaning import clean
from seqchat.errors import SeqchatError
from seqchat.insight.gates import labels
from seqchat.insight.neurons.overview import overview
from seqchat.insight.neurons.states import dialog_words, read_states
from seqchat.insight.selection import LayerQuantity, find_quantity
from seqchat.insight.view import layer_names
from seqchat.model.cells import Gate

# A sigmoid gate from here on is called open, as in the panel.
_OPEN = 0.9
# Any other value counts as on from this share of its 95th percentile on: about one neuron in six.
_SHARE = 0.5
# The last words of a text, where nobody says which
_LAST = 3

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Span:
    """Words of a text that follow each other, the first and the last included; 0 is the start of the text."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read ``3:6``, or ``3`` for one word.

        Raises:
            SeqchatError: it is neither.
        """
        first, colon, last = text.partition(":")
        try:
            span = cls(int(first), int(last if colon else first))
        except ValueError:
            raise SeqchatError(f"{text!r} is not a span; write 3:6 for the words 3 to 6, or 3 for one word.") from None
        if span.first > span.last:
            raise SeqchatError(f"A span ends after it begins; write {span.last}:{span.first} for {text}.")
        return span

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.first}:{self.last}"


@dataclass(frozen=True)
class Pattern:
    """Which neurons of a layer are on throughout a span.

    layer, quantity: what is looked at; signed: whether its values have a sign; words: of the span; threshold: the value
    from which on a neuron is on; high: the neurons that are on; low: those whose value is at most −threshold.
    """

    layer: str
    quantity: str
    signed: bool
    span: Span
    words: list[str]
    threshold: float
    high: list[int]
    low: list[int]

    @property
    def size(self) -> int:
        """How many neurons are on."""
        return len(self.high) + len(self.low)

    def places(self, neurons: int) -> NDArray[np.int64]:
        """Return the columns of `on` that belong to the pattern, in a layer of that many neurons."""
        return np.array([*self.high, *(neurons + neuron for neuron in self.low)], dtype=np.int64)


@dataclass(frozen=True)
class ReadText:
    """A text that a layer has read: its words, and the values [words, neurons] of one gate or state.

    usual: the threshold that fits these values where nobody chooses another one.
    """

    layer: str
    gate: Gate
    words: list[str]
    values: Floats
    usual: float

    @property
    def signed(self) -> bool:
        """Whether values have a sign."""
        return self.gate.low < 0

    def last_words(self) -> Span:
        """Return the span of the last words."""
        last = len(self.words) - 1
        return Span(max(last - _LAST + 1, min(1, last)), last)

    def pattern(self, span: Span, threshold: float) -> Pattern:
        """Return the neurons that are on throughout a span.

        Raises:
            SeqchatError: the text has no such words.
        """
        if not 1 <= span.first <= span.last < len(self.words):
            raise SeqchatError(f"There are no words {span}; the text has the words 1 to {len(self.words) - 1}.")
        within = slice(span.first, span.last + 1)
        neurons = self.values.shape[1]
        places = np.flatnonzero(on(self.values[within], threshold, signed=self.signed).all(axis=0))
        high, low = places[places < neurons], places[places >= neurons] - neurons
        return Pattern(
            self.layer,
            self.gate.name,
            self.signed,
            span,
            self.words[within],
            threshold,
            high.tolist(),
            low.tolist(),
        )


def read_text(engine: Engine, text: str, layer: int | str | None = None, quantity: str = "hidden") -> ReadText:
    """Read a text, whose lines are turns, as the dialogs of a corpus are read.

    Raises:
        SeqchatError: there is no such layer or quantity, or no text.
    """
    selected = find_quantity(engine.network, layer, quantity)
    finished, current = turns(clean(text))
    if not finished and not current:
        raise SeqchatError("There is no text to take a pattern from. Give at least one word.")
    read = dialog_words([*finished, current] if current else finished, engine.vocabulary)
    ((_, values),) = read_states(engine.network, [read], selected)
    name = engine.network.layer_names[selected.layer]
    gate = next(gate for gate in engine.network.cell.gates if gate.name == quantity)
    return ReadText(name, gate, labels(engine.vocabulary, read.ids), values, usual_threshold(engine, selected, gate))


def usual_threshold(engine: Engine, selected: LayerQuantity, gate: Gate) -> float:
    """Return from which value on a neuron is on where nobody says it: rounded, so that it can be typed."""
    if gate.kind == "sigmoid":
        return _OPEN
    # Of an infill model, the names of layers have arrows, the forward one of each first.
    names = layer_names(engine.network)
    layer = names[selected.layer * (len(names) // len(engine.network.layer_names))]
    return float(f"{_SHARE * overview(engine)[layer].scales[gate.name][0]:.2g}")


def on(values: Floats, threshold: float, *, signed: bool) -> Bools:
    """Return which neurons are on [words, neurons], and, of signed values, then those that are low."""
    high = values >= threshold
    return np.concatenate((high, values <= -threshold), axis=1) if signed else high
