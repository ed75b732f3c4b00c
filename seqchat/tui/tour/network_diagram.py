"""The path of the words through layers and directions, drawn in characters; independent of widgets."""

from __future__ import annotations

from collections.abc import Sequence

from seqchat.tui.heatmap import COLUMN, fit

_MARGIN = 5  # cells, as many as the numbers of the neurons take in a panel
_MAX_LAYERS = 3


def layers(words: Sequence[str], count: int, state: str, width: int) -> list[str]:
    """Draw layers above each other: each state goes to the next word and to the layer above.

    state: the signs of a layer's state, such as ``h`` or ``c,h``; width: in cells; the last words are drawn.
    """
    words = _fitting(words, width)
    lines: list[str] = []
    for layer in range(min(count, _MAX_LAYERS), 0, -1):
        lines.append(_head(str(layer)) + _row(state, "─", "▸", len(words)))
        lines.append(_head("") + "".join("↑".ljust(COLUMN) for _ in words).rstrip())
    return [*lines, _labels(words)]


def directions(words: Sequence[str], width: int) -> list[str]:
    """Draw two networks over the same words, one that reads from the left and one from the right."""
    words = _fitting(words, width)
    return [
        _head("→") + _row("h", "─", "▸", len(words)),
        _head("←") + _row("h◂", "─", "", len(words)),
        _labels(words),
    ]


def both(words: Sequence[str], count: int, width: int) -> list[str]:
    """Draw layers above each other that each read in both directions, and hand both states to the layer above."""
    words = _fitting(words, width)
    lines: list[str] = []
    for layer in range(min(count, _MAX_LAYERS), 0, -1):
        lines.append(_head(f"{layer}→") + _row("h", "─", "▸", len(words)))
        lines.append(_head(f"{layer}←") + _row("h◂", "─", "", len(words)))
        if layer > 1:
            lines.append(_head("") + "".join("↑".ljust(COLUMN) for _ in words).rstrip())
    return [*lines, _labels(words)]


def _fitting(words: Sequence[str], width: int) -> Sequence[str]:
    return words[-max((width - _MARGIN) // COLUMN, 1) :]


def _head(text: str) -> str:
    return f"{text:>3}".ljust(_MARGIN)


def _row(state: str, line: str, tip: str, count: int) -> str:
    """Draw a state at each word, with lines in between; the last one leads nowhere."""
    between = state + line * (COLUMN - len(state) - len(tip)) + tip
    return between * (count - 1) + state.rstrip("◂")


def _labels(words: Sequence[str]) -> str:
    return _head("") + " ".join(fit(word, COLUMN - 1) for word in words)
