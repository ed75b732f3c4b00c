"""The output layer over a text: the logits of all words at many positions, in the cheapest form that stays exact."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import linear

from seqchat.model.output import Precision
from seqchat.model.products import wide_product
from seqchat.model.word_vectors import WordVectors


class TextOutput:
    """Tied output weights [words, embedding] and a bias [words]."""

    def __init__(self, vectors: WordVectors | Tensor, bias: Tensor, precision: Precision = "auto") -> None:
        """``auto`` is int8 if the vectors are stored in whole numbers and the processor has products of them."""
        self._vectors = vectors if isinstance(vectors, WordVectors) else WordVectors(vectors)
        self._bias = bias.detach()
        self._product = wide_product(self._vectors) if precision == "auto" else None

    @property
    def precision(self) -> str:
        """The precision of the product: ``int8`` or ``fp32``."""
        return "fp32" if self._product is None else "int8"

    @torch.inference_mode()
    def logits(self, features: Tensor) -> Tensor:
        """Return the logits [tokens, words] of features [tokens, embedding]."""
        if self._product is None:
            return linear(features, self._vectors.whole, self._bias)
        return self._product(features, self._bias)
