"""The output layer over a text: the logits of all words at many positions, in the cheapest form that stays exact."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear

from seqchat.model.output import Precision
from seqchat.model.products import LightProduct, text_product
from seqchat.model.word_vectors import WordVectors

# With fewer words, all logits are exact in the same time.
_LIGHT_FROM = 32_768
# Where no more words may be as probable as the target, these are computed again.
_MOST_RIVALS = 16


class TextOutput:
    """Tied output weights [words, embedding] and a bias [words]."""

    def __init__(self, vectors: WordVectors | Tensor, bias: Tensor, precision: Precision = "auto") -> None:
        """``auto`` is int8 if the vectors are stored in whole numbers and the processor has products of them."""
        self._vectors = vectors if isinstance(vectors, WordVectors) else WordVectors(vectors)
        self._bias = bias.detach()
        self._product = text_product(self._vectors) if precision == "auto" else None

    @property
    def precision(self) -> str:
        """The precision of the product: ``int8`` or ``fp32``."""
        return "fp32" if self._product is None else "int8"

    @torch.inference_mode()
    def logits(self, features: Tensor) -> Tensor:
        """Return the logits [tokens, words] of features [tokens, embedding]."""
        if self._product is None:
            return linear(features, self._vectors.whole, self._bias)
        return self._product.exact(features, self._bias)

    @torch.inference_mode()
    def logits_around(self, features: Tensor, targets: Tensor) -> Tensor:
        """Return logits of which those of the targets [tokens] are exact, and those of the few that may be larger.

        All others, and where many may be larger these too, are wrong by some hundredths, to one side as to the other.
        """
        if self._product is None or len(self._bias) < _LIGHT_FROM:
            return self.logits(features)
        logits = self._product.light.logits(features, self._bias)
        rows = torch.arange(len(targets))
        own = self._exact(features, rows, targets)
        logits[rows, targets] = own
        rows, words = self._rivals(features, logits, own, self._product.light)
        logits[rows, words] = self._exact(features, rows, words)
        return logits

    def _rivals(self, features: Tensor, logits: Tensor, own: Tensor, light: LightProduct) -> tuple[Tensor, Tensor]:
        """Return the rows and ids of the words that may be as probable as the target, where there are few of them."""
        assert light.error is not None
        # On the CPU, NumPy compares and counts several times as fast as PyTorch.
        may_be_better = logits.numpy() >= (own[:, None] - light.error(features)).numpy()
        few = [row for row, mask in enumerate(may_be_better) if np.count_nonzero(mask) <= _MOST_RIVALS]
        rows, words = np.divmod(np.flatnonzero(may_be_better[few]), logits.shape[1])
        return torch.tensor(few, dtype=torch.int64)[rows], torch.from_numpy(words)

    def _exact(self, features: Tensor, rows: Tensor, words: Tensor) -> Tensor:
        """Return the logits of some words in float32, each at a row of the features."""
        return (features[rows] * self._vectors[words]).sum(dim=1) + self._bias[words]
