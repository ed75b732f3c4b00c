"""What was recorded as one HTML file to explore: without other files, hosts or libraries, and working offline.

The values are float32 in base64, exact. The page runs only the script and the style of this package: its content
security policy names their hashes, so nothing in a text or in a model's words can run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqchat.insight.neurons.overview import LayerOverview, ends_of, rows_of
from seqchat.insight.recording import Block
from seqchat.insight.view import View
from seqchat.model.cells import CELLS, Gate
from seqchat.wording import Say, plain

# About 5 bytes each in the file.
MAX_VALUES = 2_000_000

_HERE = Path(__file__).parent
_WINDOW = "Shown is the window that ends with the text, all that the model reads for the next word; ∅ is no word."
_TOO_MANY = "To open a neuron at a word here, write the page for fewer neurons or layers."
_BACKWARD = "A layer with ← reads a word after the words right of it, a layer with → after the words left of it."
_HOW = (
    "Point at a heat map to see a word and a neuron; click to keep the selection there, click again to release it. In "
    "a heat map: ← → words, ↑ ↓ neurons, Page ↑ Page ↓ ten neurons, Home End first and last word."
)
_ORDER = "Like neurons are next to each other."
_SCALE = "Colours reach as far as 95% of the values."
_COLUMNS = (
    "neuron: the value of the chosen neuron of the layer at the chosen word. mean, left %, right %: over all neurons "
    "in the page at this word, which share is left- and right-saturated. Click a row to colour the text by it."
)
_HEADS = ("word", "neuron", "layer", "gate", "mean", "left %", "right %")
# What the scripts say
SCRIPT_TEXTS = (
    "{map} · neuron {neuron} over the text",
    "word {number} “{word}” · neuron {neuron}",
    "held",
    "layer {layer} · {gate}",
    "never",
    "{map}, {neurons} neurons by {words} words",
    "Opened: layer {layer}, neuron {neuron} at {word}",
    "Opened: layer {layer}, neuron {neuron} at {word}, after {before}",
    "layer {layer}, neuron {neuron}",
    "neuron {neuron}",
    "{others} other neurons",
    "sum",
)
TEXTS = (_WINDOW, _TOO_MANY, _BACKWARD, _HOW, _ORDER, _SCALE, _COLUMNS, *_HEADS, *SCRIPT_TEXTS)


class Start(NamedTuple):
    """What is chosen first: a gate of a layer, by default the one that keeps the state of the lowest layer; a word and
    a neuron, by their places."""

    layer: str = ""
    gate: str = ""
    word: int = 0
    neuron: int = 0


def page(
    view: View,
    block: Block,
    overviews: Mapping[str, LayerOverview] | None = None,
    steps: dict[str, Any] | None = None,
) -> str:
    """Return the page: a heat map for each gate of each layer, which shows details of the word and neuron under the
    pointer.

    overviews: how layers are drawn, by their names; without them, neurons are in their order of number; steps: what the
    script opens a neuron at a word with (`page_steps.step_data`)."""
    title = f"{view.model} · {CELLS[view.cell].title}"
    how = " ".join((*guide(view), *[_ORDER] * bool(overviews)))
    head = f"<header>\n<h1>{escape(title)}</h1>\n<p>{escape(how)}</p>\n</header>"
    return document(title, f"{head}\n{explorer(view, block, overviews, steps)}")


def guide(view: View, say: Say = plain) -> list[str]:
    """Say in sentences how a recording is explored, and how to read it."""
    texts = [_HOW, _SCALE, *[_WINDOW] * view.window]
    return [say(text) for text in (*texts, *[_BACKWARD] * any(name.endswith("←") for name in view.layers))]


def document(title: str, body: str, *, language: str = "en", say: Say = plain, style: str = "") -> str:
    """Return a page with a body in HTML, in which each `explorer` works; style: in addition to that of the package."""
    style, script = _part("page.css") + style, "\n".join(('"use strict";', _part("steps.js"), _part("page.js")))
    said = {} if say is plain else {text: say(text) for text in SCRIPT_TEXTS}
    contents = {
        "language": language,
        "title": escape(title),
        "body": body,
        "said": escape(json.dumps(said, ensure_ascii=False)),
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "style": style,
        "script": script,
    }
    return _filled("page.html", contents)


def explorer(
    view: View,
    block: Block,
    overviews: Mapping[str, LayerOverview] | None = None,
    steps: dict[str, Any] | None = None,
    *,
    start: Start = Start(),  # noqa: B008 - immutable
    unopened: str = _TOO_MANY,
    say: Say = plain,
    named: Callable[[Gate], str] = lambda gate: gate.name,
) -> str:
    """Return the part of a page in which a recording is explored, as `page` does.

    start: what is chosen first; unopened: what is said in place of an opened neuron where there are no steps;
    named: how gates are called.
    """
    contents = {
        **{name.removesuffix(" %"): escape(say(name)) for name in _HEADS},
        "columns": escape(say(_COLUMNS)),
        "unopened": escape(say(unopened) if unopened and not steps else ""),
        "data": _json(_data(view, block, overviews or {}, start, named) | {"steps": steps}),
    }
    return _filled("explorer.html", contents)


def _filled(name: str, contents: Mapping[str, str]) -> str:
    """Return a template with its contents, in one pass, so that nothing in these is taken for a placeholder."""
    return re.sub(r"\{(\w+)\}", lambda mark: contents[mark[1]], _part(name))


def _data(
    view: View, block: Block, overviews: Mapping[str, LayerOverview], start: Start, named: Callable[[Gate], str]
) -> dict[str, Any]:
    """Return the data that the script draws."""
    maps = [
        {"title": named(gate)} | _map(name, gate, layer[gate.name], ends_of(name, gate, layer[gate.name], overviews))
        for name, layer in zip(view.layers, block.layers, strict=True)
        for gate in view.gates
    ]
    cell = CELLS[view.cell]
    wanted = start.layer or view.layers[0], start.gate or (cell.keep_gate.name if cell.keep_gate else cell.kept_state)
    return {
        "words": block.words,
        "neurons": view.neurons,
        "orders": {name: rows_of(view, name, overviews) for name in view.layers},
        "maps": maps,
        "chosen": next((i for i, shown in enumerate(maps) if (shown["layer"], shown["gate"]) == wanted), 0),
        "word": start.word,
        "neuron": start.neuron,
    }


def _map(layer: str, gate: Gate, values: NDArray[np.float32], ends: tuple[float, float]) -> dict[str, Any]:
    left, right = gate.saturation_limits
    return {
        "layer": layer,
        "gate": gate.name,
        "low": ends[0],
        "high": ends[1],
        "signed": gate.low < 0,
        "clipped": gate.kind != "sigmoid",
        "left": left,
        "right": right if right < math.inf else None,
        "values": base64.b64encode(values.astype("<f4").tobytes()).decode(),
    }


def _part(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _json(value: Any) -> str:
    """Return JSON without any character that could end the HTML element around it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
