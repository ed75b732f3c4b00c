"""Characters of several code points, such as emoji with joiners, skin tones and flags; independent of widgets.

A reader sees one character. What terminals make of it differs, and so do functions that count code point by code point.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache

from rich.cells import cell_len

# A joiner, a variation selector, a keycap, half of a flag, a skin tone
_JOINING = re.compile("[\u200d\ufe0e\ufe0f\u20e3\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")
_MARK = "\u0301"
# A family of emoji with joiners has up to 11 code points; looking through a whole line would take long in a long one.
LONGEST = 64


def clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield the first code point of each character that has a joining one, and the one after its last."""
    if not text.isascii() and _JOINING.search(text):
        # Imported late, so that the first frame need not wait for it.
        import regex

        yield from (match.span() for match in regex.finditer(r"\X", text) if _JOINING.search(match[0]))


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of a text so large that no character is cut in two."""
    near = max(0, start - LONGEST)
    for first, after in ((near + a, near + b) for a, b in clusters(text[near : end + LONGEST])):
        if first < start < after:
            start = first
        if first < end < after:
            end = after
    return start, end


@cache
def word_seams() -> re.Pattern[str]:
    """Return what matches where words begin and end; marks on letters and joiners, as Persian has, are within words."""
    marks = "".join(chr(code) for code in range(0x300, 0xFE30) if unicodedata.category(chr(code))[0] == "M")
    inside = rf"\w{marks}\u200c\u200d"
    return re.compile(rf"(?<=[^{inside}])(?=[{inside}])|(?<=[{inside}])(?=[^{inside}])")


def stand_in(text: str) -> str:
    """Return a text of as many code points whose characters are as wide even if each code point is measured alone."""
    return _replaced(text, _stand_in)


def anchored(text: str) -> str:
    """Return what draws a text so that the next one stands where it should, however wide the terminal draws it.

    Before each such character the cursor is saved and its cells are erased; after it, the cursor is restored and moved.
    """
    return _replaced(text, _anchored)


def _replaced(text: str, replacement: Callable[[str], str]) -> str:
    parts, end = [], 0
    for first, after in clusters(text):
        parts += [text[end:first], replacement(text[first:after])]
        end = after
    return "".join(parts) + text[end:]


def _stand_in(cluster: str) -> str:
    return ("一" if cell_len(cluster) > 1 else "-") + _MARK * (len(cluster) - 1)


def _anchored(cluster: str) -> str:
    width = cell_len(cluster)
    return f"\x1b7\x1b[{width}X{cluster}\x1b8\x1b[{width}C"


def chopped(text: str, width: int) -> list[str]:
    """Cut a text into pieces of at most this many cells, or of a single character."""
    import regex

    pieces, used = [""], 0
    for character in regex.findall(r"\X", text):
        cells = cell_len(character)
        if used + cells > width and pieces[-1]:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += cells
    return pieces
