"""The vectors of words as they are stored: rows are widened to float32 when they are looked at."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor


class WordVectors:
    """Vectors [words, embedding] in float32, or in whole numbers of a byte with a scale [words] for each word."""

    def __init__(self, values: Tensor, scale: Tensor | None = None) -> None:
        self.values, self.scale = values, scale

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, ids: Tensor | int) -> Tensor:
        """Return the vectors of some words in float32: [*ids, embedding]."""
        if self.scale is None or "whole" in vars(self):
            return self.whole[ids]
        if isinstance(ids, int):
            return self.values[ids].float().mul_(self.scale[ids])
        # Several times as fast as an index
        flat = ids.flatten()
        rows = self.values.index_select(0, flat).float().mul_(self.scale.index_select(0, flat)[:, None])
        return rows.view(*ids.shape, self.values.shape[1])

    @cached_property
    def whole(self) -> Tensor:
        """All vectors in float32; from then on, they are kept."""
        # Wherever it is made, it can be used with gradients.
        with torch.inference_mode(False):
            return self.values if self.scale is None else self.values.float().mul_(self.scale[:, None])

    @cached_property
    def largest_values(self) -> Tensor:
        """The largest magnitude in each word's vector, before it is scaled: [words]."""
        low, high = self.values.aminmax(dim=1)
        return torch.maximum(-low.float(), high.float())

    def largest(self) -> Tensor:
        """Return the largest magnitude in each word's vector: [words]."""
        return self.largest_values if self.scale is None else self.largest_values * self.scale.abs()
