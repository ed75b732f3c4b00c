"""Which line of the gate panel shows what; independent of widgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

What = Literal["heading", "heat", "labels", "values", "top_changes", "empty"]

# Lower panels show only the gates, without the lines of numbers below them.
_ROOM_FOR_VALUES = 9
_MIN_HEIGHT_FOR_TOP_CHANGES = 12


@dataclass(frozen=True)
class Line:
    """One line: what it shows, of which band, and for a line of the heat map its first neuron, from 0, in the band."""

    what: What
    band: int = 0
    neuron: int = 0


@dataclass(frozen=True)
class Layout:
    """All lines from the top, how many bands there is room for, and how many neurons the lowest band shows."""

    lines: tuple[Line, ...]
    bands: int
    neurons: int

    def line(self, y: int) -> Line:
        """Return the line at a height, an empty one below the last."""
        return self.lines[y] if y < len(self.lines) else Line("empty")


def lay_out(height: int, bands: int, neurons: int, per_line: int) -> Layout:
    """Share `height` lines among bands of at most `neurons` neurons, `per_line` of them a line.

    Each band has a heading; below the bands are the words and, if there is room, the exact values and the top changes.
    All bands show the same neurons, as many as the lowest band has room for. If not even one line for each band fits,
    only the first bands are shown.
    """
    values = height >= _ROOM_FOR_VALUES
    top_changes = height >= _MIN_HEIGHT_FOR_TOP_CHANGES
    room = max(height - 1 - values - top_changes, 0)
    shown = max(min(bands, room // 2), 1)
    most = -(-neurons // per_line)
    each = max(1, min(room // shown - 1, most))
    # Remaining lines make the first bands one line higher; each heat map starts at the same neuron.
    spare = max(room - shown * (each + 1), 0)
    lines: list[Line] = []
    for band in range(shown):
        rows = min(each + (band < spare), most)
        lines.append(Line("heading", band))
        lines += [Line("heat", band, row * per_line) for row in range(rows)]
    lines.append(Line("labels"))
    if values:
        lines.append(Line("values"))
    if top_changes:
        lines.append(Line("top_changes"))
    lines = lines[:height]
    lines += [Line("empty")] * (height - len(lines))
    return Layout(tuple(lines), shown, each * per_line)
