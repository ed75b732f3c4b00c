"""The candidate bar, used as an input method's."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqchat.tui.candidate_pages import GAP, lay_out_page


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(1, 80), st.integers(1, 3))
def test_pages_hold_every_candidate_once_and_nothing_overlaps(widths, room, rows):
    first, seen = 0, []
    while first < len(widths):
        slots = lay_out_page(widths, first, room, rows)
        assert 1 <= len(slots) <= 9
        for slot, following in pairwise(slots):
            assert (following.row, following.column) > (slot.row, slot.column)
            if following.row == slot.row:
                assert following.column == slot.column + slot.width + GAP
        assert all(slot.column + slot.width <= room and slot.row < rows for slot in slots)
        seen += [slot.index for slot in slots]
        first = slots[-1].index + 1
    assert seen == list(range(len(widths)))


async def test_down_enters_the_bar_and_escape_leaves_it(desk):
    async with desk() as d:
        await d.press(*"我们")
        await d.thought()
        await d.press("down")
        assert d.bar.has_focus
        await d.press("escape")
        assert d.editor.has_focus
        assert d.editor.text == "我们"


async def test_down_goes_through_the_lines_of_a_text_first(desk):
    async with desk() as d:
        await d.press(*"我们", "enter", *"去", "up")
        await d.thought()
        await d.press("down")
        assert d.editor.has_focus
        assert d.editor.cursor_location[0] == 1
        await d.thought()
        await d.press("down")
        assert d.bar.has_focus


@pytest.mark.parametrize("number", [1, 3])
async def test_a_digit_in_the_bar_picks(desk, number):
    async with desk() as d:
        await d.press(*"我们")
        await d.thought()
        chosen = d.bar.suggestions[number - 1]
        await d.press("down", str(number))
        assert d.editor.text == "我们" + chosen.insert
        assert d.editor.has_focus


@pytest.mark.parametrize("key", ["space", "enter"])
async def test_space_and_enter_in_the_bar_pick_what_is_under_the_cursor(desk, key):
    async with desk() as d:
        await d.press(*"我们")
        await d.thought()
        third = d.bar.suggestions[2]
        await d.press("down", "right", "right", "right", "left", key)
        assert d.editor.text == "我们" + third.insert


@pytest.mark.parametrize(("on", "back"), [("=", "-"), ("pagedown", "pageup"), ("down", "minus")])
async def test_pages_turn_and_more_are_asked_for(desk, on, back):
    async with desk(size=(80, 24)) as d:
        await d.press(*"我们")
        await d.thought()
        await d.press("down")
        firsts = [0]
        for _ in range(4):
            before = d.bar.slots[0].index
            await d.press(on)
            await d.until(lambda before=before: d.bar.slots[0].index > before, "the next page")
            firsts.append(d.bar.slots[0].index)
        assert len(d.bar.suggestions) > 9
        assert d.bar.has_focus
        chosen = d.bar.suggestions[d.bar.slots[1].index]
        for place in reversed(firsts[:-1]):
            await d.press(back)
            assert d.bar.slots[0].index == place
        for _ in range(4):
            await d.press(on)
        await d.press("2")
        assert d.editor.text == "我们" + chosen.insert


async def test_the_right_arrow_goes_over_the_end_of_a_page_and_the_left_one_back(desk):
    async with desk(size=(80, 24)) as d:
        await d.press(*"我们")
        await d.thought()
        await d.press("down")
        shown = len(d.bar.slots)
        for _ in range(shown):
            await d.press("right")
        await d.until(lambda: d.bar.slots[0].index == shown)
        assert d.bar.cursor == shown
        await d.press("left")
        assert d.bar.slots[0].index == 0
        assert d.bar.cursor == shown - 1


async def test_what_is_typed_in_the_bar_goes_on_in_the_text(desk):
    async with desk() as d:
        await d.press(*"我们")
        await d.thought()
        await d.press("down", "去")
        assert d.editor.has_focus
        assert d.editor.text == "我们去"


async def test_the_bar_says_what_finishes_a_word_and_what_comes_next(desk):
    async with desk(size=(140, 34), numbers=True) as d:
        await d.press(*"吃火")
        await d.until(lambda: any(s.word == "吃火锅" for s in d.bar.suggestions), "吃火锅")
        await d.thought()
        assert "吃火锅 +" in d.screen
        await d.press("alt+1", *"，")
        await d.thought()
        assert " →" in d.screen
        assert "finishes the word" in d.screen


@pytest.mark.parametrize("word", ["[red]红", "[/]", "[link=x]y", "👨‍👩‍👧"])
async def test_words_are_never_taken_for_markup(desk, word):
    from seqchat.completion.suggestion import Suggestion

    async with desk() as d:
        await d.settled()
        d.bar.show([Suggestion(word, word, 0, 0.5, False)])
        await d.pilot.pause()
        assert word in d.screen
        d.bar.notice(word)
        d.panel.notice(word)
        await d.pilot.pause()
        assert word in d.screen
