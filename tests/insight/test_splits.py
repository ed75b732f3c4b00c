import numpy as np
import pytest
import torch

from seqchat.corpus.cleaning import GLUE
from seqchat.errors import SeqchatError
from seqchat.insight.gates import trace
from seqchat.insight.holds import GateHold
from seqchat.insight.intervention import Intervention, compare
from seqchat.insight.splits import find_word, logit_split, state_splits
from seqchat.model.cells import CELLS
from seqchat.model.output import OutputLayer

from ..conftest import small_engine

WORDS = ["我", "你", "他", "去", "北京", "，", "和", "小", "帅", "ok", f"{GLUE}ok"]
TEXT = "我和你去北京，他和小帅"
EVERY = [(cell, layers, objective) for cell in CELLS for layers in (1, 2) for objective in ("next", "infill")]


def whole(engine, text=TEXT):
    return trace(engine, engine.context.node(text), 1_000)


# --- states


@pytest.mark.parametrize(("cell", "layers", "objective"), EVERY)
def test_a_change_is_what_is_forgotten_and_written(cell, layers, objective):
    engine = small_engine(WORDS, cell=cell, layers=layers, objective=objective)
    node = engine.context.node(TEXT)
    found = state_splits(engine, whole(engine))
    assert len(found) == layers
    for place, at in enumerate(list(node.path_to_root())[::-1]):
        before = engine.network.initial_state() if at.parent is None else at.parent.state
        for k, split in enumerate(found):
            # The state itself, as the network carries it: of an LSTM the cell state is the second part.
            was, now = before[k, -1, 0].numpy(), at.state[k, -1, 0].numpy()
            np.testing.assert_allclose(split.change[place], now - was, atol=1e-6)
            np.testing.assert_allclose(split.forgotten[place] + split.written[place], now - was, atol=1e-5)
            np.testing.assert_allclose(split.imposed[place], 0, atol=1e-5)
            if cell == "lstm":
                f, i, g = (at.gate(k, name).numpy() for name in ("forget", "input", "candidate"))
                np.testing.assert_allclose(split.forgotten[place], (f - 1) * was, atol=1e-6)
                np.testing.assert_allclose(split.written[place], i * g, atol=1e-6)
            if cell == "gru":
                z, n = (at.gate(k, name).numpy() for name in ("update", "candidate"))
                np.testing.assert_allclose(
                    split.forgotten[place] + split.written[place], (1 - z) * (n - was), atol=1e-5
                )
                np.testing.assert_allclose(split.written[place], (1 - z) * n, atol=1e-6)
            if cell == "rnn":
                np.testing.assert_array_equal(split.forgotten[place], -was)
    assert found[0].state == ("cell" if cell == "lstm" else "hidden")


def test_what_a_held_gate_forgets_and_a_held_state_adds():
    engine = small_engine(WORDS)
    (kept,) = state_splits(engine, compare(engine, TEXT, Intervention((GateHold("forget", 1.0),))).changed.trace)
    assert (kept.forgotten == 0).all()
    np.testing.assert_allclose(kept.written, kept.change, atol=1e-6)
    (held,) = state_splits(engine, compare(engine, TEXT, Intervention((GateHold("cell", 1.5, start=3),))).changed.trace)
    np.testing.assert_allclose(held.imposed[:3], 0, atol=1e-6)
    assert np.abs(held.imposed[3:]).max() > 0.1
    np.testing.assert_allclose(held.forgotten + held.written + held.imposed, held.change, atol=1e-6)
    assert (held.change[4:] == 0).all()


def test_before_the_first_of_the_last_words_nothing_is_known():
    engine = small_engine(WORDS, cell="gru")
    (full,) = state_splits(engine, whole(engine))
    (end,) = state_splits(engine, trace(engine, engine.context.node(TEXT), 4))
    for name in ("change", "forgotten", "imposed"):
        assert np.isnan(getattr(end, name)[0]).all()
        np.testing.assert_array_equal(getattr(end, name)[1:], getattr(full, name)[-3:])


def test_a_window_has_no_states_from_word_to_word():
    engine = small_engine(WORDS, objective="window")
    with pytest.raises(SeqchatError, match="no state goes from one word to the next"):
        state_splits(engine, whole(engine))


# --- logits

SHAPES = [
    *({"cell": cell, "layers": layers, "objective": objective} for cell, layers, objective in EVERY),
    {"embedding_size": 12, "hidden_size": 12},
    {"objective": "window", "window": 3},
    {"objective": "window", "window": 3, "bidirectional": True, "layers": 2, "cell": "gru"},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_contributions_sum_to_the_logit(shape):
    engine = small_engine(WORDS, **shape)
    engine.network.output = OutputLayer(engine.network.embedding, torch.randn(len(engine.vocabulary)))
    node = engine.context.node(TEXT)
    (logits,) = engine.network.output.logits(node.features[None])
    for word_id in range(4, len(engine.vocabulary)):
        split = logit_split(engine, node, word_id)
        assert split.total == pytest.approx(float(logits[word_id]), abs=1e-4)
        assert split.contributions.sum() + split.bias == split.total
    chances = logits.log_softmax(0)
    difference = logit_split(engine, node, 5, 7)
    assert difference.total == pytest.approx(float(chances[5] - chances[7]), abs=1e-4)
    np.testing.assert_allclose(
        difference.contributions,
        logit_split(engine, node, 5).contributions - logit_split(engine, node, 7).contributions,
        atol=1e-9,
    )


@pytest.mark.parametrize("cell", CELLS)
def test_a_contribution_is_what_is_lost_without_the_neuron(cell):
    """Holding one neuron of the last layer at zero at the last word takes just its part from the logit."""
    engine = small_engine(WORDS, cell=cell, layers=2)
    node = engine.context.node(TEXT)
    split = logit_split(engine, node, 6)
    ids = torch.tensor([6])
    whole_logit = float(engine.network.output.exact_logits(node.features, ids))
    for neuron in range(12):
        hold = GateHold("hidden", 0.0, 2, (neuron,), node.depth)
        changed = compare(engine, TEXT, Intervention((hold,))).changed.node
        lost = whole_logit - float(engine.network.output.exact_logits(changed.features, ids))
        assert split.contributions[neuron] == pytest.approx(lost, abs=1e-4)
        assert split.hidden[neuron] == pytest.approx(float(node.gate(-1, "hidden")[neuron]))


def test_the_strongest_neurons():
    engine = small_engine(WORDS, layers=2)
    split = logit_split(engine, engine.context.node(TEXT), 6)
    values = split.contributions
    raising, lowering = split.strongest(3)
    assert [part.position for part in raising] == sorted(range(12), key=lambda j: -values[j])[:3]
    assert [part.position for part in lowering] == sorted(range(12), key=lambda j: values[j])[:3]
    for part in raising + lowering:
        assert (part.layer, part.neuron) == ("2", part.position)
        assert part.value == values[part.position] == part.activation * split.weights[part.position]
    assert all(part.value > 0 for part in raising)
    assert all(part.value < 0 for part in lowering)
    raising, lowering = split.strongest(100)
    assert sorted(part.position for part in raising + lowering) == list(range(12))


def test_neurons_of_two_directions_have_their_layer():
    engine = small_engine(WORDS, objective="window", window=3, bidirectional=True, layers=2)
    node = engine.context.node(TEXT)
    split = logit_split(engine, node, 6)
    assert split.layers == ["2→", "2←"]
    part = split.contribution(15)
    assert (part.layer, part.neuron) == ("2←", 3)
    assert part.activation == pytest.approx(float(node.gate(3, "hidden")[3]))


def test_words_are_found_as_they_would_stand_there():
    engine = small_engine(WORDS)
    node = engine.context.node(TEXT)
    assert engine.vocabulary.words[find_word(engine, node, " 北京")] == "北京"
    (logits,) = engine.network.output.logits(node.features[None])
    both = [engine.vocabulary.words.index(word) for word in ("ok", f"{GLUE}ok")]
    assert find_word(engine, node, "ok") == max(both, key=lambda i: float(logits[i]))


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("小帅", "'小帅' is not in the model's vocabulary; 小 帅 is read instead."),
        ("☃", "'☃' is not in the model's vocabulary; <unk> is read instead."),
        ("", "nothing is read instead."),
        ("<turn>", "is not in the model's vocabulary"),
    ],
)
def test_a_word_outside_of_the_vocabulary(word, says):
    engine = small_engine(WORDS)
    with pytest.raises(SeqchatError) as error:
        find_word(engine, engine.context.node(TEXT), word)
    assert says in str(error.value)


@pytest.mark.parametrize("ids", [(-1,), (15,), (4, 15)])
def test_a_number_that_is_no_word(ids):
    engine = small_engine(WORDS)
    with pytest.raises(SeqchatError, match="the model has words 0 to 14"):
        logit_split(engine, engine.context.node(TEXT), *ids)
