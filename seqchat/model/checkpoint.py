"""A checkpoint: a directory of safetensors, JSON and text, written atomically; never pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from seqchat.errors import SeqchatError
from seqchat.files import write_file
from seqchat.model.config import Adaptation, ModelConfig
from seqchat.model.network import build

FORMAT = 1
CONFIG, VOCABULARY, WEIGHTS = "config.json", "vocabulary.txt", "model.safetensors"
CARD, TRAINING = "README.md", "training"


@dataclass(frozen=True)
class Checkpoint:
    """A trained model: its network, its words in the order of their ids, and where they come from.

    segmenter: how text was cut into words; data: what it was trained on, as JSON values; adaptation: how the memory of
    what was written is mixed in.
    """

    config: ModelConfig
    words: list[str]
    weights: dict[str, Tensor]
    segmenter: str
    data: dict[str, Any] = field(default_factory=dict)
    adaptation: Adaptation = field(default_factory=Adaptation)

    def save(self, folder: Path) -> None:
        """Write the files inference needs into an existing folder, each atomically."""
        write_file(folder / VOCABULARY, "".join(f"{word}\n" for word in self.words))
        self.save_config(folder)
        save_weights(folder, self.weights)

    def save_config(self, folder: Path) -> None:
        """Write all that is neither words nor weights into an existing folder, atomically."""
        document = {
            "format": FORMAT,
            "model": self.config.to_json(),
            "words": {"segmenter": self.segmenter},
            "adaptation": asdict(self.adaptation),
            "data": self.data,
        }
        write_file(folder / CONFIG, json.dumps(document, ensure_ascii=False, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Checkpoint:
        """Read a checkpoint, its weights as float32.

        Raises:
            SeqchatError: a file is missing, of a newer format, or does not fit the others; the message says which.
        """
        try:
            document = json.loads((folder / CONFIG).read_text("utf-8"))
            # Words may hold any visible character, so only the line feed separates them.
            words = (folder / VOCABULARY).read_bytes().decode("utf-8").removesuffix("\n").split("\n")
        except FileNotFoundError as error:
            raise SeqchatError(f"{folder} is no complete model: it has no {Path(error.filename).name}.") from None
        except (OSError, ValueError, RecursionError) as error:
            raise SeqchatError(f"The model in {folder} cannot be read ({error}).") from error
        try:
            config, segmenter, data, adaptation = _parse(document)
        except SeqchatError as error:
            raise SeqchatError(f"{folder / CONFIG}: {error}") from error
        if len(words) != config.vocabulary_size:
            raise SeqchatError(
                f"The model in {folder} knows {config.vocabulary_size} words, but its {VOCABULARY} has {len(words)}."
            )
        return cls(config, words, load_weights(folder, config), segmenter, data, adaptation)


def _parse(document: Any) -> tuple[ModelConfig, str, dict[str, Any], Adaptation]:
    if not isinstance(document, Mapping) or not isinstance(document.get("format"), int):
        raise SeqchatError("this is not the configuration of a seqchat model.")
    if document["format"] != FORMAT:
        raise SeqchatError(
            f"the model has format {document['format']}, this seqchat reads format {FORMAT}; "
            f"install the version that wrote it, or train it again."
        )
    words, data = document.get("words"), document.get("data", {})
    if not isinstance(words, Mapping) or not isinstance(words.get("segmenter"), str):
        raise SeqchatError("it does not say how text is cut into words.")
    if not isinstance(data, dict):
        raise SeqchatError("its entry 'data' is not an object.")
    adaptation = Adaptation.from_json(document.get("adaptation", {}))
    return ModelConfig.from_json(document.get("model")), words["segmenter"], data, adaptation


def save_weights(folder: Path, weights: dict[str, Tensor]) -> None:
    """Write the network's weights into a checkpoint, atomically."""
    write_file(folder / WEIGHTS, save({k: v.detach().contiguous().cpu() for k, v in weights.items()}))


def load_weights(folder: Path, config: ModelConfig) -> dict[str, Tensor]:
    """Read a checkpoint's weights as float32, after checking that they are just those that `config` asks for."""
    path = folder / WEIGHTS
    try:
        weights = load_file(path)
    except FileNotFoundError:
        raise SeqchatError(f"{folder} is no complete model: it has no {WEIGHTS}.") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise SeqchatError(f"{path} is damaged ({error}).") from error
    expected = expected_shapes(config)
    if wrong := set(expected) ^ set(weights):
        raise SeqchatError(f"{path} does not fit its configuration: {sorted(wrong)[0]} is missing or not known.")
    for name, shape in expected.items():
        if weights[name].shape != shape or not weights[name].is_floating_point():
            raise SeqchatError(f"{path} does not fit its configuration: {name} is not {list(shape)} of floats.")
    return {name: weight.float() for name, weight in weights.items()}


def expected_shapes(config: ModelConfig) -> dict[str, torch.Size]:
    """Return the name and shape of each weight of a network, without making it."""
    with torch.device("meta"):
        return {name: weight.shape for name, weight in build(config).state_dict().items()}
