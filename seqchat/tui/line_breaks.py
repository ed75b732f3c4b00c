"""Where lines may break: at spaces, and between Chinese characters; none starts with a closing mark."""

from __future__ import annotations

import re
from itertools import pairwise

from rich.cells import cell_len

from seqchat.tui.clusters import chopped

_OPENING = "「『（《〈【〔［｛“"
_CLOSING = "，。；：？！、」』）》〉】〕］｝”…—"
# Chinese characters, kana, and marks as wide as they are
_WIDE = "⺀-〿぀-ヿ㐀-䶿一-鿿豈-﫿＀-｠￠-￦𠀀-𯿿"
_PART = re.compile(rf"\s*[{_OPENING}]*(?:[^\s{_WIDE}{_OPENING}{_CLOSING}]+|\S)[{_CLOSING},.;:?!)]*\s*")


def line_breaks(text: str, width: int, fold: bool = True) -> list[int]:
    """Return the indices at which a line breaks that has no more than `width` cells for its text.

    A part without a place to break that is longer than a line is cut to lines if it may `fold`, and else has a line of
    its own.
    """
    breaks: list[int] = []
    if cell_len(text) <= width:
        return breaks
    used = 0
    for match in _PART.finditer(text):
        start, part = match.start(), match[0]
        if used + cell_len(part.rstrip()) <= width:
            used += cell_len(part)
            continue
        if start:
            breaks.append(start)
        pieces = chopped(part, width) if fold and cell_len(part.rstrip()) > width else [part]
        for piece in filter(None, pieces[:-1]):
            start += len(piece)
            breaks.append(start)
        used = cell_len(pieces[-1])
    return breaks


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of at most this many cells; a longer word has a line of its own."""
    breaks = [0, *line_breaks(text, width, fold=False), len(text)]
    lines = [text[start:end].rstrip() for start, end in pairwise(breaks)]
    return [line for line in lines if line]
