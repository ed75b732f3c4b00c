"""A text area whose text can be shaded, and whose cursor moves by characters and words as a reader counts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from rich.text import Text
from textual.widgets import TextArea
from textual.widgets.text_area import Document, Edit, EditResult, Location, WrappedDocument

from seqchat.tui.clusters import word_seams
from seqchat.tui.textual_compat import LineText, find_words
from seqchat.tui.widgets import shades
from seqchat.tui.widgets.lines import WrappedLines, grapheme_ends
from seqchat.tui.widgets.shades import Shades, Span


class ShadedText(TextArea):
    """A text area that draws parts of its text in other styles, until what is before them changes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"editor--hit"}

    def __init__(self, text: str = "", *, id: str | None = None, classes: str = "", compact: bool = False) -> None:
        # line → what is shaded in it, and what was found in it
        self.shades: Shades = {}
        self._marks: Shades = {}
        super().__init__(text, id=id, classes=classes, compact=compact, highlight_cursor_line=False)

    def edit(self, edit: Edit) -> EditResult:
        """Change the text; what follows is no longer shaded."""
        start = min(edit.from_location, edit.to_location)
        self.shades, self._marks = shades.before(self.shades, start), shades.before(self._marks, start)
        return super().edit(edit)

    def load_text(self, text: str) -> None:
        """Replace the whole text, without a step of undo."""
        self.shades, self._marks = {}, {}
        super().load_text(text)

    def get_line(self, line_index: int) -> Text:
        """Return a line of the document."""
        line = LineText(self.document.get_line(line_index))
        for start, end, style in (*self.shades.get(line_index, ()), *self._marks.get(line_index, ())):
            line.stylize(style, start, end)
        return line

    def shade(self, spans: Sequence[Span]) -> None:
        """Draw parts of the text in other styles, from one character to before another, in their order."""
        self.shades = shades.by_line(spans, self.document.lines)
        self.redraw_lines()

    def mark(self, spans: Sequence[tuple[int, int]]) -> None:
        """Draw parts of the text, from one character to before another, as found."""
        if spans or self._marks:
            style = self.get_component_rich_style("editor--hit")
            self._marks = shades.by_line([(start, end, style) for start, end in spans], self.document.lines)
            self.redraw_lines()

    def redraw_lines(self) -> None:
        """Draw all lines again, since styles have changed."""
        # Textual keeps the lines as they were drawn until a style changes.
        self.notify_style_update()
        self.refresh()

    @property
    def wrapped_document(self) -> WrappedDocument:
        """The document in lines as wide as the text area."""
        return self._wrapped_lines

    @wrapped_document.setter
    def wrapped_document(self, wrapped: WrappedDocument) -> None:
        self._wrapped_lines = WrappedLines(wrapped.document, tab_width=self.indent_width)

    def offset_of(self, location: Location) -> int:
        """Return how many characters stand before a location."""
        return cast("Document", self.document).get_index_from_location(location)

    def location_at(self, offset: int) -> Location:
        """Return the location before which so many characters stand."""
        return cast("Document", self.document).get_location_from_index(offset)

    # --- the cursor

    def get_cursor_word_left_location(self) -> Location:
        """Return where the word on the left begins."""
        find_words(self, word_seams())
        return super().get_cursor_word_left_location()

    def get_cursor_word_right_location(self) -> Location:
        """Return where the word on the right ends, or the next one begins."""
        find_words(self, word_seams())
        return super().get_cursor_word_right_location()

    def get_cursor_left_location(self) -> Location:
        """Return the position before the character left of the cursor, as a reader counts characters."""
        row, column = self.cursor_location
        ends = [end for end in grapheme_ends(self.document.get_line(row), column) if end < column]
        return (row, ends[-1]) if ends else super().get_cursor_left_location()

    def get_cursor_right_location(self) -> Location:
        """Return the position after the character right of the cursor, as a reader counts characters."""
        row, column = self.cursor_location
        ends = [end for end in grapheme_ends(self.document.get_line(row), column) if end > column]
        return (row, ends[0]) if ends else super().get_cursor_right_location()
