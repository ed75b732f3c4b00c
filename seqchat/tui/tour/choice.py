"""Which model a lesson uses; reads configurations and no weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqchat.errors import SeqchatError
from seqchat.model.config import ModelConfig
from seqchat.model.folder import CONFIG
from seqchat.model.model_registry import find, installed

# Endings of the names of the models that ship; first the one that is as large as those of other cells.
_SHIPPED = ("-small", "", "-infill")


@dataclass(frozen=True)
class Need:
    """What a lesson is about: a cell, a minimum of layers, and whether two directions."""

    cell: str
    layers: int = 1
    both_sides: bool = False


@dataclass(frozen=True)
class Choice:
    """The model of a lesson: its name or directory, whether it exists, and whether it has everything the lesson is
    about."""

    model: str
    there: bool = True
    fits: bool = True

    @property
    def name(self) -> str:
        """What the model is called."""
        return Path(self.model).name


def choose(need: Need, given: Sequence[str] = ()) -> Choice:
    """Return the first model that has what is needed: of those given, then of those that ship, then of all installed.

    If none has the layers or directions, it is one that has at least the cell.
    """
    names = [*given, *(f"{need.cell}-chat{kind}" for kind in _SHIPPED), *(model.name for model in installed())]
    configs = {name: config for name in names if (config := _config(name)) is not None and config.objective != "window"}
    fitting = [name for name, config in configs.items() if _fits(config, need)]
    if fitting:
        return Choice(fitting[0])
    alike = [name for name, config in configs.items() if config.cell == need.cell]
    return Choice(alike[0], fits=False) if alike else Choice(f"{need.cell}-chat", there=False, fits=False)


def _fits(config: ModelConfig, need: Need) -> bool:
    return (
        config.cell == need.cell
        and config.layers >= need.layers
        and (config.objective == "infill" or not need.both_sides)
    )


def _config(model: str) -> ModelConfig | None:
    try:
        return ModelConfig.from_json(json.loads((find(model) / CONFIG).read_text("utf-8"))["model"])
    except (OSError, ValueError, KeyError, TypeError, SeqchatError):
        return None
