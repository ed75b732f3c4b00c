"""The options of `seqchat train` that are settings: of the text, the network, and the recipe."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import click

from seqchat.cli.declared_options import declared_options, default_text, flag
from seqchat.declared import Declaration, declarations
from seqchat.model.config import ModelConfig
from seqchat.model.migration import TRAINING_SETTINGS
from seqchat.training.presets import OPTIMIZER_NUMBERS, PRESETS
from seqchat.training.settings import TrainingSettings
from seqchat.training.task import Task

F = TypeVar("F", bound=Callable[..., Any])

# Prefixes of the names of their values
TASK, NETWORK, RECIPE = "task_", "network_", "recipe_"
SETTINGS: dict[str, type] = {TASK: Task, NETWORK: ModelConfig, RECIPE: TrainingSettings}

# What may be given more than once, for a network each
_SEVERAL = ("cell",)
CELL = f"{NETWORK}cell"

_OLD = "old_"
# Settings whose defaults depend on something, by prefix
_BY_PRESET = {
    TASK: set[str](),
    NETWORK: {name for preset in PRESETS.values() for name in preset.network},
    RECIPE: {name for preset in PRESETS.values() for name in preset.recipe},
}
_BY_OPTIMIZER = {name for numbers in OPTIMIZER_NUMBERS.values() for name in numbers}


def train_options(command: F) -> F:
    """Add an option for each setting, and hidden ones for the names that settings had in the last release."""
    for old, new in TRAINING_SETTINGS.items():
        setting = declarations(TrainingSettings)[new]
        command = click.option(
            _old_flag(old), _OLD + old, type=setting.kind, help=f"Old name of {flag(setting)}.", hidden=True
        )(command)
    for prefix in (RECIPE, NETWORK, TASK):
        several = _SEVERAL if prefix == NETWORK else ()
        command = declared_options(SETTINGS[prefix], prefix, partial(_default, prefix), several)(command)
    return command


def renamed(options: dict[str, Any]) -> dict[str, Any]:
    """Return the values with those of old options under their new names, and say on standard error what these are.

    Raises:
        click.UsageError: a setting is given by both of its names.
    """
    values = {name: value for name, value in options.items() if not name.startswith(_OLD)}
    for old, new in TRAINING_SETTINGS.items():
        if options[_OLD + old] is None:
            continue
        old_flag, new_flag = _old_flag(old), flag(declarations(TrainingSettings)[new])
        if values[RECIPE + new] is not None:
            raise click.UsageError(f"{old_flag} is the old name of {new_flag}; give one of them.")
        click.echo(f"{old_flag} is now called {new_flag}; the next release will not know the old name.", err=True)
        values[RECIPE + new] = options[_OLD + old]
    return values


def setting_of(parameter: str) -> str:
    """Return the name of the value that a parameter of the command sets; that of an old option is the new one's."""
    if not parameter.startswith(_OLD):
        return parameter
    return RECIPE + TRAINING_SETTINGS[parameter.removeprefix(_OLD)]


def _old_flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _default(prefix: str, declaration: Declaration) -> str:
    """Say what a default depends on, or what it is."""
    if declaration.shown:
        return declaration.shown
    if declaration.name in _BY_PRESET[prefix]:
        return "by preset"
    return "by optimizer" if declaration.name in _BY_OPTIMIZER else default_text(declaration)
