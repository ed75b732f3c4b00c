"""Which models there are, by name; reads no weights and imports no torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from seqchat import locations
from seqchat.errors import SeqchatError, quoted
from seqchat.files import expanded, is_folder, read_bytes
from seqchat.model.config import MOST_CONFIG_BYTES, ModelConfig

DEFAULT_MODEL = "lstm-chat"
# Of about as many parameters each, trained on the same text
SHIPPED = ("rnn-chat", DEFAULT_MODEL, "gru-chat")

_NEEDED = ("vocabulary.txt", "model.safetensors")


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
    names = [model.name for model in installed()]
    near = get_close_matches(name, names, 1)
    meant = f"; is {near[0]} meant? Give" if near else "; give"
    known = ", ".join(names) or "none"
    raise SeqchatError(f"There is no model {quoted(name)}{meant} its directory, or one of these names: {known}.")


def installed() -> list[Installed]:
    """List the models that can be named; where two share a name, the one that `find` returns."""
    found: dict[str, Installed] = {}
    for folder in _folders():
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            model = _describe(path)
            if model is not None:
                found.setdefault(model.name, model)
    return list(found.values())


def damaged() -> dict[Path, str]:
    """Return the models whose files show at first sight that they cannot be used, and why."""
    places = [path for folder in _folders() if folder.is_dir() for path in sorted(folder.iterdir())]
    # In a checkout, the models of this folder are those that ship.
    different = {path.resolve(): path for path in reversed(places)}
    problems = {path: _problem(path) for path in reversed(different.values()) if _is_model(path)}
    return {path: problem for path, problem in problems.items() if problem}


def _problem(path: Path) -> str:
    """Return what is wrong with a model's files, as far as it shows without reading their numbers."""
    from safetensors import SafetensorError, safe_open

    if _describe(path) is None:
        return "its config.json cannot be read"
    for name in _NEEDED:
        if not (path / name).is_file():
            return f"it has no {name}"
    for file in sorted(path.glob("*.safetensors")):
        try:
            with safe_open(file, framework="numpy"):
                pass
        except (SafetensorError, OSError):
            return f"{file.name} is damaged"
    return ""


def _folders() -> Iterator[Path]:
    yield locations.local_checkpoints()
    yield locations.user_checkpoints()
    yield locations.shipped_checkpoints()


def _is_model(path: Path) -> bool:
    return not path.name.startswith(".") and (path / "config.json").is_file()


def _describe(path: Path) -> Installed | None:
    if not _is_model(path):
        return None
    try:
        document = json.loads(read_bytes(path / "config.json", MOST_CONFIG_BYTES).decode("utf-8"))
        config = ModelConfig.from_json(document["model"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, SeqchatError):
        return None
    return Installed(path.name, path, config)
