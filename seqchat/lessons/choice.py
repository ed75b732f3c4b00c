"""Which model a lesson uses; reads configurations and no weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seqchat.errors import SeqchatError
from seqchat.model.cells import CELLS
from seqchat.model.config import ModelConfig
from seqchat.model.folder import CONFIG
from seqchat.model.model_registry import find, installed
from seqchat.wording import Say, plain

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine

# Endings of the names of the models that ship; first the one that is as large as those of other cells.
_SHIPPED = ("-small", "", "-infill")
# Whose sizes and words an untrained network has
_LIKE = "lesson-lstm"
_UNTRAINED, _LAYERS, _DIRECTIONS, _WINDOW = "untrained {cell}", "{n} layers", "two directions", "a window of words"
TEXTS = (_UNTRAINED, _LAYERS, _DIRECTIONS, _WINDOW)


@dataclass(frozen=True)
class Untrained:
    """A network before training: its cell, and the factor by which its recurrent weights are multiplied."""

    cell: str
    factor: float = 1.0

    def title(self, say: Say = plain) -> str:
        """Return what it is called."""
        times = "" if self.factor == 1 else f", W × {self.factor:g}"
        return f"{say(_UNTRAINED, cell=CELLS[self.cell].title)}{times}"

    @property
    def like(self) -> str:
        """The model whose sizes and words it has."""
        return _LIKE

    def load(self, say: Say = plain) -> Engine:
        """Make it.

        Raises:
            SeqchatError: the model is missing that it has the words of.
        """
        from seqchat.insight.untrained import untrained

        return untrained(_LIKE, self.cell, factor=self.factor, name=self.title(say))


@dataclass(frozen=True)
class Need:
    """What a lesson is about: a cell, a minimum of layers, whether two directions, whether a window of words.

    model: the one that the lesson speaks of; only: no other takes its place; untrained: a network that is made for it.
    """

    cell: str
    layers: int = 1
    both_sides: bool = False
    window: bool = False
    model: str = ""
    only: bool = False
    untrained: Untrained | None = None

    def described(self, say: Say = plain) -> str:
        """Return what a model must be, in words."""
        parts = [CELLS[self.cell].title]
        if self.layers > 1:
            parts.append(say(_LAYERS, n=self.layers))
        if self.both_sides or self.window:
            parts.append(say(_DIRECTIONS))
        if self.window:
            parts.append(say(_WINDOW))
        return " · ".join(parts)


@dataclass(frozen=True)
class Choice:
    """The model of a lesson: its name or directory, or an untrained network; whether it exists, and whether it has
    everything the lesson is about."""

    model: str | Untrained
    there: bool = True
    fits: bool = True

    def title(self, say: Say = plain) -> str:
        """Return what the model is called."""
        return self.model.title(say) if isinstance(self.model, Untrained) else Path(self.model).name


def choose(need: Need, given: Sequence[str] = ()) -> Choice:
    """Return the first model that has what is needed: of those given, then the lesson's own, then of those that ship,
    then of all installed.

    If none has the layers or directions, it is one that has at least the cell.
    """
    if need.untrained is not None:
        return Choice(need.untrained)
    if need.only:
        return Choice(need.model)
    shipped = (f"{need.cell}-chat{kind}" for kind in _SHIPPED)
    names = [*given, *filter(None, [need.model]), *shipped, *(model.name for model in installed())]
    configs = {name: config for name in names if (config := _config(name)) is not None}
    fitting = [name for name, config in configs.items() if _fits(config, need)]
    if fitting:
        return Choice(fitting[0])
    alike = [name for name, c in configs.items() if c.cell == need.cell and (c.objective == "window") == need.window]
    missing = need.model or f"{need.cell}-chat"
    return Choice(alike[0], fits=False) if alike else Choice(missing, there=False, fits=False)


def _fits(config: ModelConfig, need: Need) -> bool:
    return (
        config.cell == need.cell
        and config.layers >= need.layers
        and (config.objective == "infill" or not need.both_sides)
        and (config.objective == "window") == need.window
        and (config.bidirectional or not need.window)
    )


def _config(model: str) -> ModelConfig | None:
    try:
        return ModelConfig.from_json(json.loads((find(model) / CONFIG).read_text("utf-8"))["model"])
    except (OSError, ValueError, KeyError, TypeError, SeqchatError):
        return None
