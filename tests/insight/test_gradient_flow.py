import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

import seqchat.insight.backpropagation as backpropagation
import seqchat.insight.gradient_flow as module
from seqchat.completion.engine import Engine
from seqchat.corpus.encoding import IdStream
from seqchat.corpus.vocabulary import DIALOG_ID, SPECIAL_WORDS, TURN_ID
from seqchat.errors import SeqchatError
from seqchat.insight.gradient_decay import Decay
from seqchat.insight.gradient_flow import gradient_flow
from seqchat.insight.gradient_report import table, ticks
from seqchat.model.cells import free
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build

from ..conftest import cell_shapes

WORDS = [f"w{i}" for i in range(20)]
CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
SHAPES = [shape for shape in cell_shapes() if shape[0] in CELLS]


def made(**network):
    """A model with random weights, and these weights."""
    config = ModelConfig(len(SPECIAL_WORDS) + len(WORDS), **{"embedding_size": 8, "hidden_size": 10, **network})
    torch.manual_seed(0)
    # Larger weights would let the rectifier explode.
    scale = 1 if config.nonlinearity == "relu" else 3
    weights = {name: weight * scale for name, weight in build(config).state_dict().items()}
    weights["output_bias"] = torch.randn(config.vocabulary_size)
    return Engine("small", Checkpoint(config, [*SPECIAL_WORDS, *WORDS], weights, "whitespace")), weights


def stream(*lengths, seed=0):
    """Dialogs of so many tokens, the start and the last end of a turn included."""
    rng = np.random.default_rng(seed)
    dialogs = [[DIALOG_ID, *rng.integers(TURN_ID, 24, n - 2), TURN_ID] for n in lengths]
    ids = np.array([i for dialog in dialogs for i in dialog], dtype=np.int32)
    return IdStream(ids, np.zeros(len(ids), dtype=np.uint8), np.cumsum([0, *lengths]))


class Direct:
    """One text by the cells of torch, in float64, differentiated as it stands."""

    def __init__(self, config, weights, ids):
        self.config, self.target = config, ids[-1]
        self.weights = {name: weight.double() for name, weight in weights.items()}
        self.cells = [self._cell(k) for k in range(config.layers)]
        self.states = []  # of each step, of each layer, h or (h, c)
        self.xs = []
        zero = torch.zeros(1, config.hidden_size, dtype=torch.float64, requires_grad=True)
        state = [(zero, zero * 1) if config.cell == "lstm" else zero] * config.layers
        for word_id in ids[:-1]:
            x, inputs, state = self.weights["embedding.weight"][int(word_id)][None], [], list(state)
            for k, cell in enumerate(self.cells):
                inputs.append(x)
                state[k] = cell(x, state[k])
                x = self.part(state[k], 0)
            self.states.append(state)
            self.xs.append(inputs)
        logits = (
            x @ self.weights["projection.weight"].T @ self.weights["embedding.weight"].T + self.weights["output_bias"]
        )
        self.loss = cross_entropy(logits, torch.tensor([int(self.target)]))

    def _cell(self, k):
        options = {"nonlinearity": self.config.nonlinearity} if self.config.cell == "rnn" else {}
        inputs = self.config.hidden_size if k else self.config.embedding_size
        cell = CELLS[self.config.cell](inputs, self.config.hidden_size, dtype=torch.float64, **options)
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        cell.load_state_dict({name: self.weights[f"recurrent.{k}.{name}_l0"] for name in names})
        return cell

    def part(self, state, number):
        return state[number] if isinstance(state, tuple) else state

    def norms(self, layer, number, distance):
        wanted = [self.part(states[layer], number) for states in self.states[-distance - 1 :]]
        return [float(g.norm()) for g in torch.autograd.grad(self.loss, wanted, retain_graph=True)][::-1]

    def gate_products(self, layer, distance):
        size, cell = self.config.hidden_size, self.cells[layer]
        product = torch.ones(1, size, dtype=torch.float64)
        products = [float(product.mean())]
        for t in range(len(self.states) - 1, len(self.states) - 1 - distance, -1):
            before, x = self.part(self.states[t - 1][layer], 0), self.xs[t][layer]
            rows = x @ cell.weight_ih.T + cell.bias_ih + before @ cell.weight_hh.T + cell.bias_hh
            product = product * rows[:, size : 2 * size].sigmoid()
            products.append(float(product.detach().mean()))
        return products

    def step_norm(self, layer):
        x, before = self.xs[-1][layer], self.states[-2][layer]

        def after(hidden):
            state = (hidden, before[1]) if isinstance(before, tuple) else hidden
            return self.part(self.cells[layer](x, state), 0)

        jacobian = torch.autograd.functional.jacobian(after, self.part(before, 0))[0, :, 0]
        return np.linalg.svd(jacobian.numpy(), compute_uv=False)[0]


@pytest.mark.parametrize("objective", ["next", "infill"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize(("cell", "nonlinearity"), SHAPES)
def test_it_is_what_autograd_gives(cell, nonlinearity, layers, objective):
    """Every word far enough from the start of its dialog, and no other."""
    engine, weights = made(cell=cell, nonlinearity=nonlinearity, layers=layers, objective=objective)
    distance, text = 6, stream(9, 4, 12, 7)
    directs = [
        Direct(engine.config, weights, text.ids[start : t + 2])
        for start, end in zip(text.starts, text.starts[1:], strict=False)
        for t in range(start + distance, end - 1)
    ]
    assert len(directs) == 2 + 0 + 5 + 0
    for layer in {1, layers}:
        flow = gradient_flow(engine, text, words=1_000, distance=distance, layer=layer)
        assert (flow.words, flow.layer, flow.cell, flow.distances) == (7, layer, cell, list(range(distance + 1)))
        assert list(flow.norms) == (["hidden", "cell"] if cell == "lstm" else ["hidden"])
        for number, norms in enumerate(flow.norms.values()):
            expected = np.mean([direct.norms(layer - 1, number, distance) for direct in directs], axis=0)
            np.testing.assert_allclose(norms, expected, rtol=1e-4)
        assert flow.step_norm == pytest.approx(np.mean([direct.step_norm(layer - 1) for direct in directs]), rel=1e-4)
        if cell == "rnn":
            assert flow.gate_product is None
        else:
            expected = np.mean([direct.gate_products(layer - 1, distance) for direct in directs], axis=0)
            np.testing.assert_allclose(flow.gate_product, expected, rtol=1e-5)


def test_the_top_layer_is_the_default():
    engine, _ = made(layers=2)
    assert gradient_flow(engine, stream(30), distance=5).layer == 2


def test_several_batches_are_one_average(monkeypatch):
    engine, _ = made(cell="gru", layers=2)
    text, done = stream(40, 50), []
    whole = gradient_flow(engine, text, words=33, distance=7)
    monkeypatch.setattr(module, "_MAX_ROWS", 4)
    parts = gradient_flow(engine, text, words=33, distance=7, progress=done.append)
    np.testing.assert_allclose(parts.norms["hidden"], whole.norms["hidden"], rtol=1e-6)
    np.testing.assert_allclose(parts.gate_product, whole.gate_product)
    assert len(done) == 9
    assert sum(done) == 33


def test_of_a_long_dialog_only_what_is_near_is_read(monkeypatch):
    monkeypatch.setattr(backpropagation, "_CONTEXT", 3)
    engine, weights = made(cell="lstm")
    text = stream(20)
    directs = [Direct(engine.config, weights, text.ids[max(t - 8, 0) : t + 2]) for t in range(5, 19)]
    expected = np.mean([direct.norms(0, 0, 5) for direct in directs], axis=0)
    np.testing.assert_allclose(gradient_flow(engine, text, distance=5).norms["hidden"], expected, rtol=1e-4)


def test_the_seed_chooses_the_words():
    engine, _ = made()
    text = stream(200, 100)
    first, same, other = (gradient_flow(engine, text, words=10, distance=5, seed=seed) for seed in (0, 0, 1))
    assert first.words == 10
    np.testing.assert_array_equal(first.norms["hidden"], same.norms["hidden"])
    assert not np.allclose(first.norms["hidden"], other.norms["hidden"])


@pytest.mark.parametrize(
    ("weight", "seen", "half_life"),
    [
        (2.0, "exploding", None),
        (1.0, "kept", None),
        (0.99, "kept", 68.97),
        (0.95, "fading slowly", 13.51),
        (0.5, "vanishing", 1.0),
    ],
)
def test_one_unit_by_hand(weight, seen, half_life):
    """h' = relu(1 + weight · h): each step back multiplies the gradient by the weight."""
    config = ModelConfig(24, cell="rnn", nonlinearity="relu", embedding_size=1, hidden_size=1)
    weights = {name: torch.zeros_like(value) for name, value in build(config).state_dict().items()}
    weights["recurrent.0.bias_ih_l0"] += 1
    weights["recurrent.0.weight_hh_l0"] += weight
    weights["embedding.weight"][5:9] += 1
    flow = gradient_flow(
        Engine("one", Checkpoint(config, [*SPECIAL_WORDS, *WORDS], weights, "whitespace")), stream(33), distance=20
    )
    np.testing.assert_allclose(flow.norms["hidden"] / flow.norms["hidden"][0], weight ** np.arange(21.0), rtol=1e-6)
    assert flow.step_norm == pytest.approx(weight)
    decay = flow.decays["hidden"]
    assert decay.factor == pytest.approx(weight)
    assert decay.trend == flow.trend == seen
    assert decay.half_life == (None if half_life is None else pytest.approx(half_life, abs=0.01))


def test_the_first_step_is_not_part_of_the_decay():
    assert Decay.of(np.array([100.0, 8, 4, 2, 1])).factor == pytest.approx(0.5)


def test_a_gradient_beyond_all_numbers():
    assert Decay.of(np.array([1.0, 0.5, 0.25, 0, 0])).factor == pytest.approx(0.5)
    assert Decay.of(np.array([1.0, 1e300, math.inf])).trend == "exploding"
    assert Decay.of(np.array([1.0, 0.0, 0.0])) == Decay(0.0, 0.0, 0.5, "vanishing")


def test_half_of_the_gradient_lies_between_two_words():
    assert Decay.of(np.array([10.0, 8, 6, 4, 3])).half_distance == pytest.approx(2.5)
    assert Decay.of(np.array([10.0, 5, 1])).half_distance == 1
    assert Decay.of(np.array([10.0, 9, 9, 5.5])).half_distance is None


def test_what_cannot_be_followed_is_one_sentence():
    engine, _ = made(layers=2)
    with pytest.raises(SeqchatError, match=r"small has no layer 3; it has the layers 1 to 2\."):
        gradient_flow(engine, stream(30), distance=5, layer=3)
    with pytest.raises(SeqchatError, match=r"a gradient over 9 words; the longest allows 8\."):
        gradient_flow(engine, stream(10, 5), distance=9)
    assert gradient_flow(engine, stream(10, 5), distance=8).words == 1
    with pytest.raises(SeqchatError, match="distance is at least 2, not 1"):
        gradient_flow(engine, stream(30), distance=1)
    with pytest.raises(SeqchatError, match="number of words is at least 1, not 0"):
        gradient_flow(engine, stream(30), distance=5, words=0)
    window, _ = made(objective="window", window=2, hidden_size=8)
    with pytest.raises(SeqchatError, match="small reads windows of 2 words, too few to follow a gradient"):
        gradient_flow(window, stream(30), distance=3)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layer", [1, 2])
def test_the_gradient_in_a_window_is_what_a_change_of_a_state_does_to_the_loss(cell, layer, bidirectional):
    engine, _ = made(cell=cell, objective="window", window=4, layers=2, bidirectional=bidirectional, hidden_size=5)
    text = stream(9)
    flow = gradient_flow(engine, text, words=1, distance=3, layer=layer)
    assert flow.distances == [0, 1, 2, 3]
    position = _end(text, 3)
    ids = torch.tensor(text.ids[position - 3 : position + 1].astype(np.int64))
    for k in range(4):
        found = [_slope(engine, ids, int(text.ids[position + 1]), layer, 3 - k, neuron) for neuron in range(5)]
        assert np.linalg.norm(found) == pytest.approx(flow.norms["hidden"][k], rel=0.02, abs=2e-3)


def _end(text, distance):
    """The word that is chosen among those of one dialog."""
    return int(module._choose(text, 1, distance, np.random.default_rng(0))[0])


def _slope(engine, ids, target, layer, step, neuron, epsilon=0.02):
    """How the loss of a window changes with a neuron of the forward direction at one of its words."""
    network = engine.network
    directions = engine.config.directions

    def loss(change):
        seen = []

        def hold(name, values):
            if name != "hidden":
                return values
            seen.append(name)
            moved = torch.zeros_like(values)
            moved[0, neuron] = change * (len(seen) == step + 1)
            return values + moved

        holds = [hold if k == (layer - 1) * directions else free for k in range(2 * directions)]
        features = network.step(ids[-1:], ids[:-1, None, None], holds).features
        return -float(network.output.exact_logits(features, torch.arange(24)).log_softmax(dim=-1)[0, target])

    return (loss(epsilon) - loss(-epsilon)) / (2 * epsilon)


def test_a_window_ends_the_curve_beside_longer_ones():
    window, _ = made(objective="window", window=4, hidden_size=8)
    other, _ = made()
    flows = [gradient_flow(engine, stream(40), words=5, distance=20) for engine in (window, other)]
    rows = table(flows)
    assert len({len(row.numbers) for row in rows}) == 1
    assert rows[1].numbers.split() == rows[1].numbers.split()[:2]
    assert len(rows[-1].numbers.split()) == 5


@pytest.mark.parametrize(
    ("shares", "labels"),
    [
        ([1.0, 0.5, 0.0004], ["0.001", "0.01", "0.1", "1"]),
        ([1.0, 0.3], ["1", "0.5"]),
        ([1.0, 7.0], ["1", "2", "5"]),
        ([0.5, 300.0], ["1", "10", "100"]),
        ([1e-12, math.inf, 0.0, math.nan], ["1e-12", "1e-09", "1e-06", "0.001", "1"]),
        ([], ["1"]),
    ],
)
def test_ticks_lie_where_something_is_drawn(shares, labels):
    found = ticks(shares)
    assert list(found.values()) == labels
    assert all(float(label) == pytest.approx(10**log) for log, label in found.items())
