"""The same networks for typing: one word at a time, with every gate, without gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear, log_softmax

from seqchat.model.cells import Gates, Hold, LayerWeights, free, run_layers
from seqchat.model.config import ModelConfig
from seqchat.model.network import PADDING
from seqchat.model.output import OutputLayer, Precision
from seqchat.model.weights import word_vectors


class Stepped(NamedTuple):
    """One time step's result: the state to continue from, features [batch, embedding], gates [batch, hidden] by
    layer."""

    state: Tensor
    features: Tensor
    gates: list[Gates]


class StepNetwork:
    """What all objectives share when one word at a time is read.

    A state's batch is the dimension before the last, so that ``state[..., rows, :]`` chooses rows.
    """

    def __init__(self, config: ModelConfig, weights: Mapping[str, Tensor], precision: Precision) -> None:
        """Take the weights of a network (its `state_dict`), as float32."""
        self.config = config
        self.cell = config.cell_kind
        self.vectors = word_vectors(weights)
        self.output = OutputLayer(self.vectors, weights["output_bias"], precision)
        self.projection = weights.get("projection.weight")

    @property
    def embedding(self) -> Tensor:
        """The words' vectors as one float32 matrix [words, embedding]; `vectors` takes less memory for some words."""
        return self.vectors.whole

    @property
    def layer_names(self) -> list[str]:
        """The names of the layers of a step's gates, in their order."""
        return [str(k + 1) for k in range(self.config.layers)]

    def initial_state(self, batch: int = 1) -> Tensor:
        """Return the state a dialog begins with."""
        raise NotImplementedError

    def step(self, ids: Tensor, state: Tensor, holds: Sequence[Hold] | None = None) -> Stepped:
        """Read one word in each row: ids [batch]; holds: one for each of `layer_names`."""
        raise NotImplementedError

    def log_probabilities(self, features: Tensor) -> Tensor:
        """Return log-probabilities [batch, words] of the next word."""
        return log_softmax(self.output.logits(features), dim=-1)

    def _layer(self, weights: Mapping[str, Tensor], prefix: str, suffix: str) -> LayerWeights:
        return {name: weights[f"{prefix}.{name}_{suffix}"] for name in self.cell.weight_shapes(1, 1)}

    def _project(self, hidden: Tensor) -> Tensor:
        return hidden if self.projection is None else linear(hidden, self.projection)


class CarriedSteps(StepNetwork):
    """Carries its state from word to word: the objectives `next` and, with its forward half, `infill`."""

    def __init__(self, config: ModelConfig, weights: Mapping[str, Tensor], precision: Precision) -> None:
        super().__init__(config, weights, precision)
        self.layers = [self._layer(weights, f"recurrent.{k}", "l0") for k in range(config.layers)]

    def initial_state(self, batch: int = 1) -> Tensor:
        """Return zeros: [layers, parts, batch, hidden]."""
        return torch.zeros(self.config.layers, len(self.cell.state_names), batch, self.config.hidden_size)

    @torch.inference_mode()
    def step(self, ids: Tensor, state: Tensor, holds: Sequence[Hold] | None = None) -> Stepped:
        """Read one word in each row: ids [batch], state [layers, parts, batch, hidden]; holds: one for each layer."""
        new_state, gates = run_layers(self.vectors[ids], state, self.layers, self.cell, holds)
        return Stepped(new_state, self._project(gates[-1]["hidden"]), gates)


class InfillSteps(CarriedSteps):
    """Carries its state like the others, and can also read the text right of a gap."""

    def __init__(self, config: ModelConfig, weights: Mapping[str, Tensor], precision: Precision) -> None:
        super().__init__(config, weights, precision)
        self.backward_layers = [self._layer(weights, f"backward_recurrent.{k}", "l0") for k in range(config.layers)]
        self._joint, self._joint_bias = weights["joint.0.weight"], weights["joint.0.bias"]
        self._joint_projection = weights["joint.2.weight"]

    @torch.inference_mode()
    def read_right(self, ids: Tensor) -> Tensor:
        """Read the words right of a gap, ids [words] in the order of the text; return a state [hidden]."""
        state = self.initial_state()
        for word_id in reversed(ids):
            state, gates = run_layers(self.vectors[word_id[None]], state, self.backward_layers, self.cell)
        return gates[-1]["hidden"][0]

    @torch.inference_mode()
    def gap_features(self, hidden: Tensor, right: Tensor) -> Tensor:
        """Return the features [batch, embedding] of a gap between states [batch, hidden] and one [hidden]."""
        both = torch.cat((hidden, right.expand(len(hidden), -1)), dim=-1)
        joint = linear(both, self._joint, self._joint_bias).relu()
        return self._project(hidden) + linear(joint, self._joint_projection)


class WindowSteps(StepNetwork):
    """Reads the last words again at each step, each layer in one or two directions; the state is the window's ids."""

    def __init__(self, config: ModelConfig, weights: Mapping[str, Tensor], precision: Precision) -> None:
        super().__init__(config, weights, precision)
        suffixes = ["", "_reverse"][: config.directions]
        self.layers = [
            [self._layer(weights, "recurrent", f"l{k}{suffix}") for suffix in suffixes] for k in range(config.layers)
        ]

    @property
    def layer_names(self) -> list[str]:
        """The names of the layers, one for each direction if there are two."""
        arrows = ["→", "←"] if self.config.bidirectional else [""]
        return [f"{k + 1}{arrow}" for k in range(self.config.layers) for arrow in arrows]

    def initial_state(self, batch: int = 1) -> Tensor:
        """Return a window of padding: ids [window - 1, batch, 1]."""
        return torch.full((self.config.window - 1, batch, 1), PADDING)

    @torch.inference_mode()
    def step(self, ids: Tensor, state: Tensor, holds: Sequence[Hold] | None = None) -> Stepped:
        """Read one word in each row; the gates are those at the window's last word, in both directions.

        holds: one for each of `layer_names`, at every word of the window.
        """
        window = torch.cat((state[..., 0], ids[None]))
        unrolled, features = self._read_window(window, holds or [free] * len(self.layer_names))
        return Stepped(window[1:, :, None], features, [steps[-1] for steps in unrolled])

    @torch.inference_mode()
    def unroll(self, ids: Tensor) -> list[list[Gates]]:
        """Return the gates [windows, hidden] at each word of windows, for each of `layer_names`.

        ids: [window] of one, or [window, windows].
        """
        return self._read_window(ids.reshape(len(ids), -1), [free] * len(self.layer_names))[0]

    def _read_window(self, window: Tensor, holds: Sequence[Hold]) -> tuple[list[list[Gates]], Tensor]:
        """Read a window, ids [window, batch]; return the gates of each layer at each word, and the features."""
        sequence = list(self.vectors[window])
        unrolled: list[list[Gates]] = []
        for layer in self.layers:
            directions = [
                self._read(sequence, weights, holds[len(unrolled) + d], reverse=d == 1)
                for d, weights in enumerate(layer)
            ]
            unrolled += directions
            sequence = [torch.cat([g["hidden"] for g in at_word], dim=-1) for at_word in zip(*directions, strict=True)]
        return unrolled, self._project(sequence[-1])

    def _read(self, sequence: list[Tensor], weights: LayerWeights, hold: Hold, *, reverse: bool) -> list[Gates]:
        """Run one layer in one direction; return the gates at each word, in the order of the text."""
        state = torch.zeros(len(self.cell.state_names), len(sequence[0]), self.config.hidden_size)
        result: list[Gates] = []
        for x in reversed(sequence) if reverse else sequence:
            state, gates = self.cell.step(x, state, weights, hold)
            result.append(gates)
        return result[::-1] if reverse else result


_NETWORKS: dict[str, type[StepNetwork]] = {"next": CarriedSteps, "infill": InfillSteps, "window": WindowSteps}


def build_steps(config: ModelConfig, weights: Mapping[str, Tensor], precision: Precision = "fp32") -> StepNetwork:
    """Make the step network of a configuration from a network's weights."""
    return _NETWORKS[config.objective](config, weights, precision)
