"""Numbers → coloured half blocks; independent of widgets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMN = 5  # cells a word takes, the last one a gap
UPPER_HALF, LEFT_HALF = "▀", "▌"
_BLOCKS = " ▏▎▍▌▋▊▉"
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_LEVELS = 64

# Colours from the lowest to the highest value, legible on light and dark backgrounds. A gate opens from dark blue over
# green to yellow; a signed value goes from blue over grey to red.
SEQUENTIAL = ((38, 24, 74), (47, 79, 127), (35, 137, 129), (110, 190, 84), (250, 226, 60))
DIVERGING = ((24, 100, 200), (94, 150, 208), (112, 112, 118), (214, 128, 100), (206, 40, 48))

_REVERSE = Style(reverse=True)

Ramp = tuple[tuple[int, int, int], ...]


def colour(share: float, ramp: Ramp) -> tuple[int, int, int]:
    """Return the red, green and blue of a position on a ramp; `share` is clipped to 0 … 1."""
    position = min(max(share, 0.0), 1.0) * (len(ramp) - 1)
    low = min(int(position), len(ramp) - 2)
    part = position - low
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(ramp[low], ramp[low + 1], strict=True))
    return red, green, blue


def levels(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.int64]:
    """Return the colour level of each value between `low` and `high`; not-a-number counts as the middle."""
    # Imported late, so that the first frame need not wait for it.
    import numpy as np

    clipped = np.clip(np.nan_to_num(values, nan=(low + high) / 2), low, high)
    return np.asarray(((clipped - low) / (high - low) * (_LEVELS - 1)).round(), dtype=np.int64)


@lru_cache(maxsize=2 * _LEVELS * (_LEVELS + 1))
def pair_style(first: int, second: int, signed: bool) -> Style:
    """Return the style of a half block for the levels of both halves; −1 leaves the second one empty."""
    ramp = DIVERGING if signed else SEQUENTIAL
    foreground = Color.from_rgb(*colour(first / (_LEVELS - 1), ramp))
    background = Color.from_rgb(*colour(second / (_LEVELS - 1), ramp)) if second >= 0 else None
    return Style(color=foreground, bgcolor=background)


@lru_cache(maxsize=2 * _LEVELS)
def mark_style(level: int, signed: bool) -> Style:
    """Return a style in which a mark can be read on the colour of a level."""
    red, green, blue = ground = colour(level / (_LEVELS - 1), DIVERGING if signed else SEQUENTIAL)
    ink = "black" if 0.3 * red + 0.6 * green + 0.1 * blue > 120 else "white"
    return Style(color=Color.parse(ink), bgcolor=Color.from_rgb(*ground), bold=True)


def heat_rows(values: NDArray[np.float32], low: float, high: float, ground: Style) -> list[list[Segment]]:
    """Draw values [words, neurons]: a column a word, two neurons a row of half blocks, on the style `ground`."""
    table = levels(values, low, high)
    signed = low < 0
    gap = Segment(" ", ground)
    rows: list[list[Segment]] = []
    for top in range(0, table.shape[1], 2):
        row: list[Segment] = []
        for word in table:
            lower = int(word[top + 1]) if top + 1 < len(word) else -1
            row += [Segment(UPPER_HALF * (COLUMN - 1), ground + pair_style(int(word[top]), lower, signed)), gap]
        rows.append(row)
    return rows


def colour_key(low: float, cells: int, ground: Style) -> list[Segment]:
    """Draw all colours from the lowest to the highest, two a cell; low: below 0 for signed values."""
    shares = [round(place * (_LEVELS - 1) / max(2 * cells - 1, 1)) for place in range(2 * cells)]
    pairs = zip(shares[::2], shares[1::2], strict=True)
    return [Segment(LEFT_HALF, ground + pair_style(left, right, low < 0)) for left, right in pairs]


def curve_rows(
    values: NDArray[np.float32], low: float, high: float, rows: int, ground: Style, *, coloured: bool = True
) -> list[list[Segment]]:
    """Draw one neuron's values [words] as a curve of some rows, a column a word; a signed one goes up and down from the
    middle."""
    signed = low < 0
    above = rows // 2 if signed else rows
    shades = levels(values, low, high).tolist()
    drawn: list[list[Segment]] = [[] for _ in range(rows)]
    for value, shade in zip(values.tolist(), shades, strict=True):
        style = ground + pair_style(shade, -1, signed) if coloured else ground
        # A value of 0 is a thin line, so that the curve has no holes.
        eighths = max(round(min(abs(value) / high, 1.0) * above * 8), 1) if value == value else 0
        for row in range(rows):
            if row < above:
                filled = eighths - 8 * (above - 1 - row) if value >= 0 or not signed else 0
                text, seen = _EIGHTHS[min(max(filled, 0), 8)], style
            else:
                filled = min(max(eighths - 8 * (row - above), 0), 8) if value < 0 else 0
                text, seen = _EIGHTHS[8 - filled] if filled else " ", style + _REVERSE if filled else style
            drawn[row].append(Segment(text * COLUMN, seen))
    return drawn


def bar_row(values: NDArray[np.float32], low: float, high: float, ground: Style) -> list[Segment]:
    """Draw one neuron's value at each word [words] as a bar without colours; a signed one begins with its sign."""
    import numpy as np

    row: list[Segment] = []
    for value in np.clip(np.nan_to_num(values), low, high):
        sign = "" if low >= 0 else "-" if value < 0 else "+"
        row.append(Segment(f"{sign}{bar(abs(float(value)) / high, COLUMN - 1 - len(sign))} ", ground))
    return row


def bar(share: float, cells: int) -> str:
    """Draw a share as a bar in eighths of a cell."""
    whole, rest = divmod(round(min(max(share, 0.0), 1.0) * cells * 8), 8)
    return ("█" * whole + (_BLOCKS[rest] if rest else "")).ljust(cells)


def label_row(words: Sequence[str], selected: int, ground: Style) -> list[Segment]:
    """Write each word under its column, cut to the column's width; the selected word is highlighted."""
    row: list[Segment] = []
    for i, word in enumerate(words):
        style = ground + Style(bold=True, reverse=True) if i == selected else ground
        row += [Segment(fit(word, COLUMN - 1), style), Segment(" ", ground)]
    return row


def fit(text: str, cells: int) -> str:
    """Cut or pad a text to exactly this number of terminal cells; wide characters count two."""
    if cell_len(text) > cells:
        # Half of a wide character that is cut becomes a blank.
        text = set_cell_size(text, cells - 1).rstrip() + "…"
    return set_cell_size(text, cells)
