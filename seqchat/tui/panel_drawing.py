"""The lines of a gate panel as segments; a plain module that knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from seqchat.tui.heatmap import bar_row, fit, heat_rows
from seqchat.tui.language import in_use, say
from seqchat.wording import percentage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqchat.model.cells import Gate


def heading(gate: Gate, values: NDArray[np.float32], width: int, ground: Style) -> list[Segment]:
    """Name a gate, with the mean of its values [neurons] and the share of them at the ends of its range."""
    name = f"{gate.name} {gate.symbol}" if in_use() == "en" else f"{gate.chinese} {gate.name} {gate.symbol}"
    if gate.kind == "positive":
        rest = f"{values.mean():.2f} ≤{values.max(initial=0):.2f}"
    elif gate.kind == "sigmoid":
        shut, opened = (values < 0.1).mean(), (values > 0.9).mean()
        rest = say("{mean:.2f} shut {shut:.0%} open {opened:.0%}", mean=values.mean(), shut=shut, opened=opened)
    else:
        low, high = (values < 0.9 * gate.low).mean(), (values > 0.9 * gate.high).mean()
        rest = f"{values.mean():+.2f} ⊖{percentage(low, 0)} ⊕{percentage(high, 0)}"
    return [Segment(fit(f"{name} {rest}", width), ground + Style(italic=True))]


def heat_line(
    values: NDArray[np.float32],
    gate: Gate,
    first: int,
    *,
    high: float,
    gutter: int,
    mark: bool,
    bars: bool,
    ground: Style,
) -> list[Segment]:
    """Draw the values [words, neurons] of the neurons of one line, with the number of the first in the gutter.

    high: the upper end of the scale; gutter: columns left of the values, too few for a number where it is 1; mark:
    whether a neuron here is selected.
    """
    if not values.shape[1]:
        return []
    number = f"{first:>{gutter - 1}}" if gutter > 1 else ""
    head = Segment(number + ("▸" if mark else " "), ground + Style(dim=not mark, bold=mark))
    if bars:
        return [head, *bar_row(values[:, 0], gate.low, high, ground)]
    return [head, *heat_rows(values, gate.low, high, ground)[0]]


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
