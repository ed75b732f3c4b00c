"""An opened step: what `torch.nn` computes, from addends that add up exactly, for all cells, layers and directions."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from seqchat.errors import SeqchatError
from seqchat.insight.observing import observe
from seqchat.insight.recording import observe_ids
from seqchat.insight.step import open_step
from seqchat.insight.step_report import balanced, formula, lines, number
from seqchat.insight.view import layer_names
from seqchat.insight.word_ids import text_ids

from ..conftest import cell_shapes, fused_cells, small_engine

WORDS = ["好", "你", "吃", "饭", "火锅", "，", "。", "ok", "Hi", "!"]
TEXT = "你好，吃火锅\n好。吃饭"
KINDS = {
    "next": {},
    "infill": {"objective": "infill"},
    "window": {"objective": "window", "window": 4},
    "both ways": {"objective": "window", "window": 4, "bidirectional": True},
}
ALL = [(cell, nonlinearity, kind) for cell, nonlinearity in cell_shapes() for kind in KINDS]


def engine_of(cell="lstm", nonlinearity="tanh", kind="next", layers=2):
    return small_engine(WORDS, cell=cell, nonlinearity=nonlinearity, layers=layers, **KINDS[kind])


def trace_of(engine, text=TEXT):
    return observe_ids(engine, text_ids(engine.vocabulary, [text]), 1_000)


def steps(engine, neuron=5):
    """Every step of a neuron, with the values that were recorded there."""
    trace = trace_of(engine, "你好，吃")
    for layer, values in zip(trace.names, trace.layers, strict=True):
        for position in range(len(trace.words)):
            recorded = {name: array[position, neuron] for name, array in values.items()}
            yield open_step(engine, trace, layer, neuron, position), recorded


@pytest.mark.parametrize(("cell", "nonlinearity", "kind"), ALL)
def test_every_number_is_the_recorded_one_and_every_sum_is_exact(cell, nonlinearity, kind):
    engine = engine_of(cell, nonlinearity, kind)
    seen = set()
    for step, recorded in steps(engine):
        seen.add(step.layer)
        assert [opened.gate for opened in step.gates] == list(engine.network.cell.gates)
        for opened in step.gates:
            assert opened.value == pytest.approx(recorded[opened.gate.name], abs=2e-6, rel=2e-6)
            assert opened.total == pytest.approx(math.fsum(a.value for a in opened.addends), abs=1e-15)
            for addend in opened.addends:
                product = math.prod(value for _, value in addend.factors)
                assert addend.value == product * (1 if addend.term is None else addend.term)
                if addend.reads:
                    assert math.fsum(addend.products) == pytest.approx(addend.value, abs=1e-12)
        if step.parts is not None:
            kept = step.gate(engine.network.cell.kept_state).value
            assert math.fsum(part.value for part in step.parts) == pytest.approx(kept, abs=1e-12)
    assert seen == set(layer_names(engine.network))


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", fused_cells())
@pytest.mark.parametrize("kind", ["next", "both ways"])
def test_hidden_states_are_those_of_torch(cell, layers, kind):
    engine = engine_of(cell, kind=kind, layers=layers)
    trace, config = trace_of(engine), engine.config
    stacks = engine.network.layers if kind == "both ways" else [[layer] for layer in engine.network.layers]
    module = config.cell_kind.torch_module(
        config.embedding_size, config.hidden_size, layers, bidirectional=kind == "both ways"
    )
    for k, directions in enumerate(stacks):
        for weights, suffix in zip(directions, ("", "_reverse"), strict=False):
            for name, weight in weights.items():
                getattr(module, f"{name}_l{k}{suffix}").data.copy_(weight)
    with torch.no_grad():
        output, _ = module(engine.network.embedding[torch.tensor(trace.ids)])
    top = trace.names[-len(stacks[0]) :]
    for position in range(len(trace.words)):
        for d, layer in enumerate(top):
            for neuron in (0, 7):
                value = open_step(engine, trace, layer, neuron, position).gate("hidden").value
                there = float(output[position, d * config.hidden_size + neuron])
                assert value == pytest.approx(there, abs=2e-6)


@pytest.mark.parametrize(("cell", "nonlinearity"), cell_shapes())
def test_contributions_are_gradients_times_inputs(cell, nonlinearity):
    """What an input adds to a sum is its value times the sum's derivative, which autograd knows."""
    engine = engine_of(cell, nonlinearity)
    trace, neuron, position = trace_of(engine), 3, 4
    below, own = (torch.from_numpy(layer["hidden"]) for layer in trace.layers)
    kind, weights = engine.network.cell, engine.network.layers[1]
    parts = [torch.from_numpy(trace.layers[1][name][position - 1]) for name in kind.state_names]
    x, hidden = below[position].clone().requires_grad_(), own[position - 1].clone().requires_grad_()
    state = torch.stack(
        [hidden if name == "hidden" else part for name, part in zip(kind.state_names, parts, strict=True)]
    )
    _, gates = kind.step(x[None], state[:, None], weights)
    for opened in open_step(engine, trace, "2", neuron, position).gates:
        if any(addend.reads for addend in opened.addends) and not any(addend.factors for addend in opened.addends):
            value = gates[opened.gate.name][0, neuron]
            to_x, to_h = torch.autograd.grad(value, (x, hidden), retain_graph=True, allow_unused=True)
            (slope,) = torch.autograd.grad(
                _activate(opened.activation, t := torch.tensor(opened.total, requires_grad=True)), t
            )
            found = {addend.reads: addend for addend in opened.addends if addend.reads}
            for reads, gradient, values in (("x", to_x, x), ("h", to_h, hidden)):
                if reads in found:
                    expected = (gradient * values).detach().numpy()
                    np.testing.assert_allclose(float(slope) * found[reads].products, expected, atol=1e-5)


def _activate(name, value):
    if name == "g":
        return torch.where(value >= 0, value + 0.5, value.sigmoid())
    return {"σ": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}[name](value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_reads_what_it_is_connected_to(kind):
    engine = engine_of(kind=kind)
    trace = trace_of(engine)
    low, high = trace.names[0], trace.names[-1]
    assert open_step(engine, trace, low, 1, 2).sources["x"] == []
    above = open_step(engine, trace, high, 1, 2)
    read = {"next": ["1"], "infill": ["1←"], "window": ["1"], "both ways": ["1→", "1←"]}[kind]
    assert [layer for layer, _ in above.sources["x"]] == read
    (row,) = (addend for addend in above.gate("forget").addends if addend.reads == "x")
    strongest = above.strongest(row, 3)
    assert abs(strongest[0].product) == pytest.approx(np.abs(row.products).max())
    for source in strongest:
        layer = trace.layers[trace.names.index(source.layer)]
        assert source.value == layer["hidden"][2, source.neuron]
        assert source.product == source.weight * source.value


def test_the_state_before_is_that_of_the_word_that_was_read_before():
    engine = engine_of(kind="infill", layers=1)
    trace = trace_of(engine)
    last = len(trace.words) - 1
    for layer, first, words in (("1→", 0, trace.words), ("1←", last, trace.words[::-1])):
        opened = [open_step(engine, trace, layer, 2, p) for p in range(len(words))]
        if layer == "1←":
            opened.reverse()
        assert [step.previous for step in opened] == [None, *words[:-1]]
        assert opened[0].position == first
        for before, step in pairwise(opened):
            (_, state) = step.gate("cell").addends[0].factors[1]
            assert state == pytest.approx(before.gate("cell").value, abs=1e-6)
    assert open_step(engine, trace, "1←", 2, 0).symbol(step.gate("cell").addends[0]) == "f · c₊₁"


def test_words_that_wrote_the_state_are_what_is_left_without_the_others():
    """With all candidates but one word's set to 0, exactly that word's part is left: what the sum over words means."""
    engine = engine_of(layers=1)
    trace, neuron, position = trace_of(engine), 4, 6
    step = open_step(engine, trace, "1", neuron, position)
    assert [part.position for part in step.parts] == [6, 5, 4, 3, 2, 1, 0]
    gates = {name: values[:, neuron] for name, values in trace.layers[0].items()}
    for part in step.parts:
        cell = 0.0
        for t in range(position + 1):
            cell = gates["forget"][t] * cell + (gates["input"][t] * gates["candidate"][t] if t == part.position else 0)
        assert part.value == pytest.approx(cell, abs=1e-6)


def test_a_word_stands_among_the_frequent_words():
    engine = engine_of(layers=1)
    trace = trace_of(engine)
    step = open_step(engine, trace, "1", 4, 3)
    weights = engine.network.layers[0]["weight_ih"][12 + 4]
    values = {word: float(engine.network.vectors[i + 4] @ weights) for i, word in enumerate(WORDS)}
    found = step.standings["forget"]
    assert found.words == len(WORDS)
    assert found.below == pytest.approx(np.mean([value < values[step.word] for value in values.values()]))
    assert [word for word, _ in found.highest] == sorted(values, key=values.get)[::-1][:3]
    assert [word for word, _ in found.lowest] == sorted(values, key=values.get)[:3]


# --- what is shown -----------------------------------------------------------------------------------------------


def _value(text):
    return float(text.replace("−", "-"))


@pytest.mark.parametrize(("cell", "nonlinearity", "kind"), ALL)
def test_the_numbers_that_are_shown_add_up(cell, nonlinearity, kind):
    engine = engine_of(cell, nonlinearity, kind)
    for step, _ in steps(engine):
        for opened in step.gates:
            shown = lines(step, opened)
            total = next(line for line in shown if line.kind == "sum")
            addends = [_value(line.number) for line in shown if line.kind == "addend"]
            assert sum(addends) == pytest.approx(_value(total.number), abs=1e-9)
            assert _value(total.number) == pytest.approx(opened.total, abs=5.1e-5)
            above = None
            parts: dict[float, float] = {}
            for line in shown:
                if line.kind in ("addend", "sum"):
                    above = _value(line.number)
                elif line.kind == "part":
                    parts[above] = parts.get(above, 0.0) + _value(line.number)
            for whole, summed in parts.items():
                assert summed == pytest.approx(whole, abs=1e-9)


def test_formulas():
    engine = engine_of(layers=1)
    trace = trace_of(engine)
    step = open_step(engine, trace, "1", 7, 3)
    forget, cell, hidden = (step.gate(name) for name in ("forget", "cell", "hidden"))
    text = formula(step, forget)
    assert text.startswith("f[7] = σ(W·x ")
    assert text.endswith(f" = σ({number(forget.total, 2)}) = {number(forget.value, 2)}")
    inner = text[text.index("(") + 1 : text.index(")")]
    assert sum(_value(part.split()[1]) for part in inner.split(" + ")) == pytest.approx(
        _value(number(forget.total, 2)), abs=1e-9
    )
    assert formula(step, cell).startswith("c[7] = f·c₋₁ + i·g = ")
    assert formula(step, cell).endswith(f" = {number(cell.value, 2)}")
    assert formula(step, hidden).startswith("h[7] = o·tanh(c) = ")
    gru = engine_of("gru", layers=1)
    step = open_step(gru, trace_of(gru), "1", 7, 3)
    assert "·(U·h " in formula(step, step.gate("candidate"))


def test_rounding_keeps_the_sum():
    assert balanced([0.113, 0.223, 0.336], 2) == [0.11, 0.22, 0.34]
    assert balanced([0.114, 0.223, 0.334], 2) == [0.12, 0.22, 0.33]
    assert balanced([-0.004, 0.004], 2) == [0.0, 0.0]
    assert balanced([0.775, -0.022], 2) == [0.77, -0.02]
    assert number(-0.0) == "0.0000"
    assert number(-1.5, 2) == "−1.50"


# --- the cursor --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_observed_at_the_cursor_is_what_is_recorded(kind):
    engine = engine_of(kind=kind)
    whole, seen = trace_of(engine), observe(engine, engine.context.node(TEXT))
    assert (seen.words, seen.names, seen.ids) == (whole.words, whole.names, whole.ids)
    for mine, theirs in zip(seen.layers, whole.layers, strict=True):
        for name, values in mine.items():
            np.testing.assert_allclose(values, theirs[name], atol=1e-6)


def test_words_right_of_the_cursor_are_observed_too():
    engine = engine_of(kind="infill")
    right = engine.right_ids("吃饭", "好")
    seen = observe(engine, engine.context.node("你好"), None, right)
    assert seen.words == ["▶", "你", "好", "吃", "饭"]
    assert seen.after == 2
    top = dict(zip(seen.names, seen.layers, strict=True))
    np.testing.assert_allclose(
        top["2←"]["hidden"][3], engine.network.read_right(torch.tensor(right)).numpy(), atol=1e-6
    )


def test_the_last_words_are_opened_without_those_before():
    engine = engine_of()
    node = engine.context.node(TEXT)
    few, all_ = observe(engine, node, 4), observe(engine, node)
    mine = open_step(engine, few, "2", 3, 3)
    theirs = open_step(engine, all_, "2", 3, len(all_.words) - 1)
    assert [g.value for g in mine.gates] == [g.value for g in theirs.gates]
    assert math.fsum(p.value for p in mine.parts) == pytest.approx(mine.gate("cell").value, abs=1e-12)
    with pytest.raises(SeqchatError, match="show one word more"):
        open_step(engine, few, "2", 3, 0)


@pytest.mark.parametrize(
    ("layer", "neuron", "position", "says"),
    [
        ("3", 0, 0, "There is no layer 3"),
        ("1", 12, 0, "There is no neuron 12; each layer has the neurons 0 to 11"),
        ("1", -1, 0, "There is no neuron -1"),
        ("1", 0, 99, r"There is no step 99; there are the steps 0 \(▶\) to 11"),
    ],
)
def test_what_does_not_exist(layer, neuron, position, says):
    engine = engine_of()
    with pytest.raises(SeqchatError, match=says):
        open_step(engine, trace_of(engine), layer, neuron, position)
