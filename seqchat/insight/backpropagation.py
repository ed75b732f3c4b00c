"""Back-propagation through the last steps over a text, for many losses at once, and the Jacobians of single steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import linear

from seqchat.corpus.encoding import IdStream
from seqchat.insight.gradient_decay import Values
from seqchat.model.cells import Gates, KeepGate, LayerWeights, free, run_layers
from seqchat.model.network import PADDING
from seqchat.model.stepping import CarriedSteps, WindowSteps

# So many words of a dialog are read before the steps that a gradient flows back over.
_CONTEXT = 100


@dataclass(frozen=True)
class UnrolledSteps:
    """The steps that gradients flow back over, from t − distance to t, with their graph.

    gates: at each step, those of all layers, [rows, hidden] each; below: what the layer read at t, [rows, inputs];
    targets: the next word, [rows]; features: after t, [rows, embedding].
    """

    layer: int
    gates: list[list[Gates]]
    below: Tensor
    targets: Tensor
    features: Tensor

    def at(self, name: str) -> list[Tensor]:
        """Return a gate of the layer at each step."""
        return [gates[self.layer][name] for gates in self.gates]

    def gate_product(self, gate: KeepGate) -> Values:
        """Return what a gate keeps over the last 0, 1, … steps, the mean over neurons: [distance + 1, rows]."""
        factors = gate.kept(torch.stack(self.at(gate.name))).detach().flip(0)[:-1]
        products = torch.cat((torch.ones_like(factors[:1]), factors.cumprod(dim=0)))
        return products.mean(dim=-1).numpy()


class Backpropagation:
    """Reads a text in rows and differentiates the loss of each row's last word with respect to a layer's states.

    In float64, because a gradient over a hundred steps leaves the range of float32.
    """

    def __init__(self, network: CarriedSteps | WindowSteps, layer: int, context: int | None = None) -> None:
        """Take a layer, from 0, and how many words of a dialog are read before the steps that gradients flow over."""
        self.parts = network.cell.state_names
        self._network, self._layer = network, layer
        self._context = _CONTEXT if context is None else context
        # Of one direction, or of two in a window
        found = network.layers if isinstance(network, WindowSteps) else [[weights] for weights in network.layers]
        self._weights = [[{name: w.double() for name, w in weights.items()} for weights in layer] for layer in found]

    def read(self, stream: IdStream, ends: NDArray[np.int64], distance: int) -> UnrolledSteps:
        """Read the text up to each of some tokens [rows], with the graph of the last steps."""
        if isinstance(self._network, WindowSteps):
            return self._read_windows(self._network, stream, ends, distance)
        starts = stream.starts[np.searchsorted(stream.starts, ends, side="right") - 1]
        positions = ends + np.arange(-distance - self._context, 1)[:, None]
        in_dialog = torch.from_numpy(positions >= starts)[..., None]
        ids = torch.from_numpy(stream.ids[np.maximum(positions, starts)].astype(np.int64))
        state = self._network.initial_state(len(ends)).double()
        for t in range(self._context):
            state = self._step(ids[t], state)[0] * in_dialog[t]
        gates: list[list[Gates]] = []
        with torch.enable_grad():
            state.requires_grad_()
            for word_ids in ids[self._context :]:
                state, at_word = self._step(word_ids, state)
                gates.append(at_word)
            features = self._projected(gates[-1][-1]["hidden"])
        below = gates[-1][self._layer - 1]["hidden"] if self._layer else self._network.vectors[ids[-1]]
        return UnrolledSteps(self._layer, gates, below, _targets(stream, ends), features)

    def _step(self, ids: Tensor, state: Tensor) -> tuple[Tensor, list[Gates]]:
        weights = [directions[0] for directions in self._weights]
        return run_layers(self._network.vectors[ids].double(), state, weights, self._network.cell)

    def _read_windows(
        self, network: WindowSteps, stream: IdStream, ends: NDArray[np.int64], distance: int
    ) -> UnrolledSteps:
        """Read the window that ends with each of some tokens [rows]; the steps are those from left to right."""
        starts = stream.starts[np.searchsorted(stream.starts, ends, side="right") - 1]
        positions = ends + np.arange(1 - network.config.window, 1)[:, None]
        ids = np.where(positions >= starts, stream.ids[np.maximum(positions, starts)], PADDING)
        inputs = list(network.vectors[torch.from_numpy(ids.astype(np.int64))].double())
        gates: list[list[Gates]] = [[] for _ in inputs]
        with torch.enable_grad():
            for layer, (forward, *backward) in enumerate(self._weights):
                if layer == self._layer:
                    below = inputs[-1]
                read = self._read_one_way(inputs, forward)
                for at_word, found in zip(gates, read, strict=True):
                    at_word.append(found)
                ways = [read, *(self._read_one_way(inputs[::-1], weights)[::-1] for weights in backward)]
                inputs = [torch.cat([found["hidden"] for found in word], dim=1) for word in zip(*ways, strict=True)]
            features = self._projected(inputs[-1])
        return UnrolledSteps(self._layer, gates[-distance - 1 :], below, _targets(stream, ends), features)

    def _read_one_way(self, inputs: list[Tensor], weights: LayerWeights) -> list[Gates]:
        state = inputs[0].new_zeros(len(self.parts), len(inputs[0]), self._network.config.hidden_size)
        # Nothing else needs a gradient, which is then followed back to here.
        state.requires_grad_()
        steps = []
        for x in inputs:
            state, gates = self._network.cell.step(x, state, weights, free)
            steps.append(gates)
        return steps

    def _projected(self, hidden: Tensor) -> Tensor:
        projection = self._network.projection
        return hidden if projection is None else linear(hidden, projection.double())

    def norms(self, steps: UnrolledSteps) -> dict[str, Values]:
        """Return ‖∂L_t/∂h_{t−k}‖ [distance + 1, rows], and that of the cell state if there is one."""
        # Rows are independent, so the gradient of the sum of their losses is the gradient of each.
        wanted = [state for part in self.parts for state in reversed(steps.at(part))]
        gradients = torch.autograd.grad(steps.features, wanted, self._at_features(steps))
        norms = torch.stack([gradient.norm(dim=-1) for gradient in gradients]).chunk(len(self.parts))
        return {part: values.numpy() for part, values in zip(self.parts, norms, strict=True)}

    def _at_features(self, steps: UnrolledSteps) -> Tensor:
        """Return the losses' gradient at the features: the errors of the probabilities times the output weights."""
        weights, words = self._network.embedding, torch.arange(self._network.config.vocabulary_size)
        errors = self._network.output.exact_logits(steps.features.detach().float(), words).softmax(dim=-1)
        return (errors @ weights - weights[steps.targets]).double()

    def step_norms(self, steps: UnrolledSteps, max_rows: int) -> list[float]:
        """Return the spectral norms of ∂h_t/∂h_{t−1} in the first rows, exact."""
        before = torch.stack([steps.at(part)[-2] for part in self.parts], dim=1)
        rows = zip(steps.below[:max_rows].detach().float(), before[:max_rows].detach().float(), strict=True)
        return [float(torch.linalg.matrix_norm(self._jacobian(x, state), 2)) for x, state in rows]

    def _jacobian(self, x: Tensor, state: Tensor) -> Tensor:
        """Return ∂h_t/∂h_{t−1} [hidden, hidden] of one step from x [inputs] and a state [parts, hidden]."""
        weights = {name: weight.float() for name, weight in self._weights[self._layer][0].items()}

        def step(hidden: Tensor) -> Tensor:
            parts = torch.cat((hidden[None], state[1:]))[:, None]
            return self._network.cell.step(x[None], parts, weights, free)[1]["hidden"][0]

        jacobian: Tensor = torch.func.jacrev(step)(state[0])
        return jacobian


def _targets(stream: IdStream, ends: NDArray[np.int64]) -> Tensor:
    """Return the words after some tokens: [rows]."""
    return torch.from_numpy(stream.ids[ends + 1].astype(np.int64))
