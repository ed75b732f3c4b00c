"""Options of `seqchat train` that conflict with others, or have no effect with them; found before any work."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from seqchat.cli.declared_options import flag, given
from seqchat.cli.train_options import NETWORK, RECIPE, SETTINGS, TASK, setting_of
from seqchat.corpus.source_files import is_local
from seqchat.corpus.source_names import DEFAULT_DATASET, SAMPLE
from seqchat.declared import Condition, declarations
from seqchat.model.config import ModelConfig
from seqchat.model.model_registry import describe
from seqchat.training.presets import FINE_TUNING, Preset
from seqchat.training.settings import RESUMABLE, TrainingSettings

# What a model to go on from has already, besides the shape of its network; and what only such a model has
_NOT_WITH_BASE = {"preset", "show", f"{TASK}segmenter", f"{TASK}max_words"}
_ONLY_WITH_BASE = {f"{RECIPE}replay"}
# What may be given when a run is resumed; all else is in its directory.
_WITH_RESUME = {"resume", "tensorboard", "watch", "prompt", "as_json", *(RECIPE + name for name in RESUMABLE)}


def check_options(ctx: click.Context, preset: Preset) -> None:
    """Refuse options that conflict or have no effect; settings that are not given are the preset's, or the defaults.

    Raises:
        click.UsageError: names the option and the reason.
    """
    named = [p for p in ctx.command.params if p.name and _is_given(ctx, p.name)]
    if ctx.params["resume"] is not None:
        _check_resumed(named)
        return
    if ctx.params["show"] and _is_given(ctx, "preset"):
        raise click.UsageError("--preset and --show exclude each other.")
    _check_sources(ctx.params)
    _check_base(ctx.params["base"], ctx.params["data"], named)
    values = _values(ctx.params, preset)
    for parameter in named:
        for condition in _conditions().get(setting_of(str(parameter.name)), ()):
            if not condition.holds(values):
                raise click.UsageError(f"{_flag(parameter)} applies only {_with(condition)}.")


def _is_given(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _check_resumed(named: list[click.Parameter]) -> None:
    for parameter in named:
        if setting_of(str(parameter.name)) not in _WITH_RESUME:
            other = "; to go on with other text, use --from DIR" if parameter.name == "data" else ""
            raise click.UsageError(
                f"{_flag(parameter)} cannot change when a run is resumed; it is taken from DIR{other}."
            )


def _check_base(base: str | None, data: tuple[str, ...], named: list[click.Parameter]) -> None:
    """Refuse what a model to go on from has already, and what only such a model has."""
    for parameter in named:
        name = setting_of(str(parameter.name))
        if base is None and name in _ONLY_WITH_BASE:
            raise click.UsageError(f"{_flag(parameter)} applies only with --from.")
        if base is not None and (name in _NOT_WITH_BASE or name.startswith(NETWORK)):
            raise click.UsageError(f"{_flag(parameter)} cannot be chosen with --from; it is that of the model.")
    if base is not None and not data:
        raise click.UsageError("--from needs DATA, the text to go on with.")


def _check_sources(params: dict[str, Any]) -> None:
    """Refuse what the sources of text have no use for."""
    if params[f"{TASK}field"] and params["data"] == (SAMPLE,):
        raise click.UsageError("--field has no effect with the sample.")
    if params[f"{TASK}streaming"] and all(is_local(source) for source in params["data"] or (DEFAULT_DATASET,)):
        raise click.UsageError("--streaming is for data sets of the hub; local files are never held in memory anyway.")


def _values(params: dict[str, Any], preset: Preset) -> dict[str, Any]:
    """Return all values by name; where a network and a recipe share one, it is the network's."""
    base = params["base"]
    numbers = preset.recipe if base is None else FINE_TUNING.recipe
    recipe = {**TrainingSettings().to_json(), **numbers, **given(params, RECIPE)}
    known = ModelConfig(1).to_json() | preset.network if base is None else describe(base).config.to_json()
    shape = {**known, **given(params, NETWORK)}
    return {**params, **recipe, **shape}


def _conditions() -> dict[str, tuple[Condition, ...]]:
    return {
        prefix + name: declaration.conditions
        for prefix, settings in SETTINGS.items()
        for name, declaration in declarations(settings).items()
    }


def _with(condition: Condition) -> str:
    """Name the option and the value with which a setting applies."""
    if condition.text:
        return condition.text
    found = (declarations(settings).get(condition.setting) for settings in SETTINGS.values())
    return f"with {next(flag(declaration) for declaration in found if declaration)} {condition}"


def _flag(parameter: click.Parameter) -> str:
    return parameter.opts[0] if isinstance(parameter, click.Option) else "DATA"
