"""What a whole layer is drawn by: an order that puts like neurons together, and the scale of each gate.

Both are measured once, over dialogs of the sample, those first that training on it holds out; a model that does not
know most of their words is measured over what it writes itself. They are kept in the user's cache under a hash of the
weights, so that a model that is trained again is measured again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.completion.engine import Engine
from seqchat.corpus.vocabulary import DIALOG_ID, UNKNOWN_ID
from seqchat.errors import SeqchatError
from seqchat.files import read_bytes, write_private
from seqchat.insight.neurons.averages import averaged
from seqchat.insight.neurons.order import alike, order_of
from seqchat.insight.view import View, layer_names
from seqchat.locations import cache
from seqchat.model.cells import Gate, Gates, run_layers
from seqchat.model.stepping import InfillSteps

# So many texts of so many tokens are read side by side.
_TEXTS, _TOKENS = 32, 48
# Of dialogs to choose from; many are shorter
_CHARACTERS = 20_000
# With fewer known words than this share, a text says little about a model.
_KNOWN = 0.7
# The scale of a value without natural ends reaches so far.
QUANTILE = 0.95
_MAX_BYTES = 10_000_000

Values = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class LayerOverview:
    """How a layer is drawn.

    order: its neurons, like ones next to each other, a permutation [neurons]; scales: for each gate the 95th percentile
    of the absolute value: of single neurons, of the means of 2 neighbours in this order, of 4, and so on.
    """

    order: NDArray[np.int64]
    scales: Mapping[str, Sequence[float]]

    def range_of(self, gate: Gate, together: float = 1.0) -> tuple[float, float]:
        """Return the lower and the upper end of the colours of a gate, of which so many neighbours are averaged.

        A sigmoid goes from 0 to 1, whose ends have a meaning: shut and open. All else goes as far as most values do.
        """
        scales = self.scales[gate.name]
        return drawn_range(gate, scales[min(round(math.log2(max(together, 1.0))), len(scales) - 1)])


def rows_of(view: View, layer: str, overviews: Mapping[str, LayerOverview]) -> list[int]:
    """Return the indices of a view's neurons in the order in which a layer is drawn.

    Some neurons alone keep the order that a person gave; so do those of a layer that was not measured.
    """
    if layer not in overviews or len(view.neurons) < len(overviews[layer].order):
        return list(range(len(view.neurons)))
    return [*map(int, overviews[layer].order)]


def ends_of(
    layer: str, gate: Gate, values: NDArray[np.float32], overviews: Mapping[str, LayerOverview]
) -> tuple[float, float]:
    """Return the ends of a gate's colours in a layer, by the values themselves where it was not measured."""
    return overviews[layer].range_of(gate) if layer in overviews else drawn_range(gate, scale_of(values))


def drawn_range(gate: Gate, most: float) -> tuple[float, float]:
    """Return the ends of a gate's colours, given how far most of its absolute values reach."""
    if gate.kind == "sigmoid":
        return 0.0, 1.0
    return (-most if gate.low < 0 else 0.0), most


def scale_of(values: NDArray[np.float32]) -> float:
    """Return how far most absolute values reach: their 95th percentile, never 0."""
    return max(float(np.quantile(np.abs(values), QUANTILE)), 1e-6) if values.size else 1.0


def overview(engine: Engine) -> dict[str, LayerOverview]:
    """Return how each layer is drawn, by its name in `insight.view.layer_names`; measured if it is not in the cache."""
    path = side_file(engine, "overview")
    try:
        return _read(kept(path), engine)
    except (OSError, ValueError, KeyError, TypeError):
        found = measure(engine)
    # What cannot be kept is measured again next time.
    with contextlib.suppress(SeqchatError):
        write_private(path, json.dumps({name: _document(layer) for name, layer in found.items()}))
    return found


def side_file(engine: Engine, name: str) -> Path:
    """Return where something measured of a model's neurons is kept: in the cache, under a hash of its weights."""
    return cache() / "neurons" / f"{_key(engine)}-{name}.json"


def kept(path: Path) -> Any:
    """Return what a side file holds.

    Raises:
        OSError, ValueError: it is not there, or damaged.
    """
    return json.loads(read_bytes(path, _MAX_BYTES))


def measure(engine: Engine) -> dict[str, LayerOverview]:
    """Read texts, and return how each layer is drawn."""
    return {name: _measured(values) for name, values in _values(engine, _texts(engine)).items()}


def _measured(values: Values) -> LayerOverview:
    order = order_of(alike(values.values()))
    return LayerOverview(order, {gate: _scales(v[:, order]) for gate, v in values.items()})


def _scales(values: NDArray[np.float32]) -> list[float]:
    """Return the scale of values [tokens, neurons], of the means of 2 neighbours, of 4 …, down to few columns."""
    sizes = (2**k for k in range(values.shape[1].bit_length()))
    return [scale_of(averaged(values, -(-values.shape[1] // size))) for size in sizes]


def _document(layer: LayerOverview) -> dict[str, Any]:
    return {"order": layer.order.tolist(), "scales": {gate: list(scales) for gate, scales in layer.scales.items()}}


def _read(document: Any, engine: Engine) -> dict[str, LayerOverview]:
    """Return what the cache holds.

    Raises:
        ValueError, KeyError, TypeError: it is damaged.
    """
    gates = [gate.name for gate in engine.network.cell.gates]
    found: dict[str, LayerOverview] = {}
    for name in layer_names(engine.network):
        order = np.array(document[name]["order"], dtype=np.int64)
        if not np.array_equal(np.sort(order), np.arange(engine.config.hidden_size)):
            raise ValueError("it is no order of the neurons")
        found[name] = LayerOverview(order, {gate: [*map(float, document[name]["scales"][gate])] for gate in gates})
    return found


def _key(engine: Engine) -> str:
    """Return a hash of the weights of all layers."""
    network = engine.network
    key = hashlib.blake2b(f"1 {engine.config} {QUANTILE} {_TEXTS} {_TOKENS}".encode(), digest_size=16)
    for attribute in ("layers", "backward_layers"):
        for weights in _flat(getattr(network, attribute, [])):
            for name in sorted(weights):
                key.update(weights[name].contiguous().numpy().tobytes())
    return key.hexdigest()


def _flat(layers: Any) -> list[Mapping[str, Tensor]]:
    return [w for layer in layers for w in (layer if isinstance(layer, list) else [layer])]


# --- texts and what the network makes of them


def _texts(engine: Engine) -> Tensor:
    """Return ids [tokens, texts] of texts that the model knows the words of."""
    held_out = _sample(engine)
    known = float((held_out != UNKNOWN_ID).float().mean()) if held_out is not None else 0.0
    return held_out if held_out is not None and known >= _KNOWN else _written(engine)


def _sample(engine: Engine) -> Tensor | None:
    """Return the beginnings of dialogs of the sample; None if they are too short in these words."""
    from seqchat.corpus.source_names import SAMPLE
    from seqchat.corpus.sources import read_dialogs
    from seqchat.insight.neurons.sample import sample_dialogs
    from seqchat.insight.neurons.states import dialog_words

    rows: list[list[int]] = []
    for dialog in sample_dialogs(read_dialogs([SAMPLE]), _CHARACTERS):
        ids = dialog_words(dialog.turns, engine.vocabulary).ids[:_TOKENS]
        if len(ids) == _TOKENS:
            rows.append(ids)
        if len(rows) == _TEXTS:
            return torch.tensor(rows).T
    return None


def _written(engine: Engine) -> Tensor:
    """Return texts that the model writes, drawn word by word from what it expects."""
    network = engine.network
    dice = torch.Generator().manual_seed(0)
    ids, state = torch.full((_TEXTS,), DIALOG_ID), network.initial_state(_TEXTS)
    rows = [ids]
    for _ in range(_TOKENS - 1):
        stepped = network.step(ids, state)
        state = stepped.state
        ids = torch.multinomial(network.log_probabilities(stepped.features).exp(), 1, generator=dice)[:, 0]
        rows.append(ids)
    return torch.stack(rows)


def _values(engine: Engine, ids: Tensor) -> dict[str, Values]:
    """Return the gates [tokens of all texts, neurons] of each layer."""
    network = engine.network
    state, steps = network.initial_state(ids.shape[1]), []
    for row in ids:
        stepped = network.step(row, state)
        state = stepped.state
        steps.append(stepped.gates)
    if not isinstance(network, InfillSteps):
        return dict(zip(network.layer_names, _joined(steps), strict=True))
    backward = _read_backward(network, ids)
    return dict(
        zip(layer_names(network), [v for pair in zip(_joined(steps), backward, strict=True) for v in pair], strict=True)
    )


@torch.inference_mode()
def _read_backward(network: InfillSteps, ids: Tensor) -> list[Values]:
    state, steps = network.initial_state(ids.shape[1]), []
    for row in ids.flip(0):
        state, gates = run_layers(network.vectors[row], state, network.backward_layers, network.cell)
        steps.append(gates)
    return _joined(steps)


def _joined(steps: list[list[Gates]]) -> list[Values]:
    """Return for each layer its gates over all steps: [tokens, neurons]."""
    return [
        {gate: torch.cat([step[gate] for step in layer]).numpy() for gate in layer[0]}
        for layer in zip(*steps, strict=True)
    ]
