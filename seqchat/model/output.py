"""The output layer at a keystroke: features → log-probabilities of all words, in the cheapest form that stays exact.

Most of a keystroke's time would go into reading a large float32 matrix. Here its product is computed once with vectors
of a byte a number, a quarter of the memory, and the most probable words are computed again in float32, so that what is
shown does not change (`seqchat bench` counts how often). `model/products.py` has the products for each processor.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import linear

from seqchat.model.products import LightProduct, light_product
from seqchat.model.word_vectors import WordVectors

Precision = Literal["auto", "fp32"]

# How many words of each row are exact, and how many of them are surely the most probable ones.
_EXACT_WORDS = 128
_SURE_WORDS = 32
# Where so many words may be among them, all are computed in float32, so many at once.
_MANY_WORDS = 4_096


class OutputLayer:
    """Tied output weights [words, embedding] and a bias [words]."""

    def __init__(self, vectors: WordVectors | Tensor, bias: Tensor, precision: Precision = "auto") -> None:
        """``auto`` is int8 if the vocabulary is large and the processor supports the products."""
        self._vectors = vectors if isinstance(vectors, WordVectors) else WordVectors(vectors)
        self._bias = bias
        self._product: LightProduct | None = light_product(self._vectors) if precision == "auto" else None

    @property
    def precision(self) -> str:
        """The precision of the product: ``int8`` or ``fp32``."""
        return "fp32" if self._product is None else "int8"

    @torch.inference_mode()
    def logits(self, features: Tensor) -> Tensor:
        """Return unnormalised log-probabilities [batch, words] of features [batch, embedding]."""
        if self._product is None:
            return linear(features, self._vectors.whole, self._bias)
        logits = self._product.logits(features, self._bias)
        found = logits.topk(_EXACT_WORDS, dim=1, sorted=self._product.error is not None)
        best = found.indices
        if self._product.error is not None:
            # Words whose logits may still be among the largest, as far as these may be wrong
            low = found.values[:, _SURE_WORDS - 1, None] - 2 * self._product.error(features)
            if bool((found.values[:, -1:] >= low).any()):
                count = int((logits >= low).sum(dim=1).max())
                if count > _MANY_WORDS:
                    return self._all_logits(features)
                best = logits.topk(max(count, _EXACT_WORDS), dim=1, sorted=False).indices
        return logits.scatter_(1, best, self.exact_logits_of_each(features, best))

    @torch.inference_mode()
    def exact_logits(self, features: Tensor, ids: Tensor) -> Tensor:
        """Return the logits [..., ids] of some words in float32, for features [..., embedding]."""
        return linear(features, self._vectors[ids], self._bias.index_select(0, ids))

    @torch.inference_mode()
    def exact_logits_of_each(self, features: Tensor, ids: Tensor) -> Tensor:
        """Return the logits [batch, some] of the words of each row, ids [batch, some], in float32."""
        return torch.bmm(self._vectors[ids], features[:, :, None])[..., 0] + self._bias[ids]

    def _all_logits(self, features: Tensor) -> Tensor:
        """Return all logits [batch, words] in float32, of some words after the other."""
        starts = range(0, len(self._vectors), _MANY_WORDS)
        parts = (torch.arange(start, min(start + _MANY_WORDS, len(self._vectors))) for start in starts)
        return torch.cat([self.exact_logits(features, ids) for ids in parts], dim=1)
