"""A neuron's activations over a text in colours: in the terminal, as HTML and as SVG.

Blue is low, red is high, and white is the middle of the quantity's range; the scale ends at the text's own extremes.
The text is always escaped, so nothing in it can become markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from seqchat.insight.neurons.activations import NeuronActivations

TURN = "⏎"
_BLUE, _WHITE, _RED = (38, 84, 200), (255, 255, 255), (200, 38, 38)
_BLACK = (0, 0, 0)

# The picture's measures in its own units: a cell of the text, a line, the margin, and how many cells a line has.
_CELL, _LINE, _MARGIN, _COLUMNS = 9, 28, 16, 80

Rgb = tuple[int, int, int]


class Scale(NamedTuple):
    """The values that are drawn in pure blue, white and pure red."""

    low: float
    centre: float
    high: float

    def colours(self, value: float) -> tuple[Rgb, Rgb]:
        """Return the colour of a value, and black or white, whichever contrasts more with it."""
        reach = self.high - self.centre
        share = min(max((value - self.centre) / reach, -1.0), 1.0) if reach > 0 else 0.0
        end = _RED if share > 0 else _BLUE
        red, green, blue = (round(w + (e - w) * abs(share)) for w, e in zip(_WHITE, end, strict=True))
        ground = (red, green, blue)
        # The contrast ratio of WCAG 2 is the same to black and white at this luminance.
        return ground, _BLACK if luminance(ground) > 0.179 else _WHITE


class DrawnWord(NamedTuple):
    """A word as it is drawn: the space before it, the shown text, its value, and whether a line ends after it."""

    space: str
    shown: str
    value: float
    ends_line: bool


def scale_of(activations: NeuronActivations) -> Scale:
    """Return the scale that just holds all values of the activations."""
    reach = max((abs(float(value) - activations.centre) for value in activations.values), default=0.0)
    return Scale(activations.centre - reach, activations.centre, activations.centre + reach)


def luminance(colour: Rgb) -> float:
    """Return the relative luminance of a colour, 0 for black and 1 for white (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def drawn_words(activations: NeuronActivations) -> Iterator[DrawnWord]:
    """Yield the words as they are drawn."""
    for word, value in zip(activations.words, activations.values, strict=True):
        shown = TURN if word == "\n" else word.removeprefix(" ") or word
        space = " " if word.startswith(" ") and word != " " else ""
        yield DrawnWord(space, shown, float(value), word == "\n")


def print_activations(activations: NeuronActivations, console: Console) -> None:
    """Print the text in the colours of its values; without colours, print the values under the words."""
    scale = scale_of(activations)
    if console.color_system is None or console.no_color:
        _print_values(activations, console)
        return
    text = Text()
    for word in drawn_words(activations):
        text.append(word.space)
        text.append(word.shown, _style(scale, word.value))
        text.append("\n" if word.ends_line else "")
    text.rstrip()
    text.append("\n\n")
    for value in scale:
        text.append(f" {value:+.2f} ", _style(scale, value))
    console.print(text, soft_wrap=True)


def _style(scale: Scale, value: float) -> Style:
    ground, ink = scale.colours(value)
    return Style(color=Color.from_rgb(*ink), bgcolor=Color.from_rgb(*ground))


def _print_values(activations: NeuronActivations, console: Console) -> None:
    above, below = "", ""
    for word in drawn_words(activations):
        number = f"{word.value:+.2f}"
        width = max(cell_len(word.shown), len(number))
        if above and cell_len(above) + width > console.width:
            _print_pair(above, below, console)
            above, below = "", ""
        above += set_cell_size(word.shown, width) + " "
        below += number.ljust(width) + " "
        if word.ends_line:
            _print_pair(above, below, console)
            above, below = "", ""
    if above:
        _print_pair(above, below, console)


def _print_pair(above: str, below: str, console: Console) -> None:
    for line in (above, below, ""):
        console.print(Text(line.rstrip()), soft_wrap=True)


def html(activations: NeuronActivations, title: str) -> str:
    """Draw activations as a web page; pointing at a word shows its value."""
    scale = scale_of(activations)
    text = "".join(
        f"{word.space}{_span(scale, word.value, word.shown)}{'<br>' if word.ends_line else ''}"
        for word in drawn_words(activations)
    )
    legend = " ".join(_span(scale, value, f" {value:+.2f} ") for value in scale)
    return (
        '<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n"
        "<style>\n:root { color-scheme: light dark; }\n"
        "body { font-family: sans-serif; margin: 2em auto; max-width: 50em; }\n"
        "p { line-height: 2; white-space: pre-wrap; overflow-wrap: anywhere; }\n"
        "span { border-radius: 0.2em; padding: 0.2em 0; }\n</style>\n</head>\n"
        f"<body>\n<h1>{escape(title)}</h1>\n<p>{text}</p>\n<p>{legend}</p>\n</body>\n</html>\n"
    )


def _span(scale: Scale, value: float, text: str) -> str:
    ground, ink = (_hex(colour) for colour in scale.colours(value))
    return f'<span style="background: {ground}; color: {ink}" title="{value:+.4f}">{escape(text)}</span>'


def svg(activations: NeuronActivations, title: str) -> str:
    """Draw activations as a picture, its text in lines of 80 cells."""
    scale = scale_of(activations)
    drawn: list[str] = []
    column, line = 0, 1
    for word in drawn_words(activations):
        width = cell_len(word.shown)
        if column and column + len(word.space) + width > _COLUMNS:
            column, line = 0, line + 1
        column += len(word.space) if column else 0
        drawn.append(_box(scale, word.value, word.shown, column, line))
        column, line = (0, line + 1) if word.ends_line else (column + width, line)
    line += 2
    for i, value in enumerate(scale):
        drawn.append(_box(scale, value, f"{value:+.2f}", 7 * i, line))
    width, height = _COLUMNS * _CELL + 2 * _MARGIN, (line + 1) * _LINE + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="monospace" font-size="15">\n<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="{_MARGIN}" y="{_MARGIN + 16}" fill="#000000">{escape(title)}</text>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )


def _box(scale: Scale, value: float, text: str, column: int, line: int) -> str:
    ground, ink = (_hex(colour) for colour in scale.colours(value))
    x, y, width = _MARGIN + column * _CELL, _MARGIN + line * _LINE, max(cell_len(text), 1) * _CELL
    return (
        f'<g><title>{escape(text)} {value:+.4f}</title><rect x="{x}" y="{y}" width="{width}" height="{_LINE - 6}" '
        f'fill="{ground}"/><text x="{x}" y="{y + 16}" textLength="{width}" lengthAdjust="spacingAndGlyphs" '
        f'fill="{ink}">{escape(text)}</text></g>'
    )


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
