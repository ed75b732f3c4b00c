"""Networks and recipes by size; each of their numbers can be overridden."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from seqchat.model.cells import CELLS
from seqchat.model.config import ModelConfig
from seqchat.training.settings import TrainingSettings
from seqchat.wording import duration

DEFAULT_PRESET = "small"

# Where an optimizer needs other values than the recipe; for SGD, those of AWD-LSTM.
OPTIMIZER_NUMBERS: dict[str, dict[str, float]] = {
    "adamw": {},
    "sgd": {"learning_rate": 30.0, "clip": 0.25, "weight_decay": 1.2e-6},
}


@dataclass(frozen=True)
class Preset:
    """A size: what it is for, the shape of the network (as `ModelConfig`) and the recipe (as `TrainingSettings`).

    seconds: for a million words on two CPU cores with a vocabulary of 10,000 words.
    """

    purpose: str
    network: dict[str, Any]
    recipe: dict[str, Any]
    seconds: int

    def settings(self, cell: str, **changes: Any) -> TrainingSettings:
        """Return the recipe for a cell, with `changes` applied."""
        optimizer = changes.get("optimizer", TrainingSettings.optimizer)
        settings = TrainingSettings(**{**self.recipe, **OPTIMIZER_NUMBERS[optimizer]})
        rate = settings.learning_rate * CELLS[cell].lr_scale
        return replace(settings, **{"learning_rate": rate, **changes})

    def __str__(self) -> str:
        """Say the size, the time for a million words, and the purpose, in one line."""
        shape = ModelConfig(10_000, **self.network)
        size = f"{shape.layers} × {shape.hidden_size}, {shape.parameters / 1e6:.1f} M parameters"
        return f"{size:<29} a million words in {duration(self.seconds):<7} {self.purpose}"


@dataclass(frozen=True)
class FineTuning:
    """How a model goes on with a person's text (tests/benchmarks/fine_tuning.py).

    recipe: as in `Preset`; validation_share: of the dialogs, which are few; epochs: how often a text of so many tokens,
    or more, is read.
    """

    recipe: dict[str, Any]
    validation_share: float
    epochs: dict[int, int]

    def settings(self, cell: str, **changes: Any) -> TrainingSettings:
        """Return the recipe for a cell, with `changes` applied."""
        return Preset("", {}, self.recipe, 0).settings(cell, **changes)

    def epochs_for(self, tokens: int) -> int:
        """Return how often a text of this many tokens is read."""
        return [epochs for least, epochs in self.epochs.items() if tokens >= least][-1]


FINE_TUNING = FineTuning(
    {
        "batch_size": 16,
        "learning_rate": 1e-3,
        "patience": 3,
        "weight_decay": 0.01,
    },
    validation_share=0.1,
    # More than these gain less than a hundredth of a bit.
    epochs={0: 12, 15_000: 8, 50_000: 5},
)

PRESETS: dict[str, Preset] = {
    "tiny": Preset(
        "to try things out, or for a few hundred messages",
        {"layers": 1, "embedding_size": 128, "hidden_size": 256},
        {"batch_size": 16},
        43,
    ),
    "small": Preset(
        "for up to a few million words on a laptop",
        {"layers": 1, "embedding_size": 256, "hidden_size": 512},
        {},
        46,
    ),
    "base": Preset(
        "for ten million words, or a night on a laptop",
        {"layers": 2, "embedding_size": 400, "hidden_size": 800},
        {"learning_rate": 2e-3},
        173,
    ),
    "large": Preset(
        "for a GPU: the shape of AWD-LSTM",
        {"layers": 3, "embedding_size": 400, "hidden_size": 1150},
        {
            "learning_rate": 1e-3,
            "window": 70,
            "epochs": 60,
            "patience": 8,
            "embedding_dropout": 0.1,
            "weight_dropout": 0.5,
        },
        632,
    ),
}
