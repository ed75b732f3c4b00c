"""What the command palette offers: every key that works everywhere, and commands without a key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from seqchat.tui.keys import shown
from seqchat.tui.language import say

if TYPE_CHECKING:
    from seqchat.tui.app import SeqchatApp

# Keys that are of no use in a list of commands
_LEFT_OUT = ("palette", "commit_", "word_", "branch_")

# Settings that are switched so often that the palette has them: name → what it says when off, and when on
_SWITCHES = {
    "pinyin": ("Read letters as pinyin", "Do not read letters as pinyin"),
    "continuations": ("Write continuations", "Write no continuations"),
}


def of(app: SeqchatApp) -> Iterator[SystemCommand]:
    """Yield the commands of the app."""
    for key in app.keys["app"]:
        if not key.name.startswith(_LEFT_OUT):
            yield SystemCommand(str(key), shown(key.keys), _runner(app, key.action))
    for name, (off, on) in _SWITCHES.items():
        value = bool(getattr(app.settings.current, name))
        yield SystemCommand(say(on if value else off), "", _switcher(app, name, not value))
    yield SystemCommand(say("Theme"), say("light, dark and others; the choice is saved"), app.action_change_theme)
    yield SystemCommand(say("Lessons"), say("the recurrent network step by step"), app.action_tour)
    yield SystemCommand(say("Earlier sessions"), say("continue one of them"), app.action_sessions)
    yield SystemCommand(
        say("Screenshot"), say("save the screen as SVG"), lambda: app.set_timer(0.1, app.deliver_screenshot)
    )


def _runner(app: SeqchatApp, action: str) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await app.run_action(action, app.workspace)

    return run


def _switcher(app: SeqchatApp, name: str, value: bool) -> Callable[[], None]:
    return lambda: app.set_option(name, value)
