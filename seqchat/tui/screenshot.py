"""Screenshots as SVG that look like the terminal, everywhere and offline."""

from __future__ import annotations

import html
import re

from rich.cells import cell_len

# Rich's terminal font, in pixels
_CELL_WIDTH = 12.2
_TEXT_ELEMENT = re.compile(r'textLength="[\d.]+"([^>]*)>([^<]*)</text>')
_FONT_FACE = re.compile(r"@font-face \{.*?\}", re.DOTALL)


def with_right_widths(svg: str) -> str:
    """Correct an SVG of Rich, which draws every character one cell wide and fetches its font from the network."""
    return _TEXT_ELEMENT.sub(_right_width, _FONT_FACE.sub("", svg))


def _right_width(match: re.Match[str]) -> str:
    length = cell_len(html.unescape(match[2])) * _CELL_WIDTH
    return f'textLength="{length:.1f}"{match[1]}>{match[2]}</text>'
