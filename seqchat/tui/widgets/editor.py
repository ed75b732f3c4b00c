"""The text area for typing."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets.text_area import Edit, EditHistory, EditResult, Location, Selection

from seqchat.completion.spacing import begins_word, is_finished
from seqchat.corpus.cleaning import clean
from seqchat.tui.keys import bindings
from seqchat.tui.widgets.composer import Composer
from seqchat.tui.widgets.offer import Offer
from seqchat.tui.widgets.shaded_text import ShadedText

# At the end of longer lines no grey text is shown, because the whole line would have to be drawn for it.
_MAX_GHOST_COLUMN = 2_000
# How letters are drawn that are open
_OPEN = Style(underline=True)


def _history() -> EditHistory:
    """Return an empty history; a step of undo is what is typed within a second, or a short word."""
    return EditHistory(max_checkpoints=200, checkpoint_timer=1.0, checkpoint_max_characters=12)


class Editor(ShadedText, inherit_bindings=False):
    """A text area with open letters and grey text at the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("text")

    # Where a word was taken; the space after it appears with the next word.
    _taken_at: Location | None = None

    class OfferTaken(Message):
        """What was offered was taken; letters: the pinyin that it replaced."""

        def __init__(self, word: str, letters: str) -> None:
            super().__init__()
            self.word, self.letters = word, letters

    class MovedBelow(Message):
        """The cursor should go down from the last line, or from open letters."""

    class CompositionChanged(Message):
        """Other letters are open, or none."""

    def __init__(self, text: str = "", *, id: str | None = None, classes: str = "", compact: bool = False) -> None:
        # Asked for when the text is loaded
        self.composer = Composer(self)
        super().__init__(text, id=id, classes=classes, compact=compact)
        self.history = _history()
        # types, completes or commits, as in the settings
        self.space = "types"
        self._sign = self._description = Content("")
        self._offer = Offer()
        self._dismissed = False

    # --- the text

    def text_before_cursor(self) -> str:
        """Return the text left of the cursor; if all open letters are right of it, with them."""
        left, right = self.composer.span
        row, column = self.cursor_location
        return self.document.get_text_range((0, 0), (row, column if left else column + right))

    def text_after_cursor(self) -> str:
        """Return the text right of the cursor, without open letters."""
        row, column = self.cursor_location
        return self.document.get_text_range((row, column + self.composer.span[1]), self.document.end)

    @property
    def after_taken_word(self) -> bool:
        """Whether the cursor is where a word was taken, and a next one would get a space before it."""
        return self._taken_at is not None and self.selection == Selection.cursor(self._taken_at)

    def edit(self, edit: Edit) -> EditResult:
        """Change the text, without any characters that would control the terminal."""
        edit = replace(edit, text=self._spaced(clean(edit.text)))
        self._taken_at = None
        # Typing the grey text shortens it; any other change removes it.
        goes_on = edit.from_location == edit.to_location and self.suggestion.startswith(edit.text)
        rest = self.suggestion.removeprefix(edit.text) if goes_on else ""
        result = super().edit(edit)
        self.withdraw()
        self.suggestion = rest
        # Textual scrolls before it knows how many lines the text has now.
        self.scroll_cursor_visible()
        self.app.cursor_position = self.cursor_screen_offset
        self.composer.synchronise()
        return result

    def undo(self) -> None:
        """Undo a step."""
        self.composer.travel(super().undo)

    def redo(self) -> None:
        """Do a step again that was undone."""
        self.composer.travel(super().redo)

    def _spaced(self, typed: str) -> str:
        """Return what is typed, with the space before it if a word was taken and it begins the next one."""
        row, column = self.cursor_location
        next_word = self.after_taken_word and begins_word(typed, self.document.get_line(row)[:column])
        return f" {typed}" if next_word else typed

    def get_line(self, line_index: int) -> Text:
        """Return a line of the document, with open letters underlined."""
        line = super().get_line(line_index)
        if line_index == self.cursor_location[0] and (underlined := self.composer.underlined):
            line.stylize(_OPEN, *underlined)
        return line

    def load_text(self, text: str) -> None:
        """Replace the whole text, without a step of undo."""
        self.withdraw()
        self._taken_at = None
        super().load_text(clean(text))
        self.composer.synchronise()

    # --- the border

    @property
    def description(self) -> Content:
        """What stands in the border below: how letters are taken, and what describes the text."""
        return self._description

    @description.setter
    def description(self, description: Content) -> None:
        self._description = description
        parts = [part for part in (self._sign, description) if part]
        self.border_subtitle = Content(" · ").join(parts)

    def show_sign(self, sign: Content) -> None:
        """Show how letters are taken."""
        self._sign = sign
        self.description = self._description

    # --- what is offered

    def offer(self, offer: Offer) -> None:
        """Offer something for the current text and cursor; any change withdraws it."""
        self._offer = offer
        shown = self.cursor_at_end_of_line and not self._dismissed and self.cursor_location[1] < _MAX_GHOST_COLUMN
        self.suggestion = offer.ghost if shown else ""

    def withdraw(self) -> None:
        """Offer nothing any more."""
        self._offer, self._dismissed, self.suggestion = Offer(), False, ""

    def watch_selection(self, previous: Selection, selection: Selection) -> None:
        """Withdraw what was offered at another position."""
        self.withdraw()
        if not self.after_taken_word:
            self._taken_at = None
        self.composer.synchronise()

    def commit(self, insert: str, replace: int = 0) -> None:
        """Insert text at the cursor and remove the `replace` characters before it; one step of undo.

        A word is finished then: the next letter that is typed has a space before it, punctuation has none. What is
        inserted for the first of the open letters leaves the others open.
        """
        if not self.composer.take(insert, replace):
            self.substitute(insert, replace, finished=True)

    def substitute(self, text: str, left: int, right: int = 0, *, finished: bool) -> None:
        """Put a text in the place of some characters on both sides of the cursor, as a step of undo.

        finished: whether a word at its end is finished.
        """
        self.history.checkpoint()
        self._taken_at = None
        row, column = self.cursor_location
        self.replace(text, (row, max(0, column - left)), (row, column + right), maintain_selection_offset=False)
        self._taken_at = self.cursor_location if finished and is_finished(text) else None
        self.history.checkpoint()
        self.scroll_cursor_visible()

    def action_commit(self) -> None:
        """Commit the grey text, or the first candidate where no grey text can be shown."""
        if self.suggestion:
            self._take_offer(self.suggestion)
        elif self._offer.insert:
            self._take_offer(self._offer.insert, self._offer.replace)

    def _take_offer(self, insert: str, replace: int = 0) -> None:
        """Commit what is offered, or what is left of it, and say that it was taken."""
        if not self.composer.composes_with(insert, replace):
            letters = self.text_before_cursor()[-replace:] if replace else ""
            self.post_message(self.OfferTaken(self._offer.word, letters))
        self.commit(insert, replace)

    def action_commit_word(self) -> None:
        """Commit one word of the grey text; without grey text, go a word to the right."""
        if not self.suggestion:
            self.action_cursor_word_right()
            return
        ahead = self._offer.ahead
        # If part of the grey text was typed already, its first word may end within what is left.
        self._take_offer(self.suggestion.removesuffix(ahead) or self.suggestion)

    def action_dismiss(self) -> None:
        """Hide the grey text until something changes; a word that was taken may become longer."""
        self._dismissed, self.suggestion = True, ""
        if self.after_taken_word:
            self._taken_at = None
            self.post_message(self.SelectionChanged(self.selection, self))

    @property
    def holds_keys(self) -> bool:
        """Whether keys are kept until it is known what open letters mean."""
        return bool(self.composer.composition.held)

    async def on_key(self, event: events.Key) -> None:
        """Give a key to the composition, run what it is bound to, or commit a candidate with the space.

        All else is typed. A key that bubbled up to its binding would be overtaken by the letters typed after it.
        """
        character = event.character if event.is_printable and event.character else ""
        if await self.composer.press(event.key, character) or await self._run_key(event.key, bool(character)):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Open letters that are pasted alone, as if they were typed; all else is text."""
        if event.text and event.text.isascii() and event.text.isalpha():
            event.stop()
            event.prevent_default()
            self.replace(event.text, *self.selection, maintain_selection_offset=False)
            self.composer.reopen()

    async def type_text(self, text: str) -> None:
        """Type what was typed elsewhere."""
        if len(text) == 1 and await self.composer.press(text, text):
            return
        self.replace(text, *self.selection, maintain_selection_offset=False)

    async def type_plainly(self, key: str, character: str) -> None:
        """Do what a key does when no letters are open, some time after it was pressed."""
        if await self._run_key(key, bool(character)):
            return
        text = "\n" if key == "enter" else character
        if text:
            self.replace(text, *self.selection, maintain_selection_offset=False)

    async def _run_key(self, key: str, is_printable: bool) -> bool:
        """Run the action of a key, or commit a candidate with the space; False if the key types a character."""
        bound = None if is_printable else self.screen.active_bindings.get(key)
        if bound is not None:
            return await self.app.run_action(bound.binding.action, bound.node)
        commits = self.space == "commits" or (self.space == "completes" and self._offer.completes)
        if key == "space" and commits and self._offer.insert:
            self._take_offer(self._offer.insert, self._offer.replace)
            return True
        return False

    # --- the cursor

    def action_cursor_start(self, select: bool = False) -> None:
        """Move to the start of the text."""
        self.move_cursor((0, 0), select=select)

    def action_cursor_end(self, select: bool = False) -> None:
        """Move to the end of the text."""
        self.move_cursor(self.document.end, select=select)

    def action_cursor_right(self, select: bool = False) -> None:
        """Move to the right, or commit the grey text."""
        if self.suggestion and not select:
            self.action_commit()
        else:
            super().action_cursor_right(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Move down; from the last line and from open letters, into the candidates."""
        wrapped = self.wrapped_document
        last = self.composer.composition.composes or (
            wrapped.location_to_offset(self.cursor_location).y == wrapped.height - 1
        )
        if not select and last:
            self.post_message(self.MovedBelow())
        else:
            super().action_cursor_down(select)
