"""Lessons as a folder of pages, which appears whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from seqchat.completion.engine import Engine
from seqchat.errors import SeqchatError
from seqchat.files import new_folder, write_file
from seqchat.lessons.choice import Choice, Untrained, choose
from seqchat.lessons.export.page import INDEX, Link, contents_page, lesson_page
from seqchat.lessons.lesson import Lesson
from seqchat.wording import Say, plain

_MOST_LETTERS = 40


def export(
    folder: Path,
    lessons: Sequence[Lesson],
    given: Sequence[str] = (),
    *,
    language: str = "en",
    say: Say = plain,
    written: Callable[[int], object] = lambda _: None,
) -> None:
    """Write a page for each lesson, and one that leads to all.

    given: models that take the place of the lessons' own where they fit; written: is told how many more pages are
    there.

    Raises:
        SeqchatError: the model of a lesson is not installed, or the folder cannot be written.
    """
    chosen = [[choose(need, given) for need in lesson.needs] for lesson in lessons]
    _check(lessons, chosen)
    links = [Link(_file(n, lesson), lesson.said(language).title) for n, lesson in enumerate(lessons, 1)]
    engines: dict[str | Untrained, Engine] = {}
    with new_folder(folder) as new:
        for n, (lesson, choices) in enumerate(zip(lessons, chosen, strict=True)):
            models = [(choice, _engine(choice.model, engines, say)) for choice in choices]
            around = links[n - 1] if n else None, links[n + 1] if n + 1 < len(links) else None
            number = f"{n + 1}/{len(lessons)}"
            page = lesson_page(lesson, models, number=number, around=around, language=language, say=say)
            write_file(new / links[n].file, page, lasting=False)
            written(1)
        write_file(new / INDEX, contents_page(links, language=language, say=say), lasting=False)


def _check(lessons: Sequence[Lesson], chosen: Sequence[Sequence[Choice]]) -> None:
    for number, (lesson, choices) in enumerate(zip(lessons, chosen, strict=True), 1):
        for need, choice in zip(lesson.needs, choices, strict=True):
            if not choice.there:
                raise SeqchatError(
                    f"Lesson {number} needs {need.described()}; the model {choice.title()} is not installed."
                )


def _file(number: int, lesson: Lesson) -> str:
    """Return the name of a lesson's file: its number, and its title in letters that any server has in addresses."""
    words = "-".join(re.findall("[a-z0-9]+", lesson.english.title.lower()))[:_MOST_LETTERS].strip("-")
    return f"{number:02}{f'-{words}' * bool(words)}.html"


def _engine(model: str | Untrained, engines: dict[str | Untrained, Engine], say: Say) -> Engine:
    if model not in engines:
        engines[model] = model.load(say) if isinstance(model, Untrained) else Engine.load(model)
    return engines[model]
