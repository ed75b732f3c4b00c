"""A neuron at a word that is to be opened, how to move from it to others, and its opening by a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.insight.step import OpenedStep


@dataclass(frozen=True)
class StepPlace:
    """A neuron at a word of a text.

    text, after: what is left and right of the cursor; words: how many words left of the cursor are read again at most;
    layer: its name; back: how many words are right of the one that is opened, those right of the cursor included.
    """

    text: str
    after: str
    words: int
    layer: str
    neuron: int
    back: int


@dataclass(frozen=True)
class OpenedPlace:
    """A place that was opened, among the words around it.

    first: the first of them that can be opened, the ones before it being needed for it; whole: whether there are none
    before them in the text.
    """

    place: StepPlace
    step: OpenedStep
    layers: list[str]
    words: list[str]
    first: int
    whole: bool

    def beside(self, steps: int) -> StepPlace:
        """Return the place of a later word, or an earlier one; the same one at either end of the text."""
        position = self.step.position + steps
        words = self.place.words
        if position < self.first and not self.whole:
            words *= 2
        else:
            position = max(position, self.first)
        position = min(position, len(self.words) - 1)
        return replace(self.place, back=len(self.words) - 1 - position, words=words)

    def below(self, gate: str) -> StepPlace | None:
        """Return the place of the neuron in the layer below that contributes most to a gate; None in the bottom layer.

        Where the gate reads nothing of the layer below, as a state does, it is that of the first gate that does.
        """
        gates = [self.step.gate(gate), *self.step.gates]
        rows = (addend for opened in gates for addend in opened.addends if addend.reads == "x")
        row = next(rows, None)
        strongest = self.step.strongest(row, 1) if row is not None else []
        return replace(self.place, layer=strongest[0].layer, neuron=strongest[0].neuron) if strongest else None

    def above(self) -> StepPlace | None:
        """Return the place of the same neuron in the layer above, in the same direction; None in the top layer."""
        arrow = self.place.layer.lstrip("0123456789")
        name = f"{int(self.place.layer.removesuffix(arrow)) + 1}{arrow}"
        return replace(self.place, layer=name) if name in self.layers else None


def open_place(engine: Engine, place: StepPlace) -> OpenedPlace:
    """Open a place with a model, in the thread in which it runs.

    Raises:
        SeqchatError: there is no such layer, neuron or word.
    """
    from seqchat.completion.context import readable_right
    from seqchat.completion.engine import MAX_RIGHT_WORDS
    from seqchat.insight.observing import observe
    from seqchat.insight.step import open_step

    right = engine.right_ids(readable_right(place.after), place.text[-1:] or " ")[:MAX_RIGHT_WORDS]
    # One word more, whose state the first one reads
    trace = observe(engine, engine.context.node(place.text), place.words + 1, right)
    first = 0 if trace.whole or engine.config.objective == "window" else 1
    whole = trace.whole or engine.config.objective == "window"
    position = max(len(trace.words) - 1 - place.back, first)
    step = open_step(engine, trace, place.layer, place.neuron, position)
    return OpenedPlace(place, step, trace.names, trace.words, first, whole)
