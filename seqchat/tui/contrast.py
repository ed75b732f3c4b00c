"""Text that can be read in every theme: its colour is moved away from that of its background where it is too close.

Contrast is that of WCAG 2.2 (success criterion 1.4.3): from 1 to 21, at least 4.5 for text.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

LEAST_CONTRAST = 4.5
# Lines, blocks and dots are pictures, of heat maps and frames.
_TEXT = re.compile("[^\\s\u2500-\u259f\u2800-\u28ff]")
_STEPS = 20

RGB = tuple[int, int, int]
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


def luminance(colour: RGB) -> float:
    """Return the relative luminance of a colour, from 0 to 1 (WCAG 2.2)."""
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: RGB, other: RGB) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(4096)
def legible(text: RGB, ground: RGB) -> RGB:
    """Return the colour nearest to that of a text, towards black or white, that can be read on a background."""
    end = max(_BLACK, _WHITE, key=lambda colour: contrast(colour, ground))
    colours = (_blend(text, end, step / _STEPS) for step in range(_STEPS + 1))
    return next((colour for colour in colours if contrast(colour, ground) >= LEAST_CONTRAST), end)


def _blend(start: RGB, end: RGB, share: float) -> RGB:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
    return red, green, blue


class Legible(LineFilter):
    """Gives all text of a line enough contrast; colours of the terminal's own, which nobody knows here, stay."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line; background: what stands behind parts without one."""
        return [self._legible(segment, background.rgb) for segment in segments]

    def _legible(self, segment: Segment, background: RGB) -> Segment:
        text, style, control = segment
        if control or style is None or not _TEXT.search(text):
            return segment
        return Segment(text, _styled(style, background))


@lru_cache(4096)
def _styled(style: Style, background: RGB) -> Style:
    text, ground = _rgb(style.color), _rgb(style.bgcolor) if style.bgcolor else background
    if text is None or ground is None:
        return style
    if style.reverse:
        # The colour of the text is that of what is filled then; the other one moves.
        moved = legible(ground, text)
        return style if moved == ground else style + Style(bgcolor=RichColor.from_rgb(*moved))
    moved = legible(text, ground)
    return style if moved == text else style + Style(color=RichColor.from_rgb(*moved))


def _rgb(colour: RichColor | None) -> RGB | None:
    if colour is None or colour.triplet is None:
        return None
    red, green, blue = colour.triplet
    return red, green, blue
