"""Which neurons track a property of the text, and whether that is more than chance.

One neuron is scored by the correlation of its values with the property's (Pearson's, which for a property of yes and
no is the point-biserial one); the layer as a whole by a linear probe (Alain and Bengio 2016), a ridge regression on all
its neurons, whose predictions are correlated with the property. All values are taken relative to their mean in the
dialog: a neuron that only tells one kind of dialog from another tracks nothing within them. Half of the dialogs choose
the neurons and fit the probe, the other half gives the scores.

Both are compared with the same done to shuffled properties. A state changes slowly, and so do most properties, hence
neighbouring words are no independent observations; a shuffle therefore rotates the values of each dialog by a random
number of words, which keeps how slowly they change. A property that grows through the whole dialog is instead reversed
in half of the dialogs. The best of many neurons is high by chance alone, hence a neuron is compared with the best
neuron of each shuffle (the maximum statistic of Westfall and Young 1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.errors import SeqchatError
from seqchat.insight.neurons.properties import Property
from seqchat.insight.neurons.sample import MIN_DIALOGS, Sample

# Below this p, a score is called better than chance.
SIGNIFICANT = 0.01
# A neuron whose correlation is below this is said to track a property weakly (Cohen 1988: medium from 0.3 on).
_WEAK = 0.3
# The score that this share of shuffles exceeds is shown as what chance reaches.
_CHANCE = 0.95
# A property must change in this many dialogs of each half, or there is too little to shuffle.
_MIN_VARYING_DIALOGS = 5
# The weight of the ridge's penalty, as a share of the mean eigenvalue of the neurons' correlation matrix.
_RIDGE = 0.01

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class CorrelationScore:
    """A correlation within the dialogs that did not choose the neuron or fit the probe.

    p: the share of shuffles (and of the truth itself) in which the best neuron, or the probe, does as well or better.
    """

    correlation: float
    p: float

    @property
    def better_than_chance(self) -> bool:
        """Whether shuffles hardly ever reach this score."""
        return self.p < SIGNIFICANT


@dataclass(frozen=True)
class NeuronCorrelation(CorrelationScore):
    """The score of one neuron, counted from 0; its correlation has a sign."""

    neuron: int


@dataclass(frozen=True)
class Tracking:
    """How a layer tracks a property.

    mean: of the property's values over all words that were read; for a property of yes and no, the share of yes;
    neurons: the best of the choosing half, the best first; neuron_chance and probe_chance: the score that the best
    neuron, and the probe, exceed in one of twenty shuffles. If the property changes in too few dialogs, there are no
    scores.
    """

    name: str
    mean: float
    neurons: list[NeuronCorrelation]
    neuron_chance: float | None
    probe: CorrelationScore | None
    probe_chance: float | None

    @property
    def verdict(self) -> str:
        """What the scores show."""
        if self.probe is None:
            return "too rare to tell"
        first = self.neurons[0]
        if first.better_than_chance:
            how = "tracks it" if abs(first.correlation) >= _WEAK else "does weakly"
            return f"neuron {first.neuron} {how}"
        if self.probe.better_than_chance:
            return "all together do"
        return "no better than chance"


def track(
    sample: Sample, properties: Sequence[Property], *, best: int = 3, shuffles: int = 300, seed: int = 0
) -> list[Tracking]:
    """Find the `best` neurons for each property, and for each score what chance reaches in this many shuffles.

    Raises:
        SeqchatError: there are fewer than `MIN_DIALOGS` dialogs, or too few shuffles to tell chance apart.
    """
    if len(sample.dialogs) < MIN_DIALOGS:
        raise SeqchatError(
            f"{len(sample.dialogs)} dialogs are too few to test neurons on; give at least {MIN_DIALOGS}."
        )
    if 1 / (shuffles + 1) >= SIGNIFICANT:
        raise SeqchatError(f"{shuffles} shuffles are too few to tell chance apart; take {round(1 / SIGNIFICANT)}.")
    layer = _Layer(sample)
    return [_track(layer, sample, p, best, shuffles, np.random.default_rng(seed)) for p in properties]


class _Layer:
    """What all properties share: the states of both halves, scaled, and the normal equations of the probe."""

    def __init__(self, sample: Sample) -> None:
        lengths = torch.tensor(sample.lengths)
        # Dialogs come in the order of their hashes, hence every other one is a random half.
        self.fitting = (torch.arange(len(lengths)) % 2 == 0).repeat_interleave(lengths)
        whole = torch.from_numpy(sample.states)
        states = torch.cat([values - values.mean(dim=0) for values in torch.split(whole, sample.lengths)])
        # A variation of this size is rounding of a constant.
        states[:, states.abs().amax(dim=0) <= 1e-5 * whole.abs().amax(dim=0)] = 0
        fit, test = states[self.fitting], states[~self.fitting]
        self.fit, self.test = normalized_columns(fit), normalized_columns(test)
        spread = fit.norm(dim=0)
        self._test_features = test / torch.where(spread > 0, spread, 1)
        self._normal = self.fit.T @ self.fit + _RIDGE * torch.eye(fit.shape[1])

    def probe(self, wanted: Tensor) -> Tensor:
        """Fit a probe to each column of the fitting half; return its predictions [words, columns] for the other."""
        weights: Tensor = torch.linalg.solve(self._normal, self.fit.T @ wanted)
        return self._test_features @ weights


def _track(
    layer: _Layer, sample: Sample, wanted: Property, best: int, shuffles: int, rng: np.random.Generator
) -> Tracking:
    dialogs = [
        np.array([value for turn in wanted.values(dialog.plain_turns) for value in turn][1:], dtype=np.float32)
        for dialog in sample.dialogs
    ]
    mean = float(np.concatenate(dialogs).mean())
    changing = [sum(len(np.unique(values)) > 1 for values in dialogs[half::2]) for half in (0, 1)]
    if min(changing) < _MIN_VARYING_DIALOGS:
        return Tracking(wanted.name, mean, [], None, None, None)
    shuffle = random_reversals if wanted.trend else circular_shifts
    # The first column is the truth.
    columns = torch.from_numpy(np.concatenate([shuffle(v - v.mean(), shuffles, rng) for v in dialogs]))
    fit, test = normalized_columns(columns[layer.fitting]), normalized_columns(columns[~layer.fitting])

    chosen = (layer.fit.T @ fit[:, 0]).abs().argsort(descending=True, stable=True)[:best].tolist()
    correlations = layer.test.T @ test
    by_chance = correlations[:, 1:].abs().amax(dim=0)
    neurons = [_score(correlations[n, 0], by_chance, n) for n in chosen]
    probes = (normalized_columns(layer.probe(fit)) * test).sum(dim=0)
    probe = CorrelationScore(float(probes[0]), _p(probes[0], probes[1:]))
    return Tracking(wanted.name, mean, neurons, _chance_level(by_chance), probe, _chance_level(probes[1:]))


def _score(correlation: Tensor, by_chance: Tensor, neuron: int) -> NeuronCorrelation:
    return NeuronCorrelation(float(correlation), _p(correlation.abs(), by_chance), neuron)


def _p(score: Tensor, by_chance: Tensor) -> float:
    return (1 + int((by_chance >= score).sum())) / (1 + len(by_chance))


def _chance_level(by_chance: Tensor) -> float:
    return float(by_chance.quantile(_CHANCE))


def circular_shifts(values: Floats, shuffles: int, rng: np.random.Generator) -> Floats:
    """Return [words, 1 + shuffles]: the values of a dialog, then circular shifts of them."""
    by = np.concatenate(([0], rng.integers(len(values), size=shuffles)))
    return values[(np.arange(len(values))[:, None] + by) % len(values)]


def random_reversals(values: Floats, shuffles: int, rng: np.random.Generator) -> Floats:
    """Return [words, 1 + shuffles]: the values of a dialog, then the same values, reversed at random."""
    reverse = np.concatenate(([False], rng.integers(2, size=shuffles) == 1))
    return np.where(reverse, values[::-1, None], values[:, None])


def normalized_columns(columns: Tensor) -> Tensor:
    """Shift and scale columns [words, columns] to mean 0 and length 1; what is constant becomes 0."""
    centred = columns - columns.mean(dim=0)
    lengths = centred.norm(dim=0)
    return torch.where(lengths > 0, centred / lengths, 0)
