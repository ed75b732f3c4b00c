"""A network's weights on disk: safetensors, in half precision, the words' vectors in a byte a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from seqchat.errors import SeqchatError, one_line
from seqchat.files import write_file
from seqchat.model.config import ModelConfig
from seqchat.model.folder import WEIGHTS
from seqchat.model.word_vectors import WordVectors

_EMBEDDING, _SCALE = "embedding.weight", "embedding.scale"
_LEVELS = 127
# No training comes near this; the products of several such weights are still numbers.
_MAX_WEIGHT = 1e10


class StoredWeights(MutableMapping[str, Tensor]):
    """A network's weights as float32, by name; the words' vectors are widened only when they are asked for."""

    def __init__(self, vectors: WordVectors, others: dict[str, Tensor]) -> None:
        self.vectors, self._others = vectors, others

    def __getitem__(self, name: str) -> Tensor:
        return self.vectors.whole if name == _EMBEDDING else self._others[name]

    def __setitem__(self, name: str, weight: Tensor) -> None:
        if name == _EMBEDDING:
            self.vectors = WordVectors(weight)
        else:
            self._others[name] = weight

    def __delitem__(self, name: str) -> None:
        del self._others[name]

    def __iter__(self) -> Iterator[str]:
        yield from (_EMBEDDING, *self._others)

    def __len__(self) -> int:
        return 1 + len(self._others)


def word_vectors(weights: Mapping[str, Tensor]) -> WordVectors:
    """Return the words' vectors of a network's weights, as they are stored if they come from a file."""
    return weights.vectors if isinstance(weights, StoredWeights) else WordVectors(weights[_EMBEDDING])


def compact(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights in few bytes: whole numbers and a scale for each word's vector, everything else as float16.

    The output layer reads the vectors in the same whole numbers at a keystroke (`OutputLayer`).
    """
    vectors = weights[_EMBEDDING].detach().float().cpu()
    scale = vectors.abs().amax(dim=1).clamp(min=1e-12) / _LEVELS
    half = {name: weight.half() for name, weight in weights.items() if name != _EMBEDDING}
    return {**half, _EMBEDDING: (vectors / scale[:, None]).round().to(torch.int8), _SCALE: scale}


def save_weights(folder: Path, weights: Mapping[str, Tensor]) -> None:
    """Write the network's weights into a checkpoint, atomically."""
    write_file(folder / WEIGHTS, save({k: v.detach().contiguous().cpu() for k, v in weights.items()}))


def load_weights(folder: Path, config: ModelConfig) -> StoredWeights:
    """Read a checkpoint's weights, after checking that they are exactly those that `config` asks for.

    Raises:
        SeqchatError: the file is missing or damaged, or does not fit the configuration.
    """
    path = folder / WEIGHTS
    weights = read_tensors(path)
    expected = expected_shapes(config)
    if weights.get(_EMBEDDING, torch.empty(0)).dtype == torch.int8:
        expected[_SCALE] = torch.Size([config.vocabulary_size])
    if wrong := set(expected) ^ set(weights):
        raise SeqchatError(
            f"{path} does not fit its configuration: {one_line(sorted(wrong)[0], 60)} is missing or unknown."
        )
    for name, shape in expected.items():
        whole = name == _EMBEDDING and _SCALE in expected
        if weights[name].shape != shape or not (whole or weights[name].is_floating_point()):
            raise SeqchatError(f"{path} does not fit its configuration: {name} is not {list(shape)} of floats.")
    floats = {name: weight.float() for name, weight in weights.items() if name != _EMBEDDING}
    scale = floats.pop(_SCALE, None)
    vectors = WordVectors(weights[_EMBEDDING] if scale is not None else weights[_EMBEDDING].float(), scale)
    extremes = {_EMBEDDING: vectors.largest(), **floats}
    if spoiled := [name for name, weight in extremes.items() if not _sound(weight)]:
        raise SeqchatError(f"{path} is damaged: {spoiled[0]} has values that are not numbers.")
    return StoredWeights(vectors, floats)


def _sound(weight: Tensor) -> bool:
    """Whether all weights are numbers with which no step overflows."""
    low, high = weight.aminmax()
    return bool(low > -_MAX_WEIGHT) and bool(high < _MAX_WEIGHT)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file of a model.

    Raises:
        SeqchatError: it is missing, or damaged.
    """
    if path.exists() and not path.is_file():
        raise SeqchatError(f"{path} is damaged (it is not a file).")
    try:
        return load_file(path)
    except FileNotFoundError:
        raise SeqchatError(f"{path.parent} is not a complete model: it has no {path.name}.") from None
    except MemoryError as error:
        raise SeqchatError(f"{path} is larger than the available memory.") from error
    except (SafetensorError, OSError, ValueError) as error:
        raise SeqchatError(f"{path} is damaged ({one_line(error)}).") from error


def expected_shapes(config: ModelConfig) -> dict[str, torch.Size]:
    """Return the name and shape of each weight that `network.build` makes, without making any.

    PyTorch can tell them by its device "meta", but loads its compiler for that, which takes a second and leaves a
    folder among the temporary files.
    """
    words, embedding, hidden = config.vocabulary_size, config.embedding_size, config.hidden_size
    width = hidden * config.directions
    shapes: dict[str, tuple[int, ...]] = {_EMBEDDING: (words, embedding), "output_bias": (words,)}
    for side in ("", "backward_") if config.objective == "infill" else ("",):
        shapes |= _recurrent_shapes(config, f"{side}recurrent")
        if width != embedding:
            shapes[f"{side}projection.weight"] = (embedding, width)
    if config.objective == "infill":
        shapes |= {
            "joint.0.weight": (hidden, 2 * hidden),
            "joint.0.bias": (hidden,),
            "joint.2.weight": (embedding, hidden),
        }
    return {name: torch.Size(shape) for name, shape in shapes.items()}


def _recurrent_shapes(config: ModelConfig, stack: str) -> dict[str, tuple[int, ...]]:
    """Return the same for one stack of layers: of `RecurrentLayer`, or of `torch.nn` where a window is read."""
    hidden, cell = config.hidden_size, config.cell_kind
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(config.layers):
        inputs = hidden * config.directions if layer else config.embedding_size
        for suffix in ("", "_reverse")[: config.directions]:
            window = config.objective == "window"
            before, after = (stack, f"l{layer}{suffix}") if window else (f"{stack}.{layer}", "l0")
            weights = cell.weight_shapes(inputs, hidden)
            shapes |= {f"{before}.{name}_{after}": shape for name, shape in weights.items()}
    return shapes
