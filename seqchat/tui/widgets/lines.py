"""Lines of a text area: cheap to draw, however long they are, and cut into characters as a reader counts them."""

from __future__ import annotations

from itertools import pairwise

from textual.widgets.text_area import WrappedDocument

from seqchat.tui.clusters import LONGEST


def grapheme_ends(line: str, column: int) -> list[int]:
    """Return where the characters that a reader sees end, in the part of a line around a column."""
    # Imported when the cursor first moves, so that the first frame need not wait for it.
    import regex

    start = max(0, column - LONGEST)
    near = line[start : column + LONGEST]
    return [start, *(start + match.end() for match in regex.finditer(r"\X", near))]


class WrappedLines(WrappedDocument):
    """Cuts plain text where it wraps; Textual would make styled texts of the parts, several times a keystroke."""

    def get_sections(self, line_index: int) -> list[str]:
        """Return the text of each visible line of a line."""
        line = self.document[line_index]
        return [line[start:end] for start, end in pairwise([0, *self.get_offsets(line_index), len(line)])]
