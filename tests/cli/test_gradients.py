import json
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from seqchat.cli import cli
from seqchat.corpus.vocabulary import SPECIAL_WORDS
from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.config import ModelConfig
from seqchat.model.network import build
from seqchat.wording import ratio


def gradients(*arguments):
    short = ["--words", "12", "--distance", "10"]
    return CliRunner().invoke(cli, ["gradients", *short, *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def numbers(models):
    done = gradients(*models.values(), "--json")
    assert done.exit_code == 0
    return json.loads(done.stdout)["models"]


def test_numbers_of_several_models(numbers):
    assert [(m["name"], m["cell"], m["layer"]) for m in numbers] == [
        ("rnn", "rnn", 1),
        ("lstm", "lstm", 2),
        ("gru", "gru", 1),
        ("mingru", "mingru", 2),
    ]
    for model in numbers:
        assert model["words"] == 12
        assert model["distance"] == list(range(11))
        assert len(model["norm"]) == 11
        assert min(model["norm"]) > 0
        assert model["step_norm"] > 0
        assert set(model["decay"]) == ({"hidden", "cell"} if model["cell"] == "lstm" else {"hidden"})
        assert model["decay"]["hidden"]["factor"] < 1
        assert model["seen"] in ("vanishing", "kept")
    assert [m.get("gate") for m in numbers] == [None, "forget", "update", "update"]
    assert len(numbers[1]["cell_norm"]) == len(numbers[1]["gate_product"]) == len(numbers[2]["gate_product"]) == 11
    assert numbers[1]["gate_product"][0] == 1


def test_a_chart_a_table_and_words(models, numbers):
    done = gradients(*models.values())
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert "words back" in done.stdout
    assert "0.1┤" in done.stdout
    rows = [line for line in lines if line[:3] in ("a  ", "b  ", "c  ", "d  ")]
    assert [row.split()[1:3] for row in rows] == [
        ["rnn", "∂L/∂h"],
        ["lstm", "∂L/∂h"],
        ["lstm", "∂L/∂c"],
        ["gru", "∂L/∂h"],
    ]
    assert rows[0].split()[3:] == [ratio(numbers[0]["norm"][k] / numbers[0]["norm"][0]) for k in (1, 2, 5, 10)]
    assert any("forget gates" in line for line in lines)
    assert any("update gates" in line for line in lines)
    # The sentences are broken into lines that fit the terminal.
    sentences = " ".join(lines[lines.index("") :])
    for model in numbers:
        begins = f"{model['name']}, layer {model['layer']}: {model['seen']}."
        said = begins + sentences.split(begins)[1].split("∂h_t₋₁.")[0]
        assert f"{model['step_norm']:.2f}" in said
        assert f"{list(model['decay'].values())[-1]['factor']:.2f}" in said


@pytest.mark.slow
def test_files(models, tmp_path, numbers):
    gradients(models["lstm"], models["gru"], "--out", tmp_path / "a.svg")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    done = gradients(models["lstm"], "--out", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert done.stdout == ""
    gradients(models["lstm"], "--out", tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["models"] == numbers[1:2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.png", "a.svg"]


def test_own_text_and_a_lower_layer(models, tmp_path):
    (tmp_path / "mine.txt").write_text("今天我们去吃火锅吧。\n好啊，几点？\n六点半，地铁口见！\n", "utf-8")
    answer = json.loads(gradients(models["lstm"], "--data", tmp_path / "mine.txt", "--layer", 1, "--json").stdout)
    (model,) = answer["models"]
    assert model["layer"] == 1
    assert 1 <= model["words"] <= 12


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--layer", "2"], r"rnn has no layer 2; it has only layer 1\."),
        (["--data", "short.txt"], r"No dialog of the text is long enough .* over 10 words; the longest allows \d+\."),
        (["--data", "nowhere.txt"], r"There is no file or folder nowhere\.txt"),
        (["--out", "a.gif"], r"a\.gif cannot be written in this format"),
        (["--out", "nowhere/a.json"], r"nowhere/a\.json cannot be written"),
    ],
)
def test_bad_input_is_one_sentence(models, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.txt").write_text("你好\n", "utf-8")
    with pytest.raises(SeqchatError, match=says):
        gradients(models["rnn"], *arguments)


def test_a_model_of_windows_is_followed_to_the_first_word_of_each(tmp_path):
    config = ModelConfig(6, objective="window", window=4, embedding_size=2, hidden_size=2)
    Checkpoint(config, [*SPECIAL_WORDS, "你", "好"], build(config).state_dict(), "auto").save(tmp_path)
    (model,) = json.loads(gradients(tmp_path, "--json", "--words", 5, "--distance", 5).stdout)["models"]
    assert model["distance"] == [0, 1, 2, 3]
