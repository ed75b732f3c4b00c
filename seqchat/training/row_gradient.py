"""The gradient of a large weight of which each step looks up some rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


class RowGradient:
    """Makes a whole gradient of that of some rows, in the same memory at each step.

    Autograd would clear and add up a whole matrix for each look-up, which takes longer than all that it does with the
    rows.
    """

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight
        self._whole: Tensor | None = None

    @contextmanager
    def spread(self) -> Iterator[Tensor | None]:
        """Give the weight a whole gradient inside the block, for an optimizer; yield the rows that are not zero.

        A gradient that is whole, or that is not there, is yielded as it is.
        """
        gradient = self._weight.grad
        if gradient is None or not gradient.is_sparse:
            yield gradient
            return
        gradient = gradient.coalesce()
        rows, ids = gradient.values(), gradient.indices()[0]
        if self._whole is None:
            self._whole = torch.zeros_like(self._weight)
        self._weight.grad = self._whole.index_copy_(0, ids, rows)
        try:
            yield rows
        finally:
            self._weight.grad = None
            self._whole.index_fill_(0, ids, 0)
