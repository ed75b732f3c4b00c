"""A neuron that is opened from the panel: what is shown, and where the keys lead."""

import pytest

from seqchat.insight.gates import label
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.network import build
from seqchat.tui.screens.step import StepScreen
from seqchat.tui.step_place import StepPlace, open_place

from ..conftest import small_engine

WORDS = ["好", "你", "吃", "饭", "火锅", "，", "。"]
TEXT = "你好，吃火锅。吃饭"
WINDOW = {"objective": "window", "window": 4, "bidirectional": True}


def place(**changes):
    return StepPlace(**{"text": TEXT, "after": "", "words": 3, "layer": "1", "neuron": 2, "back": 0, **changes})


def test_one_goes_back_through_time_beyond_the_words_that_were_read():
    engine = small_engine(WORDS, layers=2)
    words = engine.context.ids(TEXT)
    opened = open_place(engine, place())
    seen = []
    while not seen or opened.beside(-1) != opened.place:
        seen.append(opened.step.word)
        opened = open_place(engine, opened.beside(-1))
    seen.append(opened.step.word)
    assert opened.step.word == "▶"
    assert opened.step.previous is None
    assert seen[: len(words)] == [label(engine.vocabulary, i) for i in words[::-1]]
    assert opened.beside(1).back == opened.place.back - 1


def test_down_leads_to_the_neuron_that_contributes_most_and_up_to_the_layer_above():
    engine = small_engine(WORDS, layers=2, **WINDOW)
    opened = open_place(engine, place(layer="2←"))
    below = opened.below("forget")
    row = next(addend for addend in opened.step.gate("forget").addends if addend.reads == "x")
    strongest = opened.step.strongest(row, 1)[0]
    assert (below.layer, below.neuron) == (strongest.layer, strongest.neuron)
    assert opened.below("cell") is not None
    there = open_place(engine, below)
    assert there.step.gate("hidden").value == pytest.approx(strongest.value, abs=1e-6)
    assert there.below("forget") is None
    assert there.above().layer == f"2{below.layer[-1]}"
    assert opened.above() is None


def test_a_window_has_no_words_before_it():
    engine = small_engine(WORDS, **WINDOW)
    opened = open_place(engine, place(layer="1→", back=3))
    assert len(opened.words) == 4
    assert opened.beside(-1) == opened.place


async def test_enter_opens_what_is_selected(desk):
    async with desk("lstm", size=(100, 40)) as d:
        await d.press(*"我们去")
        await d.settled()
        await d.press("alt+w", "enter")
        await d.until(lambda: isinstance(d.app.screen, StepScreen) and d.app.screen.opened, "the step")
        screen = d.app.screen
        panel = d.panel
        step = screen.opened.step
        assert (step.layer, step.neuron, step.word) == (panel.layer_name, panel.cursor.neuron, panel.trace.words[-1])
        assert screen.gate.name == "cell"
        assert "c[0] = f·c₋₁ + i·g = " in d.screen
        await d.press("f")
        assert "f · forget gate" in d.screen
        assert "most frequent words" in d.screen
        await d.press("left")
        await d.until(lambda: screen.opened.step.word != step.word, "the word before")
        assert screen.opened.step.position == step.position - 1
        await d.press("right", "up")
        await d.until(lambda: screen.opened.step.layer == "2", "the layer above")
        assert "layer 1, neuron" in d.screen
        await d.press("down")
        await d.until(lambda: screen.opened.step.layer == "1", "the layer below")
        await d.press("r", "tab")
        assert screen.gate.name == "candidate"
        await d.press("escape")
        assert d.app.screen is d.workspace


async def test_a_click_on_what_is_selected_opens_it(desk):
    async with desk("rnn", size=(100, 40)) as d:
        await d.press(*"我们")
        await d.settled()
        for _ in range(2):
            await d.pilot.click(d.panel, offset=(12, 6))
        await d.until(lambda: isinstance(d.app.screen, StepScreen) and d.app.screen.opened, "the step")
        assert d.app.screen.opened.step.neuron == d.panel.cursor.neuron


async def test_a_model_of_two_directions_shows_both_around_the_cursor(desk, tmp_path):
    folder = _saved(small_engine(WORDS, objective="infill"), tmp_path)
    async with desk(str(folder), size=(100, 40)) as d:
        await d.press(*"吃饭", "left")
        await d.settled()
        trace = d.panel.trace
        assert (trace.names, trace.after, d.panel.trace.words) == (["1→", "1←"], 1, ["▶", "吃", "饭"])
        assert trace.words[d.panel.column] == "吃"
        await d.press("alt+w", "right_square_bracket", "enter")
        await d.until(lambda: isinstance(d.app.screen, StepScreen) and d.app.screen.opened, "the step")
        step = d.app.screen.opened.step
        assert (step.layer, step.word, step.previous) == ("1←", "吃", "饭")
        assert "f·c₊₁" in d.screen


async def test_a_model_of_windows_shows_its_window(desk, tmp_path):
    folder = _saved(small_engine(WORDS, **WINDOW), tmp_path)
    async with desk(str(folder), size=(100, 40)) as d:
        await d.press(*"你好吃饭好")
        await d.settled()
        assert d.panel.trace.words == ["好", "吃", "饭", "好"]
        assert d.panel.trace.names == ["1→", "1←"]


def _saved(engine, folder):
    config = engine.config
    Checkpoint(config, engine.vocabulary.words, build(config).state_dict(), "auto").save(folder)
    return folder


def test_a_named_model_that_a_lesson_cannot_use_is_said():
    from seqchat.lessons.choice import Need

    assert Need("lstm", layers=2, window=True).described() == "LSTM · 2 layers · two directions · a window of words"
