"""The visible gates must be those of `torch.nn`, to 1e-5."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from seqchat.model.cells import CELLS
from seqchat.model.config import ModelConfig
from seqchat.model.network import Network, build
from seqchat.model.stepping import build_steps

FUSED = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
SHAPES = [("rnn", "tanh"), ("rnn", "relu"), ("lstm", "tanh"), ("gru", "tanh")]


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
    shape=st.sampled_from(SHAPES),
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
    options = {"nonlinearity": nonlinearity} if cell == "rnn" else {}
    torch_layers = FUSED[cell](embedding, hidden, layers, **options)
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


@pytest.mark.parametrize("cell", FUSED)
def test_gates_lie_within_their_range(cell):
    network = random_network(cell, "tanh", 1, 8, 8, 1)
    steps = build_steps(network.config, network.state_dict())
    gates = steps.step(torch.tensor([3]), steps.initial_state()).gates[0]
    for gate in CELLS[cell].gates:
        if gate.name != "cell":
            assert float(gates[gate.name].min()) >= gate.low
            assert float(gates[gate.name].max()) <= gate.high
