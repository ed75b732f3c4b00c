"""Results in notebooks: what they draw, their tables, and the notebook of the documents."""

from __future__ import annotations

import ast
import base64
import json
import re
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest

import seqchat
from seqchat.api import Model
from seqchat.errors import SeqchatError
from seqchat.insight.neurons.contexts import NeuronContext
from seqchat.insight.notebook import html
from seqchat.insight.notebook.found import FoundContexts
from seqchat.model.cells import CELLS

from ...conftest import REPOSITORY, small_engine

HOSTILE = ["<script>alert(1)</script>", "&amp;", '"><img', "$x^{$", "好", "，"]


@pytest.fixture(scope="module")
def model():
    return seqchat.load("lesson-lstm")


def shown(result):
    """What a notebook shows: HTML in which every element is closed and nothing runs or is loaded."""
    text = result._repr_html_()
    assert not re.search(r"<script|https?:|javascript:| on\w+=", text)
    for tag in ("div", "table", "tr", "td", "th", "span", "p", "b", "svg", "text"):
        assert len(re.findall(rf"<{tag}[ >]", text)) == text.count(f"</{tag}>"), tag
    return text


def pixels(text):
    """The pictures [rows, columns, 3] in HTML."""
    for found in re.findall(r"data:image/png;base64,([^\"]+)", text):
        data = base64.b64decode(found)
        columns, rows = struct.unpack(">II", data[16:24])
        start = data.index(b"IDAT") + 4
        size = struct.unpack(">I", data[start - 8 : start - 4])[0]
        lines = np.frombuffer(zlib.decompress(data[start : start + size]), np.uint8).reshape(rows, 1 + 3 * columns)
        assert not lines[:, 0].any()
        yield lines[:, 1:].reshape(rows, columns, 3)


def test_observed_gates_are_a_picture_each_and_a_table(model):
    found = model.observe("小帅在公司开会，")
    text = shown(found)
    pictures = list(pixels(text))
    assert [picture.shape for picture in pictures] == [(40, len(found.words), 3)] * 6
    forget = found.layers[0]["forget"]
    # Open is yellow, shut is dark blue.
    low, high = (np.unravel_index(k, forget.shape) for k in (forget.argmin(), forget.argmax()))
    drawn = pictures[[gate.name for gate in CELLS["lstm"].gates].index("forget")].astype(int)
    assert drawn[high[1], high[0]].sum() > drawn[low[1], low[0]].sum() + 200
    assert "layer 1 · forget" in text
    np.testing.assert_array_equal(found.frame("forget").to_numpy(), forget)
    assert list(found.frame("forget").index) == found.words
    whole = found.frame()
    assert whole.columns.names == ["gate", "neuron"]
    np.testing.assert_array_equal(whole["cell"][35].to_numpy(), found.layers[0]["cell"][:, 35])


def test_several_layers_are_columns_of_the_table():
    found = Model(small_engine(["好", "，"], cell="gru", layers=2)).observe("好，")
    assert found.frame().columns.names == ["layer", "gate", "neuron"]
    assert found.frame("update", "2").shape == (3, 12)
    for arguments, said in ((("forget",), "no gate 'forget'; it has reset, update"), ((None, "3"), "no layer 3")):
        with pytest.raises(SeqchatError, match=said):
            found.frame(*arguments)


def test_of_a_long_text_the_last_words_are_drawn():
    found = Model(small_engine(["好", "，"], cell="rnn")).observe("好" * 150)
    (picture,) = pixels(shown(found))
    assert picture.shape[1] == 100
    assert "the last 100 of 151 words" in shown(found)
    assert len(found.frame()) == 151


def test_a_probe_is_that_of_the_command(model):
    text = "小帅在公司开会，外面下着雨，"
    found = model.probe(text, hold="forget=0@1:n35,w3", why="他", rather_than="她")
    table = found.frame()
    assert table.untouched["他"] > 2 * table.changed["他"]
    np.testing.assert_allclose(table.difference, table.changed - table.untouched)
    distances = found.frame("distances")
    assert list(distances.index) == found.changed.words
    assert (distances["1"][:3] == 0).all()
    assert distances["1"].iloc[-1] > 0
    assert found.frame("neurons").neuron[0] == 35
    why = found.frame("why")
    assert why.untouched.sum() + found.why.untouched.bias == pytest.approx(found.why.untouched.total, abs=1e-5)
    assert "why 他 rather than 她" in shown(found)
    assert f"{found.bits:.3f} bits" in shown(found)
    both = model.probe(text, swap=["小帅=小美", "公司=家"])
    assert both.frame()["changed"].idxmax() == "她"
    with pytest.raises(SeqchatError, match="no table 'why'"):
        both.frame("why")
    with pytest.raises(SeqchatError, match="hold"):
        model.probe(text, hold="forget")


@pytest.fixture(scope="module")
def gradient(model):
    return model.gradients(words=20, distance=6)


def test_gradients_are_curves(gradient):
    found = gradient
    table = found.frame()
    assert list(table.columns) == ["hidden", "cell", "forget gates"]
    assert list(table.index) == list(range(7))
    assert (table.iloc[0] == 1).all()
    text = shown(found)
    assert text.count("<polyline") == 3
    assert found.trend in text


def test_contexts_are_a_table(model):
    found = model.contexts(35, quantity="forget", k=3, around=4)
    table = found.frame()
    assert list(table.end) == ["highest"] * 3 + ["lowest"] * 3
    assert table.value.is_monotonic_decreasing or table.value[:3].min() > table.value[3:].max()
    assert all(word in shown(found) for word in table.word)
    assert "lesson-lstm, layer 1, neuron 35, forget" in shown(found)


@pytest.mark.slow
def test_matches_are_a_table_with_chance_beside_them(model):
    found = model.matches("小帅在公司开会，", k=3)
    table = found.frame()
    assert list(table.shared) == [match.shared for match in found.found]
    assert {"by_chance", "p", "before", "text", "after"} <= set(table.columns)
    text = shown(found)
    assert f"shares {found.chance} or more" in text
    assert all(match.text.replace("\n", "⏎") in text for match in found.found)
    assert "lesson-lstm, layer 1, hidden, words" in text
    figure = found.figure()
    assert [bar.get_width() for bar in figure.axes[0].patches] == list(table.shared)[::-1]


def test_groups_are_a_table_of_their_neurons(model):
    found = model.groups(quantity="cell", words=3_000, shuffles=20)
    table = found.frame()
    for number, group in enumerate(found.found, 1):
        rows = table[table.group == number]
        assert set(rows.neuron[rows.direction == 1]) == set(group.together)
        assert set(rows.neuron[rows.direction == -1]) == set(group.opposite)
    assert len(found.found)
    assert "lesson-lstm, layer 1, cell" in shown(found)
    assert f"by chance {found.chance:.2f}" in shown(found)
    assert len(found.figure().axes[0].patches) == len(found.found)


def test_words_are_only_words():
    model = Model(small_engine(HOSTILE, cell="gru"))
    found = model.observe("好" * 5)
    assert "&lt;script&gt;" in shown(replace(found, words=HOSTILE))
    bad = NeuronContext(1.0, 1, *HOSTILE[:3])
    assert "&lt;script&gt;" in shown(FoundContexts(1, 1, [bad], [bad], title=HOSTILE[0]))
    assert shown(model.probe("好", hold="update=1"))
    assert "<" not in re.sub(r"</?(td|th|tr|thead|tbody|table)[^<>]*>", "", html.table(("<a>",), [("<b>",)]))


@pytest.mark.slow
@pytest.mark.filterwarnings("error::UserWarning")
def test_figures_are_pictures(model, gradient):
    engine = Model(small_engine(HOSTILE, cell="gru"))
    for found in (
        replace(engine.observe("好，，，，"), words=HOSTILE),
        engine.probe("好，", swap="好=，"),
        gradient,
        FoundContexts(1, 1, [NeuronContext(1.0, 1, *HOSTILE[1:4])], [], title="$x^{"),
    ):
        assert found.figure()._repr_png_().startswith(b"\x89PNG")


def test_curves_leave_out_what_has_no_logarithm():
    drawn = html.curves({"a<b": [1.0, 0.0, float("inf"), 0.1]}, "k")
    assert "a&lt;b" in drawn
    (points,) = re.findall(r'points="([^"]*)"', drawn)
    assert len(points.split()) == 2


@pytest.mark.slow
def test_the_notebook_of_the_documents_runs():
    notebook = json.loads((REPOSITORY / "docs" / "notebook.ipynb").read_text("utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names: dict[str, object] = {}
    drawn = []
    for cell in cells:
        *lines, last = ast.parse(cell).body
        if not isinstance(last, ast.Expr):
            exec(cell, names)
            continue
        exec(compile(ast.Module(lines, []), "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        drawn.append(next(kind for kind in ("_repr_png_", "_repr_html_", "to_frame") if hasattr(value, kind)))
        assert getattr(value, drawn[-1])() is not None
    assert (drawn.count("_repr_html_"), drawn.count("_repr_png_")) == (6, 2)
    assert all(not cell.get("outputs") for cell in notebook["cells"])
