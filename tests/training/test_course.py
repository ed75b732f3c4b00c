"""What a run writes of its course for those who watch, and what it can be asked."""

import json
import os
import socket
from dataclasses import replace

import numpy as np
import pytest
import torch

from seqchat.corpus.encoding import IdStream
from seqchat.errors import SeqchatError
from seqchat.insight.behaving import behaving
from seqchat.insight.behaviour import Behaviour, Quantised
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.network import build
from seqchat.training.course.control import Control, ask
from seqchat.training.course.reading import RunFiles, runs_in
from seqchat.training.course.recording import Audience
from seqchat.training.course.status import Status
from seqchat.training.course.tail import Tail
from seqchat.training.run import resume, train
from seqchat.training.task import Task

from ..conftest import QUICK, TINY, Silent

SETTINGS = replace(QUICK, epochs=2, batch_size=4, eval_interval=150, ngrams=0)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "chats.txt"
    said = ("今天我们去吃火锅吧，好不好", "好的，几点见面呢", "晚上七点在老地方见", "那我先去买一点菜，再叫上小美")
    path.write_text("\n\n".join("\n".join(said[k % 4 :] + said[: k % 4]) for k in range(20)), "utf-8")
    return path


def run(text, folder, *, audience=None, settings=SETTINGS, should_stop=lambda: False, **network):
    task = Task([str(text)], {**TINY, **network}, min_count=1, validation_share=0.2)
    audience = Audience(behaving()) if audience is None else audience
    return train(task, settings, folder, Silent(), audience=audience, should_stop=should_stop)


@pytest.fixture(scope="module")
def finished(text, tmp_path_factory):
    """The folder of a run that was recorded from its first step to its end."""
    folder = tmp_path_factory.mktemp("runs") / "lstm"
    run(text, folder)
    return folder


def lines(folder, name):
    return [json.loads(line) for line in (folder / "training" / name).read_text("utf-8").splitlines()]


def test_a_run_says_what_it_does_and_how_it_ended(finished):
    files = RunFiles(finished)
    assert files.poll()
    status = files.status
    assert (status.state, status.outcome, status.cell, files.condition) == ("ended", "finished", "lstm", "ended")
    assert status.tokens >= status.total_tokens > 0
    assert 0 < status.clipped_norm <= status.clip
    assert [report["gradient_norm"] > 0 for report in files.reports] == [True] * len(files.reports)
    assert not files.poll()  # nothing is new


def test_what_the_network_does_begins_with_the_untrained_one(finished):
    first, *_, last = (Behaviour.from_json(line) for line in lines(finished, "behaviour.jsonl"))
    assert first.tokens == 0
    assert last.tokens == Status.read(finished / "training").tokens
    assert first.prompt == last.prompt
    assert first.words == last.words
    assert first.words[0] == "▶"
    assert set(last.reach) == {"hidden", "cell"}
    gates = last.layers["1"]
    assert set(gates) == {"input", "forget", "candidate", "output", "cell", "hidden"}
    assert gates["forget"].values.shape == (len(last.words), len(last.neurons))
    assert 0 <= gates["forget"].values.min() <= gates["forget"].values.max() <= 1
    assert not np.array_equal(gates["forget"].steps, first.layers["1"]["forget"].steps)


def test_the_gates_are_those_of_the_network(finished):
    checkpoint = Checkpoint.load(finished)
    weights = {name: weight.float() for name, weight in checkpoint.weights.items()}
    stream = IdStream.open(finished / "training" / "validation")
    found = Behaviour.from_json({"tokens": 0, **behaving()(checkpoint, stream)(weights)})
    network = build(checkpoint.config).eval()
    network.load_state_dict(weights)
    ids = torch.tensor(np.array(stream.ids[: len(found.words)], dtype=np.int64))[:, None]
    with torch.no_grad():
        output = network(ids, network.initial_state(1), torch.full_like(ids, -1))
    hidden = output.stacks[0].output[:, 0, found.neurons].numpy()
    quantised = found.layers["1"]["hidden"]
    assert np.abs(quantised.values - hidden).max() <= 0.51 * (quantised.high - quantised.low) / 255 + 1e-4


def test_being_watched_changes_no_weight(text, tmp_path, finished):
    run(text, tmp_path / "alone", audience=Audience())
    name = "model.safetensors"
    assert (tmp_path / "alone" / name).read_bytes() == (finished / name).read_bytes()
    assert not (tmp_path / "alone" / "training" / "behaviour.jsonl").exists()


@pytest.mark.parametrize("network", [{"cell": "gru", "objective": "infill"}, {"objective": "window"}, {"layers": 2}])
def test_every_objective_can_be_watched(text, tmp_path, network):
    run(text, tmp_path / "m", settings=replace(SETTINGS, epochs=1), **network)
    last = Behaviour.from_json(lines(tmp_path / "m", "behaviour.jsonl")[-1])
    assert len(last.layers) == network.get("layers", 1)
    assert bool(last.reach) == (network.get("objective") != "window")


def test_a_resumed_run_goes_on_with_its_course(text, tmp_path):
    calls = iter(range(1_000))
    run(text, tmp_path / "m", should_stop=lambda: next(calls) > 6)
    before = lines(tmp_path / "m", "behaviour.jsonl")
    assert Status.read(tmp_path / "m" / "training").outcome == "interrupted"
    resume(tmp_path / "m", Silent(), audience=Audience(behaving()))
    after = lines(tmp_path / "m", "behaviour.jsonl")
    assert after[0] == before[0]
    tokens = [line["tokens"] for line in after]
    assert tokens == sorted(set(tokens))


def test_no_epoch_leaves_the_untrained_network(text, tmp_path):
    result = run(text, tmp_path / "m", settings=replace(SETTINGS, epochs=0, ngrams=1_000))
    assert (result.tokens, result.outcome) == (0, "finished")
    assert Checkpoint.load(tmp_path / "m").mixture is None
    assert [line["tokens"] for line in lines(tmp_path / "m", "behaviour.jsonl")] == [0]
    assert resume(tmp_path / "m", Silent(), changes={"epochs": 1}).tokens > 0


def test_without_clipping_the_gradient_stays_as_it_is(text, tmp_path):
    run(text, tmp_path / "m", settings=replace(SETTINGS, epochs=1, clip=0.0, learning_rate=0.05))
    status = Status.read(tmp_path / "m" / "training")
    assert status.clipped_norm == status.gradient_norm


def test_a_failed_run_says_why(text, tmp_path):
    with pytest.raises(SeqchatError, match="no longer a number"):
        run(text, tmp_path / "m", settings=replace(SETTINGS, optimizer="sgd", learning_rate=1e30, clip=1e30))
    files = RunFiles(tmp_path / "m")
    files.poll()
    assert files.condition == "failed"
    assert "no longer a number" in files.status.text


# --- what a run is asked


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "m" / "training").mkdir(parents=True)
    return tmp_path / "m"


def test_a_run_stops_when_it_is_asked(folder):
    control = Control(folder, lambda: False)
    assert not control()
    ask(folder, "stop")
    control._looked = 0
    assert control()


def test_a_pause_ends_when_it_is_over(folder):
    said = []

    def paused(begins):
        said.append(begins)
        ask(folder, "run")

    control = Control(folder, lambda: False)
    control.on_pause = paused
    ask(folder, "pause")
    assert not control()
    assert said == [True, False]


def test_ctrl_c_ends_a_pause(folder):
    ask(folder, "pause")
    answers = iter([False, False, True, True, True])
    assert Control(folder, lambda: next(answers))()


def test_what_an_earlier_run_was_asked_is_forgotten(text, tmp_path):
    run(text, tmp_path / "m", settings=replace(SETTINGS, epochs=1))
    ask(tmp_path / "m", "stop")
    assert resume(tmp_path / "m", Silent(), changes={"epochs": 2}).outcome == "finished"


# --- what whoever watches reads


def put(folder, *, run="a", state="training", format=1, **values):
    status = {"format": format, "run": run, "state": state, "host": socket.gethostname(), "process": os.getpid()}
    (folder / "training").mkdir(parents=True, exist_ok=True)
    (folder / "training" / "status.json").write_text(json.dumps({**status, **values}), "utf-8")


def test_lines_are_read_once_and_when_they_are_complete(tmp_path):
    path = tmp_path / "lines"
    tail = Tail(path)
    assert not tail.poll()
    path.write_text('{"tokens": 1}\n{"tok')
    assert tail.poll()
    assert not tail.poll()
    with path.open("a") as file:
        file.write('ens": 2}\nnonsense\n[3]\n')
    assert tail.poll()
    assert tail.lines == [{"tokens": 1}, {"tokens": 2}]
    (tmp_path / "new").write_text('{"tokens": 5}\n')
    (tmp_path / "new").replace(path)
    assert tail.poll()
    assert tail.lines == [{"tokens": 5}]


def test_a_run_that_is_replaced_by_another_is_followed(folder):
    put(folder)
    (folder / "training" / "steps.jsonl").write_text('{"tokens": 9, "loss": 1.0}\n')
    files = RunFiles(folder)
    files.poll()
    assert files.steps
    put(folder.with_name(".m.partial"), run="b", state="reading")
    files.poll()
    assert files.replacing.run == "b"
    (folder / "training" / "steps.jsonl").unlink()
    put(folder, run="b")
    assert files.poll()
    assert files.steps == []


def test_a_run_whose_text_is_still_being_read_can_be_watched(tmp_path):
    put(tmp_path / ".m.partial", state="reading", share=0.5)
    files = RunFiles(tmp_path / "m")
    files.poll()
    assert (files.condition, files.status.share) == ("reading", 0.5)
    assert [found.folder for found in runs_in(tmp_path)] == [tmp_path / "m"]


def test_a_process_that_has_gone_is_noticed(folder):
    put(folder, process=2**22 + 1)
    files = RunFiles(folder)
    files.poll()
    assert files.condition == "gone"
    put(folder, process=2**22 + 1, host="another machine")
    files.poll()
    assert files.condition == "training"


def test_the_runs_of_a_race_are_found(tmp_path):
    for cell in ("rnn", "gru"):
        put(tmp_path / "race" / cell)
    assert [files.name for files in runs_in(tmp_path / "race")] == ["gru", "rnn"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: None, "There is no folder"),
        (lambda folder: folder.mkdir(), "is not the folder of a run"),
        (lambda folder: folder.write_text("x", "utf-8"), "is a file; give the folder of a run"),
        (lambda folder: put(folder, format=99), "has format 99, and this seqchat reads formats up to 1"),
        (lambda folder: put(folder, state="flying"), "is damaged: its state"),
        (lambda folder: put(folder, tokens="many"), "is damaged: its tokens"),
        (lambda folder: put(folder, format="x"), "is not the status of a run"),
        (lambda folder: (put(folder), (folder / "config.json").write_text('{"format": 99}')), "has format 99"),
    ],
)
def test_what_cannot_be_watched_is_one_sentence(tmp_path, make, said):
    make(tmp_path / "m")
    with pytest.raises(SeqchatError, match=said) as raised:
        [files.poll() for files in runs_in(tmp_path / "m")]
    assert "\n" not in str(raised.value)


def test_a_folder_that_goes_away_is_one_sentence(folder):
    put(folder)
    files = RunFiles(folder)
    files.poll()
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(SeqchatError, match="is no longer there"):
        files.poll()


def test_quantised_values_are_close_to_the_values():
    values = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    quantised = Quantised.from_json(json.loads(json.dumps(Quantised.of(values).to_json())))
    assert np.abs(quantised.values - values).max() <= 0.6 * (values.max() - values.min()) / 255


@pytest.mark.parametrize(
    "document", [{}, [], {"tokens": "x"}, {"tokens": 1, "prompt": "", "continuation": "", "words": 3}]
)
def test_a_damaged_line_of_behaviour_is_one_sentence(document):
    with pytest.raises(SeqchatError, match="cannot be read"):
        Behaviour.from_json(document)
