import math
import random

import numpy as np
import pytest
import torch

from seqchat.completion.engine import Engine
from seqchat.corpus.dialogs import Dialog
from seqchat.corpus.encoding import encode_dialog
from seqchat.corpus.sources import read_dialogs
from seqchat.corpus.splitting import digest, hold_out
from seqchat.corpus.vocabulary import SPECIAL_WORDS
from seqchat.errors import SeqchatError
from seqchat.insight.gates import trace
from seqchat.insight.neurons import tracking
from seqchat.insight.neurons.activations import neuron_activations
from seqchat.insight.neurons.contexts import PASSAGE_WORDS, contexts
from seqchat.insight.neurons.properties import PROPERTIES, find_properties
from seqchat.insight.neurons.sample import Sample, collect, sample_dialogs
from seqchat.insight.neurons.states import DialogWords, dialog_words, read_states
from seqchat.insight.neurons.tracking import SIGNIFICANT, circular_shifts, random_reversals, track
from seqchat.insight.selection import LayerQuantity, find_quantity
from seqchat.model.cells import CELLS
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build

from ...conftest import small_engine

TEXT = "小帅是一名程序员，他每天都加班。\n你好 世界，ok?\n吃火锅🙂"
WORDS = ["我", "想", "吃", "火锅", "（", "）", "“", "”", "？", "，", "去", "a", "1"]
OBJECTIVES = [
    {"objective": "next", "layers": 2},
    {"objective": "infill", "layers": 2},
    {"objective": "window", "layers": 2, "window": 3},
    {"objective": "window", "layers": 2, "window": 3, "bidirectional": True},
]


@pytest.fixture(scope="session")
def dialogs():
    return list(read_dialogs(["sample"]))[:60]


# --- activations over a text -------------------------------------------------------------------------------------


def test_the_course_is_that_of_the_gates(engine):
    """All layers and quantities, against the steps that suggestions are made from."""
    traced = trace(engine, engine.context.node(TEXT), 1_000)
    for layer, name in enumerate(engine.network.layer_names):
        for gate in engine.network.cell.gates:
            found = neuron_activations(engine, TEXT, name, 7, gate.name)
            np.testing.assert_allclose(found.values, traced.layers[layer][gate.name][1:, 7], atol=1e-5)
            assert found.centre == (0 if math.isinf(gate.high) else (gate.low + gate.high) / 2)
    assert "".join(found.words) == TEXT


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("shape", OBJECTIVES)
def test_the_course_of_every_objective(cell, shape):
    engine = small_engine(WORDS, cell=cell, **shape)
    text = "我想吃火锅，\n去吃"
    traced = trace(engine, engine.context.node(text), 100)
    for layer, name in enumerate(traced.names):
        found = neuron_activations(engine, text, name, 3)
        np.testing.assert_allclose(found.values, traced.layers[layer]["hidden"][1:, 3], atol=1e-5)


@pytest.mark.slow
def test_the_course_of_a_long_text_misses_nothing(lstm):
    text = "今天天气很好，我们去吃火锅吧。" * 560
    assert len(text) > 8_000
    found = neuron_activations(lstm, text, 1, 0)
    assert "".join(found.words) == text and len(found.values) == len(found.words)


def test_lines_are_turns_and_words_without_a_place_are_kept(lstm):
    found = neuron_activations(lstm, "  你好 \n\n  \n在吗\n", 1, 0)
    assert "".join(found.words) == "你好\n在吗\n"
    assert "".join(neuron_activations(lstm, "好ꙮ的\x1b[31m", 1, 0).words) == "好ꙮ的"
    assert len(neuron_activations(lstm, "好", 1, 0).values) == 1


def test_the_last_layer_is_the_default(lstm):
    assert find_quantity(lstm.network) == LayerQuantity(1, "hidden")
    assert (
        find_quantity(lstm.network, 1, "forget")
        == find_quantity(lstm.network, "1", "forget")
        == LayerQuantity(0, "forget")
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("好", 3, 0), "There is no layer 3; the model has layers 1 and 2."),
        (("好", 0, 0), "There is no layer 0; the model has layers 1 and 2."),
        (("好", 1, 32), "There is no neuron 32; each layer has the neurons 0 to 31."),
        (("好", 2, -1), "There is no neuron -1; each layer has the neurons 0 to 31."),
        (
            ("好", 2, 0, "reset"),
            "The cell LSTM has no gate 'reset'; it has input, forget, candidate, output, cell and hidden.",
        ),
        (("", 1, 0), "There is no text"),
        (("  \n ", 1, 0), "There is no text"),
    ],
)
def test_what_is_not_there_is_one_sentence(lstm, arguments, says):
    with pytest.raises(SeqchatError) as raised:
        neuron_activations(lstm, *arguments)
    assert says in str(raised.value)


def test_layers_that_do_not_exist_elsewhere():
    with pytest.raises(SeqchatError, match="the model has layer 1 alone"):
        find_quantity(small_engine(WORDS).network, 2)
    both = small_engine(WORDS, objective="window", bidirectional=True, layers=2)
    with pytest.raises(SeqchatError, match="the model has layers 1→, 1←, 2→ and 2←"):
        find_quantity(both.network, 1)


# --- reading many dialogs ----------------------------------------------------------------------------------------


def test_dialogs_are_read_as_in_training(lstm, dialogs):
    for dialog in [*dialogs, Dialog(("去\n吃", "ꙮok好"))]:
        read = dialog_words(dialog.turns, lstm.vocabulary)
        ids, _ = encode_dialog(dialog, lstm.vocabulary)
        assert read.ids == ids[:-1]
        assert "".join(read.surfaces(lstm.vocabulary)) == "\n".join(dialog.turns)
        assert sum(len(turn) + 1 for turn in read.turns) == len(read.ids)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("shape", OBJECTIVES)
def test_dialogs_read_together_are_as_each_alone(cell, shape):
    engine = small_engine(WORDS, cell=cell, **shape)
    rng = random.Random(1)
    many = [
        dialog_words(["".join(rng.choices("我想吃去", k=rng.randrange(1, 9)))] * rng.randrange(1, 4), engine.vocabulary)
        for _ in range(300)
    ]
    place = LayerQuantity(len(engine.network.layer_names) - 1, "hidden")
    found = list(read_states(engine.network, many, place))
    assert [read for read, _ in found] == many
    for read, values in random.Random(2).sample(found, 12):
        state = engine.network.initial_state()
        for word_id, row in zip(read.ids, values, strict=True):
            stepped = engine.network.step(torch.tensor([word_id]), state)
            state = stepped.state
            np.testing.assert_allclose(row, stepped.gates[place.layer]["hidden"][0].numpy(), atol=1e-5)
    columns = list(read_states(engine.network, many, place, slice(4, 5)))
    assert all(np.array_equal(a[:, 4:5], b) for (_, a), (_, b) in zip(found, columns, strict=True))


# --- contexts ----------------------------------------------------------------------------------------------------


def brute_force(engine, dialogs, columns, sign, around):
    """The best place of each dialog from its values, and of places with the same words before them the best."""
    best: dict[tuple[int, ...], tuple[float, int, int]] = {}
    for number, (dialog, values) in enumerate(zip(dialogs, columns, strict=True), 1):
        at = 1 + int(np.argmax(sign * values[1:]))
        key = tuple([2, *engine.context.ids("\n".join(dialog.turns))][max(at - around, 0) : at + 1])
        if key not in best or sign * values[at] > sign * best[key][0]:
            best[key] = (float(values[at]), number, at)
    return sorted(best.values(), key=lambda found: (-sign * found[0], found[1]))


@pytest.mark.slow
def test_contexts_are_those_of_brute_force(engine, dialogs):
    some = dialogs[:20]
    traces = [trace(engine, engine.context.node("\n".join(dialog.turns)), 10_000).layers[-1] for dialog in some]
    for neuron, quantity in ((0, "hidden"), (13, "hidden"), (13, engine.network.cell.gates[0].name)):
        found = contexts(engine, some, None, neuron, quantity, k=7, around=3)
        assert (found.dialogs, found.words) == (20, sum(len(values["hidden"]) - 1 for values in traces))
        columns = [values[quantity][:, neuron] for values in traces]
        for sign, ranked in ((1, found.highest), (-1, found.lowest)):
            expected = brute_force(engine, some, columns, sign, 3)[:7]
            assert [c.dialog for c in ranked] == [number for _, number, _ in expected]
            np.testing.assert_allclose([c.value for c in ranked], [value for value, _, _ in expected], atol=1e-5)
            for context, (_, number, _) in zip(ranked, expected, strict=True):
                assert context.before + context.word + context.after in "\n".join(some[number - 1].turns)


def test_contexts_with_the_same_words_count_once():
    engine = small_engine(["我", "想", "吃", "去"])
    same = [Dialog(("我想去",)), Dialog(("我想去",)), Dialog(("去吃",)), Dialog(("我想去", "我想去"))]
    found = contexts(engine, same, 1, 0, k=4, around=8)
    for ranked in (found.highest, found.lowest):
        assert len({(c.before, c.word) for c in ranked}) == len(ranked)
        assert len({c.dialog for c in ranked}) == len(ranked)
    assert {c.dialog for c in found.highest}.isdisjoint({2})


def test_a_long_dialog_has_a_context_in_each_passage():
    engine = small_engine(["我", "想", "吃", "去"])
    turns = tuple("".join(random.Random(i).choices("我想吃去", k=30)) for i in range(90))
    found = contexts(engine, [Dialog(turns)], 1, 2, k=10)
    assert found.words == 90 * 31 - 1
    assert len(found.highest) == len(found.lowest) == 3  # of 2789 words, the last 789 are a passage of their own
    assert len(contexts(engine, [Dialog(turns[: PASSAGE_WORDS // 31 + 8])], 1, 2).highest) == 1


def test_the_words_around():
    engine = small_engine(["我", "想", "吃", "去"], cell="rnn")
    network = engine.network
    # The neuron is high after 吃 and low elsewhere.
    network.layers[0]["weight_ih"][0] = 5 * network.embedding[engine.vocabulary.ids_of("吃")[0]]
    network.layers[0]["weight_hh"][0] = 0
    (context,) = contexts(engine, [Dialog(("我想", "去吃我"))], 1, 0, around=2).highest
    assert (context.before, context.word, context.after) == ("\n去", "吃", "我")
    (context,) = contexts(engine, [Dialog(("我想", "去吃我"))], 1, 0, around=0).highest
    assert (context.before, context.word, context.after) == ("", "吃", "")


def test_contexts_need_a_dialog_and_a_neuron(lstm, dialogs):
    with pytest.raises(SeqchatError, match="no dialog"):
        contexts(lstm, [], 1, 0)
    with pytest.raises(SeqchatError, match="no neuron 99"):
        contexts(lstm, dialogs, 1, 99)


# --- the sample --------------------------------------------------------------------------------------------------


def test_drawing_keeps_the_smallest_hashes(dialogs):
    ranked = sorted(dialogs, key=digest)
    sizes = np.cumsum([sum(map(len, dialog.turns)) for dialog in ranked])
    for characters in (1, 500, 5_000, 10**9):
        expected = ranked[: int(np.searchsorted(sizes, characters)) + 1]
        mixed = random.Random(characters).sample(dialogs, len(dialogs))
        assert sample_dialogs(mixed + mixed, characters) == expected


def test_drawing_begins_with_what_training_holds_out(dialogs):
    digests = np.array([digest(dialog) for dialog in dialogs], dtype=np.uint64)
    held = {dialog for dialog, out in zip(dialogs, hold_out(digests, 0.1).held_out_mask(digests), strict=True) if out}
    assert held == set(sample_dialogs(dialogs, 10**9)[: len(held)])


def test_a_long_dialog_gives_only_its_beginning():
    (drawn,) = sample_dialogs([Dialog(("好" * 400,) * 100)], 10**9)
    assert drawn == Dialog(("好" * 400,) * 5)


def test_collected_states_are_those_of_the_gates(engine, dialogs):
    sample = collect(engine, dialogs, 1, words=1_500)
    assert 1_500 <= len(sample.states) < 2_000
    assert sum(sample.lengths) == len(sample.states)
    drawn = sample_dialogs(dialogs, 10**9)[: len(sample.dialogs)]
    expected = [
        trace(engine, engine.context.node("\n".join(dialog.turns)), 10_000).layers[0]["hidden"][1:] for dialog in drawn
    ]
    np.testing.assert_allclose(sample.states, np.concatenate(expected), atol=1e-5)


def test_too_few_dialogs_are_one_sentence(lstm, dialogs):
    with pytest.raises(SeqchatError, match=r"9 different dialogs, and at least 10 are needed"):
        collect(lstm, dialogs[:9] + dialogs[:9])
    with pytest.raises(SeqchatError, match="0 different dialogs"):
        collect(lstm, [])


# --- tracking ----------------------------------------------------------------------------------------------------


def made_up(rng: np.random.Generator, count: int, longest: int = 10) -> list[list[list[str]]]:
    """Dialogs with brackets, quotations, questions and every kind of word; longest: of the turns, without marks."""
    texts = []
    for _ in range(count):
        turns = []
        for _ in range(rng.integers(6, 14)):
            words = list(rng.choice(["我", "想", "吃", "去", "火锅", "，", "a", "1"], rng.integers(2, longest)))
            for marks in (("（", "）"), ("“", "”"), ("《", "》")):
                if rng.random() < 0.4:
                    first = int(rng.integers(len(words)))
                    last = int(rng.integers(first, len(words))) + 2
                    words.insert(first, marks[0])
                    words.insert(last, marks[1])
            turns.append([*words, *("？" if rng.random() < 0.4 else "")])
        texts.append(turns)
    return texts


def made_up_sample(rng: np.random.Generator, count: int, neurons: int, memory: float, longest: int = 10) -> Sample:
    """States that know nothing of the text: each a first-order autoregression, anew in each dialog."""
    texts = made_up(rng, count, longest)
    dialogs = [DialogWords(turns, list(range(sum(len(turn) + 1 for turn in turns)))) for turns in texts]
    states = []
    for dialog in dialogs:
        noise = rng.normal(size=(len(dialog.ids) - 1, neurons))
        for t in range(1, len(noise)):
            noise[t] += memory * noise[t - 1]
        states.append(noise)
    return Sample(dialogs, np.concatenate(states).astype(np.float32))


def wanted(sample: Sample, name: str) -> np.ndarray:
    rule = PROPERTIES[name].values
    return np.concatenate([np.concatenate(rule(dialog.plain_turns))[1:] for dialog in sample.dialogs])


def relative(sample: Sample, values: np.ndarray) -> np.ndarray:
    """Values less their mean in the dialog."""
    return np.concatenate([part - part.mean(axis=0) for part in np.split(values, np.cumsum(sample.lengths)[:-1])])


def halves(sample: Sample) -> np.ndarray:
    return np.repeat(np.arange(len(sample.dialogs)) % 2 == 0, sample.lengths)


@pytest.mark.parametrize("name", PROPERTIES)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_planted_neuron_is_found(name, sign):
    rng = np.random.default_rng(3)
    sample = made_up_sample(rng, 24, 20, 0.8)
    values = wanted(sample, name)
    sample.states[:, 13] += sign * 3 * values / values.std()
    (tracking,) = track(sample, find_properties([name]), shuffles=150)
    assert tracking.neurons[0].neuron == 13
    # The score is the correlation on the half that did not choose.
    of_neuron, of_property = relative(sample, sample.states[:, 13]), relative(sample, values)
    expected = np.corrcoef(of_neuron[~halves(sample)], of_property[~halves(sample)])[0, 1]
    assert tracking.neurons[0].correlation == pytest.approx(expected, abs=1e-4)
    assert sign * expected > 0.7 > tracking.neuron_chance
    assert tracking.neurons[0].p == pytest.approx(1 / 151)
    assert tracking.verdict == "neuron 13 tracks it"
    assert tracking.mean == pytest.approx(values.mean(), rel=1e-4)
    assert not tracking.neurons[1].better_than_chance


def test_what_only_all_neurons_together_know_is_found_by_the_probe():
    """A sum of all neurons is the property; each alone has far more of its own."""
    rng = np.random.default_rng(4)
    sample = made_up_sample(rng, 40, 60, 0.5)
    values = wanted(sample, "brackets").astype(np.float32)
    hiding = np.linalg.qr(rng.normal(size=(60, 60)))[0].astype(np.float32)
    sample.states[:, 0] = 0.2 * (values - values.mean()) / values.std()
    sample.states[:] = sample.states @ hiding
    (tracking,) = track(sample, find_properties(["brackets"]))
    assert not tracking.neurons[0].better_than_chance
    assert tracking.probe.better_than_chance and tracking.probe.correlation > 0.9
    assert tracking.verdict == "all together do"


def test_the_probe_is_a_ridge_regression():
    rng = np.random.default_rng(5)
    sample = made_up_sample(rng, 20, 12, 0.5)
    values = wanted(sample, "position")
    sample.states[:, 2] += values / 4
    (tracking,) = track(sample, find_properties(["position"]), shuffles=100)
    fit = halves(sample)
    x, y = relative(sample, sample.states), relative(sample, values)
    x /= x[fit].std(axis=0)
    penalty = 0.01 * fit.sum() * np.eye(12)
    weights = np.linalg.solve(x[fit].T @ x[fit] + penalty, x[fit].T @ y[fit])
    expected = np.corrcoef(x[~fit] @ weights, y[~fit])[0, 1]
    assert tracking.probe.correlation == pytest.approx(expected, abs=1e-4)


def chances(memory: float) -> tuple[np.ndarray, np.ndarray]:
    """The p of the best neuron and of the probe, of states that know nothing and properties that change slowly."""
    neurons, probes = [], []
    slow = find_properties(["brackets", "quotation", "title", "answer"])
    for seed in range(10):
        sample = made_up_sample(np.random.default_rng(seed), 24, 8, memory, longest=40)
        for found in track(sample, slow, shuffles=100, seed=seed):
            neurons.append(found.neurons[0].p)
            probes.append(found.probe.p)
    return np.array(neurons), np.array(probes)


@pytest.mark.parametrize("memory", [0.0, 0.98])
def test_states_that_know_nothing_are_no_better_than_chance(memory):
    for found in chances(memory):
        assert (found < SIGNIFICANT).mean() <= 0.05
        assert (found < 0.05).mean() <= 0.15
        assert found.mean() > 0.4


@pytest.mark.slow
def test_shuffling_single_words_would_take_chance_for_knowledge(monkeypatch):
    """Slow states and slow properties correlate: the test above fails where shuffles do not keep how slow they are."""

    def single_words(values, shuffles, rng):
        return np.stack([values, *(rng.permutation(values) for _ in range(shuffles))], axis=1)

    monkeypatch.setattr(tracking, "circular_shifts", single_words)
    neurons, probes = chances(0.98)
    assert (neurons < SIGNIFICANT).mean() > 0.05
    assert (probes < 0.05).mean() > 0.25


def test_a_trend_is_not_taken_for_knowledge():
    """Neurons that drift, each its own way in each dialog, do not know how far the dialog is."""
    found = []
    for seed in range(10):
        sample = made_up_sample(np.random.default_rng(seed), 24, 8, 1.0)
        (tracking,) = track(sample, find_properties(["elapsed"]), shuffles=100, seed=seed)
        found += [tracking.neurons[0].p, tracking.probe.p]
    assert np.mean(np.array(found) < 0.05) <= 0.1 and np.mean(found) > 0.4


def test_what_hardly_occurs_is_not_judged():
    sample = made_up_sample(np.random.default_rng(6), 20, 5, 0.5)
    for dialog in sample.dialogs[8:]:
        dialog.turns[:] = [["我" if word in "“”" else word for word in turn] for turn in dialog.turns]
    tracking, other = track(sample, find_properties(["quotation", "position"]), shuffles=100)
    assert tracking.verdict == "too rare to tell"
    assert (tracking.neurons, tracking.probe, tracking.neuron_chance) == ([], None, None)
    assert tracking.mean > 0
    assert other.probe is not None


def test_what_tells_dialogs_apart_tracks_nothing_within_them():
    """Brackets in every other pair of dialogs alone, and a neuron that knows which these are."""
    sample = made_up_sample(np.random.default_rng(11), 40, 6, 0.5)
    for number, dialog in enumerate(sample.dialogs):
        if number % 4 > 1:
            dialog.turns[:] = [["我" if word in "（）" else word for word in turn] for turn in dialog.turns]
    knows = np.repeat(np.arange(40) % 4 < 2, sample.lengths)
    sample.states[:, 2] += 5 * knows
    values = wanted(sample, "brackets")
    assert np.corrcoef(sample.states[:, 2], values)[0, 1] > 0.2
    (tracking,) = track(sample, find_properties(["brackets"]), best=6)
    assert tracking.verdict == "no better than chance"
    assert max(abs(score.correlation) for score in tracking.neurons) < 0.1


def test_neurons_that_never_change_are_harmless():
    sample = made_up_sample(np.random.default_rng(7), 20, 6, 0.5)
    sample.states[:, 1] = 0.3
    sample.states[:, 4] = 0
    sample.states[:, 3] += wanted(sample, "speaker")
    (tracking,) = track(sample, find_properties(["speaker"]), best=6, shuffles=100)
    assert tracking.neurons[0].neuron == 3
    scores = {score.neuron: score.correlation for score in tracking.neurons}
    assert scores[1] == scores[4] == 0
    assert np.isfinite(tracking.probe.correlation)


def test_shuffles_keep_the_values_and_how_they_follow_each_other():
    values = np.arange(7, dtype=np.float32)
    columns = circular_shifts(values, 50, np.random.default_rng(0))
    assert columns.shape == (7, 51) and np.array_equal(columns[:, 0], values)
    assert np.isin(np.diff(columns, axis=0) % 7, 1).all()
    assert {int(column[0]) for column in columns.T} == set(range(7))
    columns = random_reversals(values, 50, np.random.default_rng(0))
    assert np.array_equal(columns[:, 0], values)
    assert {tuple(column) for column in columns.T} == {tuple(values), tuple(values[::-1])}
    assert circular_shifts(values[:1], 3, np.random.default_rng(0)).tolist() == [[0, 0, 0, 0]]


def test_the_same_seed_gives_the_same_scores():
    sample = made_up_sample(np.random.default_rng(8), 12, 4, 0.5)
    both = find_properties(["answer", "brackets"])
    assert track(sample, both, shuffles=100) == track(sample, both, shuffles=100)
    assert track(sample, both[1:], shuffles=100) == track(sample, both, shuffles=100)[1:]


def test_too_little_to_judge_by_is_one_sentence():
    sample = made_up_sample(np.random.default_rng(9), 9, 4, 0.5)
    with pytest.raises(SeqchatError, match="9 dialogs are too few"):
        track(sample, find_properties([]))
    sample = made_up_sample(np.random.default_rng(9), 12, 4, 0.5)
    with pytest.raises(SeqchatError, match="50 shuffles are too few"):
        track(sample, find_properties([]), shuffles=50)


def bracket_engine(cell: str) -> Engine:
    """A network whose neuron 5 is switched on by ( and off by ), whatever the others do."""
    config = ModelConfig(len(SPECIAL_WORDS) + len(WORDS), cell=cell, embedding_size=16, hidden_size=12)
    torch.manual_seed(1)
    weights = build(config).state_dict()
    embedding = weights["embedding.weight"]
    embedding[:, :2] = 0
    embedding[4 + WORDS.index("（"), 0] = 1
    embedding[4 + WORDS.index("）"), 1] = 1
    prefix = "recurrent.0"
    w, u, b = (weights[f"{prefix}.{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih"))
    weights[f"{prefix}.bias_hh_l0"][5::12] = 0
    w[5::12], u[5::12], b[5::12] = 0, 0, 0
    if cell == "rnn":
        w[5, 0], w[5, 1], u[5, 5], b[5] = 10, -10, 3, -0.5
    elif cell == "gru":
        # The update gate keeps the state but at a bracket, and then the candidate says which it was.
        w[12 + 5, :2], b[12 + 5] = -20, 10
        w[24 + 5, 0], w[24 + 5, 1] = 10, -10
    else:
        # A bracket opens the input gate and closes the forget gate.
        w[5, :2], b[5] = 20, -10
        w[12 + 5, :2], b[12 + 5] = -20, 10
        w[24 + 5, 0], w[24 + 5, 1] = 10, -10
        b[36 + 5] = 10
    return Engine("brackets", Checkpoint(config, [*SPECIAL_WORDS, *WORDS], weights, "auto"))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_network_that_tracks_brackets(cell):
    engine = bracket_engine(cell)
    texts = made_up(np.random.default_rng(10), 30)
    dialogs = [Dialog(tuple("".join(turn).replace("《", "").replace("》", "") for turn in turns)) for turns in texts]
    sample = collect(engine, dialogs)
    brackets, quotation = track(sample, find_properties(["brackets", "quotation"]), shuffles=200)
    assert brackets.neurons[0].neuron == 5
    assert brackets.neurons[0].correlation > 0.8
    assert brackets.verdict == "neuron 5 tracks it"
    assert quotation.neurons[0].neuron != 5 or not quotation.neurons[0].better_than_chance
    assert contexts(engine, dialogs, 1, 5).highest[0].value > 0.7
    signs = neuron_activations(engine, "去（吃火锅）吧", 1, 5).values
    assert (signs[1:-2] > 0.7).all() and (signs[-2:] < 0).all()
