"""Averages of the weights over the steps of a run (Polyak and Juditsky 1992)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """The mean of a network's weights since `start`; until then the weights themselves."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self.steps = 0
        self.mean: dict[str, Tensor] = {}

    @property
    def started(self) -> bool:
        """Whether there is an average yet."""
        return bool(self.mean)

    def start(self) -> None:
        """Start to average with the current weights."""
        self.mean = {name: w.detach().clone() for name, w in self._network.named_parameters()}
        self.steps = 1

    @torch.no_grad()
    def update(self) -> None:
        """Add the current weights to the mean."""
        if not self.started:
            return
        self.steps += 1
        for name, weight in self._network.named_parameters():
            self.mean[name].lerp_(weight, 1 / self.steps)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Give the network the averaged weights inside the block."""
        if not self.started:
            yield
            return
        with torch.no_grad():
            own = {name: w.detach().clone() for name, w in self._network.named_parameters()}
            self._put(self.mean)
            try:
                yield
            finally:
                self._put(own)

    def _put(self, weights: dict[str, Tensor]) -> None:
        for name, weight in self._network.named_parameters():
            weight.copy_(weights[name])
