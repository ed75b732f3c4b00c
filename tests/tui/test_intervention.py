"""Holding gates and swapping words in the app, and the page of gradients."""

import re
import threading

import pytest

from seqchat.completion.engine import Engine
from seqchat.errors import SeqchatError
from seqchat.insight import gradient_flow
from seqchat.tui import intervention_setup, language
from seqchat.tui.intervention_setup import InterventionSetup
from seqchat.tui.screens import gradients
from seqchat.tui.screens.gradients import GradientsScreen
from seqchat.tui.screens.intervention import InterventionScreen
from seqchat.tui.widgets.gate_panel import GatePanel

from ..conftest import small_engine


def test_a_hold_takes_the_place_of_one_of_the_same_neurons():
    holds = intervention_setup.with_hold("", "forget", 0, "1", None)
    assert holds == "forget=0@1"
    assert intervention_setup.with_hold(holds, "forget", 1, "1", None) == "forget=1@1"
    assert intervention_setup.with_hold(holds, "forget", 1, "1", 5) == "forget=0@1 forget=1@1:n5"
    assert intervention_setup.with_hold("input=1", "forget", 1, "2", None) == "input=1 forget=1@2"


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_the_facts_of_every_cell_can_be_said(models, name):
    language.use("en")
    engine = Engine.load(models[name])
    outcome = intervention_setup.run(engine, "今天天气很好", InterventionSetup("hidden=0.5@1:n0", "今天=明天"))
    facts = intervention_setup.facts(outcome, 0, 0, (3, 3))
    assert "held" not in facts[2]
    assert f"n0 Δ{facts[0].split('State ')[1][0]}" in facts[3]
    words = intervention_setup.chances(outcome, changed=True)
    assert words[0][2] == max(now for _, _, now in words)
    if name == "gru":
        assert "held" in facts[3]


@pytest.mark.parametrize(("objective", "said"), [("next", False), ("infill", True)])
def test_of_a_model_of_two_directions_it_is_said_which_half_runs(objective, said):
    engine = small_engine(["好", "你", "吃", "饭"], objective=objective)
    language.use("en")
    outcome = intervention_setup.run(engine, "你好，吃饭", InterventionSetup("forget=0"))
    facts = intervention_setup.facts(outcome, 0, 1, (1, 1))
    assert any("half that reads from the left" in fact for fact in facts) == said


def test_what_cannot_be_done_is_one_sentence(models):
    engine = Engine.load(models["lstm"])
    for tried in (
        InterventionSetup("forget"),
        InterventionSetup("reset=0"),
        InterventionSetup("forget=0@9"),
        InterventionSetup("", "火星=月亮"),
    ):
        with pytest.raises(SeqchatError, match=r"^[^\n]+$"):
            intervention_setup.run(engine, "今天天气", tried)


async def opened(d, *keys):
    await d.press(*"今天天气很好")
    await d.thought()
    await d.press(*keys)
    await d.until(lambda: isinstance(d.app.screen, InterventionScreen) and d.app.screen.outcome, "an outcome")
    return d.app.screen


@pytest.mark.slow
async def test_a_gate_is_held_from_its_panel_and_both_runs_are_shown(desk):
    async with desk(size=(110, 40)) as d:
        screen = await opened(d, "alt+w", "g", "g", "0")
        assert screen.setup == InterventionSetup("forget=0@1")
        changed = screen.outcome.comparison.changed.trace
        assert changed.layers[0]["forget"].max() == 0
        assert re.search(r"f ?0?\.00", d.screen)
        assert screen.outcome.comparison.bits > 0
        await d.press("g", "1")
        await d.until(lambda: screen.setup.holds == "forget=0@1 input=1@1", "the other gate")
        # Both panels show the same gate.
        panels = list(screen.query(GatePanel))
        await d.until(lambda: panels[1].selection == panels[0].selection, "the same selection")
        await d.press("n", "1", "enter", "alt+n", "0")
        await d.until(lambda: screen.setup.holds.endswith("input=0@1:n1"), "one neuron")
        await d.press("escape")
        await d.until(lambda: d.app.screen is d.workspace, "the text")
        await d.press("alt+shift+e")
        await d.until(lambda: isinstance(d.app.screen, InterventionScreen), "the experiment again")
        assert d.app.screen.setup.holds.startswith("forget=0@1")


@pytest.mark.slow
async def test_words_are_swapped_and_what_cannot_be_is_said(desk):
    async with desk(size=(80, 24)) as d:
        screen = await opened(d, "alt+shift+e")
        assert screen.outcome.comparison.bits == 0
        await d.press("tab", *"今天=明天")
        await d.until(lambda: screen.outcome.comparison.bits > 0, "a difference")
        assert "明天" in "".join(screen.outcome.comparison.changed.words)
        await d.press("x")
        await d.until(lambda: screen.query_one("#swaps").has_class("-invalid") is False, "the answer")
        await d.press("tab", "shift+tab", "shift+tab")
        await d.press(*"nothing=1")
        await d.until(lambda: screen.query_one("#holds").has_class("-invalid"), "a problem")
        assert "nothing" in d.screen
        await d.press("alt+x")
        await d.until(lambda: screen.outcome.comparison.bits == 0, "no difference")
        assert screen.setup == InterventionSetup()


@pytest.mark.slow
async def test_what_cannot_be_done_leaves_the_untouched_run_also_when_it_is_opened_anew(desk):
    async with desk(size=(110, 40)) as d:
        screen = await opened(d, "alt+shift+e")
        screen.query_one("#swaps").value = "火星=月亮"
        await d.until(lambda: "火星" in screen.problem, "what is wrong")
        await d.press("escape")
        await d.press("alt+shift+e")
        await d.until(lambda: isinstance(d.app.screen, InterventionScreen) and d.app.screen.outcome, "an outcome")
        assert "'火星' is not a word of the text" in d.screen
        assert "forget f" in d.screen
        d.app.screen.query_one("#swaps").value = ""
        await d.until(lambda: "bits, KL(untouched" in d.screen, "the facts")


async def test_a_text_without_words_is_asked_about_no_more_than_twice(desk, monkeypatch):
    asked = []

    def run(engine, text, setup):
        asked.append(setup)
        raise SeqchatError("The text has no words.")

    async with desk(size=(110, 40)) as d:
        await d.press("我")
        await d.thought()
        monkeypatch.setattr(intervention_setup, "run", run)
        await d.press("alt+shift+e")
        await d.until(lambda: isinstance(d.app.screen, InterventionScreen) and d.app.screen.problem, "a problem")
        d.app.screen.query_one("#swaps").value = "火星=月亮"
        await d.until(lambda: len(asked) >= 3, "three questions")
        await d.pilot.pause(0.3)
        assert asked == [InterventionSetup(), InterventionSetup("", "火星=月亮"), InterventionSetup()]
        assert "The text has no words." in d.screen


async def test_help_begins_with_the_keys_of_the_screen(desk):
    async with desk(size=(110, 40)) as d:
        await opened(d, "alt+shift+e")
        await d.press("alt+h")
        await d.until(lambda: "[keys.experiment]" in d.screen, "help")
        assert d.screen.index("[keys.experiment]") < d.screen.index("[keys.panel]")
        assert "[keys.app]" not in d.screen


async def test_gradients_are_not_followed_once_their_page_is_left(desk, monkeypatch):
    left, called = threading.Event(), []

    def follow(engine, data, *, progress, **_):
        called.append(engine.name)
        left.wait(20)
        progress(1)
        called.append("went on")

    monkeypatch.setattr(gradients, "shipped", list)
    monkeypatch.setattr(gradient_flow, "gradient_flow_on_text", follow)
    async with desk("lstm", "gru") as d:
        await d.press("alt+shift+g")
        await d.until(lambda: called, "the first model")
        await d.press("escape")
        await d.until(lambda: d.app.screen is d.workspace, "the text")
        left.set()
        await d.until(lambda: not any(worker.is_running for worker in d.app.workers), "the end of the thread")
        assert called == ["lstm"]


async def test_gradients_of_all_open_models_are_shown(desk, monkeypatch):
    monkeypatch.setattr(gradients, "shipped", list)
    async with desk("lstm", "gru", size=(100, 50)) as d:
        await d.press("alt+shift+g")
        await d.until(lambda: isinstance(d.app.screen, GradientsScreen), "the page")
        screen = d.app.screen
        await d.until(lambda: screen.is_finished, "all models")
        assert [flow.cell for flow in screen.flows][:2] == ["lstm", "gru"]
        for text in ("lstm ∂L/∂c", "gru ∂L/∂h", " 1┤", "lstm, layer 2: ", "lstm forget gates"):
            assert text in d.screen, text
        await d.press("escape")
        await d.until(lambda: d.app.screen is d.workspace, "the text")
