"""The lines of a gate panel as segments; a plain module that knows no widget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from seqchat.tui.heatmap import bar_row, colour_key, fit, heat_rows
from seqchat.tui.language import in_use, say
from seqchat.wording import percentage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqchat.model.cells import Gate
    from seqchat.tui.panel.state import PanelState

# Cells of the colour key, and of the shortest numbers of a gate
_KEY, _FEWEST_IN_NUMBERS = 4, 10
_ITALIC = Style(italic=True)


def heading(
    gate: Gate,
    values: NDArray[np.float32],
    ends: tuple[float, float],
    width: int,
    ground: Style,
    *,
    bars: bool = False,
) -> list[Segment]:
    """Name a gate, with its values at a word [neurons] in numbers and its scale in colours, as far as there is room."""
    name = f"{gate.name if in_use() == 'en' else gate.chinese} {gate.symbol}"
    said, key = ground + _ITALIC, _scale(ends, ground, bars=bars)
    room = width - Segment.get_line_length(key)
    if fitting := next((text for text in _names(gate, name, values, room) if cell_len(text) <= room), ""):
        return Segment.adjust_line_length([Segment(fitting, said), *key], width, ground)
    scaled = f"{name} {in_short(ends)}"
    return [Segment(fit(scaled if cell_len(scaled) <= width else name, width), said)]


def _names(gate: Gate, name: str, values: NDArray[np.float32], room: int) -> Iterator[str]:
    """Yield what a heading may say of a gate before its scale, the longest first."""
    # Numbers take a while, and never fit where not even this much does.
    if room > cell_len(name) + _FEWEST_IN_NUMBERS:
        numbers = _in_numbers(gate, values)
        if in_use() != "en":
            yield f"{gate.chinese} {gate.name} {gate.symbol} {numbers} "
        yield f"{name} {numbers} "
    yield f"{name} "


def _in_numbers(gate: Gate, values: NDArray[np.float32]) -> str:
    """Say the mean of values [neurons], and the share of them at the ends of their range."""
    if gate.kind == "positive":
        return f"{values.mean():.2f} ≤{values.max(initial=0):.2f}"
    if gate.kind == "sigmoid":
        shut, opened = (values < 0.1).mean(), (values > 0.9).mean()
        return say("{mean:.2f} shut {shut:.0%} open {opened:.0%}", mean=values.mean(), shut=shut, opened=opened)
    low, high = (values < 0.9 * gate.low).mean(), (values > 0.9 * gate.high).mean()
    return f"{values.mean():+.2f} ⊖{percentage(low, 0)} ⊕{percentage(high, 0)}"


def _scale(ends: tuple[float, float], ground: Style, *, bars: bool) -> list[Segment]:
    """Draw the key of the colours with the values of its ends."""
    low, high = map(_end, ends)
    dim = ground + Style(dim=True)
    if bars:
        return [Segment(f"{low}…{high}", dim)]
    return [Segment(low, dim), *colour_key(ends[0], _KEY, ground), Segment(high, dim)]


def in_short(ends: tuple[float, float]) -> str:
    """Write a scale in a few characters: ``±.28``, ``0–1``."""
    return f"{'±' if ends[0] < 0 else '0–'}{_end(ends[1])}"


def _end(end: float) -> str:
    return f"{end:.0f}" if end in (0, 1) else short(end)


def scale_note(state: PanelState) -> str:
    """Say how far the colours reach, where they do not reach as far as values can."""
    if state.overview is None or all(gate.kind == "sigmoid" for gate in state.shown_gates):
        return ""
    return say(" · scale: 95%")


def heat_line(
    values: NDArray[np.float32],
    neurons: Sequence[int],
    ends: tuple[float, float],
    *,
    gutter: int,
    selected: int,
    bars: bool,
    ground: Style,
) -> list[Segment]:
    """Draw the values [words, neurons] of the neurons of one line, with the number of one of them in the gutter: of the
    selected one, if it is here, or else of the first.

    ends: of the scale; gutter: columns left of the values, too few for a number where it is 1.
    """
    if not values.shape[1]:
        return []
    mark = selected in neurons
    number = f"{selected if mark else neurons[0]:>{gutter - 1}}" if gutter > 1 else ""
    head = Segment(number + ("▸" if mark else " "), ground + Style(dim=not mark, bold=mark))
    if bars:
        return [head, *bar_row(values[:, 0], *ends, ground)]
    return [head, *heat_rows(values, *ends, ground)[0]]


def exact_values(
    neuron: str, word: str, values: Sequence[tuple[str, float]], width: int, ground: Style
) -> list[Segment]:
    """Write a neuron's value of each gate, by its sign, with as many decimals as there is room for."""
    forms = (
        (f"{neuron} {word}", [f" {value:.4f}" for _, value in values], "  "),
        (neuron, [short(value) for _, value in values], " "),
        (neuron, [short(value) for _, value in values], ""),
    )
    head, numbers, gap = next((form for form in forms if _width(*form) <= width), forms[-1])
    segments = [Segment(f"{head} ", ground + Style(dim=True))]
    for shown, ((sign, _), number) in enumerate(zip(values, numbers, strict=True), 1):
        # A truncated value would be misread.
        if _width(head, numbers[:shown], gap) + (shown < len(numbers)) > width:
            return [*segments, Segment("…", ground)]
        segments += [Segment(sign, ground + Style(bold=True, italic=True)), Segment(number + gap, ground)]
    return segments


def _width(head: str, numbers: list[str], gap: str) -> int:
    return cell_len(head) + 1 + sum(1 + len(number) for number in numbers) + len(gap) * (len(numbers) - 1)


def top_changes(sign: str, found: Sequence[tuple[int, float]], width: int, ground: Style) -> list[Segment]:
    """Write the neurons that changed most, and by how much; as many as there is room for."""
    if not found:
        return []
    text = f"Δ{sign} " + "  ".join(f"n{neuron} {short(change, sign=True)}" for neuron, change in found)
    text = text[:width].rsplit("  ", 1)[0] if len(text) > width else text
    return [Segment(text, ground + Style(dim=True))]


def short(value: float, *, sign: bool = False) -> str:
    """Return a value with two decimals and without a zero before the point: ``.91``, ``-.44``, ``1.20``."""
    text = f"{value:+.2f}" if sign else f"{value:.2f}"
    return text.replace("0.", ".", 1) if abs(value) < 0.995 else text
