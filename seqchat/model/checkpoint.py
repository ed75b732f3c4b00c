"""A checkpoint: a directory of safetensors, JSON and text, written atomically; never pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from seqchat.errors import SeqchatError, one_line
from seqchat.files import read_bytes, write_file
from seqchat.model.config import CacheWeights, ModelConfig
from seqchat.model.folder import CONFIG, FORMAT, MAX_CONFIG_BYTES, MAX_NGRAM_MODELS, VOCABULARY, ngram_files
from seqchat.model.migration import upgraded_config
from seqchat.model.mixture import LexiconShares
from seqchat.model.ngrams import Mixture, NgramModel, WeightedNgrams
from seqchat.model.weights import load_weights, read_tensors, save_weights

# No vocabulary is larger.
_MAX_VOCABULARY_BYTES = 500_000_000


@dataclass(frozen=True)
class Checkpoint:
    """A trained model: its network, its words in the order of their ids, and where they come from.

    segmenter: how text was cut into words; data: what it was trained on, as JSON values; cache: how the neural cache is
    mixed in; mixture: its n-grams and their weights, if any; lexicon_shares: how words are mixed in that it lacks.
    """

    config: ModelConfig
    words: list[str]
    weights: Mapping[str, Tensor]
    segmenter: str
    data: dict[str, Any] = field(default_factory=dict)
    cache: CacheWeights = field(default_factory=CacheWeights)
    mixture: Mixture | None = None
    lexicon_shares: LexiconShares = field(default_factory=LexiconShares)

    def save(self, folder: Path) -> None:
        """Write the files inference needs into an existing folder, each atomically."""
        write_file(folder / VOCABULARY, "".join(f"{word}\n" for word in self.words))
        save_weights(folder, self.weights)
        self.save_config(folder)

    def save_config(self, folder: Path) -> None:
        """Write everything but words and weights into an existing folder, each file atomically."""
        parts = self.mixture.parts if self.mixture else ()
        for name, part in zip(ngram_files(len(parts)), parts, strict=True):
            write_file(folder / name, save(part.ngrams.to_tensors()))
        document: dict[str, Any] = {
            "format": FORMAT,
            "model": self.config.to_json(),
            "words": {"segmenter": self.segmenter},
            "cache": asdict(self.cache),
            "mixture": _mixture_json(parts),
            "lexicon": self.lexicon_shares.to_json(),
            "data": self.data,
        }
        write_file(folder / CONFIG, json.dumps(document, ensure_ascii=False, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Checkpoint:
        """Read a checkpoint; weights and n-grams are mapped from their files, in the types in which they are stored.

        Raises:
            SeqchatError: a file is missing, of a newer format, or does not fit the others; the message says which.
        """
        try:
            document = json.loads(read_bytes(folder / CONFIG, MAX_CONFIG_BYTES).decode("utf-8"))
            # Words may hold any visible character, so only the line feed separates them.
            text = read_bytes(folder / VOCABULARY, _MAX_VOCABULARY_BYTES).decode("utf-8")
            words = text.removesuffix("\n").split("\n")
        except FileNotFoundError as error:
            raise SeqchatError(f"{folder} is not a complete model: it has no {Path(error.filename).name}.") from None
        except (OSError, ValueError, RecursionError) as error:
            raise SeqchatError(f"The model in {folder} cannot be read ({one_line(error)}).") from error
        try:
            config, segmenter, data, cache, weights, shares = _parse(document)
        except SeqchatError as error:
            raise SeqchatError(f"{folder / CONFIG}: {error}") from error
        if len(words) != config.vocabulary_size:
            raise SeqchatError(
                f"The model in {folder} knows {config.vocabulary_size} words, but its {VOCABULARY} has {len(words)}."
            )
        mixture = _load_mixture(folder, weights, len(words))
        return cls(config, words, load_weights(folder, config), segmenter, data, cache, mixture, shares)


def _mixture_json(parts: Sequence[WeightedNgrams]) -> dict[str, Any] | None:
    """Return the weights as JSON values: those of the first n-grams, and of those that were added to them."""
    if not parts:
        return None
    first, *added = (list(part.weights) for part in parts)
    return {"weights": first, "added": added} if added else {"weights": first}


def _mixture_weights(mixture: Any) -> list[tuple[float, ...]]:
    if mixture is None:
        return []
    if not (isinstance(mixture, Mapping) and isinstance(mixture.get("weights"), list)):
        raise SeqchatError("its entry 'mixture' is not an object of weights.")
    added = mixture.get("added", [])
    if not (isinstance(added, list) and all(isinstance(weights, list) for weights in added)):
        raise SeqchatError("the weights of the n-grams that were added are not lists.")
    if len(added) >= MAX_NGRAM_MODELS:
        raise SeqchatError(f"it has more than {MAX_NGRAM_MODELS} n-gram models.")
    return [tuple(weights) for weights in (mixture["weights"], *added)]


def _load_mixture(folder: Path, weights: list[tuple[float, ...]], words: int) -> Mixture | None:
    try:
        parts = tuple(
            WeightedNgrams(NgramModel.from_tensors(read_tensors(folder / name), words), part)
            for name, part in zip(ngram_files(len(weights)), weights, strict=True)
        )
        return Mixture(parts) if parts else None
    except SeqchatError as error:
        raise SeqchatError(f"The n-grams of the model in {folder} cannot be used: {one_line(error)}") from error


def _parse(
    document: Any,
) -> tuple[ModelConfig, str, dict[str, Any], CacheWeights, list[tuple[float, ...]], LexiconShares]:
    if not isinstance(document, Mapping) or type(document.get("format")) is not int:
        raise SeqchatError("this is not the configuration of a seqchat model.")
    document = upgraded_config(document)
    words, data, mixture = document.get("words"), document.get("data", {}), document.get("mixture")
    if not isinstance(words, Mapping) or not isinstance(words.get("segmenter"), str):
        raise SeqchatError("it does not say how text is cut into words.")
    if not isinstance(data, dict):
        raise SeqchatError("its entry 'data' is not an object.")
    weights = _mixture_weights(mixture)
    cache = CacheWeights.from_json(document.get("cache", {}))
    shares = LexiconShares.from_json(document.get("lexicon", {}))
    return ModelConfig.from_json(document.get("model")), words["segmenter"], data, cache, weights, shares
