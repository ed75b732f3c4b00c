"""Statistics of gates against brute force, networks made by hand, and gates that have nothing to do with the words."""

import math

import numpy as np
import pytest
import torch

from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.vocabulary import DIALOG_ID, PAD_ID, TURN_ID
from seqchat.errors import SeqchatError
from seqchat.insight.recording import Block, join_blocks, record
from seqchat.insight.statistics import EVENTS, KINDS, Statistics, gate_statistics, significance_limit
from seqchat.insight.view import select_view
from seqchat.insight.word_ids import dialog_ids, text_ids

from ..conftest import cell_shapes, small_engine

WORDS = ["好", "你", "吃", "饭", "，", "。", "ok", "……"]


def engine_of(cell="lstm", **network):
    return small_engine(WORDS, cell=cell, **network)


def random_ids(words=400, seed=3):
    rng = np.random.default_rng(seed)
    chosen = rng.integers(3, 4 + len(WORDS), words)
    chosen[rng.random(words) < 0.02] = DIALOG_ID
    return [DIALOG_ID, *map(int, chosen)]


def kind_of(vocabulary, previous, word_id):
    """What a word is, from the definitions: in words, not in arrays."""
    marks = {"，", "。", "……"}
    word, before = vocabulary.words[word_id], vocabulary.words[previous]
    if word == "<turn>":
        return "turn"
    if word in marks:
        return "punctuation"
    if before == "<turn>":
        return "after turn"
    if before in marks:
        return "after punctuation"
    return "elsewhere"


# --- brute force -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", ["next", "infill", "window"])
@pytest.mark.parametrize(("cell", "nonlinearity"), cell_shapes())
def test_saturation_is_a_count(cell, nonlinearity, objective):
    engine = engine_of(cell, nonlinearity=nonlinearity, layers=2, objective=objective)
    ids, view = random_ids(), select_view(engine)
    summary = gate_statistics(engine, view, ids)
    block = join_blocks(record(engine, view, ids), 10_000, "a test")
    assert summary.words == sum(word_id != DIALOG_ID for word_id in ids)
    read = np.array(ids) if block.windows is None else block.windows
    words = (read != DIALOG_ID) & (read != PAD_ID)
    for layer, values in zip(summary.layers, block.layers, strict=True):
        for gate in view.gates:
            found = values[gate.name][words].astype(float)
            if gate.name == "cell":
                left, right = np.tanh(found) < -0.9, np.tanh(found) > 0.9
            elif gate.kind == "positive":
                left, right = found == 0, np.zeros_like(found, dtype=bool)
            elif gate.name in ("candidate", "hidden"):
                left, right = found < -0.9, found > 0.9
            else:
                left, right = found < 0.1, found > 0.9
            np.testing.assert_allclose(layer.gates[gate.name].left, left.mean(axis=0))
            np.testing.assert_allclose(layer.gates[gate.name].right, right.mean(axis=0))
            np.testing.assert_allclose(layer.gates[gate.name].mean, found.mean(axis=0))


@pytest.mark.parametrize("objective", ["next", "infill"])
@pytest.mark.parametrize(("cell", "keep"), [("lstm", "forget"), ("gru", "update")])
def test_half_lives_and_differences_are_those_of_the_definitions(cell, keep, objective):
    engine = engine_of(cell, layers=2, objective=objective)
    ids, view = random_ids(900), select_view(engine)
    summary = gate_statistics(engine, view, ids)
    block = join_blocks(record(engine, view, ids), 10_000, "a test")
    words = [t for t, word_id in enumerate(ids) if word_id != DIALOG_ID]
    kinds = np.array([kind_of(engine.vocabulary, ids[t - 1], ids[t]) for t in words])
    assert summary.counts == {kind: int((kinds == kind).sum()) for kind in KINDS}
    assert min(summary.counts.values()) > 30
    for layer, values in zip(summary.layers, block.layers, strict=True):
        kept = values[keep][words].astype(float)
        assert layer.keeping is not None
        np.testing.assert_allclose(layer.keeping.half_life, math.log(0.5) / np.log(kept).mean(axis=0))
        other = kept[kinds == "elsewhere"]
        for number, event in enumerate(EVENTS):
            there = kept[kinds == event]
            error = np.sqrt(there.var(axis=0, ddof=1) / len(there) + other.var(axis=0, ddof=1) / len(other))
            expected = (there.mean(axis=0) - other.mean(axis=0)) / error
            np.testing.assert_allclose(layer.keeping.difference[number], expected, rtol=1e-6)
            np.testing.assert_allclose(layer.keeping.mean[number], there.mean(axis=0))
            limit = summary.limits[event]
            lower = [int(n) for n in np.argsort(expected) if expected[n] < -limit]
            assert layer.keeping.lower(event, limit).tolist() == lower
            assert layer.keeping.resetting(event, limit).tolist() == [
                n for n in lower if there[:, n].mean() <= other[:, n].mean() / 2
            ]


@pytest.mark.parametrize("max_words", [3, 10_000])
def test_what_windows_keep_is_counted_at_each_word_that_is_read_with_a_state(max_words):
    engine = engine_of("lstm", objective="window", window=3, bidirectional=True)
    ids, view = random_ids(900), select_view(engine)
    statistics = Statistics(engine, view)
    blocks = list(record(engine, view, ids, max_words))
    for block in blocks:
        statistics.add(block)
    whole = join_blocks(blocks, 10_000, "a test")
    for layer, values, carried in zip(statistics.summary().layers, whole.layers, ([1, 2], [0, 1]), strict=True):
        kept: dict[str, list] = {kind: [] for kind in KINDS}
        for t, window in enumerate(whole.windows):
            for place in carried:
                word = t - 2 + place
                if window[place] not in (DIALOG_ID, PAD_ID):
                    kept[kind_of(engine.vocabulary, ids[word - 1], ids[word])].append(values["forget"][t, place])
        found = {kind: np.array(rows, dtype=float) for kind, rows in kept.items()}
        every = np.concatenate(list(found.values()))
        np.testing.assert_allclose(layer.keeping.half_life, math.log(0.5) / np.log(every).mean(axis=0))
        other = found["elsewhere"]
        for number, event in enumerate(EVENTS):
            there = found[event]
            # Both readings of a word count as one.
            error = np.sqrt(2 * there.var(axis=0, ddof=1) / len(there) + 2 * other.var(axis=0, ddof=1) / len(other))
            expected = (there.mean(axis=0) - other.mean(axis=0)) / error
            np.testing.assert_allclose(layer.keeping.difference[number], expected, rtol=1e-6)


@pytest.mark.parametrize("max_words", [1, 7, 10_000])
def test_it_is_one_pass_over_blocks(max_words):
    engine = engine_of("gru")
    view = select_view(engine)
    statistics = Statistics(engine, view)
    for block in record(engine, view, random_ids(), max_words):
        statistics.add(block)
    mine, whole = statistics.summary(), gate_statistics(engine, view, random_ids())
    assert mine.counts == whole.counts
    np.testing.assert_allclose(mine.layers[0].keeping.half_life, whole.layers[0].keeping.half_life)
    np.testing.assert_allclose(mine.layers[0].keeping.difference, whole.layers[0].keeping.difference, rtol=1e-6)


# --- networks made by hand ---------------------------------------------------------------------------------------


def constant(cell, rows):
    """A network whose gates are the same at every word: no weights, and a bias for each row of three neurons."""
    engine = engine_of(cell, hidden_size=3)
    (weights,) = engine.network.layers
    for weight in weights.values():
        weight.zero_()
    weights["bias_ih"].copy_(torch.tensor(rows).flatten())
    return engine


def logit(p):
    return math.log(p / (1 - p))


def test_an_lstm_that_always_keeps_the_same_share():
    shares = [0.5, 0.8, 0.95]
    forget = [logit(p) for p in shares]
    summary = gate_statistics(
        engine := constant("lstm", [[-9.0, 0.0, 9.0], forget, [0.0, 9.0, -9.0], [0.0] * 3]),
        select_view(engine),
        random_ids(),
    )
    (layer,) = summary.layers
    # 0.8 to the power of 3.106 is a half
    np.testing.assert_allclose(layer.keeping.half_life, [1.0, 3.1063, 13.5134], rtol=1e-4)
    np.testing.assert_allclose(0.5, np.array(shares) ** layer.keeping.half_life, rtol=1e-4)
    np.testing.assert_array_equal(layer.gates["input"].left, [1, 0, 0])
    np.testing.assert_array_equal(layer.gates["input"].right, [0, 0, 1])
    np.testing.assert_array_equal(layer.gates["forget"].right, [0, 0, 1])
    np.testing.assert_array_equal(layer.gates["candidate"].left, [0, 0, 1])
    np.testing.assert_array_equal(layer.gates["candidate"].right, [0, 1, 0])
    np.testing.assert_allclose(layer.gates["output"].mean, 0.5)


def test_a_gru_keeps_with_its_update_gate():
    engine = constant("gru", [[9.0] * 3, [logit(0.8), 0.0, 200.0], [0.0] * 3])
    (layer,) = gate_statistics(engine, select_view(engine), random_ids()).layers
    np.testing.assert_allclose(layer.keeping.half_life[:2], [3.1063, 1.0], rtol=1e-4)
    assert layer.keeping.half_life[2] == math.inf


def test_a_gate_that_is_shut_has_no_half_life_to_speak_of():
    engine = constant("lstm", [[0.0] * 3, [-200.0] * 3, [0.0] * 3, [0.0] * 3])
    (layer,) = gate_statistics(engine, select_view(engine), random_ids()).layers
    assert (layer.keeping.half_life > 0).all()
    assert (layer.keeping.half_life < 0.01).all()


def test_the_neuron_that_resets_at_the_end_of_a_turn_is_found():
    """Neuron 1 of an LSTM forgets what it holds when it reads <turn>, and neuron 2 keeps it there better."""
    engine = constant("lstm", [[0.0] * 3, [2.0, 2.0, -1.0], [0.0] * 3, [0.0] * 3])
    network = engine.network
    network.embedding[:, 0] = 0
    network.embedding[TURN_ID, 0] = 1
    network.layers[0]["weight_ih"][3 + 1, 0], network.layers[0]["weight_ih"][3 + 2, 0] = -6, 3
    # A little that differs from word to word, so that there is something to compare with.
    network.layers[0]["weight_ih"][3:6, 1] = 0.1
    summary = gate_statistics(engine, select_view(engine), random_ids(2_000))
    keeping = summary.layers[0].keeping
    assert keeping.resetting("turn", summary.limits["turn"]).tolist() == [1]
    assert keeping.difference[0, 2] > summary.limits["turn"]
    assert keeping.mean[0, 1] < 0.05 < 0.8 < keeping.mean[-1, 1]
    for event in EVENTS[1:]:
        assert keeping.resetting(event, summary.limits[event]).tolist() == []


# --- chance and limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [450, 1_500])
def test_gates_that_have_nothing_to_do_with_the_words_differ_in_one_text_of_twenty(words):
    engine = engine_of("gru", hidden_size=50)
    view = select_view(engine, gates=["update"])
    rng = np.random.default_rng(0)
    seeming, judged = 0, 0
    for text in range(100):
        ids = random_ids(words, seed=text)
        statistics = Statistics(engine, view)
        statistics.add(Block(ids, ["x"] * len(ids), [{"update": rng.beta(0.5, 0.5, (len(ids), 50))}]))
        summary = statistics.summary()
        limits = np.array([[summary.limits[event]] for event in EVENTS])
        judged += int(np.isfinite(limits).sum())
        seeming += bool((np.abs(summary.layers[0].keeping.difference) > limits).any())
    assert judged > 300
    # 5 are expected; of 100 texts, 12 or more would seem to differ once in 240 times.
    assert seeming < 12


def test_the_limit_is_students_quantile():
    # Two-sided quantiles of Student's distribution as tables give them, for 0.05 / compared.
    assert significance_limit(1, 31) == pytest.approx(2.042, abs=2e-3)
    assert significance_limit(50, 31) == pytest.approx(3.646, abs=5e-3)
    assert significance_limit(50, 121) == pytest.approx(3.373, abs=5e-3)
    assert significance_limit(50, 10**9) == pytest.approx(3.2905, abs=1e-3)
    assert significance_limit(1, 29) == math.inf


def test_the_limit_grows_with_what_is_compared():
    ids = random_ids(600)
    limits = [
        gate_statistics(engine := engine_of(hidden_size=size, layers=layers), select_view(engine), ids).limits["turn"]
        for size, layers in ((4, 1), (40, 1), (40, 3))
    ]
    assert 2 < limits[0] < limits[1] < limits[2] < 6


def test_of_a_few_words_nothing_is_said():
    engine = engine_of()
    summary = gate_statistics(engine, select_view(engine), text_ids(engine.vocabulary, ["你好，吃饭\n好"]))
    keeping = summary.layers[0].keeping
    assert summary.counts == {"turn": 1, "after turn": 1, "punctuation": 1, "after punctuation": 1, "elsewhere": 3}
    assert np.isnan(keeping.difference).all()
    assert all(keeping.lower(event, summary.limits[event]).size == 0 for event in EVENTS)


def test_the_start_of_a_dialog_is_no_word():
    engine = engine_of()
    dialogs = [Dialog(("好",)), Dialog(("好",)), Dialog(("好",))]
    three = gate_statistics(engine, select_view(engine), dialog_ids(engine.vocabulary, dialogs))
    one = gate_statistics(engine, select_view(engine), dialog_ids(engine.vocabulary, dialogs[:1]))
    assert three.words == 3 * one.words == 6
    # A dialog's first word follows no turn, although one ended before it.
    assert three.counts["after turn"] == 0
    np.testing.assert_allclose(three.layers[0].keeping.half_life, one.layers[0].keeping.half_life)


def test_no_word_at_all():
    engine = engine_of()
    for ids in ([], [DIALOG_ID, DIALOG_ID]):
        with pytest.raises(SeqchatError, match="There is no word in the text"):
            gate_statistics(engine, select_view(engine), ids)


def test_what_keeps_no_state_has_no_half_life():
    engines = engine_of("rnn"), engine_of("lstm", objective="window", bidirectional=True)
    rnn, window = (gate_statistics(engine, select_view(engine), random_ids(50)) for engine in engines)
    assert rnn.layers[0].keeping is None
    assert [layer.keeping is not None for layer in window.layers] == [True, True]


def test_a_part_of_the_neurons():
    engine = engine_of("lstm", layers=2)
    whole = gate_statistics(engine, select_view(engine), random_ids(200))
    part = gate_statistics(engine, select_view(engine, ["2"], ["forget"], [7, 2]), random_ids(200))
    np.testing.assert_allclose(part.layers[0].keeping.half_life, whole.layers[1].keeping.half_life[[7, 2]])
    without = gate_statistics(engine, select_view(engine, gates=["input"]), random_ids(200))
    assert without.layers[0].keeping is None


def test_limits():
    lstm, relu = select_view(engine_of("lstm")).gates, select_view(engine_of("rnn", nonlinearity="relu")).gates
    assert [gate.saturation_limits for gate in lstm[:4]] == [(0.1, 0.9), (0.1, 0.9), (-0.9, 0.9), (0.1, 0.9)]
    assert [math.tanh(limit) for limit in lstm[4].saturation_limits] == pytest.approx([-0.9, 0.9])
    low, high = relu[0].saturation_limits
    assert 0 < low < 1e-30
    assert high == math.inf
