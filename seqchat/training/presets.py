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
class Show(Preset):
    """A run that shows something on purpose; what it explains is read beside it.

    explanation: of what happens, and why.
    """

    explanation: str

    def settings(self, cell: str, **changes: Any) -> TrainingSettings:
        """Return the recipe, with `changes` applied; its learning rate is the same for every cell."""
        return super().settings(cell, **{"learning_rate": self.recipe["learning_rate"], **changes})


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

# A plain recurrent network whose gradient nothing limits: no clipping, no dropout, no penalties, no weight decay
_UNLIMITED = {
    "clip": 0.0,
    "embedding_dropout": 0.0,
    "input_dropout": 0.0,
    "output_dropout": 0.0,
    "weight_dropout": 0.0,
    "ar_alpha": 0.0,
    "tar_beta": 0.0,
    "weight_decay": 0.0,
    "eval_interval": 10_000,
    "epochs": 1_000,
    "patience": 1_000,
    "time_limit": 20.0,
    "ngrams": 0,
}
_PLAIN = {"cell": "rnn", "layers": 1, "embedding_size": 64, "hidden_size": 128}

SHOWS: dict[str, Show] = {
    # With a high learning rate, the neurons of a tanh are soon at their ends, where its derivative is next to 0.
    "vanish": Show(
        "a gradient that vanishes",
        {**_PLAIN, "nonlinearity": "tanh"},
        {**_UNLIMITED, "learning_rate": 3e-2},
        0,
        "On purpose: a plain network with tanh learns so fast that most of its neurons are at −1 or 1 (the gates "
        "below), where tanh is flat. Each word back multiplies the gradient by that slope and by the recurrent "
        "weights, and after a few words nothing is left (the curve at the bottom). The loss falls even so, but the "
        "network learns from the last few words alone.",
    ),
    # A rate that rises throughout the run gets there on a fast machine and on a slow one.
    "explode": Show(
        "a gradient that explodes",
        {**_PLAIN, "nonlinearity": "relu"},
        {**_UNLIMITED, "learning_rate": 0.5, "warmup": 1.0},
        0,
        "On purpose: a plain network with relu, whose learning rate rises while nothing clips its gradient. Once its "
        "recurrent weights multiply the gradient by more than 1 at each word back, its norm shoots up by orders of "
        "magnitude, the loss with it, and one step ruins what was learned. Clipping prevents this: add --clip 1.",
    ),
}
