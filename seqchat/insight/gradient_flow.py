"""How far back in time a gradient reaches: back-propagation through time, measured on real text.

What is measured is that of Hochreiter (1991), Bengio, Simard and Frasconi (1994), and Pascanu, Mikolov and Bengio
(2013): the norm of ∂L_t/∂h_{t−k}, where L_t is the loss of the word after t and h a layer's hidden state, over the
distance k; and the largest factor by which one step may stretch it, the spectral norm of ∂h_t/∂h_{t−1}. An LSTM also
has the gradient of its cell state c, and the direct path along it, on which one step multiplies by the forget gate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import linear

from seqchat.completion.engine import Engine
from seqchat.corpus.encoding import IdStream
from seqchat.errors import SeqchatError
from seqchat.model.cells import Gates, LayerWeights, free, run_layers
from seqchat.model.stepping import CarriedSteps

Values = NDArray[np.float64]

# So many words of a dialog are read before the stretch that a gradient flows back over.
_CONTEXT = 100
# Rows of a batch are chosen so that the graph of its steps takes some 200 MB.
_MAX_VALUES = 1 << 20
_MAX_ROWS = 64
# One step's exact Jacobian and its singular values take some 100 ms at 512 units.
_JACOBIANS = 16

# A slope between it and 0 comes from rounding alone.
_ROUNDING = 1e-9

# The gate that the state is multiplied with from step to step, where a cell has such a direct path.
DIRECT_PATH_GATES = {"lstm": "forget", "gru": "update"}

# On a logarithmic scale; within a single decade, these too.
_MAX_TICKS, _BETWEEN = 6, (0.2, 0.5, 2.0, 5.0)

# What a gradient is called that one word more multiplies by at least so much: the first that holds. A factor of 1.02
# doubles it in 35 words, one of 0.98 halves it in 34; one of 0.9 halves it in 7, and leaves a thousandth after 66.
TRENDS = ((1.02, "exploding"), (0.98, "kept"), (0.9, "fading slowly"), (0.0, "vanishing"))


@dataclass(frozen=True)
class Decay:
    """How a gradient changes with the distance.

    factor: by which one word more multiplies its norm, from a straight line through the logarithms of the norms at
    distances of 1 and more (at 0 it has not gone through time yet); half_life: in how many words this line halves it,
    None where it does not; half_distance: where half of the norm at 0 is left, None where more is left everywhere;
    trend: one of the words of `TRENDS`, for the factor. A gradient that falls fast at first and slowly later, as an
    LSTM's does, has a half distance much shorter than its half-life.
    """

    factor: float
    half_life: float | None
    half_distance: float | None
    trend: str

    @classmethod
    def of(cls, norms: Values) -> Decay:
        """Fit to norms [distance + 1]; what is 0 or beyond all numbers is left out, as long as two are left."""
        distance = np.arange(len(norms))
        usable = (distance > 0) & (norms > 0) & np.isfinite(norms)
        if usable.sum() < 2:
            exploding = not np.isfinite(norms).all()
            return cls(math.inf, None, None, "exploding") if exploding else cls(0.0, 0.0, _half(norms), "vanishing")
        slope = float(np.polyfit(distance[usable], np.log(norms[usable]), 1)[0])
        factor = math.exp(slope)
        trend = next(word for least, word in TRENDS if factor >= least)
        return cls(factor, math.log(2) / -slope if slope < -_ROUNDING else None, _half(norms), trend)


def _half(norms: Values) -> float | None:
    """Return the first distance at which half of the first of the norms is left, between two words if need be."""
    below = np.flatnonzero(norms <= norms[0] / 2)
    if not len(below):
        return None
    after = int(below[0])
    if after == 0:
        return 0.0
    high, low = norms[after - 1] / norms[0], norms[after] / norms[0]
    return float(after - 1 + (high - 0.5) / (high - low))


def ticks(shares: Iterable[float]) -> dict[float, str]:
    """Return the ticks of a logarithmic scale of shares: what stands at which logarithm to the base 10.

    All lie between the smallest and the largest of the shares and 1; what is no positive number is left out.
    """
    logs = [0.0, *(math.log10(share) for share in shares if 0 < share < math.inf)]
    low, high = min(logs), max(logs)
    decades = range(math.ceil(low), math.floor(high) + 1)
    step = math.ceil(len(decades) / _MAX_TICKS)
    values = [10.0**decade for decade in decades if decade % step == 0]
    if len(decades) == 1:
        values += [value for value in _BETWEEN if low <= math.log10(value) <= high]
    return {math.log10(value): f"{value:g}" for value in values}


@dataclass(frozen=True)
class GradientFlow:
    """The gradient in one layer of a model, over the distance 0, 1, … in words.

    layer: from 1 at the bottom; words: over how many words' losses it is averaged; norms: for the state `hidden`, and
    for an LSTM `cell` too, the mean norms [distance + 1]; gate_product: what the gate of `DIRECT_PATH_GATES` leaves
    along the direct path, the mean over neurons and words of its product over so many steps [distance + 1], None for an
    RNN; step_norm: the mean spectral norm of ∂h_t/∂h_{t−1} (in an LSTM with the cell state held fixed).
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
        """The distances that the arrays are over."""
        return list(range(len(self.norms["hidden"])))

    @property
    def decays(self) -> dict[str, Decay]:
        """How the gradient of each state changes with the distance."""
        return {part: Decay.of(norms) for part, norms in self.norms.items()}

    @property
    def memory_state(self) -> str:
        """The state that the cell is built to keep: an LSTM's `cell`, else `hidden`."""
        return list(self.norms)[-1]

    @property
    def trend(self) -> str:
        """What is seen in the gradient of that state."""
        return self.decays[self.memory_state].trend

    @property
    def gate(self) -> str | None:
        """The gate on the direct path, where there is one."""
        return DIRECT_PATH_GATES.get(self.cell)


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
    does. layer: from 1 at the bottom, the top one by default. An infill model shows its forward half.
    progress: told how many words are done.

    Raises:
        SeqchatError: the model reads windows, there is no such layer, a number is too small, or no dialog is so long.
    """
    network = _checked(engine, words, distance, layer)
    layer = network.config.layers if layer is None else layer
    ends = _choose(stream, words, distance, np.random.default_rng(seed))
    follower = _Follower(network, layer - 1)
    norms: dict[str, list[Values]] = {part: [] for part in follower.parts}
    gate_product: list[Values] = []
    step_norms: list[float] = []
    batches = np.array_split(ends, math.ceil(len(ends) / _rows(network, distance)))
    for batch in batches:
        stretch = follower.read(stream, batch, distance)
        for part, values in follower.norms(stretch).items():
            norms[part].append(values)
        if engine.config.cell in DIRECT_PATH_GATES:
            gate_product.append(stretch.gate_product(DIRECT_PATH_GATES[engine.config.cell]))
        step_norms += follower.step_norms(stretch, math.ceil(_JACOBIANS / len(batches)))
        progress(len(batch))
    return GradientFlow(
        engine.name,
        engine.config.cell,
        layer,
        len(ends),
        {part: np.concatenate(values, axis=1).mean(axis=1) for part, values in norms.items()},
        np.concatenate(gate_product, axis=1).mean(axis=1) if gate_product else None,
        float(np.mean(step_norms)),
    )


def _checked(engine: Engine, words: int, distance: int, layer: int | None) -> CarriedSteps:
    """Return the network whose gradients can be followed, or say why that cannot be."""
    network, layers = engine.network, engine.config.layers
    if not isinstance(network, CarriedSteps):
        raise SeqchatError(
            f"{engine.name} reads a window of {engine.config.window} words anew for each word, so that no gradient "
            "flows farther back; choose a model of the objective next or infill."
        )
    if layer is not None and not 1 <= layer <= layers:
        there = "only layer 1" if layers == 1 else f"the layers 1 to {layers}"
        raise SeqchatError(f"{engine.name} has no layer {layer}; it has {there}.")
    for name, value, least in (("number of words", words, 1), ("distance", distance, 2)):
        if value < least:
            raise SeqchatError(f"The {name} is at least {least}, not {value}.")
    return network


def _choose(stream: IdStream, words: int, distance: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw tokens [words] of which the whole distance before them, and the next word, lie in the same dialog."""
    lengths = np.diff(stream.starts)
    counts = np.maximum(lengths - 1 - distance, 0)
    total = int(counts.sum())
    if total == 0:
        raise SeqchatError(
            f"No dialog of the text is so long that a gradient could be followed over {distance} words; the longest "
            f"allows {max(int(lengths.max()) - 2, 0)}."
        )
    chosen = np.sort(rng.choice(total, min(words, total), replace=False))
    last = np.cumsum(counts)
    dialog = np.searchsorted(last, chosen, side="right")
    position: NDArray[np.int64] = stream.starts[dialog] + distance + chosen - (last - counts)[dialog]
    return position


def _rows(network: CarriedSteps, distance: int) -> int:
    """Return how many words are followed at once."""
    values = (distance + 1) * network.config.layers * network.config.hidden_size
    return max(1, min(_MAX_ROWS, _MAX_VALUES // values))


@dataclass(frozen=True)
class _Stretch:
    """The steps that gradients flow back over, t − distance to t, with their graph.

    gates: at each step, those of all layers, [rows, hidden] each; ids, targets: the word read at t, and the next one,
    [rows]; features: after t, [rows, embedding].
    """

    layer: int
    gates: list[list[Gates]]
    ids: Tensor
    targets: Tensor
    features: Tensor

    def at(self, name: str) -> list[Tensor]:
        """Return a gate of the layer at each step."""
        return [gates[self.layer][name] for gates in self.gates]

    def gate_product(self, name: str) -> Values:
        """Return the mean over neurons of a gate's product over the last 0, 1, … steps: [distance + 1, rows]."""
        factors = torch.stack(self.at(name)).detach().flip(0)[:-1]
        products = torch.cat((torch.ones_like(factors[:1]), factors.cumprod(dim=0)))
        return products.mean(dim=-1).numpy()


class _Follower:
    """Reads a text in rows and differentiates the losses of their last words.

    In float64, because a gradient over a hundred steps leaves the range of float32.
    """

    def __init__(self, network: CarriedSteps, layer: int) -> None:
        self.parts = ("hidden", "cell")[: network.cell.state_parts]
        self._network, self._layer = network, layer
        self._weights = [LayerWeights(*(weight.double() for weight in weights)) for weights in network.layers]

    def read(self, stream: IdStream, ends: NDArray[np.int64], distance: int) -> _Stretch:
        """Read the text up to each of some tokens [rows], with the graph of the last steps."""
        starts = stream.starts[np.searchsorted(stream.starts, ends, side="right") - 1]
        positions = ends + np.arange(-distance - _CONTEXT, 1)[:, None]
        begun = torch.from_numpy(positions >= starts)[..., None]
        ids = torch.from_numpy(stream.ids[np.maximum(positions, starts)].astype(np.int64))
        state = self._network.initial_state(len(ends)).double()
        for t in range(_CONTEXT):
            state = self._step(ids[t], state)[0] * begun[t]
        gates: list[list[Gates]] = []
        with torch.enable_grad():
            state.requires_grad_()
            for word_ids in ids[_CONTEXT:]:
                state, at_word = self._step(word_ids, state)
                gates.append(at_word)
            features = gates[-1][-1]["hidden"]
            if self._network.projection is not None:
                features = linear(features, self._network.projection.double())
        targets = torch.from_numpy(stream.ids[ends + 1].astype(np.int64))
        return _Stretch(self._layer, gates, ids[-1], targets, features)

    def _step(self, ids: Tensor, state: Tensor) -> tuple[Tensor, list[Gates]]:
        return run_layers(self._network.embedding[ids].double(), state, self._weights, self._network.cell_step)

    def norms(self, stretch: _Stretch) -> dict[str, Values]:
        """Return ‖∂L_t/∂h_{t−k}‖ [distance + 1, rows], and that of the cell state where there is one."""
        # The rows do not depend on each other, so that the gradient of the sum of their losses is that of each.
        wanted = [state for part in self.parts for state in reversed(stretch.at(part))]
        gradients = torch.autograd.grad(stretch.features, wanted, self._at_features(stretch))
        norms = torch.stack([gradient.norm(dim=-1) for gradient in gradients]).chunk(len(self.parts))
        return {part: values.numpy() for part, values in zip(self.parts, norms, strict=True)}

    def _at_features(self, stretch: _Stretch) -> Tensor:
        """Return the losses' gradient at the features: the errors of the probabilities times the output weights."""
        weights, words = self._network.embedding, torch.arange(self._network.config.vocabulary_size)
        errors = self._network.output.exact_logits(stretch.features.detach().float(), words).softmax(dim=-1)
        return (errors @ weights - weights[stretch.targets]).double()

    def step_norms(self, stretch: _Stretch, most: int) -> list[float]:
        """Return the spectral norms of ∂h_t/∂h_{t−1} in the first rows, exact."""
        below = stretch.gates[-1][self._layer - 1]["hidden"] if self._layer else self._network.embedding[stretch.ids]
        before = torch.stack([stretch.at(part)[-2] for part in self.parts], dim=1)
        rows = zip(below[:most].detach().float(), before[:most].detach().float(), strict=True)
        return [float(torch.linalg.matrix_norm(self._jacobian(x, state), 2)) for x, state in rows]

    def _jacobian(self, x: Tensor, state: Tensor) -> Tensor:
        """Return ∂h_t/∂h_{t−1} [hidden, hidden] of one step from x [inputs] and a state [parts, hidden]."""
        weights = self._network.layers[self._layer]

        def step(hidden: Tensor) -> Tensor:
            parts = torch.cat((hidden[None], state[1:]))[:, None]
            return self._network.cell_step(x[None], parts, weights, free)[1]["hidden"][0]

        jacobian: Tensor = torch.func.jacrev(step)(state[0])
        return jacobian
