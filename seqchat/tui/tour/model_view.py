"""What one model makes of the example of a lesson: its gates, or how strongly each word counts, and the next words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from seqchat.lessons.choice import Untrained
from seqchat.lessons.lesson import Lesson
from seqchat.lessons.study import word_at
from seqchat.tui.language import say
from seqchat.tui.tour import course_views
from seqchat.tui.tour.course_views import CourseView
from seqchat.tui.tour.panel import LessonPanel
from seqchat.tui.tour.reach import Reach
from seqchat.wording import probability

if TYPE_CHECKING:
    from seqchat.completion.suggestion import Suggestion
    from seqchat.lessons.study import Study

_BETWEEN = "  "
# View → the lines that it shows of a study
_COURSE_VIEWS = {"windows": course_views.windows, "shapes": course_views.shapes}


class ModelView(Vertical):
    """What one model makes of the example."""

    def __init__(self, lesson: Lesson, model: str | Untrained, *, bars: bool) -> None:
        super().__init__()
        self._lesson = lesson
        # What to measure the neurons of
        self._model = model if isinstance(model, str) else ""
        self.panel = LessonPanel(lesson.gates)
        self.panel.bars = bars
        self.reach = Reach()
        lines = _COURSE_VIEWS.get(lesson.view)
        self.course = CourseView(lines) if lines is not None else None
        self._next = NextWords()
        self.study: Study | None = None

    def compose(self) -> ComposeResult:
        """Show the panel, or the chart; below it the words that are expected, if the lesson compares them."""
        yield self.course or (self.reach if self._lesson.view == "reach" else self.panel)
        if self._lesson.view == "gap" or len(self._lesson.needs) > 2:
            yield self._next

    def notice(self, text: str) -> None:
        """Show a sentence while nothing can be shown yet."""
        self.panel.notice(text)
        self.reach.notice(text)
        if self.course is not None:
            self.course.notice(text)

    def show(self, study: Study, cursor: int) -> None:
        """Show what a model made of the example, with the word at the cursor selected."""
        if self.study is None:
            self.panel.describe(study.name, study.cell, study.gates, self._model)
            self.panel.cursor.neuron = min(self._lesson.neuron, study.sizes[1] - 1)
            self.panel.cursor.layer = min(self._lesson.layer, len(study.trace.layers) - 1)
        same = self.study is not None and self.study.text == study.text
        self.study = study
        if self.course is not None:
            self.course.show(study)
            return
        if self._lesson.view == "reach":
            self.reach.show(study)
            return
        self.panel.show(study.trace, new=not same)
        if not same:
            self.select(cursor)
        self._next.show(_gap_words(study) if self._lesson.view == "gap" else _next_words(study))

    def select(self, cursor: int) -> None:
        """Select the word at the cursor; the last one if the start of the text is not traced."""
        if self.study is not None:
            trace = self.study.trace
            self.panel.select_word(
                word_at(trace.words, self.study.text, cursor) if trace.whole else len(trace.words) - 1
            )


class NextWords(Static):
    """Lines of words with their probabilities, each after a heading; only words that fit whole."""

    def __init__(self) -> None:
        super().__init__(classes="next")
        self._lines: Sequence[tuple[str, Sequence[Suggestion]]] = ()

    def show(self, lines: Sequence[tuple[str, Sequence[Suggestion]]]) -> None:
        """Show the headings and the words of these lines."""
        self._lines = lines
        self.refresh()

    def render(self) -> Content:
        """Draw the lines."""
        room = self.content_size.width
        return Content("\n").join(
            Content.assemble((head, "$text-muted"), expected(words, room - cell_len(head)))
            for head, words in self._lines
        )


def _gap_words(study: Study) -> Sequence[tuple[str, Sequence[Suggestion]]]:
    """Return the words that fit into the gap, judged from its left alone and from both sides."""
    lines = [(say("left alone"), study.suggestions), (say("both sides"), study.fitting)]
    width = max(cell_len(head) for head, _ in lines)
    return [(head + " " * (width - cell_len(head) + len(_BETWEEN)), words) for head, words in lines]


def _next_words(study: Study) -> Sequence[tuple[str, Sequence[Suggestion]]]:
    """Return the size of the model, and the words that it expects next."""
    return [(say("{n:,} weights", n=study.parameters), ()), ("", study.suggestions)]


def expected(suggestions: Sequence[Suggestion], width: int | None = None) -> str:
    """Return words with their probabilities, on one line: the first, and those that fit into a width in cells."""
    line = ""
    for number, suggestion in enumerate(suggestions):
        longer = f"{line}{_BETWEEN if number else ''}{suggestion.word} {probability(suggestion.probability)}"
        if number and width is not None and cell_len(longer) > width:
            break
        line = longer
    return line
