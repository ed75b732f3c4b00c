"""Composing in the app: letters become Chinese at the cursor, with real keys and a real small model."""

from __future__ import annotations

import pytest
from textual import events

from seqchat.completion.composing.keys import Command
from seqchat.tui.controllers.composition import commands
from seqchat.tui.keys import KEYS

pytestmark = pytest.mark.slow


def popup(d):
    return d.workspace.views.popup


def underlined(d) -> str:
    row = d.editor.cursor_location[0]
    found = d.editor.composer.underlined
    return d.editor.document.get_line(row)[slice(*found)] if found else ""


async def test_letters_are_composed_anywhere_in_a_text(desk):
    async with desk(ghost_words=0, pinyin_first=True) as d:
        await d.settled()
        d.editor.load_text("我 ok。")
        d.editor.move_cursor((0, 1))
        await d.press(*"huoguo")
        await d.thought()
        assert (underlined(d), popup(d).display) == ("huoguo", True)
        assert "huo'guo" in d.screen and "1 火锅" in d.screen
        await d.press("home", "space")
        assert d.editor.text == "我火锅 ok。"
        assert (underlined(d), popup(d).display) == ("", False)
        await d.press("alt+z")
        assert d.editor.text == "我huoguo ok。"
        await d.thought()
        assert underlined(d) == "huoguo", "what was undone is open again"
        await d.press("ctrl+y")
        assert d.editor.text == "我火锅 ok。"
        # Enter keeps letters, Esc makes them plain, and again removes them.
        await d.press(*"huo", "enter", *"guo", "escape", "escape")
        await d.thought()
        assert d.editor.text == "我火锅huo ok。"
        await d.press("alt+z")
        assert d.editor.text == "我火锅huoguo ok。"
        # Without open letters, a space is a space and a digit a digit.
        await d.press("escape", "end", "space", "1")
        await d.thought()
        assert d.editor.text == "我火锅huoguo ok。 1"


async def test_keys_wait_for_the_model_and_keep_their_order(desk):
    async with desk(ghost_words=0, pinyin_first=True) as d:
        await d.settled()
        await d.press(*"huoguo", "space", *"huoguo", ",", *"3dian", "space", "enter", *"huoguo", "1", "x", "backspace")
        await d.thought()
        lines = d.editor.text.split("\n")
        assert lines[0].startswith("火锅火锅，3") and "dian" not in lines[0]
        assert lines[1] == "火锅"


async def test_a_phrase_is_put_together_from_parts(desk):
    learnt = []
    async with desk(ghost_words=0, pinyin_first=True) as d:
        await d.settled()
        d.editor.composer.learn = lambda text, letters: learnt.append((text, letters))
        await d.press(*"chihuoguo")
        await d.thought()
        part = next(s for s in d.bar.suggestions if s.rest == 6)
        d.workspace.completion.commit(part)
        assert d.editor.text == f"{part.word}huoguo"
        await d.thought()
        assert underlined(d) == "huoguo"
        await d.press("backspace")
        assert d.editor.text == "chihuoguo"
        await d.thought()
        d.workspace.completion.commit(part)
        await d.press("space")
        await d.thought()
        assert d.editor.text == f"{part.word}火锅"
        assert learnt == [(f"{part.word}火锅", "chihuoguo")]
        # Pages turn, and digits take what is on the page.
        await d.press(*"huoguo", "left", "left", "left")
        await d.thought()
        assert underlined(d) == "huoguo" and popup(d).suggestions[0].replace == 3
        await d.press("=", "=", "-")
        await d.thought()
        wanted = popup(d).suggestions[popup(d).slots[1].index]
        await d.press("2")
        await d.thought()
        assert d.editor.text.endswith(f"{wanted.insert}guo")


async def test_what_arrives_at_once_is_text_and_ends_what_is_open(desk):
    async with desk(ghost_words=0, pinyin_first=True) as d:
        await d.settled()
        await d.press(*"huo")
        d.app.post_message(events.Paste("今天"))
        await d.thought()
        assert (d.editor.text, underlined(d)) == ("huo今天", "")
        await d.press(*"huo", "alt+a", "backspace")
        assert d.editor.text == "", "what is selected goes as a whole"
        await d.thought()
        d.app.post_message(events.Paste("\nhuoguo\nni hao\n"))
        await d.thought()
        assert d.editor.text == "\nhuoguo\nni hao\n"
        d.app.post_message(events.Paste("huoguo"))
        await d.thought()
        assert underlined(d) == "huoguo", "letters that are pasted alone are open"
        await d.press("up", "space")
        await d.thought()
        assert d.editor.text == "\nhuoguo\nni hao \nhuoguo"


async def test_candidates_may_stay_in_the_bar_and_one_key_ends_composing(desk):
    async with desk(ghost_words=0, candidates="docked") as d:
        await d.settled()
        await d.press("alt+shift+p")
        assert str(d.editor.border_subtitle).startswith("中 ，。")
        await d.press(*"huoguo")
        await d.thought()
        assert not popup(d).display and "huo'guo" in str(d.bar.border_subtitle)
        await d.press("alt+shift+p", "space")
        await d.thought()
        assert str(d.editor.border_subtitle).startswith("英 ,.")
        assert d.editor.text == "huoguo "
        await d.press(*"huoguo", "space", "1")
        await d.thought()
        assert d.editor.text == "huoguo huoguo 1"
        await d.press("alt+shift+p")
        assert str(d.editor.border_subtitle).startswith("中/英 ，。")


async def test_marks_are_chinese_in_chinese_text_until_a_key_says_no(desk):
    async with desk(ghost_words=0) as d:
        await d.settled()
        d.editor.load_text("我们\n")
        d.editor.move_cursor((0, 2))
        await d.press(",")
        assert d.editor.text == "我们，\n"
        await d.press("alt+z")
        assert d.editor.text == "我们,\n", "the mark is as it was typed"
        await d.press("alt+z")
        assert d.editor.text == "我们\n"
        await d.press("ctrl+y", "ctrl+y", *'"3.5"?', "backspace", "!")
        assert d.editor.text == "我们，“3.5”！\n"
        await d.press("shift+home", '"')
        assert d.editor.text == '"\n', "what is selected says nothing"
        await d.press("alt+z", "end", "down", "(")
        assert d.editor.text == "我们，“3.5”！\n（", "where there is nothing before, the line above is asked"
        assert str(d.editor.border_subtitle).startswith("中/英 ，。")
        await d.press("alt+shift+m")
        assert str(d.editor.border_subtitle).startswith("中/英 ,.")
        await d.press("up", "end", ",")
        assert d.editor.text.startswith("我们，“3.5”！,")
        d.workspace.composition.know_model(has_chinese=False)
        assert "," not in str(d.editor.border_subtitle)


async def test_a_candidate_at_the_cursor_is_forgotten_by_its_number(desk):
    async with desk(ghost_words=0, pinyin_first=True) as d:
        await d.settled()
        await d.press(*"shi")
        await d.thought()
        second = popup(d).suggestions[1].insert
        await d.press("2", *"shi")
        await d.thought()
        assert popup(d).suggestions[0].insert == second
        await d.press("shift+delete")
        await d.until(lambda: "1–9 forgets" in d.screen)
        await d.press("escape")
        await d.until(lambda: "1–9 forgets" not in d.screen)
        await d.press("shift+delete", "1")
        await d.until(lambda: f"{second} is forgotten." in d.notices)
        await d.until(lambda: popup(d).suggestions[0].insert != second)
        assert d.editor.text == f"{second}shi"
        assert not d.workspace.learning.new_words
        # A syllable goes at once.
        await d.press(*"shi", "ctrl+left")
        await d.thought()
        assert underlined(d) == "shishi" and d.editor.cursor_location == (0, 4)
        await d.press("ctrl+w", "space")
        await d.thought()
        assert "shi" not in d.editor.text and len(d.editor.text) == 2


async def test_double_pinyin_is_taken_in_parts_and_opens_again(desk):
    async with desk(ghost_words=0, pinyin_first=True, double_pinyin="microsoft") as d:
        await d.settled()
        await d.press(*"q;wf")
        await d.thought()
        assert underlined(d) == "q;wf"
        part = next(s for s in popup(d).suggestions if s.rest == 2)
        d.workspace.completion.commit(part)
        assert d.editor.text == f"{part.word}wf"
        await d.thought()
        assert underlined(d) == "wf"
        await d.press("alt+z")
        await d.thought()
        assert (d.editor.text, underlined(d)) == ("q;wf", "q;wf")
        await d.press("space", ";")
        await d.thought()
        assert d.editor.text.endswith("；")


async def test_in_a_chat_enter_keeps_the_letters_and_then_sends(desk):
    async with desk(ghost_words=0, pinyin_first=True) as d:
        await d.settled()
        await d.press("alt+m", *"huoguo", "space", *"huo", "enter")
        await d.thought()
        assert d.editor.text == "火锅huo"
        await d.press("enter")
        assert d.workspace.views.chat.conversation.turns[0].text == "火锅huo"


async def test_with_a_model_without_chinese_words_letters_are_letters(desk):
    async with desk(ghost_words=0, pinyin_first=True) as d:
        await d.settled()
        d.workspace.composition.know_model(has_chinese=False)
        await d.press(*"huoguo", "space")
        assert (d.editor.text, underlined(d)) == ("huoguo ", "")


def test_every_command_of_the_composition_has_a_key():
    table = commands(KEYS["composition"])
    assert {command for command, _ in table.values()} == set(Command)
    assert [table[str(n)] for n in (1, 9)] == [(Command.TAKE, 0), (Command.TAKE, 8)]


async def test_open_letters_are_underlined_without_colours(desk, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with desk(ghost_words=0, pinyin_first=True) as d:
        await d.settled()
        await d.press(*"huoguo")
        await d.thought()
        drawn = [segment for strip in d.app.screen._compositor.render_strips() for segment in strip]
        assert "".join(text for text, style, _ in drawn if style and style.underline) == "huoguo"


async def test_a_single_line_composes_too(desk):
    async with desk(size=(60, 20), ghost_words=0, pinyin_first=True, options={"inline": True}) as d:
        d.app.workspace.views.editor.focus()
        await d.settled()
        await d.press(*"huoguo")
        await d.thought()
        assert not popup(d).display and "1 火锅" in d.screen and "huo'guo" in d.screen
        assert underlined(d) == "huoguo"
        await d.press("space", *"huo", "enter")
        assert d.editor.text == "火锅huo", "Enter keeps open letters first"
        await d.press("enter")
        assert d.app.return_value == "火锅huo"


async def test_a_single_line_can_be_left_without_one(desk):
    async with desk(size=(60, 20), options={"inline": True}) as d:
        await d.press(*"半", "ctrl+c")
        await d.until(lambda: d.app._exit, "the end")
        assert d.app.return_value is None
