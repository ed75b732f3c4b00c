"""The visible gates must be those of `torch.nn`, to 1e-5."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqchat.errors import SeqchatError
from seqchat.model.cells import CELLS, Cell, find_cell
from seqchat.model.config import ModelConfig
from seqchat.model.network import Network, build
from seqchat.model.recurrent import Dropouts, RecurrentStack
from seqchat.model.stepping import build_steps

from ..conftest import cell_shapes, fused_cells

SHAPES = cell_shapes()


def random_network(cell: str, nonlinearity: str, layers: int, embedding: int, hidden: int, seed: int) -> Network:
    torch.manual_seed(seed)
    config = ModelConfig(
        50, cell=cell, layers=layers, embedding_size=embedding, hidden_size=hidden, nonlinearity=nonlinearity
    )
    network = build(config).eval()
    with torch.no_grad():
        for weight in network.recurrent.parameters():
            weight.mul_(3 if cell != "rnn" else 1)  # far from the linear middle of the gates
    return network


@settings(max_examples=60, deadline=None)
@given(
    shape=st.sampled_from([shape for shape in SHAPES if shape[0] in fused_cells()]),
    layers=st.integers(1, 4),
    embedding=st.integers(1, 12),
    hidden=st.integers(1, 12),
    ids=st.lists(st.integers(0, 49), min_size=1, max_size=30),
    seed=st.integers(0, 2**31),
)
@torch.no_grad()
def test_a_text_read_step_by_step_equals_torch(shape, layers, embedding, hidden, ids, seed):
    cell, nonlinearity = shape
    network = random_network(cell, nonlinearity, layers, embedding, hidden, seed)
    steps = build_steps(network.config, network.state_dict())
    torch_layers = network.config.cell_kind.torch_module(embedding, hidden, layers)
    for k, layer in enumerate(network.recurrent):
        for name, weight in layer.named_parameters():
            getattr(torch_layers, name.replace("_l0", f"_l{k}")).copy_(weight)
    expected, last = torch_layers(network.embedding(torch.tensor(ids)))
    text = torch.tensor(ids)[:, None]
    features = network(text, network.initial_state(1), text).heads["forward"]

    state = steps.initial_state()
    for t, word in enumerate(ids):
        state, feature, gates = steps.step(torch.tensor([word]), state)
        torch.testing.assert_close(gates[-1]["hidden"][0], expected[t], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(feature[0], features[t, 0], atol=1e-5, rtol=1e-5)
    hidden_states = last[0] if cell == "lstm" else last
    torch.testing.assert_close(state[:, 0, 0], hidden_states, atol=1e-5, rtol=1e-5)
    if cell == "lstm":
        torch.testing.assert_close(state[:, 1, 0], last[1], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(gates[-1]["cell"][0], last[1][-1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("cell", "nonlinearity"), SHAPES)
def test_rows_of_a_batch_do_not_touch_each_other(cell, nonlinearity):
    network = random_network(cell, nonlinearity, 2, 8, 8, 0)
    steps = build_steps(network.config, network.state_dict())
    both = steps.step(torch.tensor([3, 7]), steps.initial_state(2))
    for row, word in enumerate((3, 7)):
        alone = steps.step(torch.tensor([word]), steps.initial_state())
        torch.testing.assert_close(both.state[:, :, row], alone.state[:, :, 0])


@torch.no_grad()
def test_lstm_gates_by_their_definition():
    """One neuron, computed by hand from the formulas of Hochreiter and Schmidhuber."""
    network = random_network("lstm", "tanh", 1, 1, 1, 4)
    steps = build_steps(network.config, network.state_dict())
    first = steps.step(torch.tensor([5]), steps.initial_state())
    second = steps.step(torch.tensor([9]), first.state)
    layer, x = network.recurrent[0], float(network.embedding.weight[9, 0])
    h, c = (float(v) for v in first.state[0, :, 0, 0])

    def row(k: int) -> torch.Tensor:
        return layer.weight_ih_l0[k, 0] * x + layer.weight_hh_l0[k, 0] * h + layer.bias_ih_l0[k] + layer.bias_hh_l0[k]

    i, f, g, o = row(0).sigmoid(), row(1).sigmoid(), row(2).tanh(), row(3).sigmoid()
    new_c = f * c + i * g
    by_hand = {
        "input": i,
        "forget": f,
        "candidate": g,
        "output": o,
        "cell": new_c,
        "hidden": o * new_c.tanh(),
    }
    assert list(second.gates[0]) == [gate.name for gate in CELLS["lstm"].gates]
    for name, value in by_hand.items():
        torch.testing.assert_close(second.gates[0][name][0, 0], value)


@torch.no_grad()
def test_gru_gates_by_their_definition():
    """The bias of the candidate's hidden part stands inside the product with the reset gate."""
    network = random_network("gru", "tanh", 1, 1, 1, 4)
    steps = build_steps(network.config, network.state_dict())
    first = steps.step(torch.tensor([5]), steps.initial_state())
    second = steps.step(torch.tensor([9]), first.state)
    layer, x, h = network.recurrent[0], network.embedding.weight[9, 0], first.state[0, 0, 0, 0]
    x_rows = layer.weight_ih_l0[:, 0] * x + layer.bias_ih_l0
    h_rows = layer.weight_hh_l0[:, 0] * h + layer.bias_hh_l0
    r, z = (x_rows[0] + h_rows[0]).sigmoid(), (x_rows[1] + h_rows[1]).sigmoid()
    n = (x_rows[2] + r * h_rows[2]).tanh()
    by_hand = {"reset": r, "update": z, "candidate": n, "hidden": (1 - z) * n + z * h}
    for name, value in by_hand.items():
        torch.testing.assert_close(second.gates[0][name][0, 0], value)


@pytest.mark.parametrize("cell", CELLS)
def test_gates_lie_within_their_range(cell):
    network = random_network(cell, "tanh", 1, 8, 8, 1)
    steps = build_steps(network.config, network.state_dict())
    gates = steps.step(torch.tensor([3]), steps.initial_state()).gates[0]
    for gate in CELLS[cell].gates:
        if gate.name != "cell":
            assert float(gates[gate.name].min()) >= gate.low
            assert float(gates[gate.name].max()) <= gate.high


# --- what every cell must offer


def layer_of(cell, nonlinearity, dtype, inputs=5, hidden=7, time=11, batch=3):
    """A layer with large weights, a text for it, and a state to begin with that is not zero."""
    torch.manual_seed(2)
    kind = find_cell(cell, nonlinearity)
    scale = 0.5 if nonlinearity == "relu" else 2.0
    weights = {
        name: scale * torch.randn(shape, dtype=dtype) for name, shape in kind.weight_shapes(inputs, hidden).items()
    }
    state = torch.rand(len(kind.state_names), batch, hidden, dtype=dtype)
    return kind, weights, torch.randn(time, batch, inputs, dtype=dtype), state


@pytest.mark.parametrize("begins", ["with zeros", "with a state"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
@pytest.mark.parametrize("time", [1, 2, 11, 64, 300])
@pytest.mark.parametrize(("cell", "nonlinearity"), SHAPES)
def test_a_sequence_is_its_steps(cell, nonlinearity, time, dtype, tolerance, begins):
    kind, weights, x, state = layer_of(cell, nonlinearity, dtype, time=time)
    state = state * (begins == "with a state")
    outputs, last = kind.sequence(x, state, weights)
    expected, after = Cell.sequence(kind, x, state, weights)
    torch.testing.assert_close(outputs, expected, atol=tolerance, rtol=tolerance)
    torch.testing.assert_close(last, after, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize(("cell", "nonlinearity"), SHAPES)
def test_a_sequence_learns_as_its_steps_do(cell, nonlinearity):
    kind, weights, x, state = layer_of(cell, nonlinearity, torch.float64)
    weights = {name: weight.requires_grad_() for name, weight in weights.items()}
    above = torch.randn(len(x), 3, 7, dtype=torch.float64)
    wanted = [x.requires_grad_(), state.requires_grad_(), *weights.values()]
    gradients = [
        torch.autograd.grad((read(x, state, weights)[0] * above).sum(), wanted)
        for read in (kind.sequence, lambda *given: Cell.sequence(kind, *given))
    ]
    for found, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(("cell", "nonlinearity"), SHAPES)
def test_the_way_back_is_that_of_autograd(cell, nonlinearity):
    kind, weights, x, state = layer_of(cell, nonlinearity, torch.float64, batch=1)
    before, gates = [], []
    for word in x:
        before.append(state)
        state, at_word = kind.step(word, state, weights)
        gates.append(at_word)
    arguments = {name: torch.cat([at_word[name] for at_word in gates]) for name in gates[0]}, torch.cat(before, dim=1)
    above = torch.randn(len(x), 7, dtype=torch.float64)
    found = kind.backward(x[:, 0], *arguments, weights, above)
    torch.testing.assert_close(found, Cell.backward(kind, x[:, 0], *arguments, weights, above))


@pytest.mark.parametrize(("cell", "nonlinearity"), SHAPES)
def test_a_split_is_the_whole_change_of_the_kept_state(cell, nonlinearity):
    kind, weights, x, state = layer_of(cell, nonlinearity, torch.float64)
    new, gates = kind.step(x[0], state, weights)
    forgotten, written = kind.split({name: values.numpy() for name, values in gates.items()}, state[-1].numpy())
    torch.testing.assert_close(torch.from_numpy(forgotten + written), new[-1] - state[-1])
    if kind.keep_gate is not None:
        kept = kind.keep_gate.kept(gates[kind.keep_gate.name])
        torch.testing.assert_close(torch.from_numpy(forgotten), (kept - 1) * state[-1])


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_cell_is_described_in_full(cell):
    names = [gate.name for gate in cell.gates]
    assert len(set(names)) == len(names)
    assert {gate.name for gate in cell.gates if gate.role == "state"} == set(cell.state_names)
    assert set(cell.recurrent_weights) <= set(cell.weight_shapes(2, 3))
    assert (cell.keep_gate is None) == (not any(gate.role == "keep" for gate in cell.gates) and not writes(cell))
    assert cell.title in cell.lacks_keep_gate
    for gate in cell.gates:
        assert gate.formula.startswith(f"{gate.symbol} = ")
        assert all((gate.english, gate.chinese, gate.what_en, gate.what_zh))
        low, high = gate.saturation_limits
        assert low < high
        assert gate.kind == ("signed" if gate.low < 0 else "sigmoid" if gate.high == 1 else "positive")


def writes(cell):
    return cell.keep_gate is not None and cell.gate(cell.keep_gate.name).role == "write" and cell.keep_gate.writes


def test_a_cell_that_is_not_there_is_named():
    with pytest.raises(SeqchatError, match=r"no cell 'elman'; there are .*lstm"):
        find_cell("elman")


@pytest.mark.parametrize("name", CELLS)
def test_products_in_bfloat16_change_little_and_carry_a_state_of_float32(name):
    torch.manual_seed(0)
    stack = RecurrentStack(CELLS[name], 32, 32, 2, Dropouts()).eval()
    x, state = torch.randn(20, 3, 32), torch.zeros(2, len(CELLS[name].state_names), 3, 32)
    exact = stack(x, state)
    stack.multiply_in_bfloat16 = True
    for found, expected in zip(stack(x, state), exact, strict=True):
        assert found.dtype == torch.float32
        assert not torch.equal(found, expected)
        torch.testing.assert_close(found, expected, rtol=0.05, atol=0.02)
