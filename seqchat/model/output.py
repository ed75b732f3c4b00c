"""The output layer at a keystroke: features → log-probabilities of all words, in the cheapest form that stays exact.

Most of a keystroke's time would go into reading a large float32 matrix. Here its product is computed once in int8, a
quarter of the memory (dynamic quantisation: one scale for each word, one for each row of features), and the most
probable words are computed again in float32, so that what is shown does not change (`seqchat bench` counts how often).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import linear

Precision = Literal["auto", "fp32"]

# How many words of each row are exact.
_EXACT_WORDS = 128
# Below this size the float32 product is as fast.
_LIGHT_FROM = 4_000


class OutputLayer:
    """Tied output weights [words, embedding] and a bias [words]."""

    def __init__(self, weight: Tensor, bias: Tensor, precision: Precision = "auto") -> None:
        """Take float32 weights; ``auto`` is int8 if the vocabulary is large and the processor supports the products."""
        self._weight, self._bias = weight, bias
        self._int8: Tensor | None = None
        if precision == "auto" and len(weight) >= _LIGHT_FROM and torch.cpu._is_vnni_supported():
            self._scale = weight.abs().amax(dim=1).clamp(min=1e-12) / 127
            self._int8 = (weight / self._scale[:, None]).round().to(torch.int8)

    @property
    def precision(self) -> str:
        """The precision of the product: ``int8`` or ``fp32``."""
        return "fp32" if self._int8 is None else "int8"

    @torch.inference_mode()
    def logits(self, features: Tensor) -> Tensor:
        """Return unnormalised log-probabilities [batch, words] of features [batch, embedding]."""
        if self._int8 is None:
            return linear(features, self._weight, self._bias)
        scale = features.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
        product = torch._int_mm((features / scale).round().to(torch.int8), self._int8.T)
        logits = torch.addcmul(self._bias, product * scale, self._scale)
        best = logits.topk(_EXACT_WORDS, dim=1, sorted=False).indices
        exact = torch.bmm(self._weight[best], features[:, :, None])[..., 0] + self._bias[best]
        return logits.scatter_(1, best, exact)

    @torch.inference_mode()
    def exact_logits(self, features: Tensor, ids: Tensor) -> Tensor:
        """Return the logits [..., ids] of some words in float32, for features [..., embedding]."""
        return linear(features, self._weight[ids], self._bias[ids])
