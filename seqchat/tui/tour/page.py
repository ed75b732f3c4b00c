"""One page of the lessons: what it says, its formulas, the example to edit, and what the models make of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Static

from seqchat.model.cells import CELLS
from seqchat.tui.keys import bindings
from seqchat.tui.language import in_use, say
from seqchat.tui.tour import network_diagram
from seqchat.tui.tour.choice import Choice
from seqchat.tui.tour.lessons import Lesson
from seqchat.tui.tour.panel import LessonPanel, word_at
from seqchat.tui.tour.prose import Prose
from seqchat.tui.tour.reach import Reach
from seqchat.tui.widgets.editor import Editor
from seqchat.wording import probability

if TYPE_CHECKING:
    from seqchat.completion.suggestion import Suggestion
    from seqchat.tui.tour.tutor import Study

_GAP = "   "


class Example(Editor, inherit_bindings=False):
    """The text of a lesson: it has no candidates, so the keys for these do nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("text", without=("commit", "candidates", "dismiss", "down")),
        Binding("down", "cursor_down", show=False, id="text.down"),
    ]


class FormulaLines(Static):
    """Formulas, as many on a line as fit."""

    def __init__(self, formulas: Sequence[str]) -> None:
        super().__init__()
        self._formulas = formulas

    def render(self) -> Content:
        """Draw them."""
        return Content("\n".join(packed(self._formulas, self.content_size.width)))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines they take."""
        return len(packed(self._formulas, width))


def packed(formulas: Sequence[str], width: int) -> list[str]:
    """Return lines of formulas; each line holds as many as its width in cells allows, at least one."""
    lines: list[str] = []
    for formula in formulas:
        if lines and cell_len(lines[-1]) + len(_GAP) + cell_len(formula) <= width:
            lines[-1] += _GAP + formula
        else:
            lines.append(formula)
    return lines


class Drawing(Static):
    """The way of the words, drawn anew for each example."""

    def __init__(self, lesson: Lesson) -> None:
        super().__init__(classes="drawing")
        self._lesson = lesson
        self._words: list[str] = []
        self._layers = 1

    def show(self, words: list[str], layers: int) -> None:
        """Draw the way of these words through the layers that a model has, and through two where it has one."""
        self._words, self._layers = words, layers
        self.refresh(layout=True)

    def render(self) -> Content:
        """Draw it."""
        return Content("\n".join(self._lines(self.content_size.width)))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines it takes."""
        return len(self._lines(width))

    def _lines(self, width: int) -> list[str]:
        if self._lesson.drawing == "directions":
            return network_diagram.directions(self._words, width)
        state = "c,h" if self._lesson.formulas else "h"
        return network_diagram.layers(self._words, max(self._layers, 2), state, width)


class ModelView(Vertical):
    """What one model makes of the example."""

    def __init__(self, lesson: Lesson, *, bars: bool) -> None:
        super().__init__()
        self._lesson = lesson
        self.panel = LessonPanel(lesson.gates)
        self.panel.bars = bars
        self.reach = Reach()
        self._next = Static(classes="next")
        self.study: Study | None = None

    def compose(self) -> ComposeResult:
        """Show the panel, or the chart; below it the words that are expected, where they are compared."""
        yield self.reach if self._lesson.view == "reach" else self.panel
        if self._lesson.view == "gap" or len(self._lesson.needs) > 2:
            yield self._next

    def notice(self, text: str) -> None:
        """Say something where nothing can be shown yet."""
        self.panel.notice(text)
        self.reach.notice(text)

    def show(self, study: Study, cursor: int) -> None:
        """Show what a model made of the example, with the word at the cursor selected."""
        if self.study is None:
            self.panel.describe(study.name, study.cell, study.gates)
        same = self.study is not None and self.study.text == study.text
        self.study = study
        if self._lesson.view == "reach":
            self.reach.show(study)
            return
        self.panel.show(study.trace, new=not same)
        if not same:
            self.select(cursor)
        if self._lesson.view == "gap":
            lines = [(say("left alone"), study.suggestions), (say("both sides"), study.fitting)]
            width = max(cell_len(head) for head, _ in lines)
            self._next.update(
                Content("\n").join(
                    Content.assemble((head + " " * (width - cell_len(head)), "$text-muted"), "  ", expected(words))
                    for head, words in lines
                )
            )
        else:
            size = say("{n:.1f} million weights", n=study.parameters / 1e6)
            self._next.update(Content.assemble((size, "$text-muted"), "\n", expected(study.suggestions)))

    def select(self, cursor: int) -> None:
        """Select the word at the cursor; where the start of the text is not traced, the last one."""
        if self.study is not None:
            trace = self.study.trace
            self.panel.select_word(
                word_at(trace.words, self.study.text, cursor) if trace.whole else len(trace.words) - 1
            )


def expected(suggestions: Sequence[Suggestion]) -> str:
    """Return words with their probabilities, on one line."""
    return "  ".join(f"{s.word} {probability(s.probability)}" for s in suggestions)


def _missing(choice: Choice) -> str:
    return say(
        "The model {name} is not installed; seqchat train sample --cell {cell} --out checkpoints/{name} makes one.",
        name=choice.name,
        cell=choice.name.partition("-")[0],
    )


class Page(Container):
    """A lesson with its example."""

    def __init__(self, lesson: Lesson, choices: Sequence[Choice], *, bars: bool) -> None:
        """Show a lesson with one model for each of its views."""
        super().__init__(classes=f"-{lesson.view}")
        self.lesson, self.choices = lesson, choices
        self.example = Example(lesson.example, classes="example")
        self.views = [ModelView(lesson, bars=bars) for _ in choices]
        self._drawing = Drawing(lesson)

    def compose(self) -> ComposeResult:
        """Lay the page out."""
        said = self.lesson.said(in_use())
        with Vertical(classes="lesson"):
            yield Prose(said.text)
            yield FormulaLines(list(self._formulas()))
            lacking = next((c.name for c in self.choices if c.there and not c.fits), None)
            if lacking is not None and said.lacking:
                yield Prose(said.lacking.format(model=lacking), classes="lacking")
            yield Prose(said.task, heading=say("Try this:"))
            yield self.example
        with Container(classes="models"):
            if self.lesson.drawing:
                yield self._drawing
            with Container(classes="model-views"):
                yield from self.views

    def _formulas(self) -> Iterator[str]:
        if self.lesson.more:
            yield self.lesson.more
        for cell, gate in self.lesson.formulas:
            yield CELLS[cell.lower()].gate(gate).formula

    def on_mount(self) -> None:
        """Put the cursor where the lesson wants it, and say which models are not there."""
        self.example.move_cursor(self._start())
        self.describe()
        for view, choice in zip(self.views, self.choices, strict=True):
            view.notice(say("Loading…") if choice.there else _missing(choice))

    def _start(self) -> tuple[int, int]:
        index = self.example.text.rfind(self.lesson.word) if self.lesson.word else -1
        return (0, index + len(self.lesson.word)) if index >= 0 else self.example.document.end

    def describe(self) -> None:
        """Say what the example is, with its translation while it is as it was at the start."""
        title = say("Example")
        if in_use() == "en" and self.example.text == self.lesson.example:
            title += f" · {self.lesson.translation}"
        self.example.border_title = Content(title)

    def reset(self) -> None:
        """Put the example back."""
        self.example.load_text(self.lesson.example)
        self.example.move_cursor(self._start())

    @property
    def cursor(self) -> int:
        """How many characters stand left of the cursor."""
        return len(self.example.text_before_cursor())

    def show(self, index: int, study: Study) -> None:
        """Show what a model made of the example."""
        self.views[index].show(study, self.cursor)
        if index == 0:
            self._drawing.show(study.trace.words, study.layers)
            if self.lesson.view == "gates" and len(self.views) == 1:
                self.example.border_subtitle = Content(f"→ {expected(study.suggestions)}")

    def select(self) -> None:
        """Select the word at the cursor in the panels."""
        for view in self.views:
            view.select(self.cursor)
