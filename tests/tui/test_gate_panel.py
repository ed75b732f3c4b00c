"""The gate panel: a fixed layout that one can walk in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqchat.insight.gates import top_changes
from seqchat.tui.panel_drawing import short
from seqchat.tui.panel_layout import lay_out

LSTM_GATES = ("input", "forget", "candidate", "output", "cell", "hidden")


@given(st.integers(1, 80), st.integers(1, 6), st.integers(1, 600), st.sampled_from([1, 2]))
def test_every_line_has_a_use_and_bands_show_the_same_neurons(height, bands, neurons, per_line):
    layout = lay_out(height, bands, neurons, per_line)
    assert len(layout.lines) == height
    for band in range(layout.bands):
        rows = [line.neuron for line in layout.lines if line.what == "heat" and line.band == band]
        assert rows == list(range(0, len(rows) * per_line, per_line))
        assert len(rows) * per_line < neurons + per_line
    if height >= 5 * bands:
        assert layout.bands == bands
        if neurons >= 1000:
            assert all(line.what != "empty" for line in layout.lines)
        assert sum(line.what == "labels" for line in layout.lines) == 1


def test_a_low_panel_shows_fewer_bands_and_a_high_one_fills_its_height():
    assert lay_out(6, 6, 512, 2).bands == 2
    assert [line.what for line in lay_out(3, 1, 512, 2).lines] == ["heading", "heat", "labels"]
    assert all(line.what != "empty" for line in lay_out(60, 6, 512, 2).lines)


def test_the_top_changes_are_the_largest():
    before, now = np.zeros(5, np.float32), np.array([0.1, -0.9, 0.5, 0, 0.9], np.float32)
    found = top_changes(before, now, 3)
    assert [neuron for neuron, _ in found] == [1, 4, 2]
    assert found[0][1] == pytest.approx(-0.9)


@pytest.mark.parametrize(
    ("value", "text"), [(0.912, ".91"), (-0.44, "-.44"), (1.2, "1.20"), (0.999, "1.00"), (0, ".00"), (-2, "-2.00")]
)
def test_short_values(value, text):
    assert short(value) == text


async def test_gates_one_by_one_layers_and_neurons(desk):
    async with desk() as d:
        await d.press(*"我们去吃火锅")
        await d.settled()
        assert all(gate in d.screen for gate in LSTM_GATES)
        for gate in LSTM_GATES:
            await d.press("alt+g")
            assert [g for g in LSTM_GATES if g in d.screen] == [gate]
        await d.press("alt+g")
        assert all(gate in d.screen for gate in LSTM_GATES)
        assert "layer 1/2" in d.screen
        first = d.screen
        await d.press("alt+w", "]")
        assert "layer 2/2" in d.screen
        assert d.screen != first
        await d.press("]")
        assert "layer 1/2" in d.screen
        await d.press("[")
        assert "layer 2/2" in d.screen
        await d.press("g", "G")
        assert all(gate in d.screen for gate in LSTM_GATES)
        assert "neurons 0–" in d.screen
        await d.press("pagedown")
        assert "neurons 0–" not in d.screen
        await d.press("pageup")
        assert "neurons 0–" in d.screen


async def test_exact_values_of_the_selected_word_and_neuron_are_those_of_the_trace(desk):
    async with desk(size=(200, 50)) as d:
        await d.press(*"我们去吃火锅")
        await d.settled()
        await d.press("alt+w", "left", "left", "down", "down", "down")
        trace = d.panel.trace
        values = trace.layers[0]
        assert f"n3 {trace.words[-3]}" in d.screen
        for sign, gate in (("i", "input"), ("f", "forget"), ("c", "cell"), ("h", "hidden")):
            assert f"{sign} {values[gate][-3, 3]:.4f}" in d.screen
        changed = top_changes(values["hidden"][-4], values["hidden"][-3], 1)[0]
        assert f"Δh n{changed[0]} {short(changed[1], sign=True)}" in d.screen
        await d.press("end")
        assert f"n3 {trace.words[-1]}" in d.screen
        await d.press("home")
        assert "n3 ▶" in d.screen


async def test_the_top_changes_at_the_last_word_are_those_of_the_last_key(desk):
    async with desk(size=(160, 50)) as d:
        await d.press(*"我们去吃火")
        await d.settled()
        before = d.panel.trace.layers[0]["hidden"][-1]
        await d.press("锅")
        await d.settled()
        changed = top_changes(before, d.panel.trace.layers[0]["hidden"][-1], 1)[0]
        assert f"Δh n{changed[0]} {short(changed[1], sign=True)}" in d.screen


async def test_it_scrolls_to_the_first_word_of_a_long_text(desk):
    async with desk() as d:
        d.editor.insert("\n".join(["我们晚上去吃火锅吧"] * 30))
        await d.settled()
        assert not d.panel.trace.whole
        await d.press("alt+w")
        for _ in range(8):
            await d.press("home")
            await d.thought()
            if d.panel.trace.whole:
                break
        await d.press("home")
        assert d.panel.trace.whole
        assert d.panel.trace.words[0] == "▶"
        assert "▶" in d.screen
        assert " back" in d.screen


async def test_a_click_selects_word_and_neuron(desk):
    from seqchat.tui.widgets.gate_panel import GatePanel

    async with desk() as d:
        await d.press(*"我们去吃火锅")
        await d.settled()
        words = d.panel.trace.words
        await d.pilot.click(GatePanel, offset=(2 + 1 + 5 + 2, 3))
        assert d.panel.cursor.back == len(words) - 2
        assert d.panel.cursor.neuron == 2


async def test_the_formula_is_one_key_away_in_both_languages(desk):
    async with desk(size=(120, 50)) as d:
        await d.settled()
        await d.press("alt+e")
        await d.pilot.pause()
        assert "f = σ(W_if x + b_if + W_hf h₋₁ + b_hf)" in d.screen
        assert "forget gate · 遗忘门" in d.screen
        await d.press("escape", "alt+w", "f")
        await d.pilot.pause()
        assert "c = f · c₋₁ + i · g" in d.screen


async def test_the_key_that_opens_a_page_to_read_closes_it(desk):
    changed = {"app.formula": "alt+9", "app.commit_9": "alt+0", "app.help": "alt+h"}
    async with desk(size=(120, 50), keys=changed) as d:
        await d.settled()
        await d.press("alt+w", "f")
        assert len(d.app.screen_stack) == 2
        await d.press("f", "escape")
        assert len(d.app.screen_stack) == 1
        for key in ("alt+9", "alt+h"):
            await d.press(key)
            assert len(d.app.screen_stack) == 2
            await d.press(key)
            assert len(d.app.screen_stack) == 1


async def test_it_can_be_hidden_maximised_and_resized(desk):
    async with desk() as d:
        await d.press(*"我们")
        await d.settled()
        width = d.panel.size.width
        await d.press("alt+w", "+", "+")
        await d.pilot.pause()
        assert d.panel.size.width == width + 10
        await d.press("-", "-", "-")
        await d.pilot.pause()
        assert d.panel.size.width == width - 5
        await d.press("m")
        await d.pilot.pause()
        assert d.panel.size.width > 100
        await d.press("m")
        await d.pilot.pause()
        assert d.panel.size.width == width - 5
        await d.press("v")
        await d.pilot.pause()
        assert d.panel.size.width == 0 or not d.panel.is_on_screen
        assert d.editor.has_focus
        await d.press("alt+v")
        await d.pilot.pause()
        assert d.panel.size.width == width - 5


async def test_one_types_on_while_the_gates_have_the_whole_width(desk):
    async with desk(size=(80, 24)) as d:
        await d.press("alt+x", *"我们去")
        await d.thought()
        assert d.editor.has_focus
        assert "我们去" in d.screen
        assert d.bar.suggestions[0].word in d.screen
        assert d.panel.size.width > 70


@pytest.mark.parametrize("heat_map", ["bars", "colours"])
async def test_bars_need_no_colours(desk, heat_map):
    async with desk(heat_map=heat_map) as d:
        await d.press(*"我们")
        await d.settled()
        assert ("▀" in d.screen) == (heat_map == "colours")
        await d.press("alt+w", "down")
        assert d.panel.cursor.neuron == 1


async def test_no_color_draws_bars(desk, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with desk(heat_map="auto") as d:
        await d.press(*"我们")
        await d.settled()
        assert d.app.no_color
        assert d.panel.bars
