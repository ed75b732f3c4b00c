"""Stops of every kind: killed, diverged, disk full, several processes."""

import json
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqchat import files
from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import WEIGHTS
from seqchat.training.course.status import BEHAVIOUR, STATUS, STEPS
from seqchat.training.events import Notice, StepInfo
from seqchat.training.loop import Trainer
from seqchat.training.run import resume, train
from seqchat.training.task import Task

from ..conftest import LIGHT, QUICK, SHORT, TINY, Silent
from ..processes import python, seqchat

pytestmark = pytest.mark.slow

OPTIONS = (
    "--max-dialogs 100 --embedding 16 --hidden 16 --epochs 2 --batch 8 --window 20 --eval-interval 3000 "
    "--precision fp32 --device cpu"
)

# Runs a command that saves after every step and kills itself at the n-th moment that matters: the beginning of a step,
# the moments before a file is complete, before it is renamed, and after.
SUICIDAL = """
import os, pathlib, signal, sys
import seqchat.training.recording as recording
import seqchat.training.run as run
from seqchat import files
from seqchat.cli import main
from seqchat.training.course.status import Status

moments = int(sys.argv.pop(1))

def tick():
    global moments
    moments -= 1
    if moments == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def ticking(function, after=False):
    def wrapped(*arguments):
        tick()
        result = function(*arguments)
        if after:
            tick()
        return result
    return wrapped

recording._SNAPSHOT_SECONDS = 0.0
Status.write = lambda *_: None  # as often as time passes, and so not at the same moments
files.os.fsync = ticking(os.fsync)
pathlib.Path.replace = ticking(pathlib.Path.replace, after=True)
pathlib.Path.rename = ticking(pathlib.Path.rename, after=True)
run.Trainer._step = ticking(run.Trainer._step)
main()
"""
NEVER = "0"


def suicidal(folder: Path, moment: object, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(SUICIDAL, moment, "train", *arguments, cwd=folder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The weights of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    seqchat("train", "sample", *OPTIONS.split(), "--out", "m", cwd=folder).check_returncode()
    return (folder / "m" / WEIGHTS).read_bytes(), (folder / "m" / "metrics.jsonl").read_text()


def test_a_killed_run_goes_on_bit_for_bit(whole, tmp_path):
    rng = random.Random(0)
    model = tmp_path / "m"
    # The first kills fall on every moment of the first save, the others anywhere.
    for moment in [*range(1, 9), *(rng.randrange(3, 60) for _ in range(14))]:
        arguments = ["--resume", "m"] if model.exists() else ["sample", *OPTIONS.split(), "--out", "m"]
        done = suicidal(tmp_path, moment, *arguments)
        assert done.returncode == -signal.SIGKILL, done.stderr
        if model.exists():
            Checkpoint.load(model)
    suicidal(tmp_path, NEVER, "--resume", "m").check_returncode()
    weights, metrics = whole
    assert (model / WEIGHTS).read_bytes() == weights

    def perplexities(text: str) -> list[float]:
        return [json.loads(line)["validation_perplexity"] for line in text.splitlines()]

    assert perplexities((model / "metrics.jsonl").read_text()) == perplexities(metrics)


def test_a_full_disk_is_said_and_the_last_good_state_stays(tmp_path, monkeypatch):
    train(SHORT, QUICK, tmp_path / "m", Silent())
    before = kept(tmp_path / "m")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(SeqchatError, match="No space left"):
        resume(tmp_path / "m", Silent(), changes={"epochs": 2})
    assert kept(tmp_path / "m") == before


def kept(folder):
    """Return the files of a run but for those that only tell its course."""
    course = {STATUS, STEPS, BEHAVIOUR}
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name not in course}


class Poisoned(Trainer):
    """Gives gradients that are no numbers at certain steps."""

    poison: frozenset[int] = frozenset()
    seen = 0

    def _step(self, batch):
        type(self).seen += 1
        if self.seen in self.poison:
            with torch.no_grad():
                self.network.output_bias[5] = torch.nan
        return super()._step(batch)


@pytest.mark.parametrize(("poison", "survives"), [({20, 30, 50}, True), (set(range(10, 500)), False)])
def test_a_loss_that_is_no_number_goes_back_with_half_the_rate(tmp_path, monkeypatch, poison, survives):
    monkeypatch.setattr("seqchat.training.run.Trainer", Poisoned)
    monkeypatch.setattr(Poisoned, "poison", frozenset(poison))
    monkeypatch.setattr(Poisoned, "seen", 0)
    watcher = Silent()
    settings = replace(QUICK, eval_interval=5_000)
    if survives:
        result = train(Task(["sample"], TINY), settings, tmp_path / "m", watcher)
        assert result.outcome == "finished"
        assert torch.isfinite(Checkpoint.load(tmp_path / "m").weights["output_bias"]).all()
        assert watcher.reports[-1].learning_rate < settings.learning_rate * 0.1 / 8 * 1.5
    else:
        with pytest.raises(SeqchatError, match="lower --learning-rate"):
            train(Task(["sample"], TINY), settings, tmp_path / "m", watcher)
    notices = [m for m in watcher.messages if "half the learning rate" in m]
    assert len(notices) == 3


def test_a_run_killed_between_reports_goes_back_to_the_same_state_when_it_diverges(tmp_path, monkeypatch):
    """Interrupted at step 25 or not, a loss that is no number at step 30 leads to the same weights."""
    monkeypatch.setattr("seqchat.training.run.Trainer", Poisoned)
    monkeypatch.setattr(Poisoned, "poison", frozenset({30}))
    settings = replace(QUICK, eval_interval=3_000)
    weights = []
    for name, interrupted in (("whole", False), ("part", True)):
        monkeypatch.setattr(Poisoned, "seen", 0)
        watcher = Silent()
        stop = (lambda: Poisoned.seen >= 25) if interrupted else (lambda: False)
        result = train(SHORT, settings, tmp_path / name, watcher, should_stop=stop)
        if interrupted:
            assert result.outcome == "interrupted"
            assert watcher.reports
            resume(tmp_path / name, watcher)
        assert any("half the learning rate" in m for m in watcher.messages)
        weights.append((tmp_path / name / WEIGHTS).read_bytes())
    assert weights[0] == weights[1]


def test_a_new_learning_rate_gets_all_its_chances(tmp_path, monkeypatch):
    monkeypatch.setattr("seqchat.training.run.Trainer", Poisoned)
    monkeypatch.setattr(Poisoned, "poison", frozenset({20}))
    monkeypatch.setattr(Poisoned, "seen", 0)
    train(SHORT, QUICK, tmp_path / "m", Silent())
    seen = []
    monkeypatch.setattr(Trainer, "run", lambda self: seen.append(self.counters.recoveries) or iter(()))
    resume(tmp_path / "m", Silent(), changes={"epochs": 3})
    resume(tmp_path / "m", Silent(), changes={"learning_rate": 1e-3})
    assert seen == [1, 0]


def test_exploding_and_vanishing_gradients_are_said_in_words(tmp_path, monkeypatch):
    said: list[str] = []

    def run(self):
        for norm in (0.5, 1e4, 1e5):
            said.extend(n.text for n in self._warnings(StepInfo(5.0, norm, min(norm, 1.0), 10)))
        self._warned = False
        said.extend(n.text for n in self._warnings(StepInfo(5.0, 1e-9, 1e-9, 10)) if isinstance(n, Notice))
        return iter(())

    monkeypatch.setattr(Trainer, "run", run)
    train(SHORT, QUICK, tmp_path / "m", Silent())
    assert [s.split("(")[0].strip() for s in said] == ["The gradient explodes", "The gradient vanishes"]


def losses(folder: Path) -> list[float]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["training_loss"] for line in lines]


def test_two_processes_with_half_the_batch_each_learn_the_same(tmp_path):
    # Ana writes so seldom that one of them often has nothing to learn.
    turns = [{"speaker": "Bob", "text": "brb mate"}] * 6 + [{"speaker": "Ana", "text": "see you soon"}]
    dialogs = [{"messages": turns[n % 5 :] + turns[: n % 7]} for n in range(80)]
    (tmp_path / "chat.jsonl").write_text("\n".join(map(json.dumps, dialogs)), "utf-8")
    off = [f"--{name.replace('_', '-')}={0}" for name in LIGHT]
    as_ana = "--speaker Ana --min-count 1 --batch 2 --window 5 --softmax full --json"
    options = [*OPTIONS.replace("--batch 8 --window 20", as_ana).split(), *off]
    one = seqchat("train", "chat.jsonl", *options, "--out", "one", cwd=tmp_path)
    assert one.returncode == 0, one.stderr
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    two = subprocess.run(
        [*torchrun, "-m", "seqchat", "train", "chat.jsonl", *options, "--out", "two"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert two.returncode == 0, two.stderr
    assert len(two.stdout.strip().splitlines()) == 1
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=1e-3)
    one_result, two_result = json.loads(one.stdout), json.loads(two.stdout)
    assert two_result["words_seen"] == one_result["words_seen"]
    assert two_result["validation"]["perplexity"] == pytest.approx(one_result["validation"]["perplexity"], rel=1e-3)


def test_when_the_leading_process_fails_the_others_end_and_one_speaks(tmp_path):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    (tmp_path / "empty.txt").write_text("\n", "utf-8")
    two = subprocess.run(
        [*torchrun, "-m", "seqchat", "train", "empty.txt", "--out", "m"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert two.returncode != 0
    assert two.stderr.count("has no usable dialog") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["empty.txt"]


@pytest.mark.parametrize("objective", ["infill", "window"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_every_objective_is_trained_and_resumed(tmp_path, cell, objective):
    network = {**TINY, "cell": cell, "layers": 2, "objective": objective, "bidirectional": objective == "window"}
    watcher = Silent()
    task = Task(["sample"], network, max_dialogs=180)
    result = train(task, replace(QUICK, eval_interval=2_500), tmp_path / "m", watcher)
    first, *_, last = watcher.reports
    assert last.quality.perplexity < first.quality.perplexity
    assert set(last.heads) == ({"forward", "backward", "joint"} if objective == "infill" else {"forward"})
    if objective == "infill":
        assert last.heads["joint"].perplexity < last.heads["forward"].perplexity
    more = Silent()
    again = resume(tmp_path / "m", more, changes={"epochs": 2}, should_stop=lambda: more.steps == 20)
    assert again.tokens > result.tokens


def test_sgd_averages_once_it_no_longer_gets_better(tmp_path, monkeypatch):
    started = []
    maybe = Trainer._maybe_average

    def note(self, perplexity):
        maybe(self, perplexity)
        started.append(self.average.started)

    monkeypatch.setattr(Trainer, "_maybe_average", note)
    settings = replace(
        QUICK, optimizer="sgd", learning_rate=20.0, clip=0.25, weight_decay=0.0, eval_interval=2_000, epochs=4,
        non_monotonic=1, patience=50,
    )  # fmt: skip
    watcher = Silent()
    train(SHORT, settings, tmp_path / "m", watcher)
    assert started[0] is False
    assert started[-1] is True
    assert watcher.reports[-1].quality.perplexity < watcher.reports[0].quality.perplexity
