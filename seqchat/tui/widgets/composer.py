"""Runs the composition of an editor: hands it keys and answers, and does to the text what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from textual.timer import Timer

from seqchat.completion.composing.composition import Composition, Step
from seqchat.completion.composing.keys import (
    Answer,
    Command,
    Effect,
    Forget,
    Insertable,
    Learn,
    Move,
    Page,
    PassOn,
    Press,
    Replace,
    Surroundings,
    Turn,
)
from seqchat.completion.composing.punctuation import Punctuation
from seqchat.completion.composing.typed import letters_after, letters_before
from seqchat.corpus.letters import is_pinyin_letter

if TYPE_CHECKING:
    from seqchat.tui.widgets.editor import Editor

# A key that was held goes on without an answer after this time.
_PATIENCE_SECONDS = 5.0
_TONES = frozenset("12345")
# Among so many lines above the cursor's, one with words is looked for.
_LINES_ABOVE = 4


class Composing(NamedTuple):
    """How letters are composed, as the settings and the model say.

    reads: whether letters that are typed may be pinyin; tones: whether digits after them are tones; layout: of double
    pinyin, empty for letters that spell; punctuation: how marks are typed, None for as they are; keys: what keys mean
    in a composition, with the number of the candidate.
    """

    reads: bool = False
    tones: bool = False
    layout: str = ""
    punctuation: Punctuation | None = None
    keys: Mapping[str, tuple[Command, int]] | None = None


class Composer:
    """The composition of one editor; its letters are part of the text, and may be underlined."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self.composition = Composition()
        self.ways = Composing()
        # Which candidates have numbers now, and how pages are turned: those of what shows them
        self.page: Callable[[], Page] = Page
        self.turn: Callable[[int], object] = lambda pages: None
        self.learn: Callable[[str, str], object] = lambda text, letters: None
        self.forget: Callable[[str], object] = lambda text: None
        # What was said before the text of the editor
        self.above: Callable[[], str] = str
        # Where the letters begin that the first candidate is for, in the open letters; None without an underline
        self._underlined_from: int | None = None
        self._acts = False
        # Whether the last key was a letter that was typed before there was a model
        self._missed = False
        self._patience: Timer | None = None

    # --- what others ask

    @property
    def open_letters(self) -> int | None:
        """How many letters candidates are wanted for; 0 if those at the cursor are settled, None if there are none."""
        if self.composition.letters:
            return len(self.composition.typed) if self.composition.is_open else 0
        return 0 if self.composition.settled else None

    @property
    def span(self) -> tuple[int, int]:
        """How many characters left and right of the cursor are open letters."""
        composition = self.composition
        return (composition.caret, len(composition.letters) - composition.caret) if composition.is_open else (0, 0)

    @property
    def underlined(self) -> tuple[int, int] | None:
        """From which to before which column of the cursor's line letters are underlined; None if none are."""
        if self._underlined_from is None or not self.composition.is_open:
            return None
        left, right = self.span
        column = self._editor.cursor_location[1]
        return column - left + min(self._underlined_from, left + right), column + right

    # --- what happens

    def compose(self, ways: Composing) -> None:
        """Compose in other ways from now on."""
        self.ways = ways
        if not ways.reads and (self.composition.letters or self.composition.held):
            self._become(Composition(held=self.composition.held))
            self._editor.call_next(self._resume)
        elif ways.reads and self._missed:
            self._missed = False
            self.reopen()

    async def press(self, key: str, character: str) -> bool:
        """Give a key to the composition; False if the key does what it does without one."""
        self._missed = is_pinyin_letter(character) and not self.ways.reads
        idle = self.composition == Composition()
        if idle and not (self.ways.reads and is_pinyin_letter(character)) and not self._is_mark(character):
            return False
        command, number = (self.ways.keys or {}).get(key, (None, 0))
        tone = self.ways.tones and character in _TONES and character != ""
        press = Press(key, character, None if tone else command, number, tone)
        step = self.composition.press(press, self._around(), self.page())
        if step.effects == (PassOn(press),):
            self._become(step.composition)
            return False
        await self._follow(step)
        await self._resume()
        return True

    def _is_mark(self, character: str) -> bool:
        return self.ways.punctuation is not None and character in self.ways.punctuation.marks

    def answer(self, answer: Answer) -> None:
        """Take in what the open letters mean, and do what waits for it."""
        self.composition = self.composition.answered(answer)
        self._underline()
        if self.composition.held:
            self._editor.call_next(self._resume)

    def give_up(self) -> None:
        """Go on without an answer: the letters mean themselves."""
        if self.composition.held:
            self.answer(Answer())

    def take(self, insert: str, replace: int) -> bool:
        """Take a candidate for open letters; False if there is no such one."""
        candidate = self._found(insert, replace)
        if candidate is not None:
            self._take(candidate)
        return candidate is not None

    def composes_with(self, insert: str, replace: int) -> bool:
        """Whether taking this candidate makes Chinese of open letters, so that the composition says what is learned."""
        return self._found(insert, replace) is not None and not insert.isascii()

    def _found(self, insert: str, replace: int) -> Insertable | None:
        candidates = self.composition.answer.candidates if self.composition.answer else ()
        found = (c for c in candidates if (c.insert, c.replace) == (insert, replace))
        return next(found, None) if self.composition.is_open else None

    def synchronise(self) -> None:
        """Close the composition if something else has changed the text at the cursor, or moved the cursor."""
        composition = self.composition
        if not self._acts and (composition.letters or composition.settled):
            step = self.composition.synchronised(self._around())
            self._become(step.composition)
            for effect in step.effects:
                self._do(effect)

    def reopen(self) -> None:
        """Open the letters at the cursor."""
        self._become(Composition.reopened(self._around()))

    def travel(self, action: Callable[[], object]) -> None:
        """Undo a step, or do it again; letters that come back to the cursor are open."""
        was_open, there = self.composition.is_open, _letters_at(self._around())
        self._acts = True
        try:
            action()
        finally:
            self._acts = False
        found = Composition.reopened(self._around(), among=True)
        self._become(found if was_open or not there.startswith(found.letters) else Composition())

    # --- how

    async def _resume(self) -> None:
        while self.composition.held and not self.composition.waits:
            await self._follow(self.composition.resume(self._around(), self.page()))
        self._watch_patience()

    async def _follow(self, step: Step) -> None:
        self._become(step.composition)
        for effect in step.effects:
            if isinstance(effect, PassOn):
                await self._editor.type_plainly(effect.press.key, effect.press.character)
            else:
                self._do(effect)

    def _take(self, candidate: Insertable) -> None:
        step = self.composition.take(candidate)
        self._become(step.composition)
        for effect in step.effects:
            self._do(effect)

    def _do(self, effect: Effect) -> None:
        self._acts = True
        try:
            match effect:
                case Replace(left, right, text, finished):
                    self._editor.substitute(text, left, right, finished=finished)
                case Move(by):
                    row, column = self._editor.cursor_location
                    self._editor.move_cursor((row, column + by))
                case Turn(pages):
                    self.turn(pages)
                case Learn(text, letters):
                    self.learn(text, letters)
                case Forget(text):
                    self.forget(text)
        finally:
            self._acts = False

    def _become(self, composition: Composition) -> None:
        before, self.composition = self.composition, composition
        # A change of the text or the cursor is announced anyway.
        if _look(before) != _look(composition):
            self._editor.post_message(self._editor.CompositionChanged())
        if not composition.is_open:
            self._underline()

    def _underline(self) -> None:
        """Draw the line under the letters that the first candidate is for; until an answer comes, the line stays."""
        start: int | None = None
        composition = self.composition
        if composition.composes and composition.answer is not None:
            start = max(len(composition.typed) - composition.answer.candidates[0].replace, 0)
        if start != self._underlined_from:
            self._underlined_from = start
            self._editor.redraw_lines()

    def _around(self) -> Surroundings:
        document, selection = self._editor.document, self._editor.selection
        (row, column), (last, end) = min(selection), max(selection)
        selects = not selection.is_empty
        return Surroundings(
            document.get_line(row)[:column],
            document.get_line(last)[end:],
            finished=self._editor.after_taken_word,
            composes=self.ways.reads and not selects,
            selects=selects,
            layout=self.ways.layout,
            punctuation=self.ways.punctuation,
            above=self._line_above(row),
        )

    def _line_above(self, row: int) -> str:
        """Return the nearest line above a row that is not empty, or what stands above the editor."""
        rows = range(row - 1, max(row - _LINES_ABOVE, 0) - 1, -1)
        return next(filter(str.strip, map(self._editor.document.get_line, rows)), "") or self.above()

    def _watch_patience(self) -> None:
        if self._patience is not None:
            self._patience.stop()
            self._patience = None
        if self.composition.waits:
            self._patience = self._editor.set_timer(_PATIENCE_SECONDS, self.give_up)


def _letters_at(around: Surroundings) -> str:
    return letters_before(around) + letters_after(around)


def _look(composition: Composition) -> tuple[bool, bool, bool]:
    """Return what others show of a composition, apart from its letters."""
    return composition.is_open, composition.settled, composition.forgets
