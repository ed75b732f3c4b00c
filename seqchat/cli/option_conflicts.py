"""Options of `seqchat train` that conflict with others, or have no effect beside them: a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from seqchat.cli.recipe_options import given as given_numbers
from seqchat.model.config import ModelConfig
from seqchat.training.presets import Preset
from seqchat.training.settings import RESUMABLE, TrainingSettings

Values = Mapping[str, Any]


class OptionConflict(NamedTuple):
    """A flag by the name of its value, when it makes sense, and what to say when it does not."""

    name: str
    sensible: Callable[[Values], bool]
    sentence: str


def _is(name: str, *wanted: Any) -> Callable[[Values], bool]:
    return lambda values: values[name] in wanted


OPTION_CONFLICTS = (
    OptionConflict("network_nonlinearity", _is("cell", "rnn"), "is of the cell rnn alone; add --cell rnn"),
    OptionConflict(
        "network_window", _is("objective", "window"), "is of the objective window alone; add --objective window"
    ),
    OptionConflict("recipe_samples", _is("softmax", "auto", "sampled"), "has no use beside --softmax full"),
    OptionConflict("recipe_non_monotonic", _is("optimizer", "sgd"), "is of the optimizer sgd alone"),
    OptionConflict("recipe_warmup", _is("optimizer", "adamw"), "is of the optimizer adamw; sgd has a constant rate"),
    OptionConflict("recipe_hidden_dropout", lambda v: v["layers"] > 1, "is between layers, and there is only one"),
    OptionConflict(
        "recipe_weight_dropout", _is("objective", "next", "infill"), "is not to be had with the objective window"
    ),
    OptionConflict("validation_share", lambda v: not v["validation"], "has no use beside --validation"),
    OptionConflict("field", lambda v: v["data"] != ("sample",), "has no use with the sample"),
)

# What a resumed run may be told; all else is in its directory.
_WITH_RESUME = {"resume", "tensorboard", "as_json", *(f"recipe_{name}" for name in RESUMABLE)}


def check_flags(ctx: click.Context, preset: Preset) -> None:
    """Refuse contradicting flags; where no flag says another, numbers are those of the preset, or else the defaults.

    Raises:
        click.UsageError: names the flag and the reason.
    """
    given = [
        parameter
        for parameter in ctx.command.params
        if parameter.name and ctx.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    ]
    if ctx.params["resume"] is not None:
        for parameter in given:
            if parameter.name not in _WITH_RESUME:
                raise click.UsageError(f"{_flag(parameter)} cannot change when a run goes on; it is taken from DIR.")
        return
    recipe = {**TrainingSettings().to_json(), **preset.recipe, **given_numbers(ctx.params, "recipe")}
    shape = {**ModelConfig(1).to_json(), **preset.network, **given_numbers(ctx.params, "network")}
    # The shape comes last: both it and the recipe have a window.
    values = {**ctx.params, **recipe, **shape}
    for parameter in given:
        for conflict in OPTION_CONFLICTS:
            if parameter.name == conflict.name and not conflict.sensible(values):
                raise click.UsageError(f"{_flag(parameter)} {conflict.sentence}.")


def _flag(parameter: click.Parameter) -> str:
    return parameter.opts[0] if isinstance(parameter, click.Option) else "DATA"
