"""How far back in time a gradient reaches: back-propagation through time, measured on real text.

As in Hochreiter (1991), Bengio, Simard and Frasconi (1994), and Pascanu, Mikolov and Bengio (2013), it is the norm of
∂L_t/∂h_{t−k}, where L_t is the loss of the word after t and h a layer's hidden state, over the distance k; and the
largest factor by which one step may stretch it, the spectral norm of ∂h_t/∂h_{t−1}. An LSTM also has the gradient of
its cell state c, and the direct path along it, on which one step multiplies by the forget gate.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.completion.engine import Engine
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.segmentation import encode_sources
from seqchat.errors import SeqchatError
from seqchat.insight.backpropagation import Backpropagation
from seqchat.insight.gradient_decay import Decay, Values
from seqchat.model.cells import CELLS, KeepGate
from seqchat.model.stepping import CarriedSteps, WindowSteps

# Batches are sized so that the graph of their steps takes about 200 MB.
_MAX_VALUES = 1 << 20
_MAX_ROWS = 64
# One step's exact Jacobian and its singular values take about 100 ms at 512 units.
_JACOBIANS = 16
# A trend needs two distances besides 0.
_SHORTEST_WINDOW = 3


@dataclass(frozen=True)
class GradientFlow:
    """The gradient in one layer of a model, over the distance 0, 1, … in words.

    layer: from 1 at the bottom; words: how many words' losses are averaged; norms: for the state `hidden`, and for an
    LSTM also `cell`, the mean norms [distance + 1]; gate_product: what the keep gate leaves along the direct path, the
    mean over neurons and words of the product over this many steps [distance + 1], None without such a gate; step_norm:
    the mean spectral norm of ∂h_t/∂h_{t−1} (in an LSTM with the cell state held fixed).
    """

    name: str
    cell: str
    layer: int
    words: int
    norms: dict[str, Values]
    gate_product: Values | None
    step_norm: float

    @property
    def distances(self) -> list[int]:
        """The distances of the arrays."""
        return list(range(len(self.norms[self.memory_state])))

    @property
    def decays(self) -> dict[str, Decay]:
        """How the gradient of each state changes with the distance."""
        return {part: Decay.of(norms) for part, norms in self.norms.items()}

    @property
    def memory_state(self) -> str:
        """The state that the cell is built to keep."""
        return CELLS[self.cell].kept_state

    @property
    def trend(self) -> str:
        """What the gradient of that state does with the distance, one of `gradient_decay.TRENDS`."""
        return self.decays[self.memory_state].trend

    @property
    def keep_gate(self) -> KeepGate | None:
        """The gate on the direct path, if there is one."""
        return CELLS[self.cell].keep_gate


def gradient_flow_on_text(engine: Engine, data: str, **options: Any) -> GradientFlow:
    """Encode the dialogs of `data` with the model's vocabulary, and follow gradients back through them.

    options: those of `gradient_flow`.

    Raises:
        SeqchatError: the data cannot be read, or gradients cannot be followed.
    """
    with tempfile.TemporaryDirectory() as folder:
        return gradient_flow(engine, encode_sources([data], engine.vocabulary, Path(folder)), **options)


def gradient_flow(
    engine: Engine,
    stream: IdStream,
    *,
    words: int = 200,
    distance: int = 50,
    layer: int | None = None,
    seed: int = 0,
    progress: Callable[[int], None] = lambda _: None,
) -> GradientFlow:
    """Follow the losses of randomly chosen words back through a text, encoded with the model's vocabulary.

    Training begins each dialog with a state of zeros, so a word is chosen only where the whole distance lies in its
    dialog, each such word with the same probability. Reading begins with its dialog, or 100 words before the distance
    does. An infill model shows its forward half. A model that reads windows is followed back to the first word of each,
    in the direction from left to right: nothing flows further.

    Args:
        layer: from 1 at the bottom, the top one by default.
        progress: called with the number of words that were just done.

    Raises:
        SeqchatError: the model has no such layer, a number is too small, or no dialog is long enough.
    """
    network = _checked(engine, words, distance, layer)
    if isinstance(network, WindowSteps):
        distance = min(distance, network.config.window - 1)
    layer = network.config.layers if layer is None else layer
    ends = _choose(stream, words, distance, np.random.default_rng(seed))
    sums = _Sums(Backpropagation(network, layer - 1), network.cell.keep_gate)
    batches = np.array_split(ends, math.ceil(len(ends) / _rows(network, distance)))
    for batch in batches:
        sums.add(stream, batch, distance, math.ceil(_JACOBIANS / len(batches)))
        progress(len(batch))
    return GradientFlow(
        engine.name,
        engine.config.cell,
        layer,
        len(ends),
        {part: _mean(values) for part, values in sums.norms.items()},
        _mean(sums.gate_products) if sums.gate_products else None,
        float(np.mean(sums.step_norms)),
    )


def gradient_norms(
    network: CarriedSteps, stream: IdStream, *, words: int, distance: int, context: int, seed: int = 0
) -> dict[str, Values]:
    """Return the mean norms [distance + 1] of `GradientFlow` alone for the top layer, for the same words each time.

    context: how many words are read before the distance. The distance is shorter where no dialog is long enough.

    Raises:
        SeqchatError: no dialog is long enough for a distance of 2.
    """
    distance = min(distance, int(np.diff(stream.starts).max()) - 2)
    ends = _choose(stream, words, max(distance, 2), np.random.default_rng(seed))
    backpropagation = Backpropagation(network, network.config.layers - 1, context)
    norms = backpropagation.norms(backpropagation.read(stream, ends, distance))
    return {part: np.asarray(values.mean(axis=1)) for part, values in norms.items()}


class _Sums:
    """What was measured in batches of words: arrays [distance + 1, rows] of each, and spectral norms of steps."""

    def __init__(self, backpropagation: Backpropagation, gate: KeepGate | None) -> None:
        """gate: of the direct path, if there is one."""
        self._backpropagation, self._gate = backpropagation, gate
        self.norms: dict[str, list[Values]] = {part: [] for part in backpropagation.parts}
        self.gate_products: list[Values] = []
        self.step_norms: list[float] = []

    def add(self, stream: IdStream, ends: NDArray[np.int64], distance: int, jacobians: int) -> None:
        """Read the text up to some words and propagate back from them; this many of the last steps give their
        Jacobian."""
        steps = self._backpropagation.read(stream, ends, distance)
        for part, values in self._backpropagation.norms(steps).items():
            self.norms[part].append(values)
        if self._gate is not None:
            self.gate_products.append(steps.gate_product(self._gate))
        self.step_norms += self._backpropagation.step_norms(steps, jacobians)


def _mean(batches: list[Values]) -> Values:
    """Return the mean over all rows of batches [distance + 1, rows]: [distance + 1]."""
    mean: Values = np.concatenate(batches, axis=1).mean(axis=1)
    return mean


def _checked(engine: Engine, words: int, distance: int, layer: int | None) -> CarriedSteps | WindowSteps:
    """Return the network whose gradients can be followed, or say why that is impossible."""
    network, layers = engine.network, engine.config.layers
    assert isinstance(network, CarriedSteps | WindowSteps)
    if isinstance(network, WindowSteps) and network.config.window < _SHORTEST_WINDOW:
        raise SeqchatError(
            f"{engine.name} reads windows of {engine.config.window} words, too few to follow a gradient."
        )
    if layer is not None and not 1 <= layer <= layers:
        there = "only layer 1" if layers == 1 else f"the layers 1 to {layers}"
        raise SeqchatError(f"{engine.name} has no layer {layer}; it has {there}.")
    for name, value, minimum in (("number of words", words, 1), ("distance", distance, 2)):
        if value < minimum:
            raise SeqchatError(f"The {name} is at least {minimum}, not {value}.")
    return network


def _choose(stream: IdStream, words: int, distance: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw tokens [words] whose dialog contains the next word and the whole distance before them."""
    lengths = np.diff(stream.starts)
    counts = np.maximum(lengths - 1 - distance, 0)
    total = int(counts.sum())
    if total == 0:
        raise SeqchatError(
            f"No dialog of the text is long enough to follow a gradient over {distance} words; the longest "
            f"allows {max(int(lengths.max()) - 2, 0)}."
        )
    chosen = np.sort(rng.choice(total, min(words, total), replace=False))
    last = np.cumsum(counts)
    dialog = np.searchsorted(last, chosen, side="right")
    position: NDArray[np.int64] = stream.starts[dialog] + distance + chosen - (last - counts)[dialog]
    return position


def _rows(network: CarriedSteps | WindowSteps, distance: int) -> int:
    """Return how many words are followed at once."""
    values = (distance + 1) * network.config.layers * network.config.hidden_size
    return max(1, min(_MAX_ROWS, _MAX_VALUES // values))
