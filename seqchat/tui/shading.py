"""How strongly each word of a text is shaded, and in which style; independent of widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.style import Style
from textual.color import Color

from seqchat.tui.heatmap import DIVERGING

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.completion.suggestion import Suggestion
    from seqchat.model.cells import Gate

# The first character, the one after the last, and a strength from -1 to 1
Shade = tuple[int, int, float]

# Even the strongest shade keeps this share of the background, so that the text is legible.
_MAX_STRENGTH = 0.7
_MIN_SHARE = 0.04
# A neuron whose values are all below this share of their range is not exaggerated.
_FAINTEST = 0.2
_UNDERLINED, _BOLD = 0.25, 0.5


def by_candidate(engine: Engine, text: str, suggestion: Suggestion) -> list[Shade]:
    """Shade each word by how much a suggestion depends on it, the strongest being 1."""
    from seqchat.insight.connectivity import connections

    found = connections(engine, text, suggestion)
    most = max((connection.norm for connection in found), default=0.0)
    return [(c.start, c.end, c.norm / most) for c in found] if most > 0 else []


def by_neuron(engine: Engine, text: str, layer: int, gate: Gate, neuron: int, last: int) -> list[Shade]:
    """Shade each of the last words by a neuron's value there, the strongest being 1 or -1."""
    from seqchat.insight.observing import observe
    from seqchat.insight.spans import spans

    word_spans = spans(engine, text)[-last:]
    seen = observe(engine, engine.context.node(text), max(len(word_spans), 1))
    # Of a window, there may be fewer words.
    word_spans = word_spans[-len(seen.words) :]
    values = seen.layers[layer][gate.name][len(seen.words) - len(word_spans) :, neuron].tolist()
    most = max([_FAINTEST * gate.usual_high, *map(abs, values)])
    return [(start, end, value / most) for (start, end), value in zip(word_spans, values, strict=True)]


def styled(shades: Sequence[Shade], ground: Color, accent: Color, *, colours: bool) -> list[tuple[int, int, Style]]:
    """Return the styles of shades: `accent` or, for values below 0, blue; without colours, underlined and bold."""
    return [
        (start, end, _style(share, ground, accent, colours)) for start, end, share in shades if abs(share) > _MIN_SHARE
    ]


def _style(share: float, ground: Color, accent: Color, colours: bool) -> Style:
    strength = min(abs(share), 1.0)
    if not colours:
        return Style(underline=strength >= _UNDERLINED, bold=strength >= _BOLD, italic=share < 0)
    colour = accent if share >= 0 else Color(*DIVERGING[0])
    return Style(bgcolor=ground.blend(colour, _MAX_STRENGTH * strength).rich_color)
