"""The numbers of `seqchat train` as data: each is an option that overrides what the preset says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click

from seqchat.cli.options import Duration

F = TypeVar("F", bound=Callable[..., Any])


class Number(NamedTuple):
    """An option: its flag, the field it sets, the type of its value, and what it is."""

    flag: str
    field: str
    type: Any
    help: str


# Fields of seqchat.model.config.ModelConfig
NETWORK = (
    Number("--cell", "cell", click.Choice(["rnn", "lstm", "gru"]), "Recurrent cell  [lstm]"),
    Number("--layers", "layers", int, "Recurrent layers."),
    Number("--embedding", "embedding_size", int, "Units of a word's embedding."),
    Number("--hidden", "hidden_size", int, "Units of a layer's hidden state."),
    Number("--nonlinearity", "nonlinearity", click.Choice(["tanh", "relu"]), "Of the RNN cell  [tanh]"),
    Number(
        "--objective",
        "objective",
        click.Choice(["next", "infill", "window"]),
        "Predict from all words to the left, from both sides, or from the last words alone  [next]",
    ),
    Number("--window-words", "window", int, "Words that the objective window reads  [5]"),
)

# Fields of seqchat.training.settings.TrainingSettings
RECIPE = (
    Number("--batch", "batch_size", int, "Dialogs read side by side."),
    Number("--window", "window", int, "Words of truncated back-propagation, varied at random."),
    Number("--full-window-share", "full_window_share", float, "Share of windows not halved."),
    Number("--epochs", "epochs", int, "How often the text is read  [by its size]"),
    Number("--patience", "patience", int, "Reports without a gain before it stops."),
    Number("--time-limit", "time_limit", Duration(), "Stop after 90s, 10m or 2h."),
    Number("--report-words", "report_words", int, "Words between two validations, at most an epoch."),
    Number("--optimizer", "optimizer", click.Choice(["adamw", "sgd"]), "sgd averages its weights at the end."),
    Number("--learning-rate", "learning_rate", float, "Its peak; for sgd the constant rate."),
    Number("--warmup", "warmup", float, "Share of the run in which the rate rises."),
    Number("--weight-decay", "weight_decay", float, "Weight decay."),
    Number("--non-monotonic", "non_monotonic", int, "Reports that sgd looks back before it averages."),
    Number("--clip", "clip", float, "Largest norm of the gradient."),
    Number("--embedding-dropout", "embedding_dropout", float, "Share of words dropped from the embedding."),
    Number("--input-dropout", "input_dropout", float, "Share of units dropped after the embedding."),
    Number("--hidden-dropout", "hidden_dropout", float, "Share of units dropped between layers."),
    Number("--output-dropout", "output_dropout", float, "Share of units dropped after the last layer."),
    Number("--weight-dropout", "weight_dropout", float, "Share of recurrent weights dropped."),
    Number("--activation", "activation", float, "Penalty on large activations (alpha)."),
    Number("--slowness", "slowness", float, "Penalty on changes of activations (beta)."),
    Number(
        "--softmax",
        "softmax",
        click.Choice(["auto", "full", "sampled"]),
        "Train against all words or a sample  [auto: a sample from 8,000 words on]",
    ),
    Number("--samples", "samples", int, "Size of that sample."),
    Number("--ngrams", "ngrams", int, "N-grams of the text that are kept and mixed in; 0 for none  [1,200,000]"),
    Number("--seed", "seed", int, "The same seed gives the same model."),
    Number("--device", "device", click.Choice(["auto", "cpu", "cuda", "mps"]), "Where to train  [auto]"),
    Number("--precision", "precision", click.Choice(["auto", "fp32", "bf16"]), "Of the products  [auto]"),
)


def number_options(command: F) -> F:
    """Add all numbers to a command; those not given are None."""
    for prefix, numbers in (("recipe", RECIPE), ("network", NETWORK)):
        for n in reversed(numbers):
            metavar = "TIME" if isinstance(n.type, Duration) else None
            command = click.option(n.flag, f"{prefix}_{n.field}", type=n.type, metavar=metavar, help=n.help)(command)
    return command


def given(options: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return the numbers of one kind that were given, by field."""
    return {
        name.removeprefix(f"{prefix}_"): value
        for name, value in options.items()
        if name.startswith(f"{prefix}_") and value is not None
    }
