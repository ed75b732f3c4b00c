"""The order and the scales that whole layers are drawn by."""

import json

import numpy as np
import pytest

from seqchat.insight.neurons import overview as module
from seqchat.insight.neurons.averages import averaged
from seqchat.insight.neurons.order import alike, order_of
from seqchat.insight.neurons.overview import QUANTILE, drawn_range, measure, overview, side_file
from seqchat.model.cells import CELLS

from ...conftest import small_engine


def test_like_neurons_are_put_together():
    random = np.random.default_rng(0)
    groups = random.normal(size=(300, 5))
    kinds = np.repeat(np.arange(5), 8)
    mixed = random.permutation(40)
    values = (groups[:, kinds] + 0.3 * random.normal(size=(300, 40)))[:, mixed].astype(np.float32)
    found = kinds[mixed][order_of(alike([values]))]
    assert (np.diff(found) != 0).sum() == 4


def test_an_order_is_a_permutation_whatever_the_values():
    for values in (np.zeros((4, 7)), np.ones((1, 1))):
        order = order_of(alike([values.astype(np.float32)]))
        assert sorted(order) == list(range(values.shape[1]))


def test_the_larger_of_two_alike_pairs_is_joined_first_and_ends_that_are_alike_meet():
    similarity = np.eye(4)
    for (a, b), value in {(0, 2): 0.9, (1, 3): 0.8, (2, 3): 0.5, (0, 1): 0.1, (0, 3): 0.0, (1, 2): 0.0}.items():
        similarity[a, b] = similarity[b, a] = value
    assert order_of(similarity).tolist() in ([0, 2, 3, 1], [1, 3, 2, 0])


def test_means_of_neighbours():
    assert averaged(np.arange(6, dtype=np.float32)[None], 3).tolist() == [[0.5, 2.5, 4.5]]
    assert averaged(np.arange(5, dtype=np.float32)[None], 2).tolist() == [[0.5, 3.0]]
    assert averaged(np.arange(4, dtype=np.float32)[None], 4).tolist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("cell", "gate", "ends"), [("lstm", "forget", (0, 1)), ("lstm", "cell", (-3, 3)), ("mingru", "hidden", (0, 3))]
)
def test_a_sigmoid_has_its_range_and_all_else_reaches_as_far_as_most_values(cell, gate, ends):
    assert drawn_range(CELLS[cell].gate(gate), 3.0) == ends


def test_scales_are_percentiles_of_what_the_network_does(engine):
    ids = module._texts(engine)
    for name, values in module._values(engine, ids).items():
        found = measure(engine)[name]
        for gate, table in values.items():
            assert found.scales[gate][0] == pytest.approx(np.quantile(np.abs(table), QUANTILE))
            pairs = averaged(table[:, found.order], -(-table.shape[1] // 2))
            assert found.scales[gate][1] == pytest.approx(np.quantile(np.abs(pairs), QUANTILE))


@pytest.mark.parametrize(
    "network", [{"objective": "infill"}, {"objective": "window", "bidirectional": True, "layers": 2}]
)
def test_both_directions_are_measured(network):
    found = measure(small_engine(list("abcdefgh"), **network))
    assert set(found) == ({"1→", "1←"} if "layers" not in network else {"1→", "1←", "2→", "2←"})
    assert not np.array_equal(found["1→"].order, found["1←"].order)


def test_it_is_measured_once_and_a_damaged_file_is_replaced(lstm, monkeypatch):
    path = side_file(lstm, "overview")
    path.unlink(missing_ok=True)
    first = overview(lstm)
    measured = json.loads(path.read_text())
    with monkeypatch.context() as patch:
        patch.setattr(module, "measure", lambda engine: pytest.fail("it is measured again"))
        again = overview(lstm)
    assert [layer.order.tolist() for layer in again.values()] == [layer.order.tolist() for layer in first.values()]
    for damage in ("{", "[]", json.dumps({**measured, "1": {"order": [0, 0], "scales": {}}})):
        path.write_text(damage)
        assert overview(lstm)["1"].scales == first["1"].scales
        assert json.loads(path.read_text()) == measured


def test_other_weights_have_a_file_of_their_own(lstm):
    other = small_engine(["a", "b"], seed=1)
    assert side_file(small_engine(["a", "b"], seed=2), "x") != side_file(other, "x") != side_file(lstm, "x")
