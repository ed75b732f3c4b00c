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
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqchat.insight.neurons.overview import LayerOverview, ends_of, rows_of
from seqchat.insight.recording import Block
from seqchat.insight.view import View
from seqchat.model.cells import CELLS, Gate

# About 5 bytes each in the file.
MAX_VALUES = 2_000_000

_HERE = Path(__file__).parent
_WINDOW = "Shown is the window that ends with the text, all that the model reads for the next word; ∅ is no word."
_TOO_MANY = "To open a neuron at a word here, write the page for fewer neurons or layers."
_BACKWARD = "A layer with ← reads a word after the words right of it, a layer with → after the words left of it."


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
    style, script = _part("page.css"), "\n".join(('"use strict";', _part("steps.js"), _part("page.js")))
    meaning = [_WINDOW] * view.window + [_BACKWARD] * any(name.endswith("←") for name in view.layers)
    contents = {
        "title": escape(f"{view.model} · {CELLS[view.cell].title}"),
        "meaning": escape(" ".join(meaning)),
        "unopened": escape("" if steps else _TOO_MANY),
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "style": style,
        "script": script,
        "data": _json(_data(view, block, overviews or {}) | {"steps": steps}),
    }
    # In one pass, so that nothing in the contents is taken for a placeholder.
    return re.sub(r"\{(\w+)\}", lambda mark: contents[mark[1]], _part("page.html"))


def _data(view: View, block: Block, overviews: Mapping[str, LayerOverview]) -> dict[str, Any]:
    """Return the data that the script draws; at first the gate that keeps the state colours the text."""
    maps = [
        _map(name, gate, layer[gate.name], ends_of(name, gate, layer[gate.name], overviews))
        for name, layer in zip(view.layers, block.layers, strict=True)
        for gate in view.gates
    ]
    keep_gate = CELLS[view.cell].keep_gate
    first = keep_gate.name if keep_gate else CELLS[view.cell].kept_state
    chosen = next((i for i, shown in enumerate(maps) if shown["gate"] == first), 0)
    orders = {name: rows_of(view, name, overviews) for name in view.layers}
    return {"words": block.words, "neurons": view.neurons, "orders": orders, "maps": maps, "chosen": chosen}


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
