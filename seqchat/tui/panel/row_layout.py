"""Which line shows what where neurons are below each other; independent of widgets."""

from __future__ import annotations

from typing import Literal, NamedTuple

What = Literal["heading", "heat", "labels", "empty"]


class Line(NamedTuple):
    """One line: what it shows, of which band, and for a line of the heat map its first place, from 0, in the band."""

    what: What
    band: int = 0
    place: int = 0


class Layout(NamedTuple):
    """All lines from the top, how many bands there is room for, and how many neurons the lowest band shows."""

    lines: tuple[Line, ...]
    bands: int
    neurons: int

    def line(self, y: int) -> Line:
        """Return the line at a height, an empty one below the last."""
        return self.lines[y] if y < len(self.lines) else Line("empty")


def lay_out(height: int, bands: int, neurons: int, per_line: int) -> Layout:
    """Share `height` lines among bands of at most `neurons` neurons, `per_line` of them a line.

    Each band has a heading; below the bands are the words. All bands show the same neurons, as many as the lowest band
    has room for. If not even one line for each band fits, only the first bands are shown.
    """
    room = max(height - 1, 0)
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
    lines = lines[:height]
    lines += [Line("empty")] * (height - len(lines))
    return Layout(tuple(lines), shown, each * per_line)
