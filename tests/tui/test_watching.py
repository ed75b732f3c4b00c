"""The screen of runs of training, from files like those that a run writes."""

import asyncio
import json
import os
import socket
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from textual.widgets import Input, Select

from seqchat.insight.behaviour import Behaviour, Quantised
from seqchat.model.cells import CELLS
from seqchat.tui.screens.train import TrainForm
from seqchat.tui.settings import Settings
from seqchat.tui.watching.app import WatchApp
from seqchat.tui.watching.watched import Moments

SAID = ["的 ⏎ 了 ， 是", "我 们 吃 饭", "我们去吃火锅吧！"]
WORDS = ["▶", "今天", "吃", "什么", "⏎", "火锅", "吧", "！"]


def behaviour(cell, number):
    values = np.random.default_rng(number).random((len(WORDS), 24)).astype(np.float32)
    layer = {
        gate.name: Quantised.of(values * (1 if gate.low == 0 else 2) + min(gate.low, 0)) for gate in CELLS[cell].gates
    }
    reach = {state: [0.5**k * 0.1 for k in range(15)] for state in CELLS[cell].state_names}
    return Behaviour(number * 1_000, "今天晚上", SAID[number], WORDS, list(range(24)), {"1": layer}, reach)


def put(folder, cell="lstm", reports=2, **status):
    """Write what a run of a cell has written after some reports."""
    training = folder / "training"
    training.mkdir(parents=True, exist_ok=True)
    steps = [
        {"tokens": 100 * k, "loss": 8 - k / 5, "gradient_norm": 2.0 + k, "clipped_norm": 1.0}
        for k in range(10 * reports)
    ]
    metrics = [{"tokens": 1_000 * k, "validation_perplexity": 500.0 / k} for k in range(1, reports + 1)]
    behaviours = [behaviour(cell, number).to_json() for number in range(reports + 1)]
    for path, lines in (
        (training / "steps.jsonl", steps),
        (folder / "metrics.jsonl", metrics),
        (training / "behaviour.jsonl", behaviours),
    ):
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    values = {
        **{"format": 1, "run": "a", "state": "training", "host": socket.gethostname(), "process": os.getpid()},
        **{"cell": cell, "tokens": 1_000 * reports, "total_tokens": 9_000, "epoch": 1.5, "seconds": 12.0},
        **{"seconds_left": 83.0, "words_per_second": 21_345.0, "loss": 5.25, "gradient_norm": 3.5},
        **{"clipped_norm": 1.0, "clip": 1.0},
    }
    (training / "status.json").write_text(json.dumps({**values, **status}), "utf-8")
    return folder


class Desk:
    def __init__(self, app, pilot):
        self.app, self.pilot = app, pilot

    @property
    def screen(self):
        return "\n".join("".join(s.text for s in line) for line in self.app.screen._compositor.render_strips())

    async def until(self, *texts):
        """Wait until all texts are on the screen."""
        for _ in range(300):
            await self.pilot.pause()
            if all(text in self.screen for text in texts):
                return
            await asyncio.sleep(0.02)
        pytest.fail(f"{texts} did not appear; the screen is\n{self.screen}")


class Watch:
    def __init__(self, *folders, size=(100, 30), **settings):
        self.app = WatchApp(folders, chosen=Settings(**settings))
        self.size = size

    async def __aenter__(self):
        self._context = self.app.run_test(size=self.size, notifications=True)
        return Desk(self.app, await self._context.__aenter__())

    async def __aexit__(self, *error):
        await self._context.__aexit__(*error)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (140, 45)])
async def test_numbers_curves_and_what_the_network_does(tmp_path, size):
    async with Watch(put(tmp_path / "me"), size=size) as d:
        await d.until("me", "training", "21,345", "1:23", "5.25", "250.0", "3.5 → 1", "今天晚上我们去吃火锅吧！")
        for text in ("loss", "gradient norm", "k words back", "forget f", "火锅", "after 2,000 words (2/2) · now"):
            assert text in d.screen
        assert ("validation perplexity" in d.screen) == (size[0] >= 120)


async def test_the_slider_goes_back_to_the_untrained_network(tmp_path):
    async with Watch(put(tmp_path / "me")) as d:
        await d.until("火锅吧！")
        await d.pilot.press("home")
        await d.until("的 ⏎ 了 ， 是", "untrained")
        await d.pilot.press("right")
        await d.until("我 们 吃 饭", "after 1,000 words (1/2)")
        assert "now" not in d.screen
        await d.pilot.press("end")
        await d.until("我们去吃火锅吧！", "now")


async def test_a_chosen_moment_stays_while_new_ones_come(tmp_path):
    put(tmp_path / "me", reports=1)
    async with Watch(tmp_path / "me") as d:
        await d.until("我 们 吃 饭")
        await d.pilot.press("left")
        await d.until("untrained")
        put(tmp_path / "me", reports=2)
        await d.until("250.0")
        assert "untrained" in d.screen
        await d.pilot.press("end")
        await d.until("火锅吧！")


async def test_keys_choose_another_gate(tmp_path):
    async with Watch(put(tmp_path / "me")) as d:
        await d.until("forget f")
        await d.pilot.press("g")
        await d.until("candidate g", "±")
        await d.pilot.press("G", "G")
        await d.until("input i")


async def test_a_race_shows_every_run(tmp_path):
    folders = [put(tmp_path / cell, cell) for cell in ("rnn", "lstm", "gru")]
    async with Watch(*folders, size=(80, 24)) as d:
        await d.until("rnn  ", "lstm ", "gru  ", "rnn · hidden h")
        assert d.screen.count("今天晚上我们去吃火锅吧！") == 3
        await d.pilot.press("n")
        await d.until("lstm · forget f")


async def test_a_run_is_paused_and_stopped_through_its_folder(tmp_path):
    control = put(tmp_path / "me") / "training" / "control"
    async with Watch(tmp_path / "me") as d:
        await d.until("training")
        await d.pilot.press("space")
        assert control.read_text().strip() == "pause"
        put(tmp_path / "me", state="paused")
        await d.until("Training pauses")
        await d.pilot.press("space")
        assert control.read_text().strip() == "run"
        await d.pilot.press("s")
        await d.until("Stop training")
        await d.pilot.press("tab", "enter")
        await d.pilot.pause()
        assert control.read_text().strip() == "stop"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"state": "reading", "share": 0.5}, "being read and cut into words (50%)"),
        ({"state": "finishing"}, "n-grams are counted"),
        ({"state": "ended", "outcome": "time is up"}, "Its time is up"),
        ({"state": "failed", "text": "The disk is full."}, "It failed: The disk is full."),
        ({"process": 2**22 + 1}, "Its process has gone"),
        ({"gradient_norm": 12_345.0}, "The gradient explodes: its norm is 12,345"),
        ({"recoveries": 2}, "with half the learning rate (2 times)"),
        ({"show": "explode"}, "On purpose"),
        ({"format": 99}, "install a newer seqchat"),
    ],
)
async def test_what_should_be_known_is_said(tmp_path, status, said):
    async with Watch(put(tmp_path / "me", **status), size=(140, 40)) as d:
        await d.until(said)


async def test_a_folder_that_goes_away_is_said(tmp_path):
    async with Watch(put(tmp_path / "me"), size=(140, 40)) as d:
        await d.until("training")
        (tmp_path / "me").rename(tmp_path / "elsewhere")
        await d.until("is no longer there")


async def test_a_run_that_is_replaced_is_followed(tmp_path):
    put(tmp_path / "me")
    async with Watch(tmp_path / "me", size=(140, 40)) as d:
        await d.until("training")
        put(tmp_path / ".me.partial", run="b", state="reading")
        await d.until("Another run is being prepared")
        (tmp_path / "me").rename(tmp_path / "old")
        (tmp_path / ".me.partial").rename(tmp_path / "me")
        put(tmp_path / "me", run="b", reports=1)
        await d.until("has taken the place", "after 1,000 words (1/1)")


async def test_a_run_of_an_older_version_has_its_curves(tmp_path):
    folder = put(tmp_path / "me")
    for name in ("status.json", "behaviour.jsonl", "steps.jsonl"):
        (folder / "training" / name).unlink()
    async with Watch(folder, size=(140, 40)) as d:
        await d.until("did not record", "250.0", "validation perplexity")


async def test_what_a_network_writes_does_not_control_the_terminal(tmp_path):
    folder = put(tmp_path / "me")
    path = folder / "training" / "behaviour.jsonl"
    path.write_text(path.read_text("utf-8").replace("我们去吃火锅吧！", "[bold]\\u001b[31m火锅"), "utf-8")
    async with Watch(folder) as d:
        await d.until("[bold]")
        assert "\x1b" not in d.screen


async def test_the_screen_in_chinese(tmp_path):
    async with Watch(put(tmp_path / "me", show="vanish"), language="zh", size=(140, 45)) as d:
        await d.until("困惑度", "训练中", "梯度范数", "遗忘门 forget f", "2,000 词之后", "更早")


async def test_leaving_the_screen_asks_nothing_of_the_run(tmp_path):
    folder = put(tmp_path / "me")
    async with Watch(folder) as d:
        await d.until("training")
        await d.pilot.press("escape")
    assert not (folder / "training" / "control").exists()


def test_moments_follow_the_newest_until_one_is_chosen():
    moments = Moments()
    moments.all = [0, 10, 20]
    assert (moments.tokens, moments.follows) == (20, True)
    moments.go(0)
    assert (moments.tokens, moments.follows) == (0, False)
    moments.go(9)
    assert moments.follows


# --- the form with which training is started


async def test_the_form_asks_for_what_train_needs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wanted = []
    async with Watch(put(tmp_path / "me")) as d:
        await d.app.push_screen(TrainForm(), wanted.append)
        await d.pilot.pause()
        d.app.screen.query_one("#network", Select).value = "race"
        await d.pilot.pause()
        assert d.app.screen.query_one("#name", Input).value == "race-sample"
        d.app.screen.query_one("#limit", Input).value = "10m"
        await d.pilot.click("#start")
        await d.pilot.pause()
    out = Path("checkpoints") / "race-sample"
    assert wanted[0].arguments == ["sample", "--time-limit", "10m", "--preset", "small"]
    assert wanted[0].folders == {out / cell: ["--cell", cell] for cell in ("rnn", "lstm", "gru")}


@pytest.mark.slow
async def test_the_form_refuses_names_that_cannot_be_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "checkpoints" / "lstm-sample")
    wanted = []
    async with Watch(put(tmp_path / "me")) as d:
        await d.app.push_screen(TrainForm(), wanted.append)
        await d.pilot.pause()
        name = d.app.screen.query_one("#name", Input)
        assert name.value == "lstm-sample-2"
        for given, said in (("lstm-sample", "already exists"), ("../x", "cannot be the name"), ("", "cannot be")):
            name.value = given
            name.focus()
            await d.pilot.press("enter")
            await d.until(said)
        await d.pilot.press("escape")
    assert wanted == [None]


@pytest.mark.slow
async def test_the_app_trains_in_processes_of_their_own_and_shows_them(desk, monkeypatch, tmp_path):
    started = []

    def launch(arguments, folder, *, beside=1):
        started.append((arguments, folder, beside))
        put(folder, state="reading", share=0.25)
        return SimpleNamespace(folder=folder, failure="", is_running=True)

    monkeypatch.setattr("seqchat.training.course.launching.launch", launch)
    async with desk() as d:
        d.app.action_train()
        await d.pilot.pause()
        await d.pilot.click("#start")
        await d.until(lambda: "(25%)" in d.screen)
        await d.pilot.press("escape")
        await d.until(lambda: d.app.screen is d.workspace)
    out = Path("checkpoints") / "lstm-sample"
    assert started == [(["sample", "--preset", "small", "--cell", "lstm", "--out", str(out)], out, 1)]
