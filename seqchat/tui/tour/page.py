"""One page of the lessons: what it says, its formulas, the example to edit, and what the models make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content

from seqchat.lessons.choice import Choice
from seqchat.lessons.lesson import Lesson
from seqchat.model.cells import CELLS
from seqchat.tui.keys import Key, bindings
from seqchat.tui.language import in_use, say
from seqchat.tui.tour.fitted import GAP, FormulaLines, NetworkDiagram
from seqchat.tui.tour.model_view import ModelView, expected
from seqchat.tui.tour.prose import Prose
from seqchat.tui.tour.question_bar import QuestionBar
from seqchat.tui.widgets.editor import Editor

if TYPE_CHECKING:
    from seqchat.lessons.study import Study


class Example(Editor, inherit_bindings=False):
    """The text of a lesson: it has no candidates, so the keys for these do nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("text", without=("commit", "candidates", "dismiss", "down")),
        Binding("down", "cursor_down", show=False, id="text.down"),
    ]


class Page(Container):
    """A lesson with its example."""

    def __init__(
        self,
        lesson: Lesson,
        choices: Sequence[Choice],
        keys: Mapping[str, tuple[Key, ...]],
        *,
        bars: bool,
        refused: Sequence[str] = (),
    ) -> None:
        """Show a lesson with one model for each of its views; refused: models that were asked for and do not fit."""
        super().__init__(classes=f"-{lesson.view}")
        self.lesson, self.choices, self._refused = lesson, choices, refused
        self.example = Example(lesson.example, classes="example")
        self.views = [ModelView(lesson, choice.model, bars=bars) for choice in choices]
        self._diagram = NetworkDiagram(lesson)
        self._questions = QuestionBar(lesson.questions, keys)

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        said = self.lesson.said(in_use())
        with Vertical(classes="lesson"):
            yield Prose(said.text)
            yield FormulaLines(list(self._formulas()))
            lacking = next((c.title(say) for c in self.choices if c.there and not c.fits), None)
            if lacking is not None and said.lacking:
                yield Prose(said.lacking.format(model=lacking), classes="lacking")
            if self._refused:
                needs = ", ".join(dict.fromkeys(need.described(say) for need in self.lesson.needs))
                text = say(
                    "{models} cannot be used in this lesson, which needs {needs}.",
                    models=_listed(self._refused),
                    needs=needs,
                )
                yield Prose(text, classes="lacking")
            if said.task:
                yield Prose(said.task, heading=say("Try this:"))
            yield self.example
        with Container(classes="models"):
            if self.lesson.drawing:
                yield self._diagram
            with Container(classes="model-views"):
                yield from self.views
        if self.lesson.questions:
            yield self._questions

    def _formulas(self) -> Iterator[str]:
        if self.lesson.more:
            yield from self.lesson.more.split(GAP)
        for cell, gate in self.lesson.formulas:
            yield CELLS[cell.lower()].gate(gate).formula

    def on_mount(self) -> None:
        """Put the cursor where the lesson starts, and say which models are missing."""
        self.example.move_cursor(self._start())
        self.describe()
        for view, choice in zip(self.views, self.choices, strict=True):
            view.notice(say("Loading…") if choice.there else _missing(choice))

    def _start(self) -> tuple[int, int]:
        index = self.example.text.rfind(self.lesson.word) if self.lesson.word else -1
        return (0, index + len(self.lesson.word)) if index >= 0 else self.example.document.end

    def describe(self) -> None:
        """Name the example, with its translation while it is unchanged."""
        title = say("Example")
        if in_use() == "en" and self.lesson.translation and self.example.text == self.lesson.example:
            title += f" · {self.lesson.translation}"
        self.example.border_title = Content(title)

    def reset(self) -> None:
        """Put the example back."""
        self.example.load_text(self.lesson.example)
        self.example.move_cursor(self._start())

    @property
    def asks(self) -> bool:
        """Whether a question is shown."""
        return self._questions.display

    def open_questions(self) -> None:
        """Ask the questions of the lesson."""
        self._questions.open()

    def close_questions(self) -> None:
        """Ask no more."""
        self._questions.close()

    def focus_text(self) -> None:
        """Go to what is written: the answer to a question, or the example."""
        if self.asks:
            self._questions.open()
        else:
            self.example.focus()

    @property
    def cursor(self) -> int:
        """The number of characters before the cursor."""
        return len(self.example.text_before_cursor())

    def show(self, index: int, study: Study) -> None:
        """Show what a model made of the example."""
        self.views[index].show(study, self.cursor)
        if index == 0:
            self._diagram.show(study.trace.words, study.layers)
            if self.lesson.view == "gates" and len(self.views) == 1:
                self.example.border_subtitle = Content(f"→ {expected(study.suggestions)}")

    def select(self) -> None:
        """Select the word at the cursor in the panels."""
        for view in self.views:
            view.select(self.cursor)


def _missing(choice: Choice) -> str:
    name = choice.title(say)
    if name.startswith("lesson-"):
        return say("The model {name} is not installed; seqchat lab pronouns --train checkpoints makes it.", name=name)
    return say(
        "The model {name} is not installed; seqchat train sample --cell {cell} --out checkpoints/{name} makes one.",
        name=name,
        cell=name.partition("-")[0],
    )


def _listed(models: Sequence[str]) -> str:
    return ", ".join(Path(model).name for model in models)
