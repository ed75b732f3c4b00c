"""Embedding → recurrent stack → tied output layer: once for training, and once step by step with its gates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, log_softmax

from seqchat.model.cells import CELLS, Gates, LayerWeights, run_layers
from seqchat.model.config import ModelConfig

# What torch.nn's recurrent modules take and return: h, or (h, c) for the LSTM; each [layers, batch, hidden].
FusedState = Any

_FUSED: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class LockedDropout(nn.Module):
    """Dropout with one mask for all time steps (Gal and Ghahramani 2016)."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Drop units of x [time, batch, units], the same ones at every time step."""
        if not self.training or self.share == 0:
            return x
        mask = x.new_empty(1, *x.shape[1:]).bernoulli_(1 - self.share) / (1 - self.share)
        return x * mask


class Network(nn.Module):
    """A recurrent language model whose output layer shares the embedding's weights.

    Weight tying follows Press and Wolf (2017) and Inan et al. (2017); where hidden and embedding sizes differ, a linear
    projection stands between.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary_size, config.embedding_size)
        options: dict[str, Any] = {"nonlinearity": config.nonlinearity} if config.cell == "rnn" else {}
        self.recurrent = nn.ModuleList(
            _FUSED[config.cell](
                config.embedding_size if layer == 0 else config.hidden_size, config.hidden_size, **options
            )
            for layer in range(config.layers)
        )
        same = config.hidden_size == config.embedding_size
        self.projection: nn.Module = (
            nn.Identity() if same else nn.Linear(config.hidden_size, config.embedding_size, bias=False)
        )
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary_size))
        self.dropout = LockedDropout(config.dropout)
        nn.init.normal_(self.embedding.weight, std=config.embedding_size**-0.5)

    def forward(self, ids: Tensor, states: list[FusedState] | None) -> tuple[Tensor, list[FusedState]]:
        """Run ids [time, batch] from the layers' states; return features [time, batch, embedding] and new states."""
        x = self.dropout(self.embedding(ids))
        new_states: list[FusedState] = []
        for i, layer in enumerate(self.recurrent):
            x, state = layer(x, states[i] if states is not None else None)
            x = self.dropout(x)
            new_states.append(state)
        return self.projection(x), new_states

    def logits(self, features: Tensor) -> Tensor:
        """Return the unnormalised log-probabilities [..., words] of features [..., embedding]."""
        return linear(features, self.embedding.weight, self.output_bias)


class Stepped(NamedTuple):
    """One time step's result: state [layers, parts, batch, hidden], features [batch, embedding], gates by layer."""

    state: Tensor
    features: Tensor
    gates: list[Gates]


class StepNetwork:
    """The same network for typing: one word at a time, with every gate, without gradients."""

    def __init__(self, config: ModelConfig, weights: dict[str, Tensor]) -> None:
        """Take the weights of a `Network` (its `state_dict`), as float32."""
        self.config = config
        self.cell = CELLS[config.cell]
        self._step = self.cell.steps[config.nonlinearity if config.cell == "rnn" else "tanh"]
        self._embedding = weights["embedding.weight"]
        self._output_bias = weights["output_bias"]
        self._projection = weights.get("projection.weight")
        self._layers = [
            LayerWeights(
                weights[f"recurrent.{k}.weight_ih_l0"],
                weights[f"recurrent.{k}.weight_hh_l0"],
                weights[f"recurrent.{k}.bias_ih_l0"],
                weights[f"recurrent.{k}.bias_hh_l0"],
            )
            for k in range(config.layers)
        ]

    def initial_state(self, batch: int = 1) -> Tensor:
        """Return the zero state a dialog begins with: [layers, parts, batch, hidden]."""
        return torch.zeros(self.config.layers, self.cell.state_parts, batch, self.config.hidden_size)

    @torch.inference_mode()
    def step(self, ids: Tensor, state: Tensor) -> Stepped:
        """Read one word in each row: ids [batch], state [layers, parts, batch, hidden]."""
        new_state, gates = run_layers(self._embedding[ids], state, self._layers, self._step)
        features = gates[-1]["hidden"]
        if self._projection is not None:
            features = linear(features, self._projection)
        return Stepped(new_state, features, gates)

    @torch.inference_mode()
    def logits(self, features: Tensor) -> Tensor:
        """Return unnormalised log-probabilities [batch, words] of the next word."""
        return linear(features, self._embedding, self._output_bias)

    def log_probabilities(self, features: Tensor) -> Tensor:
        """Return log-probabilities [batch, words] of the next word."""
        return log_softmax(self.logits(features), dim=-1)
