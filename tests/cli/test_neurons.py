"""`seqchat neurons` as a person or a script calls it; and its pictures, drawn in this process."""

import json
import re
from html import unescape
from io import StringIO
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from rich.console import Console

from seqchat.cli import cli
from seqchat.cli.neuron_drawing import html, luminance, print_activations, scale_of, svg
from seqchat.completion.engine import Engine
from seqchat.errors import SeqchatError
from seqchat.insight.neurons.activations import NeuronActivations, neuron_activations
from seqchat.insight.neurons.properties import PROPERTIES

from .test_commands import failed, seqchat

TEXT = "今天去吃火锅吗？\n好 <b>&amp;"
EVIL = NeuronActivations(
    ["<script>", " &", "[red]", "\n", "\"'", "好"], np.array([1, -0.5, 0, 0.2, 2, -2], np.float32), 0.0
)


def plain(activations: NeuronActivations, **terminal) -> str:
    file = StringIO()
    print_activations(activations, Console(file=file, highlight=False, **terminal))
    return file.getvalue()


# --- pictures ----------------------------------------------------------------------------------------------------


def test_colours_are_legible_and_diverge():
    scale = scale_of(EVIL)
    assert scale == (-2, 0, 2)
    grounds = []
    for value in np.linspace(-2, 2, 101):
        ground, ink = scale.colours(float(value))
        light, dark = sorted((luminance(ground), luminance(ink)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # what WCAG 2 asks of text
        grounds.append(ground)
    assert grounds[50] == (255, 255, 255)
    low, high = grounds[0], grounds[-1]
    assert low[2] > 150 > low[0] and high[0] > 150 > high[2]
    assert scale.colours(99) == scale.colours(2) and scale.colours(-99) == scale.colours(-2)


def test_a_gate_is_white_in_its_middle():
    scale = scale_of(NeuronActivations(["a", "b"], np.array([0.4, 0.8], np.float32), 0.5))
    assert scale == pytest.approx((0.2, 0.5, 0.8))
    assert scale_of(NeuronActivations(["a"], np.array([0.5], np.float32), 0.5)).colours(0.5)[0] == (255, 255, 255)


def test_the_terminal_shows_the_text_in_colours():
    drawn = plain(EVIL, force_terminal=True, color_system="truecolor")
    assert re.sub(r"\x1b\[[\d;]*m", "", drawn).startswith("<script> &[red]⏎\n\"'好\n\n -2.00  +0.00  +2.00 ")
    assert "48;2;200;38;38" in drawn and "48;2;38;84;200" in drawn


@pytest.mark.parametrize(
    "terminal", [{"no_color": True, "force_terminal": True, "color_system": "truecolor"}, {"color_system": None}]
)
def test_without_colours_the_values_stand_under_the_words(terminal):
    drawn = plain(EVIL, width=24, **terminal)
    assert "\x1b[" not in drawn
    lines = drawn.split("\n")
    assert all(cell_len(line) <= 24 for line in lines)
    assert "".join(lines[0::3]).replace(" ", "") == "<script>&[red]⏎\"'好"
    assert [float(value) for line in lines[1::3] for value in line.split()] == [1, -0.5, 0, 0.2, 2, -2]
    assert [lines[0].find(w) for w in ("<script>", "&")] == [lines[1].find(v) for v in ("+1.00", "-0.50")]


def test_html_is_text_and_needs_nothing_else():
    page = html(EVIL, "a <title>")
    assert "<script" not in page and "http" not in page and "<title>a &lt;title&gt;</title>" in page
    spans = re.findall(r'<span style="background: (#\w{6}); color: (#\w{6})" title="([^"]+)">([^<]*)</span>', page)
    assert [unescape(text) for *_, text in spans[:6]] == ["<script>", "&", "[red]", "⏎", "\"'", "好"]
    assert [float(value) for _, _, value, _ in spans[:6]] == pytest.approx(EVIL.values.tolist(), abs=1e-4)
    assert (spans[4][0], spans[5][0]) == ("#c82626", "#2654c8")


def test_svg_is_well_formed_and_wraps():
    long = NeuronActivations(["好的"] * 50 + ["\n", "<&>"], np.linspace(-1, 1, 52).astype(np.float32), 0.0)
    picture = ElementTree.fromstring(svg(long, "<&>"))
    name = "{http://www.w3.org/2000/svg}"
    boxes = [(g.find(f"{name}rect"), g.find(f"{name}text")) for g in picture.findall(f"{name}g")]
    assert [text.text for _, text in boxes[:52]] == ["好的"] * 50 + ["⏎", "<&>"]
    width = float(picture.get("width"))
    ends = [(float(rect.get("x")) + float(rect.get("width")), float(rect.get("y"))) for rect, _ in boxes]
    assert max(x for x, _ in ends) <= width and max(y for _, y in ends) < float(picture.get("height"))
    rows = [y for _, y in ends[:52]]
    assert rows == sorted(rows) and len(set(rows)) == 4  # 20 words of four cells a line, and the second turn
    assert rows[51] > rows[50]


# --- the command -------------------------------------------------------------------------------------------------


def neurons(*arguments, stdin: str = "") -> Result:
    """Run the command in this process, as in a pipe."""
    return CliRunner().invoke(cli, ["neurons", *map(str, arguments)], input=stdin)


def answer(*arguments, stdin: str = ""):
    done = neurons(*arguments, "--json", stdin=stdin)
    assert done.exception is None and done.stderr == ""
    return json.loads(done.stdout)


def test_colour(models, tmp_path):
    arguments = ("colour", TEXT, "-m", models["lstm"], "--layer", 1, "--neuron", 5)
    found = answer(*arguments)
    expected = neuron_activations(Engine.load(models["lstm"]), TEXT, 1, 5)
    assert {k: found[k] for k in ("layer", "neuron", "quantity")} == {"layer": "1", "neuron": 5, "quantity": "hidden"}
    assert found["words"] == expected.words and "".join(found["words"]) == TEXT
    assert found["values"] == pytest.approx(expected.values.tolist(), abs=1e-5)
    assert neurons(*arguments).stdout == plain(expected, color_system=None, width=80)
    for out in ("a.html", "a.svg"):
        done = neurons(*arguments, "--out", tmp_path / out)
        assert (done.stdout, done.stderr) == ("", f"{tmp_path / out} is written.\n")
        assert "layer 1, neuron 5, hidden" in (tmp_path / out).read_text("utf-8")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.html", "a.svg"]


def test_colour_reads_standard_input(models):
    found = answer("colour", "-m", models["gru"], "--neuron", 0, "--quantity", "update", stdin=TEXT)
    assert "".join(found["words"]) == TEXT


def test_contexts(models, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    arguments = ("contexts", "-m", models["rnn"], "--neuron", 3, "-k", 4, "--max-dialogs", 30)
    found = answer(*arguments)
    assert found["dialogs"] == 30
    assert [c["value"] for c in found["highest"]] == sorted((c["value"] for c in found["highest"]), reverse=True)
    assert found["highest"][0]["value"] > found["lowest"][0]["value"]
    shown = neurons(*arguments).stdout
    titles = [line for line in shown.splitlines() if line.startswith("Neuron 3 is ")]
    assert len(titles) == 2
    lines = [line for line in shown.splitlines() if line and line not in titles]
    for context, line in zip(found["highest"] + found["lowest"], lines, strict=True):
        assert line.startswith(f"{context['value']:+.3f} ") and cell_len(line) <= 80
        before, word, after = (context[part].replace("\n", "⏎") for part in ("before", "word", "after"))
        left, right = line.split(f" [{word}]")
        assert cell_len(left) == 40 and before.endswith(left[7:].strip()) and after.startswith(right.rstrip())


def test_track(models):
    arguments = ("track", "-m", models["lstm"], "--words", 3_000, "--shuffles", 100, "-k", 2)
    found = answer(*arguments)
    assert (found["layer"], found["quantity"], found["shuffles"]) == ("2", "hidden", 100)
    assert found["words"] >= 3_000
    assert [p["name"] for p in found["properties"]] == list(PROPERTIES)
    judged = [p for p in found["properties"] if p["probe"] is not None]
    assert {"position", "remaining", "elapsed", "speaker"} <= {p["name"] for p in judged}
    for p in judged:
        assert len(p["neurons"]) == 2
        assert 1 / 101 <= p["neurons"][0]["p"] <= 1 and -1 <= p["probe"]["correlation"] <= 1
    table = neurons(*arguments, "speaker", "position", "--layer", 1, "--quantity", "cell").stdout.splitlines()
    assert "layer 1, cell: " in table[0]
    assert [line.split()[0] for line in table if line.startswith(("speaker", "position"))] == ["speaker", "position"]
    assert all(len(line) <= 80 for line in table)


def test_match(models, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    arguments = ("match", TEXT, "-m", models["gru"], "--span", "1:2", "-k", 3, "--max-dialogs", 40, "--threshold", 0.05)
    found = answer(*arguments)
    pattern = found["pattern"]
    size = len(pattern["high"]) + len(pattern["low"])
    assert pattern["words"] == ["今天", "去"] and pattern["threshold"] == 0.05 and size > 1
    assert found["dialogs"] == 40 and 0 < found["passages"] < found["words"]
    assert len(found["found"]) == 3
    for match in found["found"]:
        assert match["shared"] <= size and match["passages"] >= 1 and match["by_chance"] >= 0
    shown = neurons(*arguments).stdout
    assert "words 1:2 今天 去" in shown and f"{size} neurons at 0.05 or more, or −0.05 or less" in shown
    lines = [line for line in shown.splitlines() if "[" in line]
    for match, line in zip(found["found"], lines, strict=True):
        assert cell_len(line) <= 80 and line.split()[:2] == [f"{match['shared']}/{size}", str(match["passages"])]
        assert f"[{match['text']}]".replace("\n", "⏎") in line


def test_groups(models):
    arguments = ("groups", "-m", models["rnn"], "--words", 1_500, "--shuffles", 20, "--least", 0.2)
    found = answer(*arguments)
    assert found["layer"] == "1" and found["neurons"] == 32 and found["words"] >= 1_500
    assert all(group["correlation"] >= found["least"] for group in found["found"])
    shown = neurons(*arguments).stdout.splitlines()
    assert f"even the closest two reach {found['chance']:.2f} in only one of twenty shuffles." in shown
    assert sum("highest at" in line for line in shown) == len(found["found"]) > 0
    first = found["found"][0]
    numbers = [*map(str, first["together"]), *(f"−{n}" for n in first["opposite"])]
    assert f"{first['correlation']:.2f}  {' '.join(numbers)}" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("match", "好", "--span", "6:3"), "write 3:6 for 6:3"),
        (("match", "好", "--span", "2"), "There are no words 2:2; the text has the words 1 to 1."),
        (("match", "好", "--quantity", "reset"), "it has input, forget"),
        (("match", "好", "--data", "nowhere.txt"), "There is no file or folder nowhere.txt"),
        (("groups", "--layer", 3), "There is no layer 3"),
        (("groups", "--max-dialogs", 2), "There are 2 different dialogs, and at least 10 are needed"),
        (("colour", "好", "--neuron", 0, "--layer", 3), "There is no layer 3; the model has layers 1 and 2."),
        (("colour", "好", "--neuron", 32), "There is no neuron 32; each layer has the neurons 0 to 31."),
        (("colour", "好", "--neuron", 0, "--quantity", "reset"), "it has input, forget"),
        (("colour", " ", "--neuron", 0), "There is no text"),
        (("colour", "好", "--neuron", 0, "--out", "a.png"), ".html or .svg"),
        (("contexts", "--neuron", 99), "There is no neuron 99"),
        (("contexts", "--neuron", 0, "--data", "nowhere.txt"), "There is no file or folder nowhere.txt"),
        (("track", "bracket"), "There is no property 'bracket'; there are brackets,"),
        (("track", "--max-dialogs", 4), "There are 4 different dialogs, and at least 10 are needed"),
        (("track", "--layer", "top"), "There is no layer top"),
    ],
)
def test_failures_are_one_sentence(models, arguments, says):
    done = neurons(*arguments, "-m", models["lstm"])
    assert isinstance(done.exception, SeqchatError) and says in str(done.exception)
    assert done.stdout == ""


def test_wrong_usage(models):
    failed(seqchat("neurons", "track", "bracket", "-m", models["lstm"]), 1, "Error: There is no property 'bracket'")
    for arguments, says in ((("colour", "好"), "--neuron"), (("track", "--shuffles", 5), "--shuffles")):
        done = neurons(*arguments, "-m", models["lstm"])
        assert done.exit_code == 2 and says in done.stderr


def test_skipped_records_are_told(models, tmp_path):
    data = tmp_path / "chat.jsonl"
    data.write_text('{"dialog": ["你好", "在吗"]}\nnonsense\n', "utf-8")
    done = neurons("contexts", "-m", models["rnn"], "--neuron", 0, "--data", data)
    assert done.exception is None
    assert done.stderr.startswith(f"Skipped 1 record; the first: {data}:2") and done.stderr.count("\n") == 1


def test_the_properties_in_the_help_are_those_there_are():
    # Lines are broken at spaces.
    text = " ".join(neurons("track", "--help").stdout.split())
    *names, last = PROPERTIES
    assert f"The properties are {', '.join(names)} and {last}." in text
