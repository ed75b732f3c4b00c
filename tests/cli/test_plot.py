import json
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from seqchat.cli import cli
from seqchat.errors import SeqchatError
from seqchat.training.history import History


def plot(*arguments):
    return CliRunner().invoke(cli, ["plot", *map(str, arguments)], catch_exceptions=False)


def test_curves_in_the_terminal(models):
    done = plot(models["lstm"], models["gru"])
    assert done.exit_code == 0
    assert "validation perplexity" in done.output
    assert "lstm" in done.output
    assert "gru" in done.output


def test_curves_as_numbers(models):
    answer = json.loads(plot(models["rnn"], "--json", "--measure", "training_loss").stdout)
    (run,) = answer["runs"]
    assert run["name"] == "rnn"
    assert run["values"] == History.read(models["rnn"]).curve("training_loss")[1]
    assert len(run["words_m"]) == len(run["values"]) >= 1


def test_curves_as_pictures(models, tmp_path):
    plot(models["lstm"], "--out", tmp_path / "a.svg")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    plot(models["lstm"], "--out", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "no report yet"), ("{", "cannot be read"), ("[1]\n", "no report yet"), ('{"tokens": 1}\n', "no metric")],
)
def test_what_cannot_be_drawn_is_one_sentence(tmp_path, content, says):
    (tmp_path / "metrics.jsonl").write_text(content)
    with pytest.raises(SeqchatError, match=says):
        plot(tmp_path)


@pytest.mark.slow
def test_tensorboard_gets_the_curves(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    small = "--embedding 8 --hidden 8 --epochs 1 --device cpu"
    arguments = ["train", "sample", *small.split(), "--out", tmp_path / "m", "--tensorboard", tmp_path / "logs"]
    assert CliRunner().invoke(cli, [str(a) for a in arguments], catch_exceptions=False).exit_code == 0
    events = EventAccumulator(str(tmp_path / "logs"))
    events.Reload()
    assert {"training/loss", "training/gradient norm", "validation forward/perplexity"} <= set(events.Tags()["scalars"])
    assert len(events.Scalars("training/loss")) > 10
