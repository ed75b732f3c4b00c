"""The table of keys."""

import pytest

from seqchat.tui import keys
from seqchat.tui.key_changes import SWALLOWED, clashes, with_changes
from seqchat.tui.keys import KEYS
from seqchat.tui.widgets.editor import Editor
from seqchat.tui.widgets.footer import KeyHint


def test_no_two_actions_share_a_key():
    assert list(clashes(KEYS)) == []


def test_every_action_has_a_key_that_reaches_the_program():
    for scope, entries in KEYS.items():
        for key in entries:
            assert set(key.keys.split(",")) - SWALLOWED.keys(), f"{scope}.{key.name} may never be pressed"


def test_every_name_is_there_once():
    for entries in KEYS.values():
        names = [key.name for key in entries]
        assert len(names) == len(set(names))


def test_alt_with_letters_that_terminals_send_for_other_keys_is_not_used():
    """Esc f and Esc b are the word motions of some terminals; Esc [ and Esc O begin the codes of other keys."""
    taken = {"alt+f", "alt+b", "alt+left_square_bracket", "alt+shift+o"}
    assert not [key for entries in KEYS.values() for key in entries if taken & set(key.keys.split(","))]


def test_a_key_can_be_changed():
    table, problems = with_changes({"app.help": "alt+slash , ctrl+g", "panel.layer_up": "]"})
    assert problems == []
    assert next(k for k in table["app"] if k.name == "help").keys == "alt+slash,ctrl+g"
    assert next(k for k in table["panel"] if k.name == "layer_up").keys == "right_square_bracket"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"app.nothing": "ctrl+g"}, "no key named 'app.nothing'"),
        ({"app.help": "alt+m"}, "Alt+M is already the key of app.mode"),
        ({"bar.commit": "left"}, "is already the key of bar.left"),
        ({"text.undo": "ctrl+s"}, "is already the key of app.save"),
    ],
)
def test_what_cannot_be_changed_is_said_and_stays(changes, said):
    table, problems = with_changes(changes)
    assert said in problems[0]
    assert table == KEYS


def test_two_actions_may_change_places():
    table, problems = with_changes({"app.help": "alt+9", "app.commit_9": "alt+h"})
    assert problems == []
    assert next(k for k in table["app"] if k.name == "commit_9").keys == "alt+h"
    assert list(clashes(table)) == []


def test_a_key_that_cannot_be_seen_is_told_by_its_code():
    _, (problem,) = with_changes({"experiment.back": "\u200b", "experiment.gates": "\u200b"})
    assert problem.startswith("'\\u200b' is already the key of")


def test_a_key_that_never_arrives_is_warned_of():
    table, problems = with_changes({"app.help": "ctrl+b"})
    assert "tmux uses it" in problems[0]
    assert next(k for k in table["app"] if k.name == "help").keys == "ctrl+b"


def test_keys_are_written_for_people():
    assert keys.shown("alt+j,ctrl+r") == "Alt+J, Ctrl+R"
    assert keys.shown("left_square_bracket") == "["
    assert keys.shown("G") == "G"


def test_every_action_of_a_text_exists():
    for scope in ("text", "prompt"):
        for key in KEYS[scope]:
            name = key.action.partition("(")[0]
            if "." not in name and scope == "text":
                assert hasattr(Editor, f"action_{name}"), key


async def test_a_changed_key_is_at_work_and_shown(desk):
    async with desk(keys={"app.mode": "ctrl+g", "text.commit": "ctrl+t"}) as d:
        await d.press(*"我们")
        await d.settled()
        ghost = d.editor.suggestion
        await d.press("ctrl+t")
        assert d.editor.text == "我们" + ghost
        await d.press("alt+m")
        assert d.workspace.views.mode == "compose"
        await d.press("ctrl+g")
        assert d.workspace.views.mode == "chat"
        assert "^G Mode" in d.screen


async def test_a_clash_is_reported_at_the_start(desk):
    async with desk(keys={"app.help": "alt+m"}) as d:
        await d.until(lambda: any("is already the key of app.mode" in said for said in d.notices))


@pytest.mark.slow
async def test_every_command_of_the_palette_runs(desk):
    from seqchat.tui import commands

    async with desk(size=(120, 40)) as d:
        await d.press(*"我们")
        await d.settled()
        for command in list(commands.of(d.app)):
            if command.title in ("Quit", "Suspend (fg resumes)", "Screenshot"):
                continue
            result = command.run()
            if result is not None:
                await result
            await d.pilot.pause()
            while d.app.screen is not d.workspace:
                await d.press("escape")
                await d.pilot.pause()
        assert d.app.crash is None


async def test_the_line_of_keys_cuts_no_key_in_two(desk):
    async with desk(size=(48, 24)) as d:
        await d.settled()
        few = {key.description for key in d.app.screen.query(KeyHint)}
        await d.pilot.resize_terminal(120, 24)
        await d.until(lambda: {key.description for key in d.app.screen.query(KeyHint)} > few)
        await d.pilot.resize_terminal(48, 24)
        await d.until(lambda: {key.description for key in d.app.screen.query(KeyHint)} == few)
        assert all(key.virtual_region.right <= 48 for key in d.app.screen.query(KeyHint))
