"""What the command palette offers: every key that works everywhere, and commands without a key; those in use first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.app import SystemCommand
from textual.command import DiscoveryHit, Hit, Hits, Provider

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
# How much a command that is always chosen gains over one that never was, where both are searched for
_MOST_GAIN = 0.3


class Command(NamedTuple):
    """A command of the palette: a name that stays the same in every language, what it is called, and what it does."""

    name: str
    title: str
    help: str
    run: Callable[[], object]


def of(app: SeqchatApp) -> Iterator[Command]:
    """Yield the commands of the app."""
    for key in app.keys["app"]:
        if not key.name.startswith(_LEFT_OUT):
            yield Command(f"app.{key.name}", str(key), shown(key.keys), _runner(app, key.action))
    for name, (off, on) in _SWITCHES.items():
        value = bool(getattr(app.settings.current, name))
        yield Command(f"switch.{name}", say(on if value else off), "", _switcher(app, name, not value))
    yield Command("theme", say("Theme"), say("light, dark and others; the choice is saved"), app.action_change_theme)
    yield Command("lessons", say("Lessons"), say("the recurrent network step by step"), app.action_tour)
    yield Command("train", say("Train"), say("a network of your text, and watch it learn"), app.action_train)
    yield Command("sessions", say("Earlier sessions"), say("continue one of them"), app.action_sessions)
    yield Command("changes", say("What is new"), say("the changes of this version"), app.action_changes)
    screenshot = say("Screenshot"), say("save the screen as SVG")
    yield Command("screenshot", *screenshot, lambda: app.set_timer(0.1, app.deliver_screenshot))


def by_use(app: SeqchatApp) -> list[Command]:
    """Return the commands, those that are used most first."""
    return sorted(of(app), key=lambda command: -app.command_use.weight(command.name))


def as_system_command(command: Command) -> SystemCommand:
    """Return a command in the form in which Textual has them."""
    return SystemCommand(command.title, command.help, command.run)


class Commands(Provider):
    """The commands in their order, and those that match what is searched for; what is chosen counts as used."""

    @property
    def _app(self) -> SeqchatApp:
        return cast("SeqchatApp", self.app)

    async def discover(self) -> Hits:
        """Yield all commands."""
        for command in by_use(self._app):
            yield DiscoveryHit(command.title, self._chosen(command), help=command.help)

    async def search(self, query: str) -> Hits:
        """Yield the commands that match; use raises their score."""
        matcher, use = self.matcher(query), self._app.command_use
        for command in by_use(self._app):
            score = matcher.match(command.title)
            if score > 0:
                weight = use.weight(command.name)
                score *= 1 + _MOST_GAIN * weight / (weight + 1)
                yield Hit(score, matcher.highlight(command.title), self._chosen(command), help=command.help)

    def _chosen(self, command: Command) -> Callable[[], object]:
        def run() -> object:
            self._app.command_use.note(command.name)
            return command.run()

        return run


def _runner(app: SeqchatApp, action: str) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await app.run_action(action, app.workspace)

    return run


def _switcher(app: SeqchatApp, name: str, value: bool) -> Callable[[], None]:
    return lambda: app.set_option(name, value)
