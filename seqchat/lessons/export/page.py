"""A lesson as a page: what it says, its formulas, what its models make of the example, and its questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from seqchat.completion.engine import Engine
from seqchat.insight.export import pages
from seqchat.lessons.choice import Choice
from seqchat.lessons.export import drawings
from seqchat.lessons.export.views import TEXTS as _VIEW_TEXTS
from seqchat.lessons.export.views import VIEWS, Seen, expected, gap_of, how_to_explore, see
from seqchat.lessons.lesson import Lesson
from seqchat.lessons.question import Question
from seqchat.model.cells import CELLS
from seqchat.wording import Say, plain

_TRY, _QUESTIONS, _SHOW, _ANSWER = "Try this in seqchat tour:", "Questions", "Show the answer", "Answer: {answer}"
_WEIGHTS, _LESSONS = "{n:,} weights", "Lessons"
TEXTS = (_TRY, _QUESTIONS, _SHOW, _ANSWER, _WEIGHTS, _LESSONS, *_VIEW_TEXTS)

STYLE = (Path(__file__).parent / "lesson.css").read_text("utf-8")
INDEX = "index.html"


class Link(NamedTuple):
    """A page beside this one: the name of its file, and its title."""

    file: str
    title: str


def lesson_page(
    lesson: Lesson,
    models: Sequence[tuple[Choice, Engine]],
    *,
    number: str,
    around: tuple[Link | None, Link | None] = (None, None),
    language: str = "en",
    say: Say = plain,
) -> str:
    """Return the page.

    models: one for each of the lesson's needs; number: of the lesson, such as ``3/16``; around: the pages before and
    after it.
    """
    said = lesson.said(language)
    seen = [see(lesson, engine, language) for _, engine in models]
    lacking = [choice.title(say) for choice, _ in models if not choice.fits] if said.lacking else []
    body = [
        '<div class="lesson">',
        f'<header>\n<p class="number">{escape(number)}</p>\n<h1>{escape(said.title)}</h1>\n</header>',
        *(f"<p>{escape(text)}</p>" for text in said.text.split("\n") if text.strip()),
        _formulas(lesson),
        *(f'<p class="lacking">{escape(said.lacking.replace("{model}", name))}</p>' for name in lacking[:1]),
        f'<p class="example" lang="zh">{_example(lesson)}</p>',
        *(
            [f'<p class="translation">{escape(lesson.translation)}</p>']
            * (bool(lesson.translation) and language == "en")
        ),
        "</div>",
        '<div class="views">',
        *_diagram(lesson, seen[0]),
        how_to_explore(lesson, seen[0], say),
        *(_view(lesson, one, say) for one in seen),
        "</div>",
        '<div class="lesson">',
        *([f"<p><b>{escape(say(_TRY))}</b> {escape(said.task)}</p>"] * bool(said.task)),
        *_questions(lesson.questions, language, say),
        _turn(around, say),
        "</div>",
    ]
    return pages.document(said.title, "\n".join(body), language=language, say=say, style=STYLE)


def contents_page(links: Sequence[Link], *, language: str = "en", say: Say = plain) -> str:
    """Return the page that leads to all lessons."""
    items = "\n".join(f"<li>{_link(link)}</li>" for link in links)
    title = f"seqchat · {say(_LESSONS)}"
    body = f'<div class="lesson">\n<h1>{escape(title)}</h1>\n<ol class="contents">\n{items}\n</ol>\n</div>'
    return pages.document(title, body, language=language, say=say, style=STYLE)


def _example(lesson: Lesson) -> str:
    """Return the example, with a sign where the gap is."""
    cursor = gap_of(lesson)
    parts = map(escape, (lesson.example[:cursor], lesson.example[cursor:]))
    return '<span class="gap">⟨ ⟩</span>'.join(parts) if lesson.view == "gap" else escape(lesson.example)


def _formulas(lesson: Lesson) -> str:
    own = lesson.more.split("   ") if lesson.more else []
    formulas = [*own, *(CELLS[cell.lower()].gate(gate).formula for cell, gate in lesson.formulas)]
    spans = " ".join(f"<span>{escape(formula)}</span>" for formula in formulas)
    return f'<p class="formulas">{spans}</p>'


def _diagram(lesson: Lesson, seen: Seen) -> Iterator[str]:
    if lesson.drawing:
        state = "c, h" if lesson.drawing == "layers" and lesson.formulas else "h"
        yield drawings.network(lesson.drawing, seen.trace.words, max(seen.study.layers, 2), state)


def _view(lesson: Lesson, seen: Seen, say: Say) -> str:
    study = seen.study
    weights = say(_WEIGHTS, n=study.parameters)
    head = f"<h2>{escape(study.name)} <small>{escape(study.cell)} · {escape(weights)}</small></h2>"
    return f'<div class="view">\n{head}\n{VIEWS[lesson.view](lesson, seen, say)}\n{expected(lesson, seen, say)}\n</div>'


def _questions(questions: Sequence[Question], language: str, say: Say) -> Iterator[str]:
    if not questions:
        return
    yield f'<div class="questions">\n<h2>{escape(say(_QUESTIONS))}</h2>'
    for question in questions:
        said = question.said(language)
        yield f"<p>{escape(said.asked)}</p>"
        if said.options:
            yield f"<ol>{''.join(f'<li>{escape(option)}</li>' for option in said.options)}</ol>"
        answer = say(_ANSWER, answer=question.answer.shown(said.options))
        yield (
            f"<details><summary>{escape(say(_SHOW))}</summary>"
            f"<p>{escape(answer)}</p>{f'<p>{escape(said.because)}</p>' * bool(said.because)}</details>"
        )
    yield "</div>"


def _turn(around: tuple[Link | None, Link | None], say: Say) -> str:
    before, after = around
    parts = [
        f"<span>{_link(before, '← ') if before else ''}</span>",
        f"<span>{_link(Link(INDEX, say(_LESSONS)))}</span>",
        f"<span>{_link(after, after=' →') if after else ''}</span>",
    ]
    return f'<nav class="turn">{"".join(parts)}</nav>'


def _link(link: Link, before: str = "", after: str = "") -> str:
    return f'<a href="{escape(link.file)}">{before}{escape(link.title)}{after}</a>'
