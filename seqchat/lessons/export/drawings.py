"""Drawings of a lesson as SVG in HTML; what they say is escaped, and styles are those of the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from seqchat.lessons.lesson import Drawing
from seqchat.lessons.reach import DECADES, height, share

# Pixels: a word's column, a row of states, the margin on the left, a state, the height of bars
_COLUMN, _ROW, _MARGIN, _WIDTH, _HEIGHT, _BARS = 64, 52, 44, 36, 24, 140
_MAX_LAYERS = 3
_LABEL_LENGTH = 6


class _Row(NamedTuple):
    """A row of states: its name, where each state goes, and whether the row below is handed to it."""

    name: str
    forward: bool = True
    above: bool = True


# Drawing → its rows, the topmost first, for this many layers
_ROWS: dict[str, Callable[[int], list[_Row]]] = {
    "layers": lambda count: [_Row(str(layer)) for layer in range(count, 0, -1)],
    "directions": lambda _: [_Row("→", above=False), _Row("←", forward=False)],
    "both": lambda count: [
        row
        for layer in range(count, 0, -1)
        for row in (_Row(f"{layer}→", above=False), _Row(f"{layer}←", forward=False))
    ],
}


def network(drawing: Drawing, words: Sequence[str], layers: int, state: str) -> str:
    """Draw the states at each word, and where they go: to the next word, and to the layer above."""
    rows = _ROWS[drawing](min(layers, _MAX_LAYERS))
    parts: list[str] = []
    for number, row in enumerate(rows):
        y = number * _ROW + _HEIGHT
        parts.append(_text(_MARGIN // 2, y, row.name, "faint"))
        for column in range(len(words)):
            parts += _state(column, y, row, state, last=column == len(words) - 1)
    bottom = len(rows) * _ROW + _HEIGHT
    parts += [_text(_middle(column), bottom, _short(word)) for column, word in enumerate(words)]
    return _svg(_MARGIN + len(words) * _COLUMN, bottom + _HEIGHT, parts)


def _state(column: int, y: int, row: _Row, state: str, *, last: bool) -> list[str]:
    x = _middle(column)
    box = f'<rect class="state" x="{x - _WIDTH / 2}" y="{y - _HEIGHT / 2}" width="{_WIDTH}" height="{_HEIGHT}" rx="5"/>'
    parts = [box, _text(x, y, state)]
    if not last:
        ends = x + _WIDTH / 2, x + _COLUMN - _WIDTH / 2
        parts.append(_arrow(*(ends if row.forward else ends[::-1]), y, y))
    if row.above:
        parts.append(_arrow(x, x, y + _ROW - _HEIGHT / 2, y + _HEIGHT / 2))
    return parts


def bars(words: Sequence[str], values: Sequence[float]) -> str:
    """Draw how strongly each word counts, on a logarithmic scale; the highest bar is the strongest."""
    most = max(values)
    parts: list[str] = []
    for decade in range(DECADES + 1):
        y = _HEIGHT + _BARS * decade / DECADES
        line = f'<line class="grid" x1="{_MARGIN}" x2="{_MARGIN + len(words) * _COLUMN}" y1="{y}" y2="{y}"/>'
        parts += [line, _text(_MARGIN // 2, y, share(10.0**-decade, 1), "faint")]
    for column, (word, value) in enumerate(zip(words, values, strict=True)):
        x, tall = _middle(column), height(value, most) * _BARS
        top = _HEIGHT + _BARS - tall
        parts.append(f'<rect class="bar" x="{x - _WIDTH / 2}" y="{top:.1f}" width="{_WIDTH}" height="{tall:.1f}"/>')
        parts.append(_text(x, top - 9, share(value, most), "faint"))
        parts.append(_text(x, _HEIGHT + _BARS + 14, _short(word)))
    return _svg(_MARGIN + len(words) * _COLUMN, _HEIGHT + _BARS + 28, parts)


def _middle(column: int) -> int:
    return _MARGIN + column * _COLUMN + _COLUMN // 2


def _short(word: str) -> str:
    return word if len(word) <= _LABEL_LENGTH else f"{word[: _LABEL_LENGTH - 1]}…"


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x}" y="{y:.1f}">{escape(text)}</text>'


def _arrow(x1: float, x2: float, y1: float, y2: float) -> str:
    """Draw a line that ends with a tip, which points along it."""
    way_x, way_y = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
    left = f"{x2 - 6 * way_x - 3 * way_y},{y2 - 6 * way_y - 3 * way_x}"
    right = f"{x2 - 6 * way_x + 3 * way_y},{y2 - 6 * way_y + 3 * way_x}"
    line = f'<line class="way" x1="{x1}" x2="{x2 - 5 * way_x}" y1="{y1}" y2="{y2 - 5 * way_y}"/>'
    return f'{line}<polygon class="tip" points="{x2},{y2} {left} {right}"/>'


def _svg(width: float, height_: float, parts: Sequence[str]) -> str:
    size = f'width="{width}" height="{height_}" viewBox="0 0 {width} {height_}"'
    return f'<div class="drawing"><svg {size} role="img">{"".join(parts)}</svg></div>'
