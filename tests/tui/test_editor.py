"""What one types into: clean text, whole characters, and a space that may take a candidate."""

import pytest
from rich.cells import cell_len

from seqchat.tui.inference_messages import GhostTextReady
from seqchat.tui.widgets.offer import Offer

pytestmark = pytest.mark.slow

FAMILY = "👨‍👩‍👧"
FLAG = "🇨🇳"
ACCENT = "e\u0301"
TONE = "👍🏽"
DEVANAGARI = "नि"


@pytest.mark.parametrize("character", [FAMILY, FLAG, ACCENT, TONE, DEVANAGARI, "火", "a", "م"])
async def test_the_cursor_moves_over_and_deletes_what_is_seen_as_one_character(desk, character):
    async with desk() as d:
        d.editor.insert(f"x{character}y")
        await d.press("left")
        assert d.editor.text_before_cursor() == f"x{character}"
        await d.press("left")
        assert d.editor.text_before_cursor() == "x"
        await d.press("delete")
        assert d.editor.text == "xy"
        await d.press("alt+z", "right")
        await d.press("backspace")
        assert d.editor.text in ("xy", f"x{character}")


@pytest.mark.parametrize("character", [FAMILY, FLAG, "火", TONE])
async def test_the_cursor_of_the_terminal_stands_where_the_eye_expects_it(desk, character):
    """Input methods open their window there."""
    async with desk() as d:
        start = d.editor.cursor_screen_offset.x
        d.editor.insert(character)
        await d.pilot.pause()
        assert d.editor.cursor_screen_offset.x == start + 2


async def test_words_are_whole_with_their_marks_and_joiners(desk):
    """Pointed Hebrew, vocalised Arabic, Persian with a joiner, Hindi."""
    async with desk() as d:
        for word in ("שָׁלוֹם", "مَرْحَبًا", "می\u200cخواهم", "नमस्ते"):
            d.editor.load_text(f"{word} {word}")
            await d.press("ctrl+end", "ctrl+left")
            assert d.editor.text_before_cursor() == f"{word} "
            await d.press("ctrl+end", "ctrl+w")
            assert d.editor.text == f"{word} "
            await d.press("ctrl+home", "ctrl+right")
            assert d.editor.text_before_cursor() == word


async def test_right_to_left_text_keeps_every_line_as_wide_as_the_screen(desk):
    async with desk() as d:
        d.editor.insert("שָׁלוֹם עולם مَرْحَبًا می\u200cخواهم")
        await d.thought()
        assert {cell_len(line) for line in d.screen.split("\n")} == {d.app.size.width}
        before = d.editor.cursor_screen_offset.x
        await d.press("left")
        assert d.editor.cursor_screen_offset.x == before - 1


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x07b\x00c", "abc"),
        ("\x1b]52;c;aGk=\x07x", "x"),
        ("a\u202eb", "ab"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("[red]x[/red] [/]", "[red]x[/red] [/]"),
    ],
)
async def test_what_would_steer_the_terminal_never_gets_in(desk, pasted, kept):
    async with desk() as d:
        d.editor.insert(pasted)
        assert d.editor.text == kept
        d.editor.load_text(pasted)
        assert d.editor.text == kept
        await d.thought()
        assert "\x1b" not in d.screen


async def test_composed_text_that_arrives_at_once_is_typed_whole(desk):
    """A system input method delivers several characters as one paste."""
    from textual import events

    async with desk() as d:
        d.app.post_message(events.Paste("今天晚上"))
        await d.pilot.pause()
        await d.press("去")
        assert d.editor.text == "今天晚上去"
        await d.thought()


@pytest.mark.parametrize(
    ("space", "completes", "taken"),
    [("types", True, False), ("completes", True, True), ("completes", False, False), ("commits", False, True)],
)
async def test_space_takes_the_first_candidate_only_where_it_is_set_so(desk, space, completes, taken):
    async with desk(space=space) as d:
        await d.press(*"我")
        await d.settled()
        d.editor.offer(Offer("们", 0, completes))
        await d.press("space")
        assert d.editor.text == ("我们" if taken else "我 ")


@pytest.mark.parametrize("space", ["types", "completes", "commits"])
async def test_digits_type_digits(desk, space):
    async with desk(space=space) as d:
        await d.press(*"有10个")
        assert d.editor.text == "有10个"


async def test_text_area_keys_all_work(desk):
    async with desk(pinyin=False) as d:
        await d.press(*"ab", "enter", *"cd ef")
        await d.press("up", "home", "shift+right", "ctrl+c", "end", "ctrl+v")
        assert d.editor.text == "aba\ncd ef"
        await d.press("alt+a", "ctrl+x")
        assert d.editor.text == ""
        await d.press("ctrl+v")
        assert d.editor.text == "aba\ncd ef"
        await d.press("ctrl+w")
        assert d.editor.text == "aba\ncd "
        await d.press("ctrl+u")
        assert d.editor.text == "aba\n"
        await d.press("ctrl+underscore")
        assert d.editor.text == "aba\ncd ef"


async def test_one_undo_takes_one_acceptance_back_even_after_typing_on(desk):
    async with desk() as d:
        await d.press(*"我们")
        await d.settled()
        insert = d.bar.suggestions[0].insert
        await d.press("alt+1", *"呢")
        assert d.editor.text == f"我们{insert}呢"
        await d.press("alt+z")
        assert d.editor.text == f"我们{insert}"
        await d.press("alt+z")
        assert d.editor.text == "我们"


async def test_ctrl_z_undoes_where_nothing_can_be_suspended(desk):
    async with desk() as d:
        await d.press("a")
        await d.press("ctrl+z")
        assert d.editor.text == ""


@pytest.mark.parametrize(
    ("action", "rest"),
    [
        (lambda editor: editor.insert("火"), "锅"),
        (lambda editor: editor.insert("北"), ""),
        (lambda editor: editor.action_delete_left(), ""),
        (lambda editor: editor.action_delete_right(), ""),
        (lambda editor: editor.action_cursor_up(), ""),
        (lambda editor: editor.action_cursor_line_start(), ""),
        (lambda editor: editor.undo(), ""),
        (lambda editor: editor.load_text("好"), ""),
    ],
    ids=["typed", "typed otherwise", "backspace", "delete", "up", "home", "undo", "another text"],
)
async def test_grey_text_is_only_for_the_text_and_place_that_it_was_offered_for(desk, action, rest):
    async with desk(ghost_words=0) as d:
        d.editor.load_text("\n我想吃\n好")
        d.editor.move_cursor((1, 2))
        d.editor.insert("去")
        d.editor.move_cursor((1, 4))
        await d.thought()
        d.editor.offer(Offer("火锅"))
        action(d.editor)
        assert d.editor.suggestion == rest


async def test_grey_text_for_an_earlier_text_is_not_shown(desk):
    async with desk() as d:
        await d.settled()
        completion = d.workspace.completion
        d.editor.insert("我")
        completion.show_ghost_text(GhostTextReady(completion.latest, "好"))
        assert d.editor.suggestion == ""
