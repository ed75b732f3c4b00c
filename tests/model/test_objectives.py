"""No head may see the word it predicts, and each must see what it should."""

import pytest
import torch

from seqchat.errors import SeqchatError
from seqchat.model.cells import CELLS
from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.model.recurrent import Dropouts
from seqchat.model.stepping import build_steps

SIZES = {"embedding_size": 6, "hidden_size": 8}


def network_of(**options):
    torch.manual_seed(0)
    return build(ModelConfig(30, **{**SIZES, **options})).eval()


def text(time=7, batch=3):
    torch.manual_seed(1)
    words = torch.randint(4, 30, (time + 1, batch))
    return words[:-1], words[1:].clone()


@pytest.mark.parametrize("objective", ["next", "infill", "window"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_the_size_is_as_announced(cell, layers, objective, bidirectional):
    if bidirectional and objective != "window":
        with pytest.raises(SeqchatError, match=r"the word that it should predict|two directions already"):
            ModelConfig(30, cell=cell, objective=objective, bidirectional=True)
        return
    network = network_of(cell=cell, layers=layers, objective=objective, bidirectional=bidirectional)
    assert sum(w.numel() for w in network.parameters()) == network.config.parameters


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
@torch.no_grad()
def test_infill_never_reads_the_word_itself(cell, layers):
    network = network_of(cell=cell, layers=layers, objective="infill")
    ids, targets = text()
    before = network(ids, network.initial_state(3), targets).heads
    for t in range(len(targets)):
        other_ids, other_targets = ids.clone(), targets.clone()
        other_targets[t] = (targets[t] + 1) % 26 + 4
        if t + 1 < len(ids):
            other_ids[t + 1] = other_targets[t]
        after = network(other_ids, network.initial_state(3), other_targets).heads
        for name in ("forward", "backward", "joint"):
            torch.testing.assert_close(after[name][t], before[name][t])
        if t:
            assert not torch.allclose(after["backward"][t - 1], before["backward"][t - 1])
        if t + 1 < len(targets):
            assert not torch.allclose(after["forward"][t + 1], before["forward"][t + 1])


@pytest.mark.parametrize("cell", CELLS)
@torch.no_grad()
def test_the_backward_half_is_a_plain_network_on_the_mirrored_text(cell):
    network = network_of(cell=cell, objective="infill")
    ids, targets = text()
    targets[4:, 1] = -1  # the second text ends earlier
    heads = network(ids, network.initial_state(3), targets).heads
    for row, length in enumerate((7, 4, 7)):
        mirrored = targets[:length, row].flip(0)[:, None]
        outputs, _ = network.backward_recurrent(network.embedding(mirrored), network.initial_state(1))
        expected = network.backward_projection(outputs)[:, 0]
        for t in range(length - 1):
            torch.testing.assert_close(heads["backward"][t, row], expected[length - 2 - t])
        torch.testing.assert_close(heads["backward"][length - 1, row], torch.zeros(6))
        torch.testing.assert_close(heads["joint"][length - 1, row], heads["forward"][length - 1, row])


@torch.no_grad()
def test_the_forward_half_of_infill_is_a_next_network():
    infill, following = network_of(objective="infill"), network_of()
    following.load_state_dict({n: w for n, w in infill.state_dict().items() if n in following.state_dict()})
    ids, targets = text()
    both = infill(ids, infill.initial_state(3), targets).heads["forward"]
    alone = following(ids, following.initial_state(3), targets).heads["forward"]
    torch.testing.assert_close(both, alone)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
@torch.no_grad()
def test_a_window_is_what_torch_makes_of_the_last_words(cell, layers, bidirectional):
    network = network_of(cell=cell, layers=layers, objective="window", bidirectional=bidirectional, window=4)
    steps = build_steps(network.config, network.state_dict())
    ids, targets = text()
    run = network(ids, network.initial_state(3), targets)
    padded = torch.cat((torch.zeros(3, 3, dtype=torch.long), ids))
    state = steps.initial_state(3)
    for t in range(len(ids)):
        outputs, _ = network.recurrent(network.embedding(padded[t : t + 4]))
        torch.testing.assert_close(run.heads["forward"][t], network.projection(outputs[-1]))
        stepped = steps.step(ids[t], state)
        state = stepped.state
        torch.testing.assert_close(stepped.features, run.heads["forward"][t], atol=1e-5, rtol=1e-5)
        assert len(stepped.gates) == len(steps.layer_names) == layers * (2 if bidirectional else 1)
        top = torch.cat([g["hidden"] for g in stepped.gates[-network.config.directions :]], dim=-1)
        torch.testing.assert_close(top, outputs[-1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("objective", ["next", "infill", "window"])
@pytest.mark.parametrize("cell", CELLS)
@torch.no_grad()
def test_a_text_in_parts_is_the_text_as_a_whole(cell, objective):
    network = network_of(cell=cell, objective=objective)
    ids, targets = text()
    whole = network(ids, network.initial_state(3), targets).heads["forward"]
    first = network(ids[:3], network.initial_state(3), targets[:3])
    second = network(ids[3:], first.state, targets[3:])
    torch.testing.assert_close(torch.cat((first.heads["forward"], second.heads["forward"])), whole)
    reset = network(ids[3:], network.reset(first.state, torch.tensor([True, False, True])), targets[3:])
    from_start = network(ids[3:], network.initial_state(3), targets[3:]).heads["forward"]
    torch.testing.assert_close(reset.heads["forward"][:, [0, 2]], from_start[:, [0, 2]])
    torch.testing.assert_close(reset.heads["forward"][:, 1], second.heads["forward"][:, 1])


def test_dropout_masks_are_locked_in_time_and_words_drop_whole():
    torch.manual_seed(0)
    network = build(ModelConfig(30, **SIZES), Dropouts(embedding=0.5)).train()
    ids = torch.arange(30).repeat(2, 1)
    embedded = network._embed(ids)
    dropped = (embedded == 0).all(dim=-1)
    assert dropped[0].equal(dropped[1])
    assert 5 < int(dropped[0].sum()) < 25
    torch.testing.assert_close(embedded[0][~dropped[0]], 2 * network.embedding.weight[~dropped[0]])
    network = build(ModelConfig(30, **SIZES), Dropouts(input=0.5)).train()
    zero = network._embed(torch.randint(0, 30, (9, 4))) == 0
    assert zero.any()
    assert (zero == zero[:1]).all()


@pytest.mark.parametrize("cell", [name for name, cell in CELLS.items() if cell.recurrent_weights])
def test_dropped_recurrent_weights_still_learn(cell):
    torch.manual_seed(0)
    network = build(ModelConfig(30, cell=cell, **SIZES), Dropouts(weight=0.5)).train()
    ids, targets = text()
    a = network(ids, network.initial_state(3), targets).heads["forward"]
    b = network(ids, network.initial_state(3), targets).heads["forward"]
    assert not torch.allclose(a, b)
    (a.sum() + b.sum()).backward()
    for name in CELLS[cell].recurrent_weights:
        gradient = network.recurrent[0].get_parameter(f"{name}_l0").grad
        assert gradient is not None
        assert gradient.abs().sum() > 0
    network.eval()
    fused = CELLS[cell].torch_module(6, 8, 1)
    fused.load_state_dict(network.recurrent[0].state_dict())
    with torch.no_grad():
        expected, _ = fused(network.embedding(ids))
        torch.testing.assert_close(network(ids, network.initial_state(3), targets).stacks[0].output, expected)


@pytest.mark.parametrize("cell", [name for name, cell in CELLS.items() if not cell.recurrent_weights])
def test_weight_dropout_drops_nothing_where_there_is_no_recurrent_weight(cell):
    torch.manual_seed(0)
    network = build(ModelConfig(30, cell=cell, **SIZES), Dropouts(weight=0.5)).train()
    ids, targets = text()
    a, b = (network(ids, network.initial_state(3), targets).heads["forward"] for _ in range(2))
    torch.testing.assert_close(a, b)


@pytest.mark.parametrize("objective", ["next", "infill", "window"])
@torch.no_grad()
def test_a_network_begins_with_the_frequencies_of_words(objective):
    network = network_of(objective=objective)
    counts = torch.zeros(network.config.vocabulary_size, dtype=torch.long)
    counts[5], counts[6] = 90, 10
    network.init_output_bias(counts)
    chances = network.logits(torch.zeros(network.config.embedding_size)).softmax(dim=0)
    assert float(chances[5] / chances[6]) == pytest.approx(90.1 / 10.1, rel=1e-4)
    assert float(chances[6] / chances[7]) == pytest.approx(10.1 / 0.1, rel=1e-4)
