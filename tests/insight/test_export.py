"""Files of what was recorded: they hold the numbers, take no room in memory, and run nothing that a text says."""

import base64
import dataclasses
import json
import math
import re
import tracemalloc
from hashlib import sha256
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from seqchat.errors import SeqchatError
from seqchat.insight.export import arrays, documents, pages, pictures
from seqchat.insight.neurons.overview import LayerOverview
from seqchat.insight.recording import Block, join_blocks, record
from seqchat.insight.statistics import gate_statistics
from seqchat.insight.view import View, select_view
from seqchat.insight.word_ids import text_ids
from seqchat.model.cells import CELLS

from ..conftest import small_engine

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--",
    "-->",
    "$x^{$",
    "\\frac",
    "&amp;",
    '"',
    "'",
    "{data}",
    "\u2028",
    "_",
    " ",
    "好",
]


def recorded(cell="lstm", text="你好，ok\n吃饭", **network):
    engine = small_engine(["你", "好", "，", "ok", "吃", "饭"], cell=cell, **network)
    view = select_view(engine)
    return view, join_blocks(record(engine, view, text_ids(engine.vocabulary, [text])), 1000, "a test")


def hostile():
    """Words that would do harm were they read as anything but words, in a model whose name is one of them."""
    rng = np.random.default_rng(0)
    view = View("<b>$m$&{script}", "gru", ("1",), CELLS["gru"].gates, tuple(range(6)))
    layer = {gate.name: rng.random((len(HOSTILE), 6), dtype=np.float32) for gate in view.gates}
    return view, Block([5] * len(HOSTILE), HOSTILE, [layer])


def same(arrays_file, view, block):
    for name, layer in zip(view.layers, block.layers, strict=True):
        for gate, values in layer.items():
            np.testing.assert_array_equal(arrays_file[f"layer{name}/{gate}"], values)


# --- .npz --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", ["next", "infill", "window"])
@pytest.mark.parametrize("cell", CELLS)
def test_arrays_are_read_without_pickle(cell, objective, tmp_path):
    view, block = recorded(cell, layers=2, objective=objective)
    halves = [
        Block(
            block.ids[a:b],
            block.words[a:b],
            [{g: v[a:b] for g, v in layer.items()} for layer in block.layers],
            None if block.windows is None else block.windows[a:b],
        )
        for a, b in ((0, 3), (3, 4), (4, None))
    ]
    assert arrays.write_npz(tmp_path / "a.npz", view, halves) == len(block.words)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert set(file.files) == {
            "words",
            *(f"layer{name}/{gate.name}" for name in view.layers for gate in view.gates),
        }
        assert file["words"].tolist() == block.words
        same(file, view, block)
        assert all(file[name].dtype == np.float32 for name in file.files if name != "words")
    if objective == "infill":
        assert "layer2←/hidden" in set(file.files)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_the_same_text_gives_the_same_file(tmp_path):
    view, block = recorded()
    for name in ("a.npz", "b.npz"):
        arrays.write_npz(tmp_path / name, view, [block])
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_many_words_of_any_length(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "_WORDS_AT_ONCE", 3)
    view, block = hostile()
    arrays.write_npz(tmp_path / "a.npz", view, [block] * 4)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert file["words"].tolist() == HOSTILE * 4


def test_memory_does_not_grow_with_the_text(tmp_path):
    view = View("m", "rnn", ("1",), CELLS["rnn"].gates, tuple(range(500)))

    def blocks(count):
        for k in range(count):
            yield Block([5] * 200, ["好"] * 200, [{"hidden": np.full((200, 500), k, dtype=np.float32)}])

    peaks = []
    for count in (4, 40):
        tracemalloc.start()
        arrays.write_npz(tmp_path / "a.npz", view, blocks(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # A block has 400 kB, and all 40 have 16 MB.
    assert peaks[1] < peaks[0] + 2_000_000
    with np.load(tmp_path / "a.npz") as file:
        assert file["layer1/hidden"][:, 7].tolist() == [k for k in range(40) for _ in range(200)]


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    view, block = recorded()
    (tmp_path / "a.npz").write_text("old")

    def broken():
        yield block
        raise SeqchatError("stopped")

    with pytest.raises(SeqchatError, match="stopped"):
        arrays.write_npz(tmp_path / "a.npz", view, broken())
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    assert (tmp_path / "a.npz").read_text() == "old"
    with pytest.raises(SeqchatError, match=r"nowhere/a\.npz cannot be written \(No such file or directory\)"):
        arrays.write_npz(tmp_path / "nowhere" / "a.npz", view, [block])


# --- .json -------------------------------------------------------------------------------------------------------


def test_json_is_the_object_of_the_design():
    view, block = recorded("gru", layers=2)
    document = json.loads(json.dumps(documents.recording_document(view, block), allow_nan=False))
    assert list(document) == ["cell", "words", "layers"]
    assert document["cell"] == "gru"
    assert document["words"] == ["▶", "你", "好", "，", "ok", "⏎", "吃", "饭"]
    assert [list(layer) for layer in document["layers"]] == [["reset", "update", "candidate", "hidden"]] * 2
    for mine, theirs in zip(document["layers"], block.layers, strict=True):
        for gate, values in theirs.items():
            np.testing.assert_allclose(np.array(mine[gate]), values, atol=1e-7)


def test_statistics_as_json():
    engine = small_engine(["好", "，"], hidden_size=4)
    summary = gate_statistics(engine, select_view(engine), text_ids(engine.vocabulary, ["好好，" * 40 + "\n"]))
    summary.layers[0].keeping.half_life[2] = math.inf
    document = json.loads(json.dumps(documents.statistics_document(summary), allow_nan=False))
    assert document["words"] == 121
    assert document["counts"] == {
        "turn": 1,
        "after turn": 0,
        "punctuation": 40,
        "after punctuation": 39,
        "elsewhere": 41,
    }
    assert document["beyond_chance"]["turn"] is None
    assert document["beyond_chance"]["punctuation"] == summary.limits["punctuation"]
    (layer,) = document["layers"]
    assert list(layer["gates"]) == ["input", "forget", "candidate", "output", "cell", "hidden"]
    np.testing.assert_allclose(
        layer["gates"]["input"]["left_saturated"], summary.layers[0].gates["input"].left, atol=1e-6
    )
    assert [value is None for value in layer["half_life"]] == [False, False, True, False]
    assert layer["difference_in_standard_errors"]["turn"] == [None] * 4
    assert layer["kept"]["after turn"] == [None] * 4
    np.testing.assert_allclose(
        layer["difference_in_standard_errors"]["punctuation"], summary.layers[0].keeping.difference[2], atol=1e-6
    )


# --- pictures ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
def test_pictures_of_words_that_look_like_formulas_or_markup():
    view, block = hostile()
    svg = pictures.heat_maps(view, block, "svg")
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert pictures.heat_maps(view, block, "png").startswith(b"\x89PNG")


@pytest.mark.parametrize(("cell", "objective"), [("rnn", "next"), ("gru", "infill"), ("lstm", "next")])
def test_a_panel_for_each_gate_of_each_layer(cell, objective, monkeypatch):
    view, block = recorded(cell, layers=2, objective=objective)
    drawn = []
    monkeypatch.setattr(pictures, "saved", lambda figure, _: drawn.append(figure) or b"")
    pictures.heat_maps(view, block, "png")
    titles = [axes.get_title() for axes in drawn[0].axes if axes.get_title()]
    assert titles == [f"layer {name} · {gate.name}" for name in view.layers for gate in view.gates]
    images = [axes.images[0] for axes in drawn[0].axes if axes.get_title()]
    expected = [layer[gate.name] for layer in block.layers for gate in view.gates]
    for image, values in zip(images, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(image.get_array()), values.T)
    labels = [text.get_text() for text in drawn[0].axes[0].get_xticklabels()]
    assert labels == ["▶", "你", "好", "，", "ok", "⏎", "吃", "饭"]


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_the_scatter_of_saturation(cell, monkeypatch):
    engine = small_engine(["好", "你"], cell=cell, layers=2)
    summary = gate_statistics(engine, select_view(engine), text_ids(engine.vocabulary, ["你好" * 20]))
    assert pictures.saturation_plots(summary, "png").startswith(b"\x89PNG")
    drawn = []
    monkeypatch.setattr(pictures, "saved", lambda figure, _: drawn.append(figure) or b"")
    pictures.saturation_plots(summary, "svg")
    panels = [axes for axes in drawn[0].axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == [gate.name for gate in engine.network.cell.gates]
    for axes in panels:
        for layer, points in zip(summary.layers, axes.collections, strict=True):
            gate = layer.gates[axes.get_title()]
            np.testing.assert_allclose(points.get_offsets(), np.stack([gate.right, gate.left], axis=1))


def test_a_rectified_network_is_drawn_up_to_its_95th_percentile(monkeypatch):
    view, block = recorded("rnn", nonlinearity="relu")
    drawn = []
    monkeypatch.setattr(pictures, "saved", lambda figure, _: drawn.append(figure) or b"")
    pictures.heat_maps(view, block, "png")
    most = np.quantile(block.layers[0]["hidden"], 0.95)
    assert drawn[0].axes[0].images[0].get_clim() == (0, pytest.approx(most))


# --- .html -------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a browser would take a page for: its elements, and the text of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.raw, self.title = [], [], ""
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._open = tag
        if tag in ("script", "style"):
            self.raw.append("")

    def handle_endtag(self, tag):
        self._open = ""

    def handle_data(self, data):
        if self._open in ("script", "style"):
            self.raw[-1] += data
        if self._open == "title":
            self.title += data


def test_a_page_holds_the_exact_values():
    view, block = recorded("lstm", layers=2, objective="infill")
    data = json.loads(Page(pages.page(view, block)).raw[1])
    assert data["words"] == block.words
    assert data["neurons"] == list(range(12))
    shown = iter(data["maps"])
    for name, layer in zip(view.layers, block.layers, strict=True):
        for gate, values in layer.items():
            one = next(shown)
            assert (one["layer"], one["gate"]) == (name, gate)
            np.testing.assert_array_equal(
                np.frombuffer(base64.b64decode(one["values"]), "<f4").reshape(values.shape), values
            )
    assert data["maps"][data["chosen"]]["gate"] == "forget"


def test_words_on_a_page_are_only_words():
    view, block = hostile()
    text = pages.page(view, block)
    page = Page(text)
    assert page.title == "<b>$m$&{script} · GRU"
    style, data, script = page.raw
    assert json.loads(data)["words"] == HOSTILE
    assert not re.search("[<>&\u2028\u2029]", data)
    tags = [tag for tag, _ in page.elements]
    assert (tags.count("script"), tags.count("style"), tags.count("b")) == (2, 1, 0)
    (policy,) = [a["content"] for tag, a in page.elements if tag == "meta" and "http-equiv" in a]
    hashes = [base64.b64encode(sha256(part.encode()).digest()).decode() for part in (style, script)]
    assert policy == f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'"


def test_a_page_asks_nobody_for_anything():
    page = Page(text := pages.page(*recorded()))
    assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttpRequest|innerHTML|eval\(", text)
    assert not [a for _, attributes in page.elements for a in attributes if a in ("src", "href", "srcset", "style")]


def test_a_rectified_value_has_no_upper_limit_on_a_page():
    view, block = recorded("rnn", nonlinearity="relu")
    (one,) = json.loads(Page(pages.page(view, block)).raw[1])["maps"]
    assert one["right"] is None
    assert one["high"] == pytest.approx(np.quantile(block.layers[0]["hidden"], 0.95))


def test_like_neurons_are_next_to_each_other_on_a_page_where_all_are_there():
    view, block = recorded("lstm")
    order = np.arange(len(view.neurons))[::-1].copy()
    scales = {gate.name: [0.25] for gate in view.gates}
    overviews = {name: LayerOverview(order, scales) for name in view.layers}
    data = json.loads(Page(pages.page(view, block, overviews)).raw[1])
    assert data["orders"] == {name: order.tolist() for name in view.layers}
    ends = {(one["gate"], one["low"], one["high"]) for one in data["maps"]}
    assert {("forget", 0, 1), ("hidden", -0.25, 0.25)} <= ends
    some = dataclasses.replace(view, neurons=view.neurons[:2])
    few = dataclasses.replace(
        block, layers=[{gate: values[:, :2] for gate, values in layer.items()} for layer in block.layers]
    )
    assert json.loads(Page(pages.page(some, few, overviews)).raw[1])["orders"][view.layers[0]] == [0, 1]
