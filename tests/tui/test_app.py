"""The app through Textual's pilot: real widgets, real keys, a real small model."""

import asyncio
import re
import threading

import pytest
from textual.events import Key, Paste
from textual.widgets import DataTable
from textual.widgets.text_area import EditHistory

from seqchat.completion import suggestion
from seqchat.completion.engine_pool import EnginePool
from seqchat.model.cells import CELLS
from seqchat.tui import inference_messages as messages
from seqchat.tui.terminal import let_alt_through, let_pastes_through
from seqchat.tui.textual_compat import XTermParser
from seqchat.tui.widgets.continuations import Continuations

pytestmark = pytest.mark.slow

# Cells of a gate: half blocks, along or down
BANDS = re.compile("[▀▌]{3}")


@pytest.mark.parametrize("size", [(80, 24), (120, 34), (200, 60)])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
async def test_typing_brings_suggestions_continuations_and_gates(desk, cell, size):
    async with desk(cell, size=size, panel="shown", numbers=True) as d:
        await d.settled()
        before = d.bar.suggestions
        await d.press(*"我想去")
        await d.settled()
        assert d.bar.suggestions != before
        assert len(d.bar.suggestions) == 9
        assert all(d.branches)
        shown = d.screen
        assert {"rnn": "hidden", "lstm": "forget", "gru": "updat"}[cell] in shown
        assert cell.upper() in shown
        assert BANDS.search(shown)
        assert "Insert" in shown
        for place in d.bar.slots:
            assert d.bar.suggestions[place.index].word in shown


async def test_the_first_frame_comes_before_the_model(desk, monkeypatch):
    gate = threading.Event()
    load = EnginePool.engine

    def slow_load(self, model):
        gate.wait(20)
        return load(self, model)

    monkeypatch.setattr(EnginePool, "engine", slow_load)
    async with desk() as d:
        assert "Starting PyTorch" in d.screen or "Loading" in d.screen
        await d.press(*"今天")
        assert d.editor.text == "今天"
        gate.set()
        await d.settled()
        assert len(d.bar.suggestions) == 9


async def test_tab_accepts_the_grey_text_and_one_undo_takes_it_back(desk):
    async with desk() as d:
        await d.press(*"今天晚上")
        await d.settled()
        ghost = d.editor.suggestion
        assert ghost.startswith(d.bar.suggestions[0].insert)
        await d.press("tab")
        assert d.editor.text == "今天晚上" + ghost
        await d.press("alt+z")
        assert d.editor.text == "今天晚上"
        await d.press("ctrl+y")
        assert d.editor.text == "今天晚上" + ghost


@pytest.mark.parametrize("number", [1, 2, 5, 9])
async def test_alt_with_a_number_accepts_that_candidate(desk, number):
    async with desk("gru", size=(160, 34)) as d:
        await d.press(*"我们")
        await d.settled()
        chosen = d.bar.suggestions[number - 1]
        await d.press(f"alt+{number}")
        assert d.editor.text == "我们" + chosen.insert


@pytest.mark.parametrize("digit", "0123456789")
def test_the_bytes_of_alt_and_a_digit_are_that_key(digit):
    let_alt_through()
    parser = XTermParser()
    keys = [event.key for event in (*parser.feed(f"\x1b{digit}"), *parser.feed(""))]
    assert keys == [f"alt+{digit}"]


@pytest.mark.parametrize(
    ("sent", "pressed"),
    [
        ("\x1bm", ["alt+m"]),
        ("\x1bJ", ["alt+shift+j"]),
        ("\x1bj\x1bj\x1b2", ["alt+j", "alt+j", "alt+2"]),
        ("\x1ba\x7f", ["alt+a", "backspace"]),
        ("\x1b[A\x1bk", ["up", "alt+k"]),
        ("\x1bOA", ["up"]),
        ("\x1bf", ["ctrl+right"]),
        ("\x1b[1;3B", ["alt+down"]),
        ("\x1b[1;3C\x1b[1;3D", ["alt+right", "alt+left"]),
        ("\x1b[1;4A", ["alt+shift+up"]),
        ("\x1b[3;3~", ["alt+delete"]),
    ],
)
def test_alt_with_a_letter_is_a_key_that_types_nothing(sent, pressed):
    let_alt_through()
    parser = XTermParser()
    events = [*parser.feed(sent), *parser.feed("")]
    assert [event.key for event in events] == pressed
    assert not any(event.is_printable for event in events)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_paste_with_escape_sequences_ends_and_keeps_its_text(size):
    """However it is cut into pieces on its way."""
    let_pastes_through()
    parser = XTermParser()
    sent = "a\x1b[200~红\x1b[31m色\x1b]0;x\x07\x1b[2J\x1b[201~b\x1b[200~第二\x1b[201~\x1b[A"
    events = [event for at in range(0, len(sent), size) for event in parser.feed(sent[at : at + size])]
    pastes = [event.text for event in events if isinstance(event, Paste)]
    assert [event.key for event in events if isinstance(event, Key)] == ["a", "b", "up"]
    assert pastes[1] == "第二"
    assert "\x1b" not in pastes[0]
    if size == 1000:
        assert pastes[0] == "红色"


async def test_pinyin_is_replaced_when_accepted(desk):
    async with desk() as d:
        await d.press(*"吃huoguo")
        await d.until(lambda: any(s.word == "火锅" for s in d.bar.suggestions), "火锅")
        await d.thought()
        index = [s.word for s in d.bar.suggestions].index("火锅")
        await d.press(f"alt+{index + 1}")
        assert d.editor.text == "吃火锅"


async def test_pinyin_can_be_switched_off_from_the_palette(desk):
    async with desk() as d:
        await d.press(*"吃huoguo")
        await d.until(lambda: any(s.word == "火锅" for s in d.bar.suggestions), "火锅")
        await d.press("ctrl+p", *"as pinyin")
        await d.until(lambda: "Do not read letters" in d.screen)
        await d.press("down", "enter")
        await d.until(lambda: all(s.word != "火锅" for s in d.bar.suggestions), "candidates without pinyin")
        assert d.app.settings.saved.pinyin is False


async def test_a_click_accepts(desk):
    async with desk() as d:
        await d.press(*"我们")
        await d.settled()
        third_text = d.branches[2]
        await d.pilot.click(Continuations, offset=(4, 3))
        assert d.editor.text == "我们" + third_text
        await d.press("alt+z")
        await d.settled()
        cell = d.bar.slots[1]
        second = d.bar.suggestions[1]
        await d.pilot.click(d.bar, offset=(cell.column + 3, 1 + cell.row))
        assert d.editor.text == "我们" + second.insert


async def test_a_click_on_a_word_of_a_continuation_takes_all_up_to_it(desk):
    async with desk(numbers=True) as d:
        await d.press(*"我们")
        await d.settled()
        branch = d.workspace.views.continuations.branches[0]
        first = branch.words[0]
        await d.pilot.click(Continuations, offset=(2 + 9, 1))
        assert d.editor.text == "我们" + first


async def test_right_takes_the_grey_text_and_ctrl_right_one_word_of_it(desk, monkeypatch):
    async with desk() as d:
        await d.press(*"我们")
        await d.settled()
        first = d.bar.suggestions[0]
        d.workspace.completion.show_ghost_text(messages.GhostTextReady(d.workspace.completion.latest, "好吗"))
        assert d.editor.suggestion == first.insert + "好吗"
        await d.press("ctrl+right")
        assert d.editor.text == "我们" + first.insert
        await d.press("alt+z")
        await d.thought()
        d.workspace.completion.show_ghost_text(messages.GhostTextReady(d.workspace.completion.latest, "好吗"))
        await d.press("right")
        assert d.editor.text == "我们" + first.insert + "好吗"


async def test_escape_takes_the_grey_text_away_until_the_next_key(desk):
    async with desk() as d:
        await d.press(*"我们")
        await d.settled()
        assert d.editor.suggestion
        await d.press("escape")
        assert d.editor.suggestion == ""
        await d.press("去")
        await d.settled()
        assert d.editor.suggestion


async def test_a_branch_is_taken_word_by_word_and_what_is_left_of_it_stays(desk):
    async with desk() as d:
        await d.press(*"我们")
        await d.settled()
        branches = d.workspace.views.continuations.branches
        while len(words := list(branches[1].words)) < 4:
            await d.press("ctrl+r")
            await d.settled()
        await d.press("alt+k")
        assert d.editor.text == "我们" + words[0]
        await d.settled()
        assert d.branches[1] == "".join(words[1:])
        await d.press("alt+k")
        assert d.editor.text == "我们" + words[0] + words[1]
        await d.press("alt+shift+k")
        assert d.editor.text == "我们" + "".join(words)


async def test_continuations_behind_pinyin_go_on_from_what_the_letters_stand_for(desk):
    async with desk() as d:
        await d.press(*"吃huoguo")
        await d.settled()
        first = d.bar.suggestions[0]
        assert first.replace == 6
        assert all(text.startswith(first.insert) for text in d.branches)
        rest = d.branches[0].removeprefix(first.insert)
        await d.press("alt+j")
        assert d.editor.text == f"吃{first.insert}"
        await d.settled()
        if rest:
            assert d.branches[0] == rest


async def test_other_continuations_can_be_asked_for(desk):
    async with desk() as d:
        await d.press(*"我们")
        await d.settled()
        before = d.branches
        await d.press("ctrl+r")
        await d.until(lambda: d.branches != before and all(d.branches))
        assert d.editor.text == "我们"


async def test_temperature_and_top_p_have_keys_and_draw_anew(desk):
    async with desk() as d:
        await d.press(*"我们")
        await d.settled()
        for _ in range(8):
            await d.press("alt+shift+t")
        await d.settled()
        assert "temperature 0.0" in d.screen
        assert len(set(d.branches)) == 1, "at temperature 0 all are the most probable one"
        await d.press("alt+t", "alt+shift+u", "alt+shift+u", "alt+u")
        assert d.app.settings.current.temperature == 0.1
        assert d.app.settings.current.top_p == 0.9
        assert "top-p 0.90" in d.screen
        for _ in range(30):
            await d.press("alt+shift+t", "alt+shift+u")
        assert (d.app.settings.current.temperature, d.app.settings.current.top_p) == (0.0, 0.05)


async def test_continuations_can_be_switched_off(desk):
    async with desk(continuations=False) as d:
        await d.press(*"我们")
        await d.thought()
        assert not d.workspace.views.continuations.display
        assert d.workspace.completion.latest.continuations.branches == ()


async def test_an_answer_to_a_text_that_is_gone_is_dropped(desk):
    from seqchat.completion.continuation import GeneratedWord

    async with desk() as d:
        await d.press(*"我们")
        await d.settled()
        shown = d.bar.suggestions
        old = messages.SuggestionRequest(-1, "别的")
        growth = messages.ContinuationRequest((0, 1, 2), 0.8, 0.95)
        d.workspace.post_message(messages.ContinuationToken(growth, 0, GeneratedWord(0, "不该出现", 0.0, True)))
        d.workspace.post_message(messages.SuggestionsReady(old, 0, [], d.panel.trace))
        d.workspace.post_message(messages.GhostTextReady(old, "不该出现"))
        await d.pilot.pause()
        assert "不该出现" not in d.screen
        assert d.bar.suggestions == shown


async def test_a_suggestion_for_another_text_is_not_accepted(desk, monkeypatch):
    async with desk() as d:
        await d.press(*"我们")
        await d.settled()
        monkeypatch.setattr(d.workspace.models.worker, "request_suggestions", lambda request: None)
        await d.press("去", "tab", "alt+2", "alt+j", "alt+shift+k")
        assert d.editor.text == "我们去"


async def test_a_failure_is_said_and_the_next_text_goes_well(desk, monkeypatch):
    suggest = suggestion.suggest

    def failing(engine, text, *arguments, **options):
        if text.endswith("去"):
            raise ValueError("oops")
        return suggest(engine, text, *arguments, **options)

    monkeypatch.setattr(suggestion, "suggest", failing)
    async with desk(size=(160, 40)) as d:
        await d.press(*"我们去")
        await d.until(lambda: "oops" in d.screen)
        await d.press("吃")
        await d.settled()
        assert len(d.bar.suggestions) == 9


async def test_keys_are_never_lost_while_the_model_is_busy(desk, monkeypatch):
    release = threading.Event()
    suggest = suggestion.suggest
    seen: list[str] = []

    def slow(engine, text, *arguments, after=None, **options):
        # The worker tries a model out when it has loaded it, without a text after the cursor.
        if after is not None:
            seen.append(text)
            release.wait(60)
        return suggest(engine, text, *arguments, after=after or "", **options)

    monkeypatch.setattr(suggestion, "suggest", slow)
    async with desk() as d:
        await d.until(lambda: seen)
        await d.press(*"今天晚上我们去吃火锅")
        assert d.editor.text == "今天晚上我们去吃火锅"
        release.set()
        await d.settled()
        assert seen == ["", "今天晚上我们去吃火锅"]


async def test_what_stands_behind_the_cursor_counts(desk):
    async with desk() as d:
        await d.press(*"我想火锅", "left", "left")
        await d.thought()
        assert d.workspace.completion.latest.after == "火锅"
        assert d.editor.suggestion == "", "no grey text before other text"
        first = d.bar.suggestions[0]
        await d.press("tab")
        assert d.editor.text == f"我想{first.insert}火锅"


async def test_three_models_think_about_the_same_text(desk):
    async with desk("rnn", "lstm", "gru", size=(120, 40)) as d:
        await d.press(*"我想去")
        await d.until(lambda: all(map(d.workspace.completion.is_current, range(3))), "suggestions of three models")
        await d.settled()
        for name in ("RNN", "LSTM", "GRU", "forget", "update"):
            assert name in d.screen
        assert len(d.workspace.views.bars) == len(d.workspace.views.panels.all) == 3
        assert len({tuple((s.word, s.probability) for s in bar.suggestions) for bar in d.workspace.views.bars}) == 3
        await d.press("alt+g")
        assert [panel.cursor.gate for panel in d.workspace.views.panels.all] == [0, 0, 0]


async def test_one_of_several_models_may_be_damaged(desk, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{}")
    async with desk(str(tmp_path / "broken"), "lstm", size=(140, 40)) as d:
        await d.press(*"我们")
        await d.until(lambda: d.workspace.completion.is_current(1), "suggestions of the second model")
        assert "not a complete" in d.screen
        await d.press("alt+1")
        assert d.editor.text == "我们", "there is no first candidate of the first model"


async def test_a_damaged_model_is_said_and_the_text_stays(desk, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{}")
    async with desk("broken", size=(200, 30)) as d:
        await d.press(*"我们")
        await d.until(lambda: "not a complete model" in d.screen)
        await d.press("tab", "alt+1", "alt+j", "ctrl+r", "alt+g", "alt+y", "alt+e", "alt+x", "alt+w", "left", "down")
        assert d.editor.text == "我们"


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (40, 12)])
async def test_a_small_terminal_is_no_crash(desk, size):
    async with desk(size=size) as d:
        await d.press(*"我们")
        await d.thought()
        if size[1] > 4:
            assert "我们" in d.screen
            assert d.bar.suggestions[0].word in d.screen
        await d.pilot.resize_terminal(120, 34)
        await d.until(lambda: BANDS.search(d.screen))


async def test_what_was_remembered_is_learned_and_what_was_written_is_told(desk, monkeypatch):
    learned = []
    monkeypatch.setattr("seqchat.completion.engine.Engine.learn", lambda self, texts: learned.extend(texts))
    async with desk(options={"remembered": ["我家的猫叫小花"]}) as d:
        await d.settled()
        assert d.app.sessions.text == ""
        await d.press(*"你好", "enter", *"在吗")
    assert learned == ["我家的猫叫小花"]
    assert d.app.sessions.text == "你好\n在吗"


async def test_another_model_can_be_chosen(desk, models, monkeypatch):
    monkeypatch.setattr("seqchat.locations.local_checkpoints", lambda: models["lstm"].parent)
    async with desk("lstm") as d:
        await d.press(*"我们")
        await d.settled()
        await d.press("alt+d")
        await d.until(lambda: "Perplexity" in d.screen)
        assert "RNN 1 × 32" in d.screen
        assert [row.value for row in d.app.screen.query_one(DataTable).rows][:4] == ["gru", "lstm", "mingru", "rnn"]
        await d.press("down", "down")
        await d.press("enter")
        await d.until(lambda: "RNN" in str(d.panel.border_title), "the other model")
        await d.settled()
        assert d.editor.text == "我们"
        assert d.workspace.models.names == ["rnn"]


async def test_the_theme_is_kept(desk):
    from seqchat import locations

    async with desk() as d:
        d.app.theme = "nord"
        await d.pilot.pause()
        assert 'theme = "nord"' in locations.settings().read_text()


async def test_help_lists_every_key(desk):
    async with desk(size=(120, 320)) as d:
        await d.press("alt+h")
        await d.pilot.pause()
        for scope, keys in d.app.keys.items():
            assert f"[keys.{scope}]" in d.screen
            assert all(str(key) in d.screen for key in keys if not key.number)
        assert "Alt+1 … Alt+9" in d.screen
        assert "Insert candidate 1 … 9" in d.screen
        await d.press("escape")
        assert d.app.screen is d.workspace


async def test_a_crash_keeps_the_text_and_says_no_traceback(desk, monkeypatch, capsys):
    with pytest.raises(ZeroDivisionError):
        async with desk() as d:
            await d.press(*"不能丢")
            monkeypatch.setattr(type(d.workspace), "action_gate", lambda self, steps: 1 / 0)
            await d.press("alt+g")
    assert isinstance(d.app.crash, ZeroDivisionError)
    assert "Traceback" not in capsys.readouterr().err
    async with desk() as d:
        await d.until(lambda: "did not end normally" in d.screen)
        assert "不能丢" in d.screen
        await d.press("enter")
        await d.until(lambda: d.editor.text == "不能丢")


async def test_dialogs_can_be_quit_from_too(desk):
    async with desk() as d:
        await d.press("alt+i")
        await d.until(lambda: d.app.screen is not d.workspace, "the settings")
        await d.press("ctrl+q")
        await d.until(lambda: d.app._exit, "the end")


async def test_what_is_typed_in_a_moment_is_one_step_of_undo(desk, monkeypatch):
    # However slow the machine is
    monkeypatch.setattr(EditHistory, "_get_time", lambda _: 0.0)
    async with desk(ghost_words=0) as d:
        await d.press(*"今天天气真的很好啊")
        await d.press(*"我们一起出去玩吧")
        await d.press("alt+z")
        assert 0 < len(d.editor.text) < 17
        await d.press("alt+z", "alt+z")
        assert d.editor.text == ""
        await d.press("ctrl+y", "ctrl+y", "ctrl+y")
        assert d.editor.text == "今天天气真的很好啊我们一起出去玩吧"


async def test_what_earlier_models_still_publish_is_dropped(desk, models):
    async with desk("lstm", "rnn") as d:
        await d.press(*"我想")
        await d.thought()
        late, request = d.workspace.models.worker, d.workspace.completion.latest
        trace = d.workspace.views.panels.all[1].trace
        opening = asyncio.create_task(d.workspace.use_models([str(models["gru"])]))
        await asyncio.sleep(0)
        for message in (
            messages.ModelLoading(late, 1, "Loading"),
            messages.SuggestionsReady(request, 1, [], trace),
            messages.ModelReady(late, 0, "late", "RNN", CELLS["rnn"].gates),
            messages.ModelFailed(late, 1, "failed late"),
            messages.WorkerIdle(late, 1_000),
        ):
            d.workspace.post_message(message)
        await opening
        await d.settled()
        assert d.panel.cell == "GRU"
        assert not d.notices
