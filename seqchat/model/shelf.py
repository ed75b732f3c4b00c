"""Which models there are, by name; reads no weights and imports no torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seqchat import locations
from seqchat.errors import SeqchatError, quoted
from seqchat.files import expanded, is_folder, read_bytes
from seqchat.model.config import MOST_CONFIG_BYTES, ModelConfig

DEFAULT_MODEL = "lstm-chat"
# Of about as many parameters each, trained on the same text
SHIPPED = ("rnn-chat", DEFAULT_MODEL, "gru-chat")


@dataclass(frozen=True)
class Installed:
    """A model directory: its name, its path, and what its network is made of."""

    name: str
    path: Path
    config: ModelConfig


def find(name: str) -> Path:
    """Return the directory of a model, given its path, or its name in one of the folders of models."""
    path = expanded(name)
    if is_folder(path):
        return path
    for folder in _folders():
        if is_folder(folder / name) and not Path(name).is_absolute() and ".." not in Path(name).parts:
            return folder / name
    known = ", ".join(model.name for model in installed()) or "none"
    raise SeqchatError(f"There is no model {quoted(name)}; give its directory, or one of these names: {known}.")


def installed() -> list[Installed]:
    """List the models that can be named; where two share a name, the one that `find` returns."""
    found: dict[str, Installed] = {}
    for folder in _folders():
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            model = _describe(path)
            if model is not None:
                found.setdefault(model.name, model)
    return list(found.values())


def _folders() -> Iterator[Path]:
    yield locations.local_checkpoints()
    yield locations.user_checkpoints()
    yield locations.shipped_checkpoints()


def _describe(path: Path) -> Installed | None:
    if path.name.startswith(".") or not (path / "config.json").is_file():
        return None
    try:
        document = json.loads(read_bytes(path / "config.json", MOST_CONFIG_BYTES).decode("utf-8"))
        config = ModelConfig.from_json(document["model"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, SeqchatError):
        return None
    return Installed(path.name, path, config)
