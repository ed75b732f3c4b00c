"""Keys that arrive at once go where each of them belongs."""

from __future__ import annotations

import pytest
from textual import events
from textual.command import CommandPalette
from textual.widgets import Input

from seqchat.tui.screens.help import Help


def send(app, *keys):
    """Send keys as a terminal does that was away for a moment: all before the first has been served."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_what_is_typed_behind_the_palettes_key_is_searched_for(desk):
    async with desk() as d:
        send(d.app, "h", "i", "ctrl+p", *"theme")
        await d.until(lambda: isinstance(d.app.screen, CommandPalette))
        await d.until(lambda: d.app.screen.query_one(Input).value == "theme", "the palette has all letters")
        assert d.editor.text == "hi"


@pytest.mark.parametrize("opens", ["alt+h", "alt+i", "ctrl+p", "ctrl+f", "alt+w"])
async def test_a_screen_that_is_left_at_once_takes_no_later_key(desk, opens):
    async with desk() as d:
        await d.settled()
        send(d.app, "a", opens, "escape", "b")
        await d.until(lambda: d.editor.text == "ab", "the text has all letters")
        assert d.app.screen is d.workspace


async def test_keys_for_the_gates_do_not_reach_the_text(desk):
    async with desk(panel="shown") as d:
        await d.press(*"我想去")
        await d.settled()
        send(d.app, "alt+w", "g", "c", "escape", "好")
        await d.until(lambda: d.editor.text == "我想去好")
        assert d.panel.cursor.gate == 0


async def test_a_message_that_is_sent_and_the_next_one(desk):
    async with desk() as d:
        send(d.app, "alt+m", *"你好", "enter", *"好")
        await d.until(lambda: d.workspace.views.chat.conversation.turns and d.editor.text == "好")
        send(d.app, "alt+m", *"再见")
        await d.until(lambda: d.editor.text == "再见")


async def test_a_key_is_not_held_back_by_one_that_is_not_finished(desk, monkeypatch):
    async with desk() as d:
        monkeypatch.setattr("seqchat.tui.type_ahead._PATIENCE_SECONDS", 0.0)
        monkeypatch.setattr(type(d.app), "_follow", lambda *_: None)
        send(d.app, "alt+h")
        await d.until(lambda: isinstance(d.app.screen, Help))
        await d.pilot.press("escape")
        await d.until(lambda: d.app.screen is d.workspace)


async def test_a_wait_that_was_given_up_serves_no_later_key(desk, monkeypatch):
    async with desk() as d:
        await d.settled()
        monkeypatch.setattr("seqchat.tui.type_ahead._PATIENCE_SECONDS", 0.0)
        given_up = []
        monkeypatch.setattr(type(d.app), "_follow", lambda _app, _way, wait: given_up.append(wait))
        send(d.app, "alt+h")
        await d.until(lambda: given_up)
        send(d.app, "escape")
        await d.until(lambda: d.app.screen is d.workspace and len(given_up) == 2)
        monkeypatch.setattr("seqchat.tui.type_ahead._PATIENCE_SECONDS", 60.0)
        send(d.app, "好")
        await d.until(lambda: d.app._waiting)
        await d.app._arrive(given_up[0])
        assert d.editor.text == "" and d.app._waiting
        await d.app._arrive(given_up[1]._replace(rounds=1))
        await d.until(lambda: d.editor.text == "好")
