"""``seqchat tour``: the lessons, in the app or as pages."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqchat import locations
from seqchat.cli.options import lessons_option
from seqchat.cli.out import check_save
from seqchat.model.model_registry import find
from seqchat.wording import counted

if TYPE_CHECKING:
    from seqchat.lessons.lesson import Lesson


@click.command(short_help="Learn how recurrent networks work, page by page.")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@lessons_option
@click.option(
    "--export",
    "out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Write each lesson as a page of HTML into this new folder, instead of opening the app.",
)
@click.option("--lang", "--language", "lang", type=click.Choice(["auto", "en", "zh"]), help="Language of the lessons.")
def tour(models: tuple[str, ...], lessons: Path | None, out: Path | None, lang: str | None) -> None:
    """Open the lessons on recurrent networks: pages with a text to edit, and questions.

    A MODEL, given by name or directory, takes the place of the lessons' own networks where it fits. --export writes
    pages that are complete in themselves and work offline: heat maps to point at, neurons to open, and the answers to
    the questions hidden until they are asked for.

    \b
    seqchat tour
    seqchat tour lstm-chat --lang zh
    seqchat tour --lessons lessons/
    seqchat tour --export pages --lang en
    """
    from seqchat.cli.tui import check_terminal, open_app
    from seqchat.lessons.own import own_lessons

    for model in models:
        find(model)
    own = own_lessons(lessons) if lessons is not None else ()
    if out is not None:
        _export(out, own, models, lang)
        return
    check_terminal()
    open_app(models, lang=lang, tour=True, lessons=own)


def _export(out: Path, own: Sequence[Lesson], models: Sequence[str], lang: str | None) -> None:
    check_save(out, "--export")
    from seqchat.lessons.built_in import LESSONS
    from seqchat.lessons.export.folder import export
    from seqchat.tui import language, settings

    language.use(lang or settings.load(locations.settings())[0].language)
    lessons = (*LESSONS, *own)
    with click.progressbar(length=len(lessons), label="Writing the lessons", file=sys.stderr) as progress:
        export(out, lessons, models, language=language.in_use(), say=language.say, written=lambda n: progress.update(n))
    click.echo(f"{out} is written, {counted(len(lessons), 'lesson')}; open {out / 'index.html'}.", err=True)
