"""The neurons of each layer that track a property of the text, found once over the sample and kept in the cache."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from seqchat.completion.engine import Engine
from seqchat.errors import SeqchatError
from seqchat.files import write_private
from seqchat.insight.neurons.overview import kept, side_file
from seqchat.insight.neurons.properties import PROPERTIES
from seqchat.insight.neurons.sample import collect
from seqchat.insight.neurons.tracking import track

_WORDS, _BEST, _SHUFFLES = 6_000, 2, 110


@dataclass(frozen=True)
class TrackedNeuron:
    """A neuron, the property that it tracks, and how closely: a correlation that is better than chance."""

    neuron: int
    name: str
    correlation: float


def tracked_neurons(engine: Engine, layer: str) -> Sequence[TrackedNeuron]:
    """Return the neurons of a layer whose hidden state tracks a property of the text, the closest first.

    layer: one of `insight.view.layer_names`; of those that read backwards, none are known.
    """
    layer = layer.removesuffix("→")
    if layer not in engine.network.layer_names:
        return []
    path = side_file(engine, f"tracked-{layer}")
    try:
        return [TrackedNeuron(int(n["neuron"]), str(n["name"]), float(n["correlation"])) for n in kept(path)]
    except (OSError, ValueError, KeyError, TypeError):
        found = _find(engine, layer)
    # What cannot be kept is searched again next time.
    with contextlib.suppress(SeqchatError):
        write_private(path, json.dumps([asdict(neuron) for neuron in found]))
    return found


def _find(engine: Engine, layer: str) -> list[TrackedNeuron]:
    from seqchat.corpus.source_names import SAMPLE
    from seqchat.corpus.sources import read_dialogs

    sample = collect(engine, read_dialogs([SAMPLE]), layer, words=_WORDS)
    found = [
        TrackedNeuron(score.neuron, tracking.name, score.correlation)
        for tracking in track(sample, list(PROPERTIES.values()), best=_BEST, shuffles=_SHUFFLES)
        for score in tracking.neurons
        if score.better_than_chance
    ]
    return sorted(found, key=lambda neuron: -abs(neuron.correlation))
