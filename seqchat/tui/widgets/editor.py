"""The text area that one types into."""

from __future__ import annotations

from textual.widgets import TextArea


class Editor(TextArea):
    """A text area whose ghost text is the first suggestion."""

    def text_before_cursor(self) -> str:
        """Return the text left of the cursor."""
        return self.document.get_text_range((0, 0), self.cursor_location)

    def show_ghost(self, text: str) -> None:
        """Show a suggestion behind the cursor, where nothing else stands."""
        self.suggestion = text if self.cursor_at_end_of_line else ""

    def accept(self, insert: str, replace: int = 0) -> None:
        """Insert text at the cursor in place of the `replace` characters before it; one step of undo."""
        self.history.checkpoint()
        row, column = self.cursor_location
        self.replace(insert, (row, max(0, column - replace)), (row, column), maintain_selection_offset=False)
