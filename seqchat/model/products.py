"""Products of features with the vectors of all words, in a byte a number; each is for one kind of processor."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from seqchat.model.word_vectors import WordVectors

# Below these sizes the float32 product is as fast.
_VNNI_FROM, _PACKED_FROM = 4_000, 20_000
_LEVELS = 127
# The value of the first byte of a feature's two; in this width at most, their products fit into 32 bits
_BASE, _WIDEST = 254, 512
_BLOCK = 4_096
# Half a unit in the last place of bfloat16, with room for the float32 sums
_BFLOAT16_ERROR = 2**-9 * 1.01


class LightProduct(NamedTuple):
    """A product that is nearly exact.

    logits: features [batch, embedding] and a bias [words] → logits [batch, words]; error: features → the most by which
    a logit of a row may be wrong, [batch, 1]; None if it is not known.
    """

    logits: Callable[[Tensor, Tensor], Tensor]
    error: Callable[[Tensor], Tensor] | None


def multiplies_bfloat16() -> bool:
    """Whether the processor multiplies matrices in bfloat16."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def light_product(vectors: WordVectors) -> LightProduct | None:
    """Return the product for this processor, None if there is none that is faster than float32."""
    if torch.cpu._is_vnni_supported():
        return _integer_product(vectors) if len(vectors) >= _VNNI_FROM else None
    return _packed_product(vectors) if len(vectors) >= _PACKED_FROM and _packs(vectors.values.shape[1]) else None


def _quantized(vectors: WordVectors) -> tuple[Tensor, Tensor]:
    """Return the vectors as whole numbers [words, embedding] and a scale [words]: as they are stored, if they are."""
    scale = vectors.largest().clamp(min=1e-12) / _LEVELS
    if vectors.scale is not None:
        largest = vectors.largest_values
        if bool(((largest == _LEVELS) | (largest == 0)).all()):
            return vectors.values, scale
    return (vectors.whole / scale[:, None]).round().to(torch.int8), scale


def _integer_product(vectors: WordVectors) -> LightProduct:
    """Features are whole numbers as well, with a scale for each row: dynamic quantisation."""
    values, scales = _quantized(vectors)

    def logits(features: Tensor, bias: Tensor) -> Tensor:
        scale = features.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / _LEVELS
        product = torch._int_mm((features / scale).round().to(torch.int8), values.T) * scale
        return torch.addcmul(bias, product, scales, out=product)

    return LightProduct(logits, None)


def wide_product(vectors: WordVectors) -> Callable[[Tensor, Tensor], Tensor] | None:
    """Return a product as exact as that in float32: features [rows, embedding], bias [words] → logits [rows, words].

    Vectors are multiplied as they are stored, by features of two bytes a number. None if they are not stored so, or the
    processor has no such product.
    """
    values, scales = _quantized(vectors) if vectors.scale is not None else (vectors.values, None)
    if (
        scales is None
        or values is not vectors.values
        or values.shape[1] > _WIDEST
        or not torch.cpu._is_vnni_supported()
    ):
        return None

    def logits(features: Tensor, bias: Tensor) -> Tensor:
        unit = features.abs().amax().clamp(min=1e-12) / (_LEVELS * _BASE)
        high = (features / (unit * _BASE)).round()
        both = torch.cat((high, features / unit - high * _BASE)).round_().to(torch.int8)
        result = torch.empty(len(features), len(values))
        # In blocks of words, of which products stay in the processor's cache
        for block in (slice(start, start + _BLOCK) for start in range(0, len(values), _BLOCK)):
            product = torch._int_mm(both, values[block].T)
            first, second = product[: len(features)], product[len(features) :]
            torch.addcmul(
                bias[block], second.add_(first, alpha=_BASE).float(), scales[block] * unit, out=result[:, block]
            )
        return result

    return logits


def _packed_product(vectors: WordVectors) -> LightProduct:
    """Features are bfloat16, and so is the product before it is scaled."""
    values, scales = _quantized(vectors)
    ones = torch.ones(len(values), dtype=torch.bfloat16)
    # ‖x‖·‖w‖ bounds Σ|x||w|; features and product are rounded once each. Whole numbers made here add half of one.
    norm = float((torch.linalg.vector_norm(values.float(), dim=1) * scales).max())
    rounded = 0.0 if values is vectors.values else float(scales.max()) * 0.501

    def logits(features: Tensor, bias: Tensor) -> Tensor:
        product = torch._weight_int8pack_mm(features.bfloat16(), values, ones).float()
        return torch.addcmul(bias, product, scales)

    def error(features: Tensor) -> Tensor:
        lengths: Tensor = torch.linalg.vector_norm(features, dim=1, keepdim=True)
        return lengths * (norm * 2 * _BFLOAT16_ERROR) + features.abs().sum(dim=1, keepdim=True) * rounded

    return LightProduct(logits, error)


def _packs(width: int) -> bool:
    """Whether PyTorch has the product of bfloat16 with bytes on this processor, and it gives what it should."""
    # It reads eight numbers at once, beyond the end of the memory if there are fewer left.
    capable = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512") and width % 8 == 0
    if not capable or not hasattr(torch, "_weight_int8pack_mm"):
        return False
    x = torch.linspace(-1, 1, 2 * width).reshape(2, width).bfloat16()
    values = (torch.arange(96 * width).reshape(96, width) * 37 % 255 - _LEVELS).to(torch.int8)
    try:
        found = torch._weight_int8pack_mm(x, values, torch.ones(96, dtype=torch.bfloat16)).float()
    except (RuntimeError, NotImplementedError):
        return False
    expected = x.double() @ values.double().T
    return bool(((found - expected).abs() <= x.double().abs() @ values.double().abs().T * _BFLOAT16_ERROR).all())
