"""The gate panel: all neurons at a glance, some with their curves, and a cursor that walks among them."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from seqchat.insight.gates import GateTrace, top_changes
from seqchat.insight.neurons.overview import LayerOverview
from seqchat.insight.neurons.tracked import TrackedNeuron
from seqchat.model.cells import CELLS
from seqchat.tui.panel.band_plan import LABEL, plan
from seqchat.tui.panel.bands import BandsView
from seqchat.tui.panel.chosen import ChosenNeurons, numbers_in
from seqchat.tui.panel.curves import CurvesView
from seqchat.tui.panel.drawing import short
from seqchat.tui.panel.row_layout import lay_out
from seqchat.tui.panel.rows import RowsView
from seqchat.tui.panel.state import PanelState

LSTM_GATES = ("input", "forget", "candidate", "output", "cell", "hidden")


@given(st.integers(1, 80), st.integers(1, 6), st.integers(1, 600), st.sampled_from([1, 2]))
def test_every_line_has_a_use_and_bands_show_the_same_neurons(height, bands, neurons, per_line):
    layout = lay_out(height, bands, neurons, per_line)
    assert len(layout.lines) == height
    for band in range(layout.bands):
        rows = [line.place for line in layout.lines if line.what == "heat" and line.band == band]
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


# --- whole layers in bands


@given(st.integers(1, 200), st.integers(1, 60), st.integers(1, 6), st.integers(1, 1500))
def test_bands_fit_into_any_room(width, height, gates, neurons):
    found = plan(width, height, gates, neurons)
    assert found.stacked * (found.lines + 1) <= max(height, 2)
    assert found.blocks * found.block_width <= width + 1 or found.cells == 1
    assert found.columns < neurons + 2
    if height >= 24 and width >= 40:
        assert found.across * found.stacked >= gates
        assert found.words >= 3


def test_a_wide_room_has_all_words_of_a_small_layer_and_all_neurons():
    found = plan(78, 7, 1, 40)
    assert (found.cells, found.blocks) == (20, 3)
    assert found.words == 18
    assert plan(61, 28, 6, 640).across == 3


def test_what_a_short_text_leaves_empty_widens_the_bands():
    assert plan(94, 16, 1, 40).blocks == 2
    short = plan(94, 16, 1, 40, 12)
    assert (short.blocks, short.stretch, short.cells) == (1, 4, 80)
    assert plan(94, 16, 1, 40, 16).blocks == 2
    assert plan(94, 16, 1, 40, 15).blocks == 1


def state(words=8, neurons=40, cell="lstm", **options):
    """A state of a layer whose neuron n is n / neurons in every gate, and 0 at the first word."""
    row = np.arange(neurons, dtype=np.float32) / neurons
    values = np.tile(row, (words, 1))
    values[0] = 0
    gates = CELLS[cell].gates
    layer = {gate.name: values for gate in gates}
    found = PanelState(gates=gates, trace=GateTrace([f"w{n}" for n in range(words)], ["1"], [layer]), **options)
    order = np.array([n for k in range(4) for n in range(k, neurons, 4)])
    scales = {gate.name: [1.0, 0.5, 0.25, 0.125] for gate in gates}
    found.overviews = {"1": LayerOverview(order, scales)}
    return found


def test_the_selected_neuron_is_among_the_rows_on_the_screen():
    found = state()
    found.cursor.gate = 1
    # Two a line where there are colours, one where there are bars
    for neuron, found.bars in product((39, 0, 17, 4), (False, True)):
        found.cursor.neuron = neuron
        view = RowsView(found)
        view.lay_out(40, 8)
        lines = ["".join(s.text for s in view.line(y, 40, Style())) for y in range(8)]
        assert [line[:5].strip() for line in lines].count(f"{neuron}▸") == 1


def colours(segments):
    """The colours of the halves of the cells of a line, from the left."""
    found = []
    for segment in segments:
        if set(segment.text) == {"▌"} and segment.style.bgcolor:
            found += [segment.style.color.triplet, segment.style.bgcolor.triplet] * len(segment.text)
    return found


def test_a_band_is_a_line_a_word_with_every_neuron_in_its_order():
    found = state()
    found.cursor.gate = 1
    view = BandsView(found)
    view.lay_out(30, 12)
    first, later = (colours(view.line(1 + word, 30, Style())) for word in (0, 4))
    assert len(set(first)) == 1
    assert len(later) == 40
    # The order takes every fourth neuron, so that colours rise four times.
    from seqchat.tui.heatmap import SEQUENTIAL, colour

    wanted = [colour(round(63 * n / 40) / 63, SEQUENTIAL) for n in found.order]
    assert [tuple(c) for c in later] == wanted
    assert "w4" in "".join(s.text for s in view.line(5, 30, Style()))


def test_neighbours_are_averaged_where_there_are_more_neurons_than_columns():
    found = state(neurons=160)
    found.cursor.gate = 4
    view = BandsView(found)
    view.lay_out(LABEL + 20, 12)
    assert len(colours(view.line(3, 26, Style()))) == 40
    assert "in 40 columns" in view.subtitle
    # The scale is that of means of four.
    assert "-.25" in "".join(s.text for s in view.line(0, 26, Style()))


def test_a_place_in_the_bands_is_a_word_and_a_neuron():
    found = state()
    found.cursor.gate = 0
    view = BandsView(found)
    view.lay_out(30, 12)
    assert view.at(LABEL, 1) == (0, found.order[0])
    assert view.at(LABEL + 19, 3) == (2, found.order[38])
    assert view.at(0, 2) == (1, None)
    assert view.at(LABEL, 0) == (None, None)
    assert view.at(LABEL, 11) == (None, None)


def test_few_neurons_are_wide_where_there_is_room():
    found = state()
    found.cursor.gate = 0
    view = BandsView(found)
    view.lay_out(100, 25)
    cells = colours(view.line(2, 100, Style()))
    assert len(cells) == 160
    assert cells[0:4] == cells[0:1] * 4
    assert view.at(LABEL + 79, 1) == (0, found.order[39])


def test_the_same_line_is_drawn_once():
    """A key costs little, because a word that was there before is not drawn again."""
    found = state()
    view = BandsView(found)
    for _ in range(2):
        view.lay_out(60, 30)
        lines = [view.line(y, 60, Style()) for y in range(view.height)]
    from seqchat.tui.panel.bands import _cells

    before = _cells.cache_info().misses
    view.lay_out(60, 30)
    assert [view.line(y, 60, Style()) for y in range(view.height)] == lines
    assert _cells.cache_info().misses == before


@pytest.mark.parametrize("view", [BandsView, RowsView, CurvesView])
@pytest.mark.parametrize("size", [(20, 3), (36, 14), (61, 30), (140, 40)])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
def test_no_line_is_wider_than_the_panel(view, size, cell):
    found = state(cell=cell, words=30, neurons=100)
    drawn = view(found)
    drawn.lay_out(*size)
    for y in range(size[1]):
        line = drawn.line(y, size[0], Style())
        assert sum(cell_len(s.text) for s in line) <= size[0] + 1
        drawn.at(size[0] - 1, y)


# --- single neurons


def test_neurons_that_moved_most_come_first_and_those_that_track_something_have_its_name():
    values = np.zeros((5, 6), np.float32)
    values[2, 4], values[3, 1] = 0.5, -0.9
    chosen = ChosenNeurons()
    assert [neuron for neuron, _ in chosen.find("1", values, 2)] == [1, 4]
    chosen.next_way()
    assert chosen.waits("1")
    chosen.tracked = {"1": [TrackedNeuron(3, "position", 0.8)]}
    assert not chosen.waits("1")
    assert chosen.find("1", values, 9) == [(3, "position")]
    chosen.next_way()
    assert chosen.by == "moved"
    chosen.type([5, 0, 99])
    assert [neuron for neuron, _ in chosen.find("1", values, 9)] == [5, 0]


def test_numbers_of_neurons_are_read_and_those_that_do_not_exist_are_refused():
    assert numbers_in("17, 3 17 n5", 40) == [17, 3, 5]
    for text in ("", "no", "40", "1 99999999999999999999"):
        with pytest.raises(ValueError, match=r"^(Type|There is)"):
            numbers_in(text, 40)


def test_a_curve_goes_up_and_down():
    from seqchat.tui.heatmap import curve_rows

    rows = curve_rows(np.array([1.0, -1.0, 0.0, 0.5], np.float32), -1, 1, 2, Style())
    assert [row[0].text[0] for row in rows] == ["█", " "]
    assert [row[1].text[0] for row in rows] == [" ", " "]
    assert rows[1][1].style.reverse
    assert [row[2].text[0] for row in rows] == ["▁", " "]
    assert rows[0][3].text[0] == "▄"


# --- in the app


async def measured(d):
    await d.until(lambda: d.panel.state.overviews, "the order of the neurons")


async def test_gates_one_by_one_and_layers(desk):
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


async def test_all_neurons_are_there_and_scroll_only_where_nothing_is_coloured(desk):
    async with desk() as d:
        await d.press(*"我们去吃火锅")
        await d.settled()
        await measured(d)
        assert "95%: " in d.screen
        # Every gate has a line a word, in two stacks; alone, a line has two neurons, and words are along.
        assert d.panel._view.upright
        await d.press("alt+g")
        assert not d.panel._view.upright
        d.panel.bars = True
        await d.press("alt+g", "alt+w")
        assert "neurons 0–" in d.screen
        await d.press("pagedown")
        assert "neurons 0–" not in d.screen
        await d.press("pageup")
        assert "neurons 0–" in d.screen


async def test_arrows_move_as_words_and_neurons_are_on_the_screen(desk):
    async with desk() as d:
        await d.press(*"我们去吃火锅")
        await d.settled()
        await measured(d)
        order = d.panel.state.order
        d.panel.cursor.neuron = order[0]
        await d.press("alt+w", "up")
        assert (d.panel.cursor.back, d.panel.cursor.neuron) == (1, order[0])
        await d.press("down", "right")
        assert d.panel.cursor.back == 0
        assert d.panel.cursor.neuron != order[0]
        await d.press("left", "g")
        assert d.panel.cursor.neuron == order[0]
        await d.press("left", "down")
        assert (d.panel.cursor.back, d.panel.cursor.neuron) == (1, order[1])


@pytest.mark.slow
async def test_curves_of_single_neurons(desk):
    async with desk() as d:
        await d.press(*"我们去吃火锅")
        await d.settled()
        await d.press("alt+w", "c")
        values = d.panel.trace.layers[0]["hidden"]
        shown = values[-d.panel._view.words :]
        most = int((shown.max(axis=0) - shown.min(axis=0)).argmax())
        assert "moved most" in d.screen
        assert f"n{most}" in d.screen.splitlines()[2]
        await d.press("n", *"7 21 99", "enter")
        assert "There is no neuron 99" in d.screen
        await d.press("backspace", "backspace", "enter")
        await d.pilot.pause()
        assert "by number" in d.screen
        assert "▸n7" in d.screen
        assert "n21" in d.screen
        await d.press("down")
        assert "▸n21" in d.screen
        await d.press("o", "o")
        assert "track something" in d.screen
        await d.until(lambda: not d.panel.state.chosen.waits("1"), "neurons that track something")
        found = d.panel.state.chosen.tracked["1"]
        assert all(f"n{neuron.neuron}" in d.screen for neuron in found[:3])
        await d.press("c")
        assert "track something" not in d.screen


@pytest.mark.slow
async def test_exact_values_of_the_selected_word_and_neuron_are_those_of_the_trace(desk):
    async with desk(size=(200, 50)) as d:
        await d.press(*"我们去吃火锅")
        await d.settled()
        await d.press("alt+w", "n", "3", "enter", "up", "up")
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
        assert " back · " in d.screen


async def test_a_click_selects_word_and_neuron(desk):
    from seqchat.tui.widgets.gate_panel import GatePanel

    async with desk() as d:
        await d.press(*"我们去吃火锅")
        await d.settled()
        await measured(d)
        words = d.panel.trace.words
        # Below the frame and the heading, right of the label
        await d.pilot.click(GatePanel, offset=(2 + 5 + 1, 1 + 1 + 2))
        assert d.panel.cursor.back == len(words) - 3
        assert d.panel.cursor.neuron in d.panel.state.order[1:5]


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


@pytest.mark.slow
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
        assert d.panel._view.upright == (heat_map == "colours")
        await measured(d)
        d.panel.cursor.neuron = d.panel.state.order[0]
        await d.press("alt+w", "down" if heat_map == "bars" else "right")
        assert d.panel.cursor.neuron != d.panel.state.order[0]


async def test_no_color_draws_bars(desk, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with desk(heat_map="auto") as d:
        await d.press(*"我们")
        await d.settled()
        assert d.app.no_color
        assert d.panel.bars
