"""``seqchat inspect`` as a person or a script calls it."""

import json
import math
import re
import runpy
import sys
from itertools import islice
from xml.etree import ElementTree

import click
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from seqchat.cli import cli
from seqchat.cli import inspect as command
from seqchat.corpus.vocabulary import SPECIAL_WORDS
from seqchat.errors import SeqchatError
from seqchat.insight.export import documents, pages, pictures
from seqchat.model.cells import CELLS
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build

TEXT = "小帅是一名程序员，他每天都加班"


@pytest.fixture
def inspect(models):
    """The command with one of the small models."""

    def run(*arguments, cell="lstm", stdin=None):
        command = ["inspect", "-m", models[cell], *arguments]
        return CliRunner().invoke(cli, [str(a) for a in command], input=stdin, catch_exceptions=False)

    return run


@pytest.fixture
def text_file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("你好\n\n今天天气很好，我们去吃火锅吧\r\n好的", "utf-8")
    return path


@pytest.mark.parametrize(
    ("cell", "layers", "gates"),
    [
        ("lstm", 2, ["input", "forget", "candidate", "output", "cell", "hidden"]),
        ("gru", 1, ["reset", "update", "candidate", "hidden"]),
        ("rnn", 1, ["hidden"]),
    ],
)
def test_json(inspect, cell, layers, gates):
    answer = json.loads(inspect(TEXT, "--json", cell=cell).stdout)
    assert list(answer) == ["cell", "words", "layers"]
    assert answer["cell"] == cell
    assert answer["words"][0] == "▶"
    assert "".join(answer["words"][1:]) == TEXT
    assert len(answer["layers"]) == layers
    for layer in answer["layers"]:
        assert list(layer) == gates
        assert {np.array(values).shape for values in layer.values()} == {(len(answer["words"]), 32)}


def test_json_is_what_the_python_interface_says(inspect, lstm):
    from seqchat.api import Model

    observed = Model(lstm).observe(TEXT)
    answer = json.loads(inspect(TEXT, "--json").stdout)
    assert answer["words"] == observed.words
    for mine, theirs in zip(answer["layers"], observed.layers, strict=True):
        for gate, values in theirs.items():
            np.testing.assert_allclose(mine[gate], values, atol=1e-6)


def test_the_table_has_means_and_saturation(inspect):
    answer = json.loads(inspect(TEXT, "--json").stdout)
    lines = inspect(TEXT).stdout.splitlines()
    assert lines[0].split() == ["input", "forget", "candidate", "output", "cell", "hidden"]
    assert lines[1].split() == ["word", "layer", *["mean", "lo", "hi"] * 6]
    rows = [line for line in lines[2:] if line][: 2 * len(answer["words"])]
    for t, word in enumerate(answer["words"]):
        for k, row in enumerate(rows[2 * t : 2 * t + 2]):
            cells = row.split()
            if k == 0:
                assert cells.pop(0) == word
            assert cells.pop(0) == str(k + 1)
            forget, cell = (np.array(answer["layers"][k][gate][t]) for gate in ("forget", "cell"))
            expected = [forget.mean(), 100 * (forget < 0.1).mean(), 100 * (forget > 0.9).mean()]
            np.testing.assert_allclose([float(c) for c in cells[3:6]], expected, atol=0.51)
            assert float(cells[3]) == pytest.approx(forget.mean(), abs=0.0051)
            assert float(cells[12]) == pytest.approx(np.abs(cell).mean(), abs=0.0051)
    assert "  input, forget, output: below 0.1 and above 0.9" in lines


def test_a_narrow_terminal_gets_a_line_a_gate(inspect, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = inspect("你好").stdout.splitlines()
    assert lines[0].split() == ["word", "layer", "gate", "mean", "lo", "hi"]
    assert [line.split()[-4] for line in lines[1:7]] == ["input", "forget", "candidate", "output", "cell", "hidden"]
    assert max(map(len, lines)) <= 120


def test_one_neuron_by_its_value(inspect):
    answer = json.loads(inspect(TEXT, "--json").stdout)
    arguments = ("--layer", 2, "--gate", "forget", "--neuron", 17, "--neuron", 3)
    lines = inspect(TEXT, *arguments).stdout.splitlines()
    assert lines[1].split() == ["word", "layer", "n17", "n3"]
    values = [[float(value) for value in line.split()[-2:]] for line in lines[2 : 2 + len(answer["words"])]]
    expected = np.array(answer["layers"][1]["forget"])[:, [17, 3]]
    np.testing.assert_allclose(values, expected, atol=5.1e-5)
    part = json.loads(inspect(TEXT, *arguments, "--json").stdout)
    assert part["layers"] == [{"forget": expected.tolist()}]


# --- text in -----------------------------------------------------------------------------------------------------


def test_text_from_a_file_or_standard_input(inspect, text_file):
    text = text_file.read_text("utf-8")
    given = json.loads(inspect(text, "--json").stdout)
    assert given["words"].count("⏎") == 2
    for done in (
        inspect("--file", text_file, "--json"),
        inspect("--file", "-", "--json", stdin=text),
        inspect("-", "--json", stdin=text),
    ):
        assert json.loads(done.stdout) == given


def test_dialogs_of_data_begin_anew(inspect, tmp_path):
    path = tmp_path / "chats.jsonl"
    path.write_text('{"dialog": ["你好", "在吗"]}\n{"dialog": ["你好", "好的"]}\n', "utf-8")
    answer = json.loads(inspect("--data", path, "--json").stdout)
    first, second = [i for i, word in enumerate(answer["words"]) if word == "▶"]
    assert first == 0
    for layer in answer["layers"]:
        np.testing.assert_allclose(layer["hidden"][second + 1], layer["hidden"][first + 1], atol=1e-6)


def test_a_line_without_end_is_refused(inspect, text_file, monkeypatch):
    monkeypatch.setattr(sys.modules["seqchat.cli.inspect_text"], "_MAX_LINE_LENGTH", 20)
    with pytest.raises(SeqchatError, match="Line 3 of the text is longer than 0 MB; break it into lines"):
        inspect("--file", text_file)


# --- files out ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_kind_of_file(inspect, tmp_path):
    answer = json.loads(inspect(TEXT, "--json").stdout)
    for kind in ("npz", "json", "png", "svg", "html"):
        part = ("--gate", "cell") if kind in ("png", "svg") else ()
        done = inspect(TEXT, "--out", tmp_path / f"a.{kind}", *part)
        assert done.stdout == ""
        assert "is written" in done.stderr
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert file["words"].tolist() == answer["words"]
        np.testing.assert_allclose(file["layer2/cell"], answer["layers"][1]["cell"], atol=1e-6)
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == answer
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    assert (tmp_path / "a.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{k}" for k in ("html", "json", "npz", "png", "svg")]


def test_a_file_and_json_at_once(inspect, tmp_path):
    done = inspect(TEXT, "--out", tmp_path / "a.html", "--json")
    assert json.loads(done.stdout) == json.loads(inspect(TEXT, "--json").stdout)
    assert (tmp_path / "a.html").exists()


@pytest.mark.parametrize(
    ("kind", "named"), [("png", "a picture"), ("svg", "a picture"), ("html", "a page"), ("json", "JSON")]
)
def test_a_text_too_long_for_a_kind_of_file(inspect, tmp_path, monkeypatch, kind, named):
    monkeypatch.setattr(pictures, "MAX_WORDS", 10)
    for module in (pages, documents):
        monkeypatch.setattr(module, "MAX_VALUES", 10 * 2 * 6 * 32)
    part = ("--gate", "cell") if kind in ("png", "svg") else ()
    inspect("你好" * 4, "--out", tmp_path / f"a.{kind}", *part)
    says = rf"more than 10 words, too many for {named}; write an \.npz file"
    with pytest.raises(SeqchatError, match=says):
        inspect("你好" * 20, "--out", tmp_path / f"b.{kind}")
    assert [path.name for path in tmp_path.iterdir()] == [f"a.{kind}"]
    inspect("你好" * 20, "--out", tmp_path / "b.npz")
    if kind in ("html", "json"):
        inspect("你好" * 20, "--out", tmp_path / f"c.{kind}", "--gate", "cell")


# --- statistics --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_statistics_of_the_sample(inspect, tmp_path, monkeypatch):
    from seqchat.corpus import sources

    read = sources.read_dialogs
    monkeypatch.setattr(sources, "read_dialogs", lambda names: islice(read(names), 40) if names == ["sample"] else 0)
    done = inspect("--statistics", "--out", tmp_path / "a.json")
    for title in ("Saturation", "Half-life of what the forget gate keeps", "Where neurons reset"):
        assert f"\n{title}" in done.stdout
    document = json.loads((tmp_path / "a.json").read_text("utf-8"))
    words = int(re.search(r"([\d,]+) words", done.stdout)[1].replace(",", ""))
    assert document["words"] == words == sum(document["counts"].values())
    assert document["counts"]["turn"] == sum(len(dialog.turns) for dialog in islice(read(["sample"]), 40))
    assert document["cell"] == "lstm"
    row = next(line.split() for line in done.stdout.splitlines() if line.startswith("2      forget"))
    forget = document["layers"][1]["gates"]["forget"]
    assert float(row[2]) == pytest.approx(np.mean(forget["mean"]), abs=6e-4)
    assert float(row[3]) == pytest.approx(100 * np.mean(forget["left_saturated"]), abs=0.06)
    assert float(row[4]) == pytest.approx(100 * np.mean(forget["right_saturated"]), abs=0.06)


def test_statistics_of_a_text(inspect, text_file, tmp_path):
    document = json.loads(inspect("--statistics", "--file", text_file, "--json", cell="gru").stdout)
    assert document["counts"]["turn"] == 2
    for kind in ("png", "svg"):
        inspect("--statistics", TEXT, "--gate", "update", "--out", tmp_path / f"a.{kind}", cell="gru")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    printed = inspect("--statistics", TEXT, cell="gru").stdout
    assert "Half-life of what the update gate keeps" in printed
    assert "too few" in printed
    rnn = inspect("--statistics", TEXT, cell="rnn").stdout
    assert "no gate that keeps its state" in rnn
    assert "Half-life" not in rnn


# --- what cannot be done -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["", "--json"], "There is no word in the text. Give at least one"),
        ([" \n", "--out", "a.npz"], "There is no word in the text"),
        (["你好", "--layer", "3"], "There is no layer 3; the model has layers 1 and 2"),
        (["你好", "--gate", "reset"], "has no gate 'reset'; it has input, forget, candidate, output, cell and hidden"),
        (["你好", "--neuron", "32"], "There is no neuron 32; each layer has the neurons 0 to 31"),
        (["你好", "--out", "a.doc"], r"must end in \.npz, \.json, \.png, \.svg or \.html"),
        (["你好", "--statistics", "--out", "a.npz"], r"must end in \.json, \.png or \.svg"),
        (["你好", "--out", "nowhere/a.npz"], "there is no folder nowhere"),
        (["--file", "nowhere.txt"], "nowhere.txt cannot be read"),
        (["--file", "."], r"\. cannot be read"),
        (["--data", "nowhere.txt"], "There is no file or folder nowhere.txt"),
        (["你好", "-m", "nothing"], "There is no model 'nothing'"),
    ],
)
def test_one_sentence_says_what_is_wrong(inspect, arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SeqchatError, match=says):
        inspect(*arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "There is no text. Give TEXT, --file or --data"),
        (["你好", "--file", "a.txt"], "choose one of them"),
        (["--data", "sample", "--file", "a.txt"], "choose one of them"),
        (["你好", "--json", "--out", "a.npz"], "leave one of them out"),
        (["你好", "--neuron", "one"], "--neuron"),
    ],
)
def test_wrong_usage(inspect, arguments, says):
    done = inspect(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr


def test_nothing_is_computed_before_it_is_known_where_to(inspect, monkeypatch):
    from seqchat.completion.engine import Engine

    monkeypatch.setattr(Engine, "load", lambda *_: pytest.fail("the model was loaded"))
    with pytest.raises(SeqchatError, match=r"a\.doc"):
        inspect("你好", "--out", "a.doc")


def test_a_line_of_help_for_every_option(inspect):
    done = inspect("--help")
    assert all(option.help for option in command.inspect.params if isinstance(option, click.Option))
    assert "seqchat inspect --statistics --data" in done.stdout


# --- one step, opened --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    """A folder with a model that reads windows in two layers and two directions, untrained."""
    return _saved(tmp_path_factory, objective="window", window=5, layers=2, bidirectional=True)


@pytest.fixture(scope="module")
def infill(tmp_path_factory):
    """A folder with a model of two layers in two directions, untrained."""
    return _saved(tmp_path_factory, objective="infill", layers=2, cell="gru")


def _saved(tmp_path_factory, **network):
    words = [*SPECIAL_WORDS, *"小帅是一名程序员，他每天都加班"]
    config = ModelConfig(len(words), **{"embedding_size": 6, "hidden_size": 8, **network})
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("untrained")
    Checkpoint(config, words, build(config).state_dict(), "auto").save(folder)
    return folder


@pytest.mark.parametrize("cell", CELLS)
def test_json_of_a_step_adds_up_to_what_is_recorded(inspect, cell):
    recorded = json.loads(inspect(TEXT, "--json", cell=cell).stdout)
    step = json.loads(inspect(TEXT, "--step", 4, "--neuron", 11, "--json", cell=cell).stdout)
    assert (step["layer"], step["neuron"], step["step"], step["word"]) == ("1", 11, 4, recorded["words"][4])
    for name, gate in step["gates"].items():
        assert gate["value"] == pytest.approx(recorded["layers"][0][name][4][11], abs=1e-6)
        assert math.fsum(addend["value"] for addend in gate["addends"]) == pytest.approx(gate["sum"], abs=1e-15)
        for addend in gate["addends"]:
            if "products" in addend:
                assert math.fsum(addend["products"]) == pytest.approx(addend["value"], abs=1e-12)
                assert len(addend["products"]) == len(addend["weights"]) == len(addend["values"])


def test_a_step_as_text(inspect):
    text = inspect(TEXT, "--step", 4, "--neuron", 11, "--layer", 2).stdout
    assert "layer 2 · neuron 11" in text
    for formula in ("i[11] = σ(W·x ", "c[11] = f·c₋₁ + i·g = ", "h[11] = o·tanh(c) = "):
        assert f"\n{formula}" in text
    assert "layer 1, neuron" in text
    one = inspect(TEXT, "--step", 4, "--neuron", 11, "--gate", "forget").stdout
    assert one.count("[11] = ") == 1
    assert "most frequent words" in one


def test_steps_of_a_window_and_of_both_directions(inspect, window, infill):
    for model, words in ((window, 5), (infill, 16)):
        recorded = json.loads(inspect(TEXT, "--json", "-m", model).stdout)
        assert len(recorded["layers"]) == 4
        assert len(recorded["words"]) == words
        for direction, row in (("forward", 2), ("backward", 3)):
            arguments = ("--step", 3, "--neuron", 2, "--layer", 2, "--direction", direction)
            step = json.loads(inspect(TEXT, *arguments, "--json", "-m", model).stdout)
            assert step["layer"] == "2→←"[0] + "→←"[direction == "backward"]
            for name, gate in step["gates"].items():
                assert gate["value"] == pytest.approx(recorded["layers"][row][name][3][2], abs=1e-6)


def test_several_steps_are_a_line_each(inspect, tmp_path):
    arguments = (TEXT, "--step", 2, "--neuron", 1, "--neuron", 3, "--out", tmp_path / "a.json", "--json")
    done = inspect(*arguments)
    assert [json.loads(line)["neuron"] for line in done.stdout.splitlines()] == [1, 3]
    assert (tmp_path / "a.json").read_text("utf-8") == done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--step", "99", "--neuron", "1"], r"There is no step 99; there are the steps 0 \(▶\) to"),
        (["--step", "1", "--neuron", "99"], "There is no neuron 99"),
        (["--step", "1", "--neuron", "1", "--layer", "7"], "There is no layer 7"),
        (["--direction", "backward"], "reads in one direction, from left to right"),
        (["--step", "1", "--neuron", "1", "--out", "a.png"], r"must end in \.json"),
    ],
)
def test_steps_that_do_not_exist(inspect, arguments, says):
    with pytest.raises(SeqchatError, match=says):
        inspect(TEXT, *arguments)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([TEXT, "--step", "1"], "choose it with --neuron"),
        (["--step", "1", "--neuron", "1", "--data", "sample"], "leave --data and --statistics out"),
        ([TEXT, "--step", "-1", "--neuron", "1"], "--step"),
        ([TEXT, "--as-torch", "--json"], "leave --json out"),
        ([TEXT, "--as-torch", "--statistics"], "choose one of them"),
    ],
)
def test_wrong_usage_of_steps(inspect, arguments, says):
    done = inspect(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr


# --- the script of torch.nn --------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["rnn", "lstm", "gru", "window", "infill"])
def test_the_script_runs_and_computes_the_same(inspect, models, request, tmp_path, model, capsys):
    from seqchat.completion.engine import Engine

    folder = models[model] if model in models else request.getfixturevalue(model)
    script = tmp_path / "model.py"
    inspect(TEXT, "--as-torch", "--out", script, "-m", folder)
    capsys.readouterr()
    ran = runpy.run_path(str(script))
    printed = capsys.readouterr().out
    recorded = json.loads(inspect(TEXT, "--json", "-m", folder).stdout)
    sides = 2 if model == "window" else 1
    found = [layer["hidden"] for layer in recorded["layers"]]
    top = np.concatenate(found[-2:], axis=1) if model == "window" else found[-2 if model == "infill" else -1]
    np.testing.assert_allclose(ran["output"][:, 0].numpy(), top, atol=1e-5)
    if model == "infill":
        np.testing.assert_allclose(ran["from_right"][:, 0].numpy(), found[-1], atol=1e-5)
    engine = Engine.load(folder)
    logits = engine.network.log_probabilities(engine.context.node(TEXT).features[None])
    np.testing.assert_allclose(ran["logits"].log_softmax(dim=-1).numpy(), logits.numpy(), atol=1e-3)
    layers, hidden = engine.config.layers, engine.config.hidden_size
    assert f"[{len(recorded['words'])}, 1, {sides * hidden}]" in printed
    assert f"[{sides * layers}, 1, {hidden}]" in printed


def test_the_script_is_printed_without_a_text_too(inspect):
    code = inspect("--as-torch", cell="gru").stdout
    compile(code, "model.py", "exec")
    assert "nn.GRU(input_size=24, hidden_size=32, num_layers=1)" in code
    with pytest.raises(SeqchatError, match="no minGRU"):
        inspect("--as-torch", cell="mingru")
