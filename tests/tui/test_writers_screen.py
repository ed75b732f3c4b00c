"""What a writer sees and does: marks for numbers, the panel, settings, finding, emoji, contrast."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from textual import events
from textual.widgets import Input, Switch

from seqchat import locations
from seqchat.completion.continuation import GeneratedWord
from seqchat.completion.suggestion import Suggestion
from seqchat.insight.gates import GateTrace
from seqchat.model.cells import CELLS
from seqchat.tui import commands, inference_worker, settings
from seqchat.tui import inference_messages as messages
from seqchat.tui.clusters import anchored, chopped, stand_in, widened
from seqchat.tui.command_use import CommandUse
from seqchat.tui.confidence import branch_confidence, confidence
from seqchat.tui.contrast import LEAST_CONTRAST, contrast, legible
from seqchat.tui.conversation import Conversation, Turn
from seqchat.tui.finding import Hit, find, replaced
from seqchat.tui.key_changes import shown
from seqchat.tui.settings import Settings
from seqchat.tui.widgets.turns import MAX_VIEWS, TurnView


class Instant(inference_worker.InferenceWorker):
    """Answers every text with the same words, at once."""

    def start(self) -> None:
        cell = CELLS["lstm"]
        self._publish(messages.ModelReady(self, 0, "lstm", cell.title, cell.gates))

    def request_suggestions(self, request: messages.SuggestionRequest) -> None:
        words = [Suggestion(word, word, 0, share, False) for word, share in (("玩", 0.6), ("看看", 0.1), ("的", 0.01))]
        gates = {gate.name: np.full((1, 8), gate.low, np.float32) for gate in CELLS["lstm"].gates}
        self._publish(messages.SuggestionsReady(request, 0, words, GateTrace(["▶"], ["1"], [gates])))
        if request.continuations is not None:
            for branch in request.continuations.branches:
                ended = GeneratedWord(branch, "" if branch == 1 else "玩去", np.log(0.3), True)
                self._publish(messages.ContinuationToken(request.continuations, branch, ended))

    def request_reply(self, request: messages.ReplyRequest) -> None:
        pass


@pytest.fixture
def desk(desk, monkeypatch):
    """Open the app with a model that answers at once."""
    monkeypatch.setattr(inference_worker, "InferenceWorker", Instant)
    return desk


def kept() -> Settings:
    found, problems = settings.load(locations.settings())
    assert problems == []
    return found


# --- marks and numbers


def test_marks_grow_with_the_probability_and_do_not_shrink_with_the_length():
    marks = [confidence(share, numbers=False) for share in (0.01, 0.1, 0.3, 0.9)]
    assert marks == sorted(set(marks)) and all(cell_len(mark) == 1 for mark in marks)
    assert confidence(0.41, numbers=True) == "41%"
    assert branch_confidence([np.log(0.6)] * 30, numbers=False) == marks[-1]
    assert branch_confidence([np.log(0.01)] * 10, numbers=True) == "10⁻²⁰"


async def test_a_writer_sees_words_and_a_key_brings_the_numbers(desk):
    async with desk() as d:
        await d.press("我")
        await d.until(lambda: "1 玩" in d.screen)
        assert "%" not in d.screen.replace("shut", "").split("Candidates")[1].split("╭─ lstm")[0].split("│")[1]
        assert "→" not in str(d.bar.render()) and "60%" not in str(d.bar.render())
        branches = d.workspace.views.continuations.render().plain.split("\n")
        assert [row[:2] for row in branches] == ["├1", "│", "└3"], "what is not worth a glance has no row"
        await d.press("alt+shift+n")
        await d.until(lambda: "→60%" in str(d.bar.render()))
        assert "30%" in str(d.workspace.views.continuations.render())
        assert kept().numbers
        await d.press("alt+shift+n")
        await d.until(lambda: "60%" not in str(d.bar.render()))
        assert not kept().numbers


# --- the panel


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "usual"), [((80, 24), False), ((100, 30), True), ((140, 45), True), ((50, 24), False)]
)
async def test_gates_are_there_from_100_columns_on_and_their_state_is_kept(desk, size, usual):
    async with desk(size=size) as d:
        panels = d.workspace.views.panels
        await d.until(lambda: panels.display == usual, "the usual state")
        await d.press("alt+v")
        await d.until(lambda: panels.display != usual, "the other state")
        assert kept().panel == ("hidden" if usual else "shown")
        if not usual:
            assert d.panel.size.width >= 15 and d.panel.size.height >= 5, "there is something to see"
    async with desk(size=size, panel=kept().panel) as d:
        await d.until(lambda: d.workspace.views.panels.display != usual, "the state of before")
        await d.press("alt+v")
        await d.until(lambda: d.workspace.views.panels.display == usual, "the usual state")
        assert kept().panel == "wide"


# --- settings


@pytest.mark.slow
async def test_the_settings_are_walked_through_with_arrows(desk):
    async with desk(size=(80, 24)) as d:
        await d.press("alt+i")
        await d.until(lambda: "Settings" in d.screen and d.app.focused is not None)
        form = d.app.screen
        assert form.focused.id == "language"
        await d.press("down", "down", "down")
        assert form.focused.id == "pinyin"
        row = form.focused.parent
        assert row.styles.border_left[0] != row.parent.children[0].styles.border_left[0], "a frame shows the focus"
        states = list(row.query(".state"))
        assert str(states[0].content) == "on"
        await d.press("left")
        await d.until(lambda: str(states[0].content) == "off")
        assert not kept().pinyin
        await d.press("space", "up")
        await d.until(lambda: str(states[0].content) == "on")
        assert form.focused.id == "model"
        # Each of the rows can be reached, and scrolls into view.
        await d.press(*["down"] * len(settings.DECLARATIONS))
        assert form.focused.id == list(settings.DECLARATIONS)[-1]
        await d.press("right")
        await d.until(lambda: kept().shading == "candidate")
        await d.press("ctrl+home")
        assert form.focused.id == "language"
        temperature = form.query_one("#temperature", Input)
        temperature.focus()
        await d.press("up")
        assert isinstance(form.focused, Switch), "a field for a number gives the arrows back"


def test_the_panel_of_earlier_files_is_read(tmp_path):
    path = tmp_path / "config.toml"
    for old, new in (("true", "wide"), ("false", "hidden")):
        path.write_text(f"panel = {old}\n")
        assert settings.load(path) == (Settings(panel=new), [])


# --- chat


async def test_what_is_typed_on_a_turn_goes_to_the_prompt(desk):
    async with desk() as d:
        await d.press("alt+m")
        chat = d.workspace.views.chat
        await chat.load(Conversation([Turn("you", "你好"), Turn("model", "在")]))
        for typed in ("e", "r", "c", "请"):
            await d.press("alt+up")
            assert isinstance(d.app.focused, TurnView)
            await d.press(typed)
            await d.until(lambda typed=typed: chat.prompt.text.endswith(typed), typed)
            assert chat.prompt.has_focus
        await d.press("alt+up")
        d.app.focused.post_message(events.Paste("粘贴"))
        await d.until(lambda: chat.prompt.text == "erc请粘贴", "what was pasted")


async def test_the_conversation_scrolls_from_the_prompt(desk):
    said = [Turn("you" if i % 2 == 0 else "model", f"第{i}句") for i in range(2 * MAX_VIEWS + 10)]
    async with desk() as d:
        await d.press("alt+m", *"半句")
        chat = d.workspace.views.chat
        await chat.load(Conversation(said), "半句")
        turns = chat.query_one("#turns")
        await d.until(lambda: "第129句" in d.screen, "the end")
        end = turns.scroll_y
        await d.press("pageup")
        await d.until(lambda: turns.scroll_y < end - 5, "a page up")
        await d.press("pagedown")
        await d.until(lambda: turns.scroll_y == end, "a page down")
        await d.press("ctrl+home")
        await d.until(lambda: "第0句" in d.screen, "the start, which was not drawn before")
        await d.press("ctrl+end")
        await d.until(lambda: "第129句" in d.screen, "the end")
        assert chat.prompt.has_focus and chat.prompt.text == "半句"


async def test_keys_go_to_the_ends_of_the_text(desk):
    async with desk() as d:
        d.editor.load_text("一\n二\n三")
        await d.press("ctrl+end", "x", "ctrl+home", "y")
        assert d.editor.text == "y一\n二\n三x"
        await d.press("ctrl+shift+end", "backspace")
        assert d.editor.text == "y"


# --- finding


def test_hits_are_found_in_order_and_replaced():
    assert find(["Ab ab aB", "AB"], "ab") == [Hit(0, 0, 2), Hit(0, 3, 5), Hit(0, 6, 8), Hit(1, 0, 2)]
    assert find(["Ab ab"], "Ab") == [Hit(0, 0, 2)], "capitals find themselves alone"
    assert find(["a.c abc"], ".") == [Hit(0, 1, 2)], "signs mean themselves"
    assert find(["abc"], "") == []
    assert replaced("aXbXX", find(["aXbXX"], "X"), "--") == "a--b----"


@pytest.mark.slow
async def test_a_text_is_searched_and_changed(desk):
    async with desk() as d:
        text = "火锅好吃。\n我想吃火锅，火锅！"
        d.editor.load_text(text)
        editor = d.editor
        await d.press("ctrl+f", *"火锅")
        await d.until(lambda: "1/3" in d.screen, "the count")
        assert editor.selected_text == "火锅" and editor.cursor_location == (0, 2)
        assert editor.text == text, "what is searched for is not typed into the text"
        await d.press("enter", "down")
        await d.until(lambda: "3/3" in d.screen)
        assert editor.cursor_location == (1, 8)
        await d.press("enter")
        await d.until(lambda: "1/3" in d.screen, "the first one again")
        await d.press("up")
        await d.until(lambda: "3/3" in d.screen)
        # Replace the last one, then all.
        await d.press("tab", *"烤鸭", "enter")
        await d.until(lambda: editor.text == "火锅好吃。\n我想吃火锅，烤鸭！")
        await d.until(lambda: "1/2" in d.screen)
        await d.press("alt+shift+x")
        await d.until(lambda: editor.text == "烤鸭好吃。\n我想吃烤鸭，烤鸭！")
        await d.press("escape")
        await d.until(lambda: not d.workspace.finding.is_open and editor.has_focus)
        await d.press("alt+z")
        assert editor.text == "火锅好吃。\n我想吃火锅，烤鸭！", "all are one step of undo"
        await d.press("alt+z")
        assert editor.text == text
        # What is selected is what is wanted; what is not there is said so.
        await d.press("ctrl+home", "shift+right", "shift+right", "ctrl+f")
        await d.until(lambda: "1/3" in d.screen)
        await d.press("x")
        await d.until(lambda: "0/0" in d.screen)
        await d.press("escape", "ctrl+end", "了")
        assert editor.text == f"{text}了"


@pytest.mark.slow
async def test_a_conversation_is_searched_from_its_end(desk):
    said = [Turn("you" if i % 2 == 0 else "model", f"第{i}句") for i in range(MAX_VIEWS + 10)]
    async with desk() as d:
        await d.press("alt+m")
        await d.workspace.views.chat.load(Conversation(said), "草稿")
        await d.press("ctrl+f", *"第6")
        await d.until(lambda: "11/11" in d.screen and "第69句" in d.screen, "the last hit")
        await d.press("tab")
        assert not d.workspace.views.find_bar.replacement.has_focus, "what was said is not changed"
        await d.press("enter")
        await d.until(lambda: "1/11" in d.screen and "第6句" in d.screen, "the first hit, which was not drawn before")
        view = next(view for view in d.workspace.views.chat.query(TurnView) if view.turn is said[6])
        assert any("reverse" in str(span.style) for span in view.render().spans)
        await d.press("escape")
        await d.until(lambda: d.workspace.views.chat.prompt.has_focus)
        assert not any("reverse" in str(span.style) for span in view.render().spans)
        assert d.workspace.views.chat.prompt.text == "草稿"


# --- emoji

FAMILY, FLAG, THUMB, KEYCAP = "👨‍👩‍👧", "🇨🇳", "👍🏽", "1️⃣"
EMOJI = [FAMILY, FLAG, THUMB, KEYCAP, "👩🏽‍💻", "🏳️‍🌈", "❤️"]


@pytest.mark.parametrize("emoji", EMOJI)
def test_an_emoji_is_one_character_wherever_it_is_cut(emoji):
    text = f"我{emoji}们"
    for inside in range(1, 1 + len(emoji)):
        assert widened(text, inside, inside + 1) == (1, 1 + len(emoji))
    assert widened(text, 0, 1) == (0, 1)
    assert chopped(emoji * 5, 4) == [emoji * 2, emoji * 2, emoji]
    assert len(stand_in(text)) == len(text)
    assert sum(map(cell_len, stand_in(text))) == cell_len(text)
    drawn = anchored(text)
    assert drawn.startswith("我\x1b7") and drawn.endswith(f"\x1b8\x1b[{cell_len(emoji)}C们") and emoji in drawn
    assert anchored("plain 文字") == "plain 文字"


@pytest.mark.slow
@pytest.mark.parametrize("emoji", EMOJI)
async def test_rows_with_emoji_are_as_wide_as_others(desk, emoji):
    async with desk(size=(40, 20)) as d:
        d.editor.load_text(f"{emoji * 25}\n我{emoji}们")
        await d.press("ctrl+home")
        for _ in range(30):
            await d.press("right")
            rows = d.screen.split("\n")
            assert {cell_len(row) for row in rows} == {40}
            assert emoji * 10 in d.screen.replace(" ", ""), "no emoji is cut by the edge or the cursor"


# --- the palette


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_use_is_kept_and_fades(tmp_path):
    clock = Clock()
    use = CommandUse(tmp_path / "state" / "commands.json", clock)
    use.note("a")
    use.note("a")
    use.note("b")
    again = CommandUse(tmp_path / "state" / "commands.json", clock)
    assert (again.weight("a"), again.weight("b"), again.weight("c")) == (2, 1, 0)
    clock.now += 90 * 86_400
    again.note("b")
    assert again.weight("b") > again.weight("a")
    for text in ("{", "[1]", '{"a": 3}', '{"a": [1, "x"]}', "\x00" * 200_000):
        (tmp_path / "state" / "commands.json").write_text(text)
        assert CommandUse(tmp_path / "state" / "commands.json").weight("a") == 0


async def test_the_palette_begins_with_what_is_used_most(desk):
    async with desk(size=(120, 40)) as d:
        order = [command.name for command in commands.by_use(d.app)]
        await d.press("ctrl+p")
        await d.until(lambda: "Search for commands" in d.screen and order[0] and "Help" in d.screen)
        await d.press(*"numbers", "enter", "enter")
        await d.until(lambda: d.app.screen is d.workspace and kept().numbers, "the command")
        assert [command.name for command in commands.by_use(d.app)] == [
            "app.numbers",
            *(n for n in order if n != "app.numbers"),
        ]
        await d.press("ctrl+p")
        palette = d.app.screen
        await d.until(lambda: palette.query_one("CommandList").option_count > 5, "all commands")
        first = palette.query_one("CommandList").get_option_at_index(0)
        assert "as numbers" in str(first.prompt)


# --- contrast


def test_a_colour_moves_no_further_than_it_has_to():
    assert legible((255, 255, 255), (0, 0, 0)) == (255, 255, 255)
    for ground in ((0, 0, 0), (255, 255, 255), (17, 22, 29), (119, 119, 119), (200, 30, 30)):
        for text in ((17, 22, 29), (74, 144, 184), (255, 0, 0), (128, 128, 128), ground):
            moved = legible(text, ground)
            assert contrast(moved, ground) >= LEAST_CONTRAST
            assert moved == text or contrast(text, ground) < LEAST_CONTRAST


def too_faint(d) -> set[str]:
    """What is written on the screen with less contrast than text needs."""
    found = set()
    for strip in d.app.screen._compositor.render_strips():
        for text, style, control in strip:
            # Lines, blocks and dots are pictures.
            if control or not any(c for c in text if not c.isspace() and not "\u2500" <= c <= "\u259f"):
                continue
            ink, ground = style.color.triplet, style.bgcolor.triplet
            if contrast(tuple(ink), tuple(ground)) < LEAST_CONTRAST:
                found.add(text)
    return found


@pytest.mark.slow
async def test_all_text_of_every_theme_has_contrast(desk):
    async with desk(size=(110, 34), numbers=True) as d:
        d.editor.load_text("我们去吃火锅")
        await d.press("ctrl+f", *"火")
        await d.until(lambda: "1/1" in d.screen)
        for theme in sorted(d.app.available_themes):
            # The colours of these are the terminal's own.
            if not theme.startswith("ansi"):
                d.app.theme = theme
                await d.pilot.pause()
                assert too_faint(d) == set(), theme


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["seqchat-dark", "seqchat-light"])
async def test_all_text_of_our_own_themes_has_contrast_on_every_screen(desk, theme):
    async with desk(size=(110, 34), theme=theme) as d:
        d.editor.load_text("我们去吃火锅")
        for opened in (["alt+h"], ["alt+i"], ["ctrl+p"], ["alt+d"], ["alt+g", "alt+g", "alt+e"]):
            await d.press(*opened)
            await d.until(lambda: d.app.screen is not d.workspace, shown(opened[-1]))
            await d.pilot.pause(0.1)
            assert too_faint(d) == set(), opened
            await d.press("escape")
            await d.until(lambda: d.app.screen is d.workspace)
        await d.press("alt+m")
        turns = [Turn("you", "周末"), Turn("model", "好"), Turn("you", "去"), Turn("model", "")]
        await d.workspace.views.chat.load(Conversation(turns))
        await d.press("alt+up", "enter")
        await d.pilot.pause(0.1)
        assert too_faint(d) == set(), "turns that will be replaced"


# --- the lexicon


def test_the_lexicon_can_be_left_out(models, monkeypatch):
    from seqchat.completion.engine_pool import EnginePool

    pool = EnginePool()
    name = str(models["lstm"])
    monkeypatch.setenv(locations.LEXICON_VARIABLE, "none")
    pool.use_lexicon(False)
    without = pool.engine(name)
    assert without.vocabulary.lexicon is None
    if Path(locations.shipped_lexicon()).is_file():
        pool.use_lexicon(True)
        assert pool.engine(name).vocabulary.lexicon is None, "the environment decides at first"
        pool.use_lexicon(True, again=True)
        assert pool.engine(name).vocabulary.lexicon is not None, "what is switched on is there"
        assert pool.engine(name) is not without
