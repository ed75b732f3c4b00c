import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqchat.completion.engine import Engine
from seqchat.completion.states import AbandonedError
from seqchat.corpus.cleaning import GLUE
from seqchat.corpus.vocabulary import SPECIAL_WORDS, TURN_ID
from seqchat.errors import SeqchatError
from seqchat.insight.holds import GateHold
from seqchat.insight.intervention import Intervention, compare
from seqchat.insight.swaps import Swap, fallback_tokens
from seqchat.model.cells import CELLS
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build

from ..conftest import small_engine

WORDS = [
    "我",
    "你",
    "他",
    "她",
    "去",
    "北京",
    "吃",
    "火锅",
    "小",
    "美",
    "帅",
    "，",
    "和",
    "ok",
    "yes",
    "hello",
    "world",
    " ",
]
TEXT = "我和你去北京，他和小帅"
READ = ["我", "和", "你", "去", "北京", "，", "他", "和", "小", "帅"]


# --- the cells by hand, from their textbook formulas


def cell_by_hand(cell, w, x, h, c, hold):
    """One step for vectors; hold(gate, values) → values. Cells without a textbook formula here take their own step."""
    n = len(h)
    if cell not in ("rnn", "lstm", "gru"):
        _, gates = CELLS[cell].step(x[None], h[None, None], w, lambda gate, values: hold(gate, values[0])[None])
        gates = {name: values[0] for name, values in gates.items()}
        return gates["hidden"], c, gates
    a, b = w["weight_ih"] @ x + w["bias_ih"], w["weight_hh"] @ h + w["bias_hh"]
    if cell == "rnn":
        h = hold("hidden", torch.tanh(a + b))
        return h, c, {"hidden": h}
    if cell == "gru":
        r = hold("reset", torch.sigmoid(a[:n] + b[:n]))
        z = hold("update", torch.sigmoid(a[n : 2 * n] + b[n : 2 * n]))
        g = hold("candidate", torch.tanh(a[2 * n :] + r * b[2 * n :]))
        h = hold("hidden", (1 - z) * g + z * h)
        return h, c, {"reset": r, "update": z, "candidate": g, "hidden": h}
    rows = a + b
    i, f = hold("input", torch.sigmoid(rows[:n])), hold("forget", torch.sigmoid(rows[n : 2 * n]))
    g, o = hold("candidate", torch.tanh(rows[2 * n : 3 * n])), hold("output", torch.sigmoid(rows[3 * n :]))
    c = hold("cell", f * c + i * g)
    h = hold("hidden", o * torch.tanh(c))
    return h, c, {"input": i, "forget": f, "candidate": g, "output": o, "cell": c, "hidden": h}


def held_by_hand(holds, place, layer):
    def hold(gate, values):
        values = values.clone()
        for h in holds:
            if h.gate == gate and h.layer in (None, layer) and place >= h.start:
                for neuron in range(len(values)) if h.neurons is None else h.neurons:
                    values[neuron] = h.value
        return values

    return hold


def run_by_hand(engine, ids, holds):
    """Return gates[place][layer] and the log-probabilities of the next word."""
    network = engine.network
    n = network.config.hidden_size
    states = [(torch.zeros(n), torch.zeros(n)) for _ in network.layers]
    result = []
    for place, word_id in enumerate(ids):
        x = network.embedding[word_id]
        result.append([])
        for k, weights in enumerate(network.layers):
            h, c, gates = cell_by_hand(network.config.cell, weights, x, *states[k], held_by_hand(holds, place, k + 1))
            states[k], x = (h, c), h
            result[-1].append(gates)
    return result, log_probabilities_by_hand(engine, x)


def window_by_hand(engine, ids, holds):
    """The same for a network that reads a window; layers are named as the network names them."""
    network = engine.network
    config = network.config
    padded = [0] * (config.window - 1) + ids
    result = []
    for place in range(len(ids)):
        sequence = [network.embedding[i] for i in padded[place : place + config.window]]
        result.append([])
        for k, directions in enumerate(network.layers):
            outputs = []
            for d, weights in enumerate(directions):
                name = f"{k + 1}{'→←'[d]}" if config.bidirectional else str(k + 1)
                h = c = torch.zeros(config.hidden_size)
                read = []
                for x in sequence[::-1] if d else sequence:
                    h, c, gates = cell_by_hand(config.cell, weights, x, h, c, held_by_hand(holds, place, name))
                    read.append(gates)
                outputs.append(read[::-1] if d else read)
                result[-1].append(outputs[-1][-1])
            sequence = [torch.cat([gates["hidden"] for gates in at]) for at in zip(*outputs, strict=True)]
    return result, log_probabilities_by_hand(engine, sequence[-1])


def log_probabilities_by_hand(engine, hidden):
    network = engine.network
    features = hidden if network.projection is None else network.projection @ hidden
    bias = network.output.exact_logits(torch.zeros(len(features)), torch.arange(len(engine.vocabulary)))
    return (network.embedding @ features + bias).log_softmax(0)


def check(engine, comparison, by_hand, holds, ids):
    """Compare the changed run with one by hand: all gates, the suggestions, the divergence."""
    gates, log_probabilities = by_hand(engine, ids, holds)
    for k, layer in enumerate(comparison.changed.trace.layers):
        for name, values in layer.items():
            np.testing.assert_allclose(values, np.stack([at[k][name] for at in gates]), atol=1e-5)
    _, untouched = by_hand(engine, ids, ())
    assert comparison.bits == pytest.approx(
        float((untouched.exp() * (untouched - log_probabilities)).sum()) / math.log(2), abs=1e-5
    )
    for chance in comparison.untouched.suggestions + comparison.changed.suggestions:
        assert chance.untouched == pytest.approx(float(untouched[chance.word_id].exp()), abs=1e-5)
        assert chance.changed == pytest.approx(float(log_probabilities[chance.word_id].exp()), abs=1e-5)


def ids_of(engine, text):
    return [2, *engine.context.ids(text)]


@pytest.mark.parametrize("objective", ["next", "infill"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_held_gates_are_those_computed_by_hand(cell, layers, objective):
    engine = small_engine(WORDS, cell=cell, layers=layers, objective=objective)
    ids = ids_of(engine, TEXT)
    names = [gate.name for gate in CELLS[cell].gates]
    for name in names:
        for hold in [
            GateHold(name, 0.25, layers),
            GateHold(name, 0.0, 1, (0, 7), 4),
            GateHold(name, 1.0, None, (11,)),
        ]:
            found = compare(engine, TEXT, Intervention((hold,)))
            check(engine, found, run_by_hand, (hold,), ids)
            assert found.bits > 0
    several = (
        GateHold(names[0], 1.0, 1, None, 2),
        GateHold(names[0], 0.5, 1, (3,)),
        GateHold(names[-1], 0.0, layers, (1, 2), 5),
    )
    check(engine, compare(engine, TEXT, Intervention(several)), run_by_hand, several, ids)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_window_is_held_while_it_is_read(cell, bidirectional):
    engine = small_engine(WORDS, cell=cell, layers=2, objective="window", window=3, bidirectional=bidirectional)
    ids = ids_of(engine, TEXT)
    for gate in CELLS[cell].gates:
        holds = (
            GateHold(gate.name, 0.5, "1←" if bidirectional else "1", (2, 5)),
            GateHold(gate.name, 1.0, "2→" if bidirectional else 2, (0,), 4),
        )
        as_named = tuple(replace(hold, layer=str(hold.layer)) for hold in holds)
        found = compare(engine, TEXT, Intervention(holds))
        check(engine, found, window_by_hand, as_named, ids)
        assert found.bits > 0


def test_a_later_hold_counts():
    engine = small_engine(WORDS)
    found = compare(engine, TEXT, Intervention((GateHold("forget", 1.0), GateHold("forget", 0.0, 1, (4,)))))
    forget = found.changed.trace.layers[0]["forget"]
    assert (forget[:, 4] == 0).all()
    assert (np.delete(forget, 4, axis=1) == 1).all()


def test_the_output_of_a_rectifier_and_a_cell_state_have_no_upper_bound():
    engine = small_engine(WORDS, cell="rnn", nonlinearity="relu")
    found = compare(engine, TEXT, Intervention((GateHold("hidden", 3.0),)))
    assert (found.changed.trace.layers[0]["hidden"] == 3).all()
    found = compare(small_engine(WORDS), TEXT, Intervention((GateHold("cell", -5.0, 1, (1,)),)))
    assert (found.changed.trace.layers[0]["cell"][:, 1] == -5).all()


def test_a_hold_begins_at_its_word_of_the_untouched_text():
    engine = small_engine(WORDS, layers=2)
    found = compare(engine, "他去北京", Intervention((GateHold("forget", 0.0, 1, None, 2),), (Swap("他", "小帅"),)))
    assert found.changed.words == ["▶", "小", "帅", "去", "北京"]
    moved = (GateHold("forget", 0.0, 1, None, 3),)
    gates, _ = run_by_hand(engine, ids_of(engine, "小帅去北京"), moved)
    for k, layer in enumerate(found.changed.trace.layers):
        for name, values in layer.items():
            np.testing.assert_allclose(values, np.stack([at[k][name] for at in gates]), atol=1e-5)


# --- what must not change


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("objective", ["next", "infill", "window"])
def test_what_changes_nothing_gives_the_same_numbers(cell, objective):
    engine = small_engine(WORDS, cell=cell, layers=2, objective=objective)
    for nothing in [
        Intervention(),
        Intervention(swaps=(Swap("我", "我"),)),
        Intervention((GateHold("hidden", 0.5, 1, ()),)),
    ]:
        found = compare(engine, TEXT, nothing)
        assert found.bits == 0
        assert found.untouched.suggestions == found.changed.suggestions
        assert all(chance.untouched == chance.changed for chance in found.changed.suggestions)
        assert (found.distance == 0).all()
        np.testing.assert_allclose(found.cosine, 1, atol=1e-6)
        assert all(change == 0 for layer in found.top_changes for _, change in layer)
        for before, now in zip(found.untouched.trace.layers, found.changed.trace.layers, strict=True):
            for name in before:
                np.testing.assert_array_equal(before[name], now[name])


def test_keeping_all_and_writing_nothing_keeps_the_cell_state():
    engine = small_engine(WORDS, layers=2)
    found = compare(
        engine, TEXT, Intervention((GateHold("forget", 1.0, 2, None, 3), GateHold("input", 0.0, 2, None, 3)))
    )
    cells = found.changed.trace.layers[1]["cell"]
    assert np.ptp(cells[:3], axis=0).max() > 0.01
    np.testing.assert_array_equal(cells[2:], np.broadcast_to(cells[2], cells[2:].shape))
    found = compare(engine, TEXT, Intervention((GateHold("forget", 1.0), GateHold("input", 0.0))))
    assert all((layer["cell"] == 0).all() for layer in found.changed.trace.layers)
    assert np.isnan(found.cosine).all()


def test_an_update_gate_of_one_keeps_the_hidden_state():
    found = compare(small_engine(WORDS, cell="gru"), TEXT, Intervention((GateHold("update", 1.0, None, None, 4),)))
    hidden = found.changed.trace.layers[0]["hidden"]
    np.testing.assert_array_equal(hidden[3:], np.broadcast_to(hidden[3], hidden[3:].shape))


# --- swaps


@pytest.mark.parametrize(
    ("text", "swaps", "swapped"),
    [
        (TEXT, [Swap("他", "她")], "我和你去北京，她和小帅"),
        (TEXT, [Swap("小帅", "小美")], "我和你去北京，他和小美"),
        (TEXT, [Swap("小帅", "他"), Swap("我", "小美")], "小美和你去北京，他和他"),
        ("我和你，你和我", [Swap("我", "你"), Swap("你", "我")], "你和我，我和你"),
        ("我和你，你和我", [Swap("我", "他", 7)], "我和你，你和他"),
        ("他去\n他吃火锅\n\n我", [Swap("他", "她")], "她去\n她吃火锅\n\n我"),
        ("hello world", [Swap("hello", "ok")], "ok world"),
        ("hello world ok", [Swap("world", "你")], "hello 你 ok"),
        ("hello 你 ok", [Swap("你", "world")], "hello world ok"),
        ("hello world ok", [Swap("hello world", "北京")], "北京 ok"),
        ("我吃abc，你", [Swap("abc", "xyz")], "我吃xyz，你"),
        ("我☃你", [Swap("☃", "他")], "我他你"),
        (" 我 去 ", [Swap("去", "吃")], " 我 吃 "),
    ],
)
def test_a_swap_is_like_running_the_swapped_text(text, swaps, swapped):
    engine = small_engine([*WORDS, *"abcxyz", *(f"{GLUE}{c}" for c in "bcyz")], layers=2)
    found = compare(engine, text, Intervention(swaps=tuple(swaps)))
    other = compare(engine, swapped, Intervention())
    assert found.changed.words == other.untouched.words
    for a, b in zip(found.changed.trace.layers, other.untouched.trace.layers, strict=True):
        for name in a:
            np.testing.assert_allclose(a[name], b[name], atol=1e-6)
    assert [c.word for c in found.changed.suggestions] == [c.word for c in other.untouched.suggestions]
    assert [c.changed for c in found.changed.suggestions] == pytest.approx(
        [c.untouched for c in other.untouched.suggestions], abs=1e-6
    )


def test_no_space_comes_where_none_was():
    engine = small_engine([*WORDS, f"{GLUE}ok"])
    found = compare(engine, "我ok", Intervention(swaps=(Swap("我", "hello"),)))
    ids = [node.word_id for node in found.changed.node.path_to_root()][::-1]
    assert [engine.vocabulary.words[i] for i in ids[1:]] == ["hello", f"{GLUE}ok"]
    back = compare(engine, "hello ok", Intervention(swaps=(Swap("hello", "我"),)))
    assert back.changed.words == ["▶", "我", " ", "ok"]


def whole_engine(segmenter):
    words = [*SPECIAL_WORDS, *"ab你好。,('", " ", "ab", "你好", *(f"{GLUE}{c}" for c in "a(")]
    config = ModelConfig(len(words), embedding_size=4, hidden_size=4)
    return Engine("small", Checkpoint(config, words, build(config).state_dict(), segmenter))


ENGINES = {name: whole_engine(name) for name in ("auto", "jieba", "whitespace")}


@given(st.sampled_from(sorted(ENGINES)), st.text("ab你好。,('☃ \n", max_size=12), st.data())
def test_a_word_swapped_with_itself_leaves_all_words(name, text, data):
    engine = ENGINES[name]
    words = [
        word.removeprefix(GLUE) for line in text.split("\n") for word in engine.vocabulary.segmenter.split(line.strip())
    ]
    words = [word for word in words if not word.isspace()]
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    found = compare(engine, text, Intervention(swaps=(Swap(word, word),)))
    ids = [node.word_id for node in found.changed.node.path_to_root()][::-1]
    assert ids == ids_of(engine, text)
    assert found.columns == [(place, place) for place in range(len(ids))]


def test_words_of_different_numbers_are_matched():
    engine = small_engine(WORDS)
    found = compare(engine, "他去北京，他吃", Intervention(swaps=(Swap("他", "小帅"), Swap("北京", "你"))))
    assert found.untouched.words == ["▶", "他", "去", "北京", "，", "他", "吃"]
    assert found.changed.words == ["▶", "小", "帅", "去", "你", "，", "小", "帅", "吃"]
    assert found.columns == [(0, 0), (1, 2), (2, 3), (3, 4), (4, 5), (5, 7), (6, 8)]
    back = compare(engine, "小帅去", Intervention(swaps=(Swap("小帅", "他"),)))
    assert back.columns == [(0, 0), (2, 1), (3, 2)]


def test_states_are_compared_at_each_word():
    engine = small_engine(WORDS, layers=2)
    found = compare(engine, "他去北京", Intervention(swaps=(Swap("他", "小帅"),)), max_top_changes=3)
    assert found.state == "cell"
    for k in range(2):
        a, b = (run.trace.layers[k]["cell"].astype(float) for run in (found.untouched, found.changed))
        for pair, (column, changed) in enumerate(found.columns):
            norms = np.sqrt((a[column] ** 2).sum()) * np.sqrt((b[changed] ** 2).sum())
            assert found.distance[k, pair] == pytest.approx(np.sqrt(((a[column] - b[changed]) ** 2).sum()), abs=1e-5)
            assert found.cosine[k, pair] == pytest.approx((a[column] * b[changed]).sum() / norms, abs=1e-5)
        change = b[-1] - a[-1]
        order = sorted(range(12), key=lambda j: -abs(change[j]))[:3]
        assert [neuron for neuron, _ in found.top_changes[k]] == order
        assert [value for _, value in found.top_changes[k]] == pytest.approx(change[order], abs=1e-6)


def test_the_last_words_alone():
    engine = small_engine(WORDS)
    whole = compare(engine, "他去北京", Intervention(swaps=(Swap("他", "小帅"),)))
    end = compare(engine, "他去北京", Intervention(swaps=(Swap("他", "小帅"),)), last=3)
    assert end.untouched.words == whole.untouched.words[-3:] == ["他", "去", "北京"]
    assert end.changed.words == ["帅", "去", "北京"]
    assert end.columns == [(0, 0), (1, 1), (2, 2)]
    np.testing.assert_array_equal(end.distance, whole.distance[:, -3:])


def test_only_what_follows_the_first_change_is_read(monkeypatch):
    engine = small_engine(WORDS)
    engine.context.node(TEXT)
    read = []
    step = engine.network.step
    monkeypatch.setattr(engine.network, "step", lambda ids, *rest: read.append(ids.tolist()) or step(ids, *rest))
    for intervention, count in [
        (Intervention(), 0),
        (Intervention(swaps=(Swap("帅", "美"),)), 1),
        (Intervention((GateHold("forget", 0.0, None, None, 8),)), 3),
        (Intervention((GateHold("forget", 0.0),)), 11),
        (Intervention((GateHold("forget", 0.0, None, None, 8),), (Swap("北京", "你"),)), 6),
    ]:
        read.clear()
        compare(engine, TEXT, intervention)
        assert len(read) == count


def test_it_ends_where_nobody_waits():
    engine = small_engine(WORDS)
    engine.context.node(TEXT)
    engine.context.tree.interrupted = lambda: True
    with pytest.raises(AbandonedError):
        compare(engine, TEXT, Intervention((GateHold("forget", 0.0),)))


def test_the_tree_stays_as_it_is():
    engine = small_engine(WORDS)
    before = engine.context.node(TEXT)
    found = compare(engine, TEXT, Intervention((GateHold("forget", 0.0, None, None, 9),)))
    assert found.untouched.words == ["▶", *READ]
    assert found.untouched.node is before
    assert engine.context.node(TEXT) is before
    assert found.changed.node not in before.parent.children.values()


# --- what is reported


def test_suggestions_are_the_best_of_each_run():
    engine = small_engine(WORDS)
    found = compare(engine, TEXT, Intervention((GateHold("forget", 0.0),)), 4)
    for run, values in ((found.untouched, "untouched"), (found.changed, "changed")):
        row = engine.network.log_probabilities(run.node.features[None])[0].exp()
        offered = [i for i in range(len(engine.vocabulary)) if engine.vocabulary.suggestible[i]]
        order = sorted(offered, key=lambda i: -float(row[i]))[:4]
        assert [chance.word_id for chance in run.suggestions] == order
        assert [getattr(chance, values) for chance in run.suggestions] == pytest.approx(row[order].tolist(), abs=1e-6)
        assert [chance.word for chance in run.suggestions] == [engine.vocabulary.words[i] for i in order]
    everything = compare(engine, TEXT, Intervention(), 1_000).untouched.suggestions
    assert len(everything) == len(WORDS) - 1
    assert " " not in [chance.word for chance in everything]


def test_words_outside_of_the_vocabulary_are_flagged():
    engine = small_engine(WORDS)
    found = compare(
        engine, "小帅去北京，☃ok\n你", Intervention(swaps=(Swap("你", "小美"), Swap("ok", "hello"), Swap("去", "你我")))
    )
    assert found.text_substitutes == {"小帅": ["小", "帅"], "☃": ["<unk>"]}
    assert found.substitutes == {"小美": ["小", "美"], "你我": ["你", "我"]}
    assert TURN_ID in [node.word_id for node in found.changed.node.path_to_root()]
    assert fallback_tokens(engine.vocabulary, "北京") == ["北京"]
    assert fallback_tokens(engine.vocabulary, "北极") == ["<unk>", "<unk>"]


# --- how it is written, and bad input


def test_holds_and_swaps_are_read():
    assert GateHold.parse("forget=0") == GateHold("forget", 0.0)
    assert GateHold.parse("forget=0@1") == GateHold("forget", 0.0, "1")
    assert GateHold.parse(" cell = -1.5 @ 2→ : n5, n17, w3 ") == GateHold("cell", -1.5, "2→", (5, 17), 3)
    assert GateHold.parse("input=1:w4") == GateHold("input", 1.0, None, None, 4)
    assert Swap.parse("小帅=小美") == Swap("小帅", "小美")
    assert Swap.parse("他 = 她 @12") == Swap("他", "她", 12)


@pytest.mark.parametrize("text", ["", "forget", "forget=", "forget=x", "=1", "forget=1@", "forget=1@1:5", "a=1@1:n"])
def test_a_hold_that_cannot_be_read(text):
    with pytest.raises(SeqchatError, match="is not a hold; write gate=value@layer"):
        GateHold.parse(text)


@pytest.mark.parametrize("text", ["", "他", "=她", "他="])
def test_a_swap_that_cannot_be_read(text):
    with pytest.raises(SeqchatError, match="is not a swap; write old=new"):
        Swap.parse(text)


@pytest.mark.parametrize(
    ("text", "holds", "swaps", "says"),
    [
        ("", (), (), "The text has no words; give at least one."),
        (" \n ", (), (), "The text has no words"),
        (TEXT, [GateHold("forget", 0, 3)], (), "There is no layer 3; the model has layers 1 and 2."),
        (TEXT, [GateHold("forget", 0, 0)], (), "There is no layer 0"),
        (TEXT, [GateHold("update", 0)], (), "it has input, forget, candidate, output, cell and hidden."),
        (TEXT, [GateHold("forget", 0, 1, (12,))], (), "There is no neuron 12; each layer has the neurons 0 to 11."),
        (TEXT, [GateHold("forget", 0, 1, (-1,))], (), "There is no neuron -1"),
        (
            TEXT,
            [GateHold("forget", 1.1)],
            (),
            "The value of forget is a number between 0 and 1; it cannot be held at 1.1.",
        ),
        (TEXT, [GateHold("candidate", -1.1)], (), "between -1 and 1"),
        (TEXT, [GateHold("forget", math.nan)], (), "cannot be held at nan"),
        (TEXT, [GateHold("cell", math.inf)], (), "The value of cell is a finite number; it cannot be held at inf."),
        (TEXT, [GateHold("forget", 1, start=11)], (), "There is no word 11 to hold forget from; the text has 1 to 10."),
        (TEXT, [GateHold("forget", 1, start=-1)], (), "There is no word -1"),
        (TEXT, (), [Swap("她", "他")], "'她' is not a word of the text; its words are 我 和 你 去 北京 ， 他 小 帅."),
        (TEXT, (), [Swap("京", "他")], "'京' is not a word of the text"),
        (TEXT, (), [Swap("他", "她", 3)], "'他' is not at position 3; it is at 7."),
        (TEXT, (), [Swap("小帅", "她"), Swap("小", "他")], "Every '小' is already replaced by another swap."),
    ],
)
def test_what_is_not_there_is_one_sentence(text, holds, swaps, says):
    engine = small_engine(WORDS, layers=2)
    with pytest.raises(SeqchatError) as error:
        compare(engine, text, Intervention(tuple(holds), tuple(swaps)))
    assert says in str(error.value)


def test_long_lists_of_words_are_cut():
    letters = [chr(0x4E00 + 50 * i) for i in range(60)]
    engine = small_engine(letters)
    with pytest.raises(SeqchatError, match=r"is not a word of the text; .* and 20 more\.$"):
        compare(engine, "，".join(letters).replace("，", " ").replace(" ", "\n"), Intervention(swaps=(Swap("a", "b"),)))


@pytest.mark.parametrize("word", ["", " ", "a\nb"])
def test_a_swap_needs_a_word_on_each_side(word):
    with pytest.raises(SeqchatError, match="A swap has a word on each side"):
        Swap("我", word)


@pytest.mark.parametrize(("count", "last"), [(0, None), (9, 0)])
def test_numbers_are_at_least_one(count, last):
    with pytest.raises(SeqchatError, match="is at least 1, not 0"):
        compare(small_engine(WORDS), TEXT, Intervention(), count, last=last)
