"""``seqchat models``: what is installed."""

from __future__ import annotations

import click

from seqchat.cli.options import json_option, print_json
from seqchat.errors import one_line


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
        print_json(
            {
                "models": [
                    {
                        "name": m.name,
                        "path": str(m.path.resolve()),
                        "cell": m.config.cell,
                        "words": m.config.vocabulary_size,
                        "parameters": m.config.parameters,
                    }
                    for m in found
                ],
                "damaged": [
                    {"name": path.name, "path": str(path.resolve()), "problem": problem}
                    for path, problem in problems.items()
                ],
            }
        )
        return
    if not found:
        click.echo("No model is installed; 'seqchat train sample' makes a small one.", err=True)
    width = max((len(m.name) for m in found), default=0)
    for m in found:
        shape = f"{m.config.cell_kind.title} {m.config.layers} × {m.config.hidden_size}"
        numbers = f"{m.config.vocabulary_size:>7,} words {m.config.parameters:>11,} parameters"
        click.echo(f"{m.name:<{width}}  {shape:<12} {numbers}  {m.path}")
    for path, problem in problems.items():
        click.echo(one_line(f"{path} cannot be used: {problem}."), err=True)
