"""A run of the network in which gates are held or words are swapped, side by side with the untouched run."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqchat.completion.engine import Engine
from seqchat.completion.states import AbandonedError, Node, StateTree
from seqchat.corpus.cleaning import GLUE
from seqchat.errors import SeqchatError
from seqchat.insight.gates import GateTrace, top_changes, trace
from seqchat.insight.neurons.activations import check_neuron, find_quantity
from seqchat.insight.swaps import Swap, pairs_of, substitutes, swapped, tokens_of, words_of
from seqchat.model.cells import Hold
from seqchat.model.stepping import StepNetwork

_HOLD = re.compile(r"(?P<gate>\w+)=(?P<value>[^@]+?)(?:@(?P<layer>[^:@]+))?(?::(?P<items>[nw]\d+(?:,[nw]\d+)*))?")


@dataclass(frozen=True)
class GateHold:
    """A gate, state or candidate that is held at a value while the network reads.

    layer: one of the network's ``layer_names`` (from 1), None for every layer; neurons: those that are held (from 0),
    None for all; start: the first position at which it is held, counted in the untouched text, 0 being the start of
    the dialog and 1 the first word. A network of the objective window reads its last words again for each word, and
    holds during all of that.
    """

    gate: str
    value: float
    layer: int | str | None = None
    neurons: tuple[int, ...] | None = None
    start: int = 0

    @classmethod
    def parse(cls, text: str) -> GateHold:
        """Read ``gate=value``, then perhaps ``@layer``, then perhaps ``:n5,n17,w3``: neurons, and from which word on.

        Raises:
            SeqchatError: it is written otherwise.
        """
        match = _HOLD.fullmatch("".join(text.split()))
        value = _number(match["value"]) if match else None
        if match is None or value is None:
            raise SeqchatError(
                f"{text!r} is not a hold; write gate=value@layer, such as forget=0@1, or forget=1@1:n5,n17,w3."
            )
        items = (match["items"] or "").split(",")
        neurons = tuple(int(item[1:]) for item in items if item.startswith("n"))
        starts = [int(item[1:]) for item in items if item.startswith("w")]
        return cls(match["gate"], value, match["layer"], neurons or None, max(starts, default=0))


@dataclass(frozen=True)
class Intervention:
    """What is changed. Of two holds of the same neuron the later counts; swaps all look at the untouched text."""

    holds: tuple[GateHold, ...] = ()
    swaps: tuple[Swap, ...] = ()


@dataclass(frozen=True)
class WordProbability:
    """A word and how probable it is as the next one, in the untouched and in the changed run (0 to 1)."""

    word: str
    word_id: int
    untouched: float
    changed: float


@dataclass(frozen=True)
class ComparedRun:
    """One of two runs: its last node, its gates, and its most probable next words, the best first.

    The nodes of a changed run are outside of the engine's tree.
    """

    node: Node
    trace: GateTrace
    suggestions: list[WordProbability]

    @property
    def words(self) -> list[str]:
        """The words that were read, those outside of the vocabulary spelled, as they stand under the gates."""
        return self.trace.words


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side.

    bits: the Kullback-Leibler divergence D(untouched ‖ changed) of the next word's distribution over the whole
    vocabulary, in bits.
    state: what is compared at each word, ``cell`` of an LSTM and ``hidden`` of others.
    columns: which word of the one trace is which of the other; where a swap changes the number of words, its words are
    matched from its last one backwards.
    distance and cosine: of the states at these words, [layers, columns], the norm of the difference and the cosine of
    the angle (nan where a state is all zero).
    top_changes: for each layer the neurons of the state that differ most at the last word, with changed − untouched.
    substitutes: the words of swaps that are outside of the vocabulary, each with the words that are read instead;
    text_substitutes: the same for the untouched text.
    """

    untouched: ComparedRun
    changed: ComparedRun
    bits: float
    state: str
    columns: list[tuple[int, int]]
    distance: NDArray[np.float32]
    cosine: NDArray[np.float32]
    top_changes: list[list[tuple[int, float]]]
    substitutes: dict[str, list[str]]
    text_substitutes: dict[str, list[str]]


def compare(
    engine: Engine,
    text: str,
    intervention: Intervention,
    count: int = 9,
    *,
    last: int | None = None,
    max_top_changes: int = 5,
) -> Comparison:
    """Run a text untouched and changed.

    What is compared is the network's own prediction of a whole next word, without the memory of what was written and
    without other readings of the text's tail; an `infill` model predicts with its forward half. The `count`
    suggestions are words that may be offered, their probabilities are among all words. The words around a swapped one
    stay as they were cut. Gates and states are those of the last words alone where `last` says how many. Words before
    the first change are not read again; as elsewhere, reading ends with `AbandonedError` where the engine's tree is
    interrupted.

    Raises:
        SeqchatError: the text has no words, or there is no such layer, gate, neuron, value, word or position.
    """
    for number, name in ((count, "suggestions"), (1 if last is None else last, "words")):
        if number < 1:
            raise SeqchatError(f"The number of {name} is at least 1, not {number}.")
    node = engine.context.node(text)
    if not node.depth:
        raise SeqchatError("The text has no words; give at least one.")
    tokens = tokens_of(engine.vocabulary, words_of(engine.vocabulary, text))
    ids, origins, own = swapped(engine.vocabulary, tokens, intervention.swaps)
    pairs = pairs_of(own, origins)
    held = [h for hold in intervention.holds for h in _resolve(engine.network, hold, tokens, pairs)]
    changed = _read(engine.context.tree, node, ids, held)
    traces = [trace(engine, n, last or n.depth + 1) for n in (node, changed)]
    best, bits = _predict(engine, node, changed, count)
    state = "cell" if "cell" in traces[0].layers[0] else "hidden"
    ends = [[layer[state][-1] for layer in t.layers] for t in traces]
    columns = _columns(pairs, node.depth + 1 - len(traces[0].words), changed.depth + 1 - len(traces[1].words))
    distance, cosine = _differences(traces, state, columns)
    return Comparison(
        ComparedRun(node, traces[0], best[0]),
        ComparedRun(changed, traces[1], best[1]),
        bits,
        state,
        columns,
        distance,
        cosine,
        [top_changes(before, now, max_top_changes) for before, now in zip(*ends, strict=True)],
        substitutes(engine.vocabulary, [swap.new for swap in intervention.swaps]),
        substitutes(engine.vocabulary, words_of(engine.vocabulary, text)),
    )


# --- holds


class _Held(NamedTuple):
    """A hold of one layer (from 0), from a position of the changed run onwards."""

    layer: int
    gate: str
    value: float
    neurons: Tensor | None
    start: int


def _resolve(network: StepNetwork, hold: GateHold, tokens: list[str], pairs: list[tuple[int, int]]) -> list[_Held]:
    """Check a hold, and return it for each of its layers."""
    selected = find_quantity(network, hold.layer, hold.gate)
    for neuron in hold.neurons or ():
        check_neuron(network, selected, neuron)
    low, high = _limits(network, hold.gate)
    if not (math.isfinite(hold.value) and low <= hold.value <= high):
        limits = f"a number between {low:g} and {high:g}" if math.isfinite(high) else "a finite number"
        raise SeqchatError(f"The value of {hold.gate} is {limits}; it cannot be held at {hold.value:g}.")
    if not 0 <= hold.start <= len(tokens):
        raise SeqchatError(f"There is no word {hold.start} to hold {hold.gate} from; the text has 1 to {len(tokens)}.")
    start = next(changed for untouched, changed in pairs if untouched >= hold.start)
    layers = range(len(network.layer_names)) if hold.layer is None else [selected.layer]
    neurons = None if hold.neurons is None else torch.tensor(hold.neurons, dtype=torch.long)
    return [_Held(layer, hold.gate, float(hold.value), neurons, start) for layer in layers]


def _limits(network: StepNetwork, name: str) -> tuple[float, float]:
    """Return what a value lies between; a cell state and what a rectifier returns have no bounds."""
    (gate,) = [gate for gate in network.cell.gates if gate.name == name]
    rectified = network.config.cell == "rnn" and network.config.nonlinearity == "relu"
    return (-math.inf, math.inf) if name == "cell" or rectified else (gate.low, gate.high)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


# --- runs


def _read(tree: StateTree, untouched: Node, ids: list[int], held: list[_Held]) -> Node:
    """Read the start of the dialog and words; what is as in the untouched run is taken from there."""
    shared = list(untouched.path_to_root())[::-1]
    same = 0
    while same < min(len(shared), len(ids)) and shared[same].word_id == ids[same]:
        same += 1
    first = min([same, *(hold.start for hold in held)])
    node = shared[first - 1] if first else None
    for position in range(first, len(ids)):
        if tree.interrupted():
            raise AbandonedError
        state = tree.network.initial_state() if node is None else node.state
        stepped = tree.network.step(
            torch.tensor(ids[position : position + 1]), state, _holds(tree.network, held, position)
        )
        node = Node(node, ids[position], stepped, 0)
    assert node is not None
    return node


def _holds(network: StepNetwork, held: list[_Held], position: int) -> list[Hold] | None:
    """Return what is held at a position, one for each layer."""
    active = [hold for hold in held if hold.start <= position]
    if not active:
        return None
    return [_hold([hold for hold in active if hold.layer == k]) for k in range(len(network.layer_names))]


def _hold(held: list[_Held]) -> Hold:
    def hold(name: str, values: Tensor) -> Tensor:
        for gate in held:
            if gate.gate != name:
                continue
            if gate.neurons is None:
                values = torch.full_like(values, gate.value)
            else:
                values = values.index_fill(-1, gate.neurons, gate.value)
        return values

    return hold


def _predict(engine: Engine, untouched: Node, changed: Node, count: int) -> tuple[list[list[WordProbability]], float]:
    """Return the best words of both runs, and the divergence of their distributions."""
    output = engine.network.output
    features = torch.stack([untouched.features, changed.features])
    logits = output.logits(features)
    totals = logits.logsumexp(dim=1, keepdim=True)
    best = (logits + engine.suggestible_mask).topk(min(count, int(engine.vocabulary.suggestible.sum()))).indices
    probabilities: list[list[WordProbability]] = []
    for ids in best:
        both = (output.exact_logits(features, ids) - totals).exp().T.tolist()
        words = [engine.vocabulary.words[i].removeprefix(GLUE) for i in ids.tolist()]
        probabilities.append([WordProbability(w, i, *p) for w, i, p in zip(words, ids.tolist(), both, strict=True)])
    p, q = (logits - totals).double()
    return probabilities, max(float((p.exp() * (p - q)).sum()) / math.log(2), 0.0)


def _columns(pairs: list[tuple[int, int]], first: int, changed_first: int) -> list[tuple[int, int]]:
    """Return the columns of two traces that begin at these positions."""
    moved = [(position - first, changed - changed_first) for position, changed in pairs]
    return [(column, changed) for column, changed in moved if column >= 0 and changed >= 0]


def _differences(
    traces: list[GateTrace], state: str, columns: list[tuple[int, int]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the distance and the cosine of the states of two runs, [layers, columns] each."""
    here, there = (list(column) for column in zip(*columns, strict=True))
    a = np.stack([layer[state][here] for layer in traces[0].layers])
    b = np.stack([layer[state][there] for layer in traces[1].layers])
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    with np.errstate(invalid="ignore"):
        cosine = (a * b).sum(axis=-1) / np.where(norms == 0, np.nan, norms)
    return np.linalg.norm(b - a, axis=-1), np.clip(cosine, -1, 1)
