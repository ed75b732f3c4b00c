"""``seqchat tour``: the lessons, in the app or as pages."""

from __future__ import annotations

from pathlib import Path

import click

from seqchat.model.model_registry import find


@click.command(short_help="Learn how recurrent networks work, page by page.")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--lessons",
    "folder",
    type=click.Path(path_type=Path),
    help="Lessons of your own, the .toml files of this folder; they follow the built-in ones.",
)
@click.option("--lang", "--language", "lang", type=click.Choice(["auto", "en", "zh"]), help="Language of the lessons.")
def tour(models: tuple[str, ...], folder: Path | None, lang: str | None) -> None:
    """Open the lessons on recurrent networks: pages with a text to edit, and questions.

    A MODEL, given by name or directory, takes the place of the lessons' own networks where it fits.

    \b
    seqchat tour
    seqchat tour lstm-chat --lang zh
    seqchat tour --lessons lessons/
    """
    from seqchat.cli.tui import check_terminal, open_app
    from seqchat.lessons.own import own_lessons

    for model in models:
        find(model)
    own = own_lessons(folder) if folder is not None else ()
    check_terminal()
    open_app(models, lang=lang, tour=True, lessons=own)
