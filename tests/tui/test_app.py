"""The app through Textual's pilot: real widgets, real keys, a real small model."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from textual._xterm_parser import XTermParser
from textual.pilot import Pilot

from seqchat.tui import thinking
from seqchat.tui.app import SeqchatApp
from seqchat.tui.widgets.continuations import Continuations
from seqchat.tui.widgets.editor import Editor
from seqchat.tui.widgets.gate_panel import GatePanel
from seqchat.tui.widgets.suggestion_bar import SuggestionBar

SIZES = [(80, 24), (120, 34), (200, 60)]


async def until(pilot: Pilot, condition: Callable[[], object], what: str = "it") -> None:
    for _ in range(600):
        await pilot.pause()
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"{what} did not happen")


def editor(app: SeqchatApp) -> Editor:
    return app.query_one(Editor)


def bar(app: SeqchatApp) -> SuggestionBar:
    return app.query_one(SuggestionBar)


def texts(app: SeqchatApp) -> list[str]:
    return app.query_one(Continuations).texts


def screen(app: SeqchatApp) -> str:
    return "\n".join("".join(s.text for s in line) for line in app.screen._compositor.render_strips())


async def settled(pilot: Pilot, app: SeqchatApp) -> None:
    """Wait until suggestions and continuations of the text at hand are there."""
    await until(pilot, lambda: app.query_one(Continuations).finished, "the end of the continuations")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
async def test_typing_brings_suggestions_continuations_and_gates(models, cell, size):
    app = SeqchatApp(str(models[cell]))
    async with app.run_test(size=size) as pilot:
        await settled(pilot, app)
        before = bar(app).suggestions
        await pilot.press(*"我想去")
        await until(pilot, lambda: bar(app).suggestions != before, "a change of suggestions")
        await settled(pilot, app)
        assert len(bar(app).suggestions) == 5
        assert all(texts(app))
        shown = screen(app)
        names = {"rnn": "hidden", "lstm": "forget", "gru": "update"}
        assert names[cell] in shown
        assert cell.upper() in shown
        assert "▀" in shown
        assert "Accept" in shown
        for suggestion in bar(app).suggestions:
            assert suggestion.word in shown


async def test_the_first_frame_comes_before_the_model(models, monkeypatch):
    gate = threading.Event()
    load = thinking.Thinker._load

    def slow_load(self):
        gate.wait(20)
        return load(self)

    monkeypatch.setattr(thinking.Thinker, "_load", slow_load)
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        assert "Loading" in screen(app)
        await pilot.press(*"今天")
        assert editor(app).text == "今天"
        gate.set()
        await settled(pilot, app)
        assert len(bar(app).suggestions) == 5


async def test_tab_accepts_the_first_suggestion(models):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        await pilot.press(*"今天晚上")
        await settled(pilot, app)
        first = bar(app).suggestions[0]
        await pilot.press("tab")
        assert editor(app).text == "今天晚上" + first.insert
        await pilot.press("ctrl+z")
        assert editor(app).text == "今天晚上"


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
async def test_alt_with_a_number_accepts_that_suggestion(models, number):
    app = SeqchatApp(str(models["gru"]))
    async with app.run_test() as pilot:
        await pilot.press(*"我们")
        await settled(pilot, app)
        chosen = bar(app).suggestions[number - 1]
        await pilot.press(f"alt+{number}")
        assert editor(app).text == "我们" + chosen.insert


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_alt_with_a_higher_number_accepts_a_continuation(models, number):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        await pilot.press(*"我们")
        await settled(pilot, app)
        chosen = texts(app)[number - 1]
        await pilot.press(f"alt+{5 + number}")
        assert editor(app).text == "我们" + chosen


@pytest.mark.parametrize("digit", "0123456789")
def test_the_bytes_of_alt_and_a_digit_are_that_key(models, digit):
    SeqchatApp(str(models["lstm"]))
    parser = XTermParser()
    keys = [event.key for event in (*parser.feed(f"\x1b{digit}"), *parser.feed(""))]
    assert keys == [f"alt+{digit}"]


async def test_pinyin_is_replaced_when_accepted(models):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        await pilot.press(*"吃huoguo")
        await until(pilot, lambda: any(s.word == "火锅" for s in bar(app).suggestions), "火锅")
        index = [s.word for s in bar(app).suggestions].index("火锅")
        await pilot.press(f"alt+{index + 1}")
        assert editor(app).text == "吃火锅"


async def test_a_click_accepts(models):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        await pilot.press(*"我们")
        await settled(pilot, app)
        second, third_text = bar(app).suggestions[1], texts(app)[2]
        await pilot.click(Continuations, offset=(6, 3))
        assert editor(app).text == "我们" + third_text
        await pilot.press("ctrl+z")
        await until(pilot, lambda: bar(app).suggestions and bar(app).suggestions[1] == second)
        await pilot.click(SuggestionBar, offset=(6, 2))
        assert editor(app).text == "我们" + second.insert


async def test_ghost_text_is_the_first_suggestion_and_right_takes_it(models):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        await pilot.press(*"我们")
        await settled(pilot, app)
        ghost = editor(app).suggestion
        assert ghost == bar(app).suggestions[0].insert
        await pilot.press("right")
        assert editor(app).text == "我们" + ghost


async def test_other_continuations_can_be_asked_for(models):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        await pilot.press(*"我们")
        await settled(pilot, app)
        before = texts(app)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: texts(app) != before and app.query_one(Continuations).finished)
        assert editor(app).text == "我们"


async def test_an_answer_to_a_text_that_is_gone_is_dropped(models):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        await pilot.press(*"我们")
        await settled(pilot, app)
        shown = bar(app).suggestions
        old = thinking.Request(-1, "别的")
        app.post_message(thinking.Grown(old, 0, "不该出现", True))
        app.post_message(thinking.Thought(old, [], app.query_one(GatePanel)._trace))
        await pilot.pause()
        assert "不该出现" not in screen(app)
        assert bar(app).suggestions == shown


async def test_a_suggestion_for_another_text_is_not_accepted(models, monkeypatch):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        await pilot.press(*"我们")
        await settled(pilot, app)
        monkeypatch.setattr(app._thinker, "think", lambda request: None)
        await pilot.press("去", "tab", "alt+2", "alt+6")
        assert editor(app).text == "我们去"


async def test_a_failure_is_said_and_the_next_text_goes_well(models, monkeypatch):
    answer = thinking.Thinker._answer

    def failing(self, engine, request):
        if request.text.endswith("去"):
            raise ValueError("oops")
        answer(self, engine, request)

    monkeypatch.setattr(thinking.Thinker, "_answer", failing)
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test(size=(160, 40)) as pilot:
        await pilot.press(*"我们去")
        await until(pilot, lambda: "oops" in screen(app))
        await pilot.press("吃")
        await settled(pilot, app)
        assert len(bar(app).suggestions) == 5


async def test_keys_are_never_lost_while_the_model_is_busy(models, monkeypatch):
    release = threading.Event()
    answer = thinking.Thinker._answer
    seen: list[str] = []

    def slow_answer(self, engine, request):
        seen.append(request.text)
        release.wait(5)
        answer(self, engine, request)

    monkeypatch.setattr(thinking.Thinker, "_answer", slow_answer)
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        await until(pilot, lambda: seen)
        await pilot.press(*"今天晚上我们去吃火锅")
        assert editor(app).text == "今天晚上我们去吃火锅"
        release.set()
        await settled(pilot, app)
        assert seen == ["", "今天晚上我们去吃火锅"]


async def test_the_panel_shows_gates_one_by_one_layers_and_other_neurons(models):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test(size=(120, 34)) as pilot:
        await settled(pilot, app)
        panel = app.query_one(GatePanel)
        all_gates = ("input", "forget", "candidate", "output", "cell", "hidden")
        assert all(gate in screen(app) for gate in all_gates)
        for gate in all_gates:
            await pilot.press("alt+g")
            await pilot.pause()
            assert [g for g in all_gates if g in screen(app)] == [gate]
        await pilot.press("alt+g")
        await pilot.pause()
        assert all(gate in screen(app) for gate in all_gates)
        assert "layer 1 of 2" in str(panel.border_title)
        before = screen(app)
        await pilot.press("alt+l")
        await pilot.pause()
        assert "layer 2 of 2" in str(panel.border_title)
        assert screen(app) != before
        assert str(panel.border_subtitle).startswith("neurons 1–")
        await pilot.press("alt+down")
        assert not str(panel.border_subtitle).startswith("neurons 1–")
        await pilot.press("alt+up")
        assert str(panel.border_subtitle).startswith("neurons 1–")


@pytest.mark.parametrize("text", ["[red]红[/red]", "[/]", "\x1b[31m", "[link=x]", "👨‍👩‍👧🇨🇳", "مرحبا", "a\nb\n"])
async def test_text_is_never_taken_for_markup(models, text):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test() as pilot:
        editor(app).insert(text)
        await settled(pilot, app)
        bar(app).notice(text)
        app.query_one(Continuations).grow(0, text, False)
        await pilot.pause()
        if "\x1b" not in text and "\n" not in text:
            assert screen(app).count(text[:4]) >= 1


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (40, 12)])
async def test_a_small_terminal_is_no_crash(models, size):
    app = SeqchatApp(str(models["lstm"]))
    async with app.run_test(size=size) as pilot:
        await pilot.press(*"我们")
        await settled(pilot, app)
        await pilot.resize_terminal(120, 34)
        await pilot.pause()
        assert "▀" in screen(app)


async def test_a_damaged_model_is_said_and_the_text_stays(models, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{}")
    app = SeqchatApp(str(tmp_path / "broken"))
    async with app.run_test(size=(200, 30)) as pilot:
        await pilot.press(*"我们")
        await until(pilot, lambda: "no complete model" in screen(app))
        await pilot.press("tab", "alt+1", "alt+6", "ctrl+r", "alt+g", "alt+l", "alt+down")
        assert editor(app).text == "我们"


async def test_what_was_remembered_is_learned_and_what_was_written_is_told(models):
    learned = []
    app = SeqchatApp(str(models["lstm"]), ["我家的猫叫小花"])
    assert app.written == ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seqchat.completion.engine.Engine.learn", lambda self, texts: learned.extend(texts))
        async with app.run_test() as pilot:
            await settled(pilot, app)
            await pilot.press(*"你好", "enter", *"在吗")
            await pilot.pause()
    assert learned == ["我家的猫叫小花"]
    assert app.written == "你好\n在吗"
