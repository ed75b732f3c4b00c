"""Which models there are, by name; reads no weights and imports no torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seqchat import locations
from seqchat.errors import SeqchatError, quoted
from seqchat.files import expanded, is_folder, read_bytes
from seqchat.model.folder import CONFIG, FORMAT, MAX_CONFIG_BYTES, MAX_NGRAM_MODELS, VOCABULARY, WEIGHTS, ngram_files
from seqchat.model.migration import is_readable

# A name is found without it, and it brings the cells.
if TYPE_CHECKING:
    from seqchat.model.config import ModelConfig

DEFAULT_MODEL = "lstm-chat"
# How the names of networks begin that are there to look into, and not to write with
LESSON = "lesson-"

# The limit of the library that reads them
_MAX_HEADER_BYTES = 100_000_000


class InstalledModel(NamedTuple):
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
    meant = "".join(f" Did you mean {near}?" for near in get_close_matches(name, names, 1))
    known = ", ".join(names) or "none"
    raise SeqchatError(f"There is no model {quoted(name)}.{meant} Give its directory, or one of these names: {known}.")


def describe(name: str) -> InstalledModel:
    """Return what a model is made of, given its path or name.

    Raises:
        SeqchatError: there is no such model, or it is damaged.
    """
    folder = find(name)
    model = _describe(folder)
    if model is None:
        raise SeqchatError(f"{folder} is not a model: it has no {CONFIG} that can be used.")
    return model


def installed() -> list[InstalledModel]:
    """List the models that can be named; where two share a name, the one that `find` returns."""
    found: dict[str, InstalledModel] = {}
    for folder in _folders():
        for model in _models(folder):
            found.setdefault(model.name, model)
    return list(found.values())


def shipped() -> list[InstalledModel]:
    """List the models for writing that come with the program, in the order of their cells."""
    return [model for model in _shipped() if not model.name.startswith(LESSON)]


def lessons() -> list[InstalledModel]:
    """List the small networks for lessons that come with the program, in the order of their cells."""
    return [model for model in _shipped() if model.name.startswith(LESSON)]


def _shipped() -> list[InstalledModel]:
    from seqchat.declared import declarations
    from seqchat.model.config import ModelConfig

    cells = declarations(ModelConfig)["cell"].choices
    return sorted(_models(locations.shipped_checkpoints()), key=lambda model: cells.index(model.config.cell))


def damaged() -> dict[Path, str]:
    """Return the models that cannot be used, as far as a first look at their files tells, and why."""
    # In a checkout, the models of this folder are those that ship.
    folders = {folder.resolve(): folder for folder in _folders() if folder.is_dir()}
    paths = [path for folder in folders.values() for path in sorted(folder.iterdir())]
    problems = {path: _problem(path) for path in paths if _is_model(path)}
    return {path: problem for path, problem in problems.items() if problem}


def _problem(path: Path) -> str:
    """Return what is wrong with a model's files, as far as can be told without reading their numbers."""
    try:
        document = _document(path)
    except (OSError, ValueError, RecursionError):
        return f"its {CONFIG} cannot be read"
    if not isinstance(document, dict) or "model" not in document:
        return ""  # of another program
    if not is_readable(document.get("format")):
        return f"its format is not one that this seqchat reads (1 to {FORMAT})"
    if _describe(path) is None:
        return f"its {CONFIG} is damaged"
    for name in (VOCABULARY, WEIGHTS, *_ngram_files(document.get("mixture"))):
        if not (path / name).is_file():
            return f"it has no {name}"
        if name.endswith(".safetensors") and not _is_whole(path / name):
            return f"its {name} is damaged"
    return ""


def _ngram_files(mixture: Any) -> list[str]:
    """Return the files of n-grams that a configuration asks for; none where it is damaged."""
    if not mixture or not isinstance(mixture, dict):
        return []
    added = mixture.get("added")
    return ngram_files(min(1 + len(added), MAX_NGRAM_MODELS) if isinstance(added, list) else 1)


def _is_whole(path: Path) -> bool:
    """Whether a safetensors file is as long as its header says."""
    try:
        with path.open("rb") as file:
            length, size = int.from_bytes(file.read(8), "little"), path.stat().st_size
            tensors = json.loads(file.read(min(length, size, _MAX_HEADER_BYTES)))
        ends = [tensor["data_offsets"][1] for name, tensor in tensors.items() if name != "__metadata__"]
        return bool(size == 8 + length + max(ends))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return False


def _folders() -> Iterator[Path]:
    yield locations.local_checkpoints()
    yield locations.user_checkpoints()
    yield locations.shipped_checkpoints()


def _models(folder: Path) -> list[InstalledModel]:
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [model for path in paths if (model := _describe(path)) is not None]


def _document(path: Path) -> Any:
    return json.loads(read_bytes(path / CONFIG, MAX_CONFIG_BYTES).decode("utf-8"))


def _is_model(path: Path) -> bool:
    return not path.name.startswith(".") and (path / CONFIG).is_file()


def _describe(path: Path) -> InstalledModel | None:
    if not _is_model(path):
        return None
    from seqchat.model.config import ModelConfig

    try:
        config = ModelConfig.from_json(_document(path)["model"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, SeqchatError):
        return None
    return InstalledModel(path.name, path, config)
