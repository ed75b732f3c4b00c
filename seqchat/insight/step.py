"""One neuron at one word, opened: where the value of each gate comes from, addend by addend.

All is computed in float64 from the float32 states of the step itself, so that addends add up to their sums exactly, and
the values are those of the gates to the precision of float32. A sum over a layer's inputs names each of them: the
neurons of the state before, h₋₁, and of the layer below. The bottom layer reads a word's vector, whose dimensions have
no meaning by themselves: the word adds one number, W·x, and how high that is among the most frequent words says what
the word does to the gate. Where a gate decides what stays of the state, the state is also a sum over the words that
wrote it: ``c_t = Σ_s i_s·g_s·f_{s+1}·…·f_t`` (GRU: ``h_t = Σ_s (1 − z_s)·n_s·z_{s+1}·…·z_t``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.corpus.vocabulary import SPECIAL_WORDS, Vocabulary
from seqchat.errors import SeqchatError
from seqchat.insight.gates import GateTrace, label
from seqchat.insight.selection import check_layer, check_neuron
from seqchat.insight.wiring import Wired, wiring
from seqchat.model.cells import Cell
from seqchat.model.cells.opening import OpenedAddend, OpenedGate
from seqchat.model.stepping import StepNetwork, WindowSteps

# A word's W·x is compared with those of so many of the most frequent words.
COMPARED_WORDS = 1_000
_EXTREMES = 3


class Source(NamedTuple):
    """What adds to a sum: a neuron of a layer, by its number, with its weight and its value."""

    layer: str
    neuron: int
    weight: float
    value: float
    product: float


class WordPart(NamedTuple):
    """What is left of what a word wrote into the state: its position in the trace, and the value."""

    position: int
    word: str
    value: float


@dataclass(frozen=True)
class Standing:
    """How high W·x of the word that was read is among the most frequent words.

    below: the share of them with a lower value; highest, lowest: the extreme ones with their values.
    """

    below: float
    words: int
    highest: list[tuple[str, float]]
    lowest: list[tuple[str, float]]


@dataclass(frozen=True)
class OpenedStep:
    """A neuron at a word, opened.

    model, cell: their names; layer: its name; position, word: of the trace; gates: with their addends, in the order of
    the formulas; sources: the layers of each row's inputs, by what it reads, with how many neurons each has; empty for
    a word's vector; previous: the word whose state was read, None at the start of the text; parts: the kept state as a
    sum over words, the last read first, None where no gate keeps it.
    """

    model: str
    cell: Cell
    layer: str
    neuron: int
    position: int
    word: str
    previous: str | None
    backward: bool
    gates: tuple[OpenedGate, ...]
    sources: dict[str, list[tuple[str, int]]]
    parts: list[WordPart] | None
    standings: dict[str, Standing]

    def gate(self, name: str) -> OpenedGate:
        """Return a gate by its name; KeyError if there is none."""
        return {opened.gate.name: opened for opened in self.gates}[name]

    @property
    def before(self) -> str:
        """How formulas mark the state that was read: that of the word left of it, or right of it."""
        return "₊₁" if self.backward else "₋₁"

    def symbol(self, addend: OpenedAddend) -> str:
        """How a formula writes an addend."""
        return addend.symbol.replace("₋₁", self.before)

    def strongest(self, addend: OpenedAddend, count: int) -> list[Source]:
        """Return the neurons that add most to a row, or take most away, the strongest first; none for a word."""
        layers = self.sources.get(addend.reads or "", [])
        if not layers or addend.weights is None or addend.inputs is None:
            return []
        found, products, width = [], addend.products, layers[0][1]
        for index in np.argsort(-np.abs(products), kind="stable")[:count].tolist():
            layer, neuron = layers[index // width][0], index % width
            weight, value = float(addend.weights[index]), float(addend.inputs[index])
            found.append(Source(layer, neuron, weight, value, float(products[index])))
        return found


def open_step(engine: Engine, trace: GateTrace, layer: str, neuron: int, position: int) -> OpenedStep:
    """Open a neuron of a layer at a word of a trace of the engine's, from 0.

    Raises:
        SeqchatError: there is no such layer, neuron or word, or the state before the first word is not known.
    """
    network = engine.network
    check_layer(layer, trace.names, trace.names)
    check_neuron(network, neuron)
    if not 0 <= position < len(trace.words):
        last = len(trace.words) - 1
        raise SeqchatError(f"There is no step {position}; there are the steps 0 ({trace.words[0]}) to {last}.")
    step = _Step(network, trace, trace.names.index(layer), position)
    opened = network.cell.open(neuron, step.x, step.state, step.wired.weights)
    hidden = network.config.hidden_size
    return OpenedStep(
        engine.name,
        network.cell,
        layer,
        neuron,
        position,
        trace.words[position],
        None if step.previous is None else trace.words[step.previous],
        step.wired.backward,
        tuple(opened),
        {"x": [(trace.names[k], hidden) for k in step.wired.below], "h": [(layer, hidden)]},
        _parts(network, trace, step, neuron, opened),
        {} if step.wired.below else _standings(engine, opened),
    )


class _Step:
    """What a layer read at a word of a trace."""

    def __init__(self, network: StepNetwork, trace: GateTrace, layer: int, position: int) -> None:
        self.wired: Wired = wiring(network)[layer]
        self.layer, self.position = trace.layers[layer], position
        self.before = self._before(network, trace)
        self.previous = self.before[-1] if self.before else None
        parts = network.cell.state_names
        self.state = torch.zeros(len(parts), network.config.hidden_size)
        if self.previous is not None:
            self.state = torch.from_numpy(np.stack([self.layer[name][self.previous] for name in parts]))
        below = [torch.from_numpy(trace.layers[k]["hidden"][position]) for k in self.wired.below]
        self.x = torch.cat(below) if below else network.vectors[torch.tensor([trace.ids[position]])][0]

    def _before(self, network: StepNetwork, trace: GateTrace) -> list[int]:
        """Return the positions that were read before, in that order."""
        if self.wired.backward:
            return list(range(self.position + 1, len(trace.words)))[::-1]
        if self.position == 0 and not trace.whole and not isinstance(network, WindowSteps):
            raise SeqchatError("The state before the first word that is shown is not known; show one word more.")
        return list(range(self.position))


def _parts(
    network: StepNetwork, trace: GateTrace, step: _Step, neuron: int, opened: Sequence[OpenedGate]
) -> list[WordPart] | None:
    """Return the kept state as what is left of each word's writing, the word itself first."""
    cell = network.cell
    if cell.keep_gate is None:
        return None
    values = {gate.gate.name: gate.value for gate in opened}
    read = [*step.before, step.position]
    rows = {name: array[read, neuron].astype(np.float64) for name, array in step.layer.items()}
    for name, value in values.items():
        rows[name][-1] = value
    kept = cell.keep_gate.kept(rows[cell.keep_gate.name])
    written = np.asarray(cell.split(rows, np.zeros(len(read)))[1], dtype=np.float64)  # type: ignore[arg-type]
    left = np.append(np.cumprod(kept[:0:-1])[::-1], 1.0)
    parts: NDArray[np.float64] = written * left
    # What the state held before the first word that is shown is among that word's, and so is float32's rounding.
    parts[0] += values[cell.kept_state] - parts.sum()
    return [WordPart(p, trace.words[p], float(part)) for p, part in zip(read[::-1], parts[::-1], strict=True)]


def _standings(engine: Engine, opened: Sequence[OpenedGate]) -> dict[str, Standing]:
    """Return how high W·x of each gate is among the most frequent words."""
    first = len(SPECIAL_WORDS)
    ids = torch.arange(first, min(first + COMPARED_WORDS, len(engine.vocabulary)))
    rows = {gate.gate.name: addend for gate in opened for addend in gate.addends if addend.reads == "x"}
    weights = np.stack([addend.weights for addend in rows.values() if addend.weights is not None])
    values = (engine.network.vectors[ids] @ torch.from_numpy(weights).float().T).numpy()
    return {
        name: _standing(engine.vocabulary, first, addend.value, values[:, k])
        for k, (name, addend) in enumerate(rows.items())
    }


def _standing(vocabulary: Vocabulary, first: int, value: float, others: NDArray[np.float32]) -> Standing:
    """Return how high a value is among those [words] of the words from an id on."""
    order = np.argsort(others, kind="stable").tolist()
    lowest, highest = (
        [(label(vocabulary, first + j), float(others[j])) for j in extreme]
        for extreme in (order[:_EXTREMES], order[: -_EXTREMES - 1 : -1])
    )
    # The word's own value is among the others, in float32.
    return Standing(float((others < value - 1e-6).mean()), len(others), highest, lowest)
