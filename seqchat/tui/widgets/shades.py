"""Shaded parts of a text, line by line; a plain module that knows no widget."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.widgets.text_area import Location

# From one column to before another, and how
Span = tuple[int, int, Style]
Shades = dict[int, list[Span]]


def by_line(spans: Sequence[Span], lines: Sequence[str]) -> Shades:
    """Return spans of a whole text, in their order, as spans of its lines."""
    shades: Shades = {}
    row, before = 0, 0
    for start, end, style in spans:
        while row < len(lines) - 1 and start > before + len(lines[row]):
            before += len(lines[row]) + 1
            row += 1
        shades.setdefault(row, []).append((start - before, min(end - before, len(lines[row])), style))
    return shades


def before(shades: Shades, location: Location) -> Shades:
    """Return what ends before a location, where the text is about to change."""
    row, column = location
    return {
        line: [span for span in spans if line < row or span[1] <= column]
        for line, spans in shades.items()
        if line <= row
    }
