"""`seqchat watch`, and the options of `train` for those who want to watch."""

import json

import click
import pytest

from seqchat.cli.race import arguments_of
from seqchat.cli.train import train
from seqchat.training.course.launching import launch

from ..processes import seqchat

SMALL = ("--hidden", 16, "--embedding", 16, "--epochs", 1, "--min-count", 1, "--ngrams", 0)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "chats.txt"
    said = ("今天我们去吃火锅吧，好不好", "好的，几点见面呢", "晚上七点在老地方见", "那我先去买一点菜，再叫上小美")
    path.write_text("\n\n".join("\n".join(said[k % 4 :] + said[: k % 4]) for k in range(20)), "utf-8")
    return path


def test_what_a_run_is_doing_as_json(models):
    done = seqchat("watch", models["lstm"], models["gru"], "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["state"], first["outcome"], first["cell"], second["cell"]) == ("ended", "finished", "lstm", "gru")
    assert first["report"]["gradient_norm"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none",), "There is no folder none"),
        ((".",), "is not the folder of a run"),
    ],
)
def test_what_cannot_be_watched_is_one_sentence(tmp_path, arguments, said):
    done = seqchat("watch", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said in done.stderr


def test_a_screen_needs_a_terminal(models, text, tmp_path):
    assert "needs a terminal" in seqchat("watch", models["rnn"]).stderr
    done = seqchat("train", text, "--watch", cwd=tmp_path)
    assert done.returncode == 1
    assert "needs a terminal" in done.stderr
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--show", "vanish", "--preset", "tiny"), "--preset and --show exclude each other"),
        (("--show", "vanish", "--from", "lstm-chat", "--overwrite"), "--show cannot be chosen with --from"),
        (("--cell", "rnn", "--cell", "mingru", "--weight-dropout", "0.1"), "--weight-dropout applies only with --cell"),
    ],
)
def test_options_that_conflict_are_refused(arguments, said):
    done = seqchat("train", "sample", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_under_torchrun_no_screen_is_opened(text, monkeypatch):
    monkeypatch.setenv("RANK", "0")
    assert "torchrun starts processes itself" in seqchat("train", text, "--watch").stderr


@pytest.mark.slow
def test_several_cells_race_side_by_side(text, tmp_path):
    done = seqchat("train", text, "--cell", "rnn", "--cell", "gru", *SMALL, "--out", tmp_path / "race", "--json")
    assert done.returncode == 0, done.stderr
    folders = [json.loads(line)["checkpoint"] for line in done.stdout.splitlines()]
    assert folders == [str(tmp_path / "race" / cell) for cell in ("rnn", "gru")]
    assert {line.split()[0] for line in done.stderr.splitlines()} == {"rnn", "gru"}
    assert json.loads((tmp_path / "race" / "gru" / "config.json").read_text("utf-8"))["model"]["cell"] == "gru"
    watched = seqchat("watch", tmp_path / "race", "--json").stdout.splitlines()
    assert [json.loads(line)["cell"] for line in watched] == ["gru", "rnn"]


@pytest.mark.slow
def test_a_launched_run_that_fails_says_why(tmp_path):
    run = launch([str(tmp_path / "nothing.txt")], tmp_path / "m")
    assert run.process.wait() == 1
    assert "nothing.txt" in run.failure
    assert not (tmp_path / "m").exists()


def test_the_arguments_of_a_run_are_those_that_were_given():
    given = [
        "a.txt",
        "b",
        "--time-limit",
        "90s",
        "--drop",
        "x",
        "--drop",
        "y z",
        "--streaming",
        "--cell",
        "rnn",
        "--watch",
    ]
    context = click.Context(train)
    train.parse_args(context, list(given))
    again = arguments_of(context, {"watch"})
    other = click.Context(train)
    train.parse_args(other, list(again))
    assert {**context.params, "watch": False} == other.params
