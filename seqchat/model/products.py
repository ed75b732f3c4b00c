"""Products of features with the vectors of all words, in a byte a number; each is for one kind of processor."""

from __future__ import annotations

import math
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
# One of 16,000 normal errors is larger than so many standard deviations.
_DEVIATIONS = 4
# Half a unit in the last place of bfloat16, with room for the float32 sums
_BFLOAT16_ERROR = 2**-9 * 1.01


class LightProduct(NamedTuple):
    """A product that is nearly exact.

    logits: features [batch, embedding] and a bias [words] → logits [batch, words]; error: features → the most by which
    a logit of a row may be wrong, [batch, 1]; None if it is not known.
    """

    logits: Callable[[Tensor, Tensor], Tensor]
    error: Callable[[Tensor], Tensor] | None


class TextProduct(NamedTuple):
    """Products for many positions of a text.

    exact: as exact as that in float32, with features of two bytes a number: features [rows, embedding], bias [words] →
    logits [rows, words]; light: twice as fast, with one byte; nearly no logit is wrong by more than its error.
    """

    exact: Callable[[Tensor, Tensor], Tensor]
    light: LightProduct


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
        rounded, units = _in_bytes(features)
        product = torch._int_mm(rounded, values.T) * units
        return torch.addcmul(bias, product, scales, out=product)

    return LightProduct(logits, None)


def text_product(vectors: WordVectors) -> TextProduct | None:
    """Return the products for whole texts; None without vectors in bytes, or a processor that multiplies these."""
    values, scales = _quantized(vectors) if vectors.scale is not None else (vectors.values, None)
    if (
        scales is None
        or values is not vectors.values
        or values.shape[1] > _WIDEST
        or not torch.cpu._is_vnni_supported()
    ):
        return None
    # The rounding of a feature is as probable as any up to half a unit, and those of a row are added up.
    norm = float((torch.linalg.vector_norm(values.float(), dim=1) * scales).max())
    deviation = norm / math.sqrt(12)

    def in_blocks(features: Tensor, product: Callable[[Tensor], Tensor], factors: Tensor, bias: Tensor) -> Tensor:
        """Multiply in blocks of words, of which products stay in the processor's cache."""
        result = torch.empty(len(features), len(values))
        for block in (slice(start, start + _BLOCK) for start in range(0, len(values), _BLOCK)):
            torch.addcmul(bias[block], product(values[block].T), factors[block], out=result[:, block])
        return result

    def exact(features: Tensor, bias: Tensor) -> Tensor:
        unit = features.abs().amax().clamp(min=1e-12) / (_LEVELS * _BASE)
        high = (features / (unit * _BASE)).round()
        both = torch.cat((high, features / unit - high * _BASE)).round_().to(torch.int8)

        def product(words: Tensor) -> Tensor:
            found = torch._int_mm(both, words)
            return found[len(features) :].add_(found[: len(features)], alpha=_BASE).float()

        return in_blocks(features, product, scales * unit, bias)

    def light(features: Tensor, bias: Tensor) -> Tensor:
        rounded, units = _in_bytes(features)
        return in_blocks(features, lambda words: torch._int_mm(rounded, words).float().mul_(units), scales, bias)

    return TextProduct(exact, LightProduct(light, lambda features: _units(features) * (_DEVIATIONS * deviation)))


def _in_bytes(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return features [rows, embedding] as whole numbers of a byte, and what one of these is in each row, [rows, 1]."""
    units = _units(features)
    return (features / units).round_().to(torch.int8), units


def _units(features: Tensor) -> Tensor:
    """Return what one of 127 levels of a row's features is: [rows, 1]."""
    return features.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / _LEVELS


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
