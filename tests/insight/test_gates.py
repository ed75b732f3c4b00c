import numpy as np
import pytest
import torch

from seqchat.completion import states
from seqchat.insight.gates import trace
from seqchat.model.checkpoint import Checkpoint

TEXT = "小帅是一名程序员，他每天都加班"


def test_the_trace_is_that_of_torch(engine, models):
    """Hidden values of the whole text from the fused module, or the parallel form where torch has none."""
    ids = engine.context.ids(TEXT)
    traced = trace(engine, engine.context.node(TEXT), 1_000)
    weights = Checkpoint.load(models[engine.config.cell]).weights
    config, cell = engine.config, engine.network.cell
    x = weights["embedding.weight"][torch.tensor([2, *ids])]
    for k in range(config.layers):
        layer = {n.split(".")[-1]: w for n, w in weights.items() if n.startswith(f"recurrent.{k}.")}
        fused = cell.torch_module(x.shape[1], config.hidden_size, 1)
        with torch.no_grad():
            if fused is None:
                state = torch.zeros(len(cell.state_names), 1, config.hidden_size)
                outputs, _ = cell.sequence(x[:, None], state, {n.removesuffix("_l0"): w for n, w in layer.items()})
                x = outputs[:, 0]
            else:
                fused.load_state_dict(layer)
                x, _ = fused(x)
        np.testing.assert_allclose(traced.layers[k]["hidden"], x.numpy(), atol=1e-5)


def test_gates_of_words_read_long_ago_are_computed_again(engine, monkeypatch):
    node = engine.context.node(TEXT)
    before = trace(engine, node, 1_000)
    monkeypatch.setattr(states, "MAX_GATED", 3)
    monkeypatch.setattr(states, "_THINNED_AT_ONCE", 1)
    node = engine.context.node(f"{TEXT}。")
    old = [each for each in node.path_to_root() if not each.stepped.gates]
    assert len(old) == node.depth - 3
    assert all(each.has_state == (each.depth % 8 == 0) for each in old)
    kept = {id(each.stepped): each.stepped for each in old}.values()
    assert sum(step.state.untyped_storage().nbytes() for step in kept) == sum(each.state.nbytes for each in old)
    assert sum(len(step.features) for step in kept) == len(old)
    again = trace(engine, node.parent, 1_000)
    for now, was in zip(again.layers, before.layers, strict=True):
        for name in was:
            np.testing.assert_allclose(now[name], was[name], atol=1e-6)


def test_cell_states_follow_from_the_gates(lstm):
    traced = trace(lstm, lstm.context.node(TEXT), 1_000)
    for layer in traced.layers:
        before = np.vstack([np.zeros_like(layer["cell"][:1]), layer["cell"][:-1]])
        np.testing.assert_allclose(
            layer["forget"] * before + layer["input"] * layer["candidate"], layer["cell"], atol=1e-6
        )
        np.testing.assert_allclose(layer["output"] * np.tanh(layer["cell"]), layer["hidden"], atol=1e-6)


@pytest.mark.parametrize("last", [1, 3, 500])
def test_the_last_words_are_shown(engine, last):
    ids = engine.context.ids("你好\n在吗")
    traced = trace(engine, engine.context.node("你好\n在吗"), last)
    assert traced.words == ["▶", *[w.replace("\n", "⏎") for w in engine.vocabulary.decode(ids)]][-last:]
    for layer in traced.layers:
        assert list(layer) == [gate.name for gate in engine.network.cell.gates]
        assert {v.shape for v in layer.values()} == {(len(traced.words), engine.config.hidden_size)}


@pytest.mark.parametrize("at_once", [1, 4])
def test_reading_goes_on_from_words_read_long_ago(engine, at_once, monkeypatch):
    ids = engine.context.ids(TEXT)
    tree = states.StateTree(engine.network)
    branches = {n: [*ids[:n], ids[-1]] for n in (7, 3, 8, 1)}
    expected = {n: tree.read([tree.root], [branch])[0].state for n, branch in branches.items()}

    monkeypatch.setattr(states, "MAX_GATED", 3)
    monkeypatch.setattr(states, "_THINNED_AT_ONCE", at_once)
    tree = states.StateTree(engine.network)
    (end,) = tree.read([tree.root], [ids])
    path = list(end.path_to_root())[::-1]
    for n, state in expected.items():
        assert path[n].has_state == (n == 8)
        (node,) = tree.read([path[n]], [[ids[-1]]])
        torch.testing.assert_close(node.state, state)
