"""``seqchat models``: what is installed."""

from __future__ import annotations

from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqchat.cli.options import json_option, print_json
from seqchat.errors import one_line

if TYPE_CHECKING:
    from seqchat.model.model_registry import InstalledModel


@click.command(short_help="List the installed models.")
@json_option
def models(as_json: bool) -> None:
    """List the models that other commands can name.

    They are found in ./checkpoints, in the user's data folder, and among those that come with seqchat.

    \b
    seqchat models
    seqchat models --json
    """
    from seqchat.model.model_registry import damaged, installed

    problems = damaged()
    found = [model for model in installed() if model.path not in problems]
    if as_json:
        print_json({"models": list(map(_document, found)), "damaged": list(starmap(_damage, problems.items()))})
        return
    if not found:
        click.echo("No model is installed; 'seqchat train sample' makes a small one.", err=True)
    width = max((len(model.name) for model in found), default=0)
    for model in found:
        click.echo(_row(model, width))
    for path, problem in problems.items():
        click.echo(one_line(f"{path} cannot be used: {problem}."), err=True)


def _document(model: InstalledModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "path": str(model.path.resolve()),
        "cell": model.config.cell,
        "words": model.config.vocabulary_size,
        "parameters": model.config.parameters,
    }


def _damage(path: Path, problem: str) -> dict[str, str]:
    return {"name": path.name, "path": str(path.resolve()), "problem": problem}


def _row(model: InstalledModel, width: int) -> str:
    config = model.config
    shape = f"{config.cell_kind.title} {config.layers} × {config.hidden_size}"
    numbers = f"{config.vocabulary_size:>7,} words {config.parameters:>11,} parameters"
    return f"{model.name:<{width}}  {shape:<12} {numbers}  {model.path}"
