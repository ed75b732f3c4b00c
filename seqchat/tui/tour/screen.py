"""The screen of the lessons: one page at a time, and the thread that reads its example."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static, TextArea

from seqchat.completion.engine_pool import EnginePool
from seqchat.lessons.built_in import LESSONS
from seqchat.lessons.choice import choose
from seqchat.lessons.lesson import Lesson
from seqchat.lessons.study import StudyRequest
from seqchat.tui.inference_messages import TRACED_WORDS
from seqchat.tui.keys import Key, bindings, keys_of
from seqchat.tui.language import in_use
from seqchat.tui.screens.formula import Formulas
from seqchat.tui.screens.gradients import GradientsScreen
from seqchat.tui.screens.step import StepScreen
from seqchat.tui.tour.page import Page
from seqchat.tui.tour.panel import LessonPanel
from seqchat.tui.tour.tutor import StudyNotice, StudyReady, Tutor
from seqchat.tui.widgets.editor import Editor
from seqchat.tui.widgets.footer import KeyLine
from seqchat.tui.widgets.gate_panel import GatePanel

# How many lessons are named by their numbers in the first line
_NUMBERS = 16
# What a page without gates cannot do
_AT_GATES = ("watch", "formula")


class Tour(Screen[None]):
    """The lessons; each keeps what was written on it until the lessons are left."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("tour"), Binding("escape", "leave", "Leave")]
    AUTO_FOCUS = ""
    # The keys that come first in Help
    SCOPES = ("tour",)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide")]  # noqa: RUF012 - so does Textual
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high"), (38, "-tall")]  # noqa: RUF012

    def __init__(
        self,
        keys: Mapping[str, tuple[Key, ...]],
        pool: EnginePool,
        given: Sequence[str] = (),
        *,
        bars: bool = False,
        own: Sequence[Lesson] = (),
    ) -> None:
        """Set the models to use instead of those that ship if they fit, and how the gates are drawn.

        own: lessons that follow the built-in ones.
        """
        super().__init__()
        self._keys, self._pool, self._given, self._bars = keys, pool, given, bars
        self._tutor = Tutor(self.post_message, pool)
        self._request = StudyRequest((), "")
        self._pages: dict[int, Page] = {}
        self.lessons = (*LESSONS, *own)
        self.number = 0

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        with Horizontal(id="tour-head"):
            yield Static(id="tour-title")
            yield Static(id="tour-numbers")
        yield Container(id="tour-pages")
        yield KeyLine()

    async def on_mount(self) -> None:
        """Start with the first page, and load its models once it is on the screen."""
        await self._open(0)
        self.call_after_refresh(self._tutor.start)

    async def on_unmount(self) -> None:
        """Wait for the thread to end before the program does."""
        self._tutor.stop()
        await asyncio.to_thread(self._tutor.join)

    # --- pages

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self._pages[self.number]

    async def _open(self, number: int) -> None:
        """Show a page; it is created at its first use, and kept."""
        # What models say of the page before must not come onto this one.
        self._request = StudyRequest((), "")
        self.number = number
        if number not in self._pages:
            lesson = self.lessons[number]
            choices = [choose(need, self._given) for need in lesson.needs]
            used = {choice.model for choice in choices}
            refused = [name for name in self._given if name not in used]
            self._pages[number] = Page(lesson, choices, self._keys, bars=self._bars, refused=refused)
            await self.query_one("#tour-pages").mount(self.page)
        with self.app.batch_update():
            self._title()
            for page in self._pages.values():
                page.display = page is self.page
            self.set_class(len(self.page.views) > 2, "-several")
        self.set_class(self.page.asks, "-asking")
        self.page.focus_text()
        self.refresh_bindings()
        self._ask(again=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the gates and their formulas only where a page has gates, and questions where there are any."""
        if self.number not in self._pages:
            return True
        if action == "ask":
            return bool(self.page.lesson.questions)
        return bool(self.page.query(LessonPanel)) if action in _AT_GATES else True

    def _title(self) -> None:
        said, count = self.lessons[self.number].said(in_use()), len(self.lessons)
        self.query_one("#tour-title", Static).update(
            Content.assemble((f"{self.number + 1}/{count} ", "$text-muted"), (said.title, "bold $accent"))
        )
        numbers = (
            Content.from_markup(f"[{'reverse' if n == self.number else ''} @click=screen.page({n})] {n + 1}[/]")
            for n in _around(self.number, count)
        )
        self.query_one("#tour-numbers", Static).update(Content.assemble(*numbers))

    async def action_page(self, number: int) -> None:
        """Go to the page of that number, from 0."""
        if number != self.number:
            await self._open(number)

    async def action_turn(self, steps: int) -> None:
        """Go to a later page, or an earlier one, but not past the last."""
        await self.action_page(min(max(self.number + steps, 0), len(self.lessons) - 1))

    def action_ask(self) -> None:
        """Ask the questions of the lesson."""
        self.page.open_questions()
        self.add_class("-asking")

    def on_answer_field_leave_wanted(self) -> None:
        """Close the questions."""
        self.page.close_questions()
        self.remove_class("-asking")
        self.page.example.focus()

    def action_reset(self) -> None:
        """Put the example back."""
        self.page.reset()
        self.page.example.focus()

    def action_leave(self) -> None:
        """Go back to the app."""
        self.dismiss()

    # --- the example → the tutor → the panels; what belongs to an example that is no longer there is dropped

    def _ask(self, traced: int = TRACED_WORDS, *, again: bool = False) -> None:
        """Ask about the example if it has changed; `again`: in any case."""
        page = self.page
        request = StudyRequest(
            models=tuple(choice.model if choice.there else None for choice in page.choices),
            text=page.example.text,
            view=page.lesson.view,
            cursor=page.cursor if page.lesson.view == "gap" else 0,
            target=page.lesson.target,
            traced=traced,
        )
        if again or request != self._request:
            self._request = request
            self._tutor.ask(request)

    @on(TextArea.Changed)
    def _changed(self, message: TextArea.Changed) -> None:
        if message.text_area is self.page.example:
            self.page.describe()
            self._ask()

    @on(TextArea.SelectionChanged)
    def _moved(self, message: TextArea.SelectionChanged) -> None:
        if message.text_area is self.page.example:
            self.page.select()
            if self.page.lesson.view == "gap":
                self._ask()

    def on_study_notice(self, message: StudyNotice) -> None:
        """Say what is being done, or why nothing can be shown."""
        if message.request is self._request:
            self.page.views[message.index].notice(message.text)

    def on_study_ready(self, message: StudyReady) -> None:
        """Show what a model made of the example."""
        if message.request is self._request:
            self.page.show(message.index, message.study)

    def on_gate_panel_earlier_words_wanted(self) -> None:
        """Trace earlier words too."""
        self._ask(traced=2 * self._request.traced)

    # --- panels

    def on_gate_panel_open_wanted(self, message: GatePanel.OpenWanted) -> None:
        """Open the selected neuron at the selected word."""
        panel = message.panel
        index = next(k for k, view in enumerate(self.page.views) if view.panel is panel)
        submit = partial(self._tutor.submit, self.page.choices[index].model)
        screen = StepScreen.of(panel, (self.page.example.text, ""), submit)
        if screen is not None:
            self.app.push_screen(screen)

    @on(Editor.MovedBelow)
    def action_watch(self) -> None:
        """Go to the panel; then to the next one, and after the last back to the example."""
        panels = list(self.page.query(LessonPanel))
        following = next((i + 1 for i, panel in enumerate(panels) if panel.has_focus), 0)
        (panels[following] if following < len(panels) else self.page.example).focus()

    def action_write(self) -> None:
        """Go back to the example."""
        self.page.example.focus()

    def action_maximise(self) -> None:
        """Give the panels the whole screen, or their former share."""
        self.toggle_class("-maximised")

    def action_gradients(self) -> None:
        """Show how far back the gradients of trained models reach."""
        self.app.push_screen(GradientsScreen(self._keys, self._pool, self._given))

    def action_formula(self) -> None:
        """Explain the gates of the panel."""
        panel = next((p for p in self.page.query(LessonPanel) if p.has_focus), self.page.views[0].panel)
        if panel.gates:
            self.app.push_screen(Formulas(panel.cell, panel.gates, panel.alone, keys_of("formula", self._keys)))


def _around(number: int, count: int) -> range:
    """Return the numbers of the lessons around one, as many as the first line has room for."""
    first = min(max(number - _NUMBERS // 2, 0), max(count - _NUMBERS, 0))
    return range(first, min(first + _NUMBERS, count))
