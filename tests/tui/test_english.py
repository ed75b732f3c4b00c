"""English in the app: a word that was taken is finished, and its space is the program's business."""

import pytest

from seqchat.completion import worth
from seqchat.tui.widgets.offer import Offer


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("m", "the m"),
        (" ", "the "),
        (" m", "the m"),
        (".", "the."),
        (", m", "the, m"),
        ("'s", "the's"),
        ("(m)", "the (m)"),
        ("\n", "the\n"),
        ("3", "the 3"),
        ("火", "the火"),
        ("-m", "the-m"),
    ],
)
async def test_the_next_word_brings_a_space_and_punctuation_does_without(desk, typed, text):
    async with desk(ghost_words=0) as d:
        d.editor.commit("the")
        assert d.editor.text == "the", "the space is not there yet"
        for key in typed:
            d.editor.insert(key)
        assert d.editor.text == text


@pytest.mark.parametrize("taken", ["火锅", "12", ".", "好 "])
async def test_only_words_that_spaces_separate_get_one(desk, taken):
    async with desk(ghost_words=0) as d:
        d.editor.commit(taken)
        await d.press("m")
        assert d.editor.text == f"{taken}m"


async def test_there_is_one_space_whoever_writes_it(desk):
    async with desk(ghost_words=0) as d:
        d.editor.commit("the")
        d.editor.commit(" man")
        await d.press("space", "i", "s")
        assert d.editor.text == "the man is"
        d.editor.commit(" he")
        d.app.workspace.views.active_editor.insert("re")
        assert d.editor.text == "the man is he re", "what was taken is finished"


@pytest.mark.parametrize(
    "keys",
    [("left", "right"), ("backspace", "e"), ("alt+z", "ctrl+y"), ("escape",)],
    ids=["moved", "edited", "undo", "esc"],
)
async def test_after_any_other_key_letters_are_typed_as_they_are(desk, keys):
    async with desk(ghost_words=0) as d:
        await d.settled()
        d.editor.insert("see ")
        d.editor.commit("the")
        await d.press(*keys, "m")
        assert d.editor.text == "see them"


async def test_undo_takes_the_letter_back_with_its_space_and_then_the_word(desk):
    async with desk(ghost_words=0) as d:
        d.editor.insert("see ")
        d.editor.commit("the")
        await d.press("m")
        await d.press("alt+z")
        assert d.editor.text == "see the"
        await d.press("alt+z")
        assert d.editor.text == "see "


async def test_grey_text_goes_on_with_the_letter_that_brought_the_space(desk):
    async with desk(ghost_words=0) as d:
        d.editor.commit("the")
        await d.thought()
        d.editor.offer(Offer(" man"))
        d.editor.insert("m")
        assert (d.editor.text, d.editor.suggestion) == ("the m", "an")


async def test_what_was_taken_is_read_as_finished_until_something_changes(desk):
    async with desk() as d:
        d.editor.commit("ok")
        await d.settled()
        assert d.workspace.completion.latest.finished
        assert not any(s.completes for s in d.bar.suggestions)
        assert not any(branch[:1].isalpha() and branch[:1].isascii() for branch in d.branches)
        await d.press("escape")
        await d.settled()
        assert not d.workspace.completion.latest.finished
        assert d.editor.suggestion == ""


async def test_a_chat_has_it_too_and_what_is_sent_ends_without_a_space(desk):
    async with desk() as d:
        await d.press("alt+m")
        await d.settled()
        d.editor.commit("ok")
        await d.press("g", "enter")
        assert d.workspace.views.chat.conversation.turns[0].text == "ok g"


@pytest.mark.parametrize("what", list(worth.COSTS))
async def test_what_costs_more_than_it_saves_is_not_shown(desk, monkeypatch, what):
    async with desk() as d:
        monkeypatch.setitem(worth.COSTS, what, 1e9)
        await d.press(*"我们")
        await d.settled()
        assert bool(d.bar.suggestions) == (what != "candidate")
        assert bool(d.editor.suggestion) == (what == "continuation")
        assert any(d.branches) == (what != "continuation")


async def test_after_letters_that_nothing_explains_nothing_is_shown(desk):
    async with desk(pinyin=False) as d:
        await d.press(*"hello xqzv")
        await d.settled()
        assert not d.bar.suggestions
        assert "Nothing to suggest here" in d.screen
        assert d.editor.suggestion == ""
        assert not any(d.branches)
        await d.press("tab")
        assert d.editor.text == "hello xqzv"
