"""The app of `seqchat watch`: the screen of some runs, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from seqchat.tui import language, terminal, textual_compat
from seqchat.tui.key_changes import keymap, with_changes
from seqchat.tui.keys import bindings, shown
from seqchat.tui.language import say
from seqchat.tui.line_breaks import line_breaks
from seqchat.tui.screens.help import Help
from seqchat.tui.settings import Settings
from seqchat.tui.themes import THEMES
from seqchat.tui.watching.screen import WatchScreen

if TYPE_CHECKING:
    from seqchat.training.course.launching import Launched


class WatchApp(App[None], inherit_bindings=False):
    """Leaving it ends no run."""

    TITLE = "seqchat watch"
    BINDINGS: ClassVar[list[BindingType]] = bindings("always")
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH: ClassVar[list[str]] = ["../screens/dialog.tcss", "watching.tcss"]  # type: ignore[assignment]

    def __init__(
        self,
        folders: Sequence[Path],
        launched: Sequence[Launched] = (),
        *,
        chosen: Settings | None = None,
        problems: Sequence[str] = (),
    ) -> None:
        """Show the runs in folders; launched: the processes of those that were just started; chosen, problems: the
        settings, and what is wrong with their file."""
        chosen = chosen or Settings()
        language.use(chosen.language)
        terminal.let_alt_through()
        terminal.let_pastes_through()
        textual_compat.break_lines(line_breaks)
        super().__init__()
        self.keys, clashes = with_changes(chosen.keys)
        self.set_keymap(keymap(self.keys))
        self._problems = [*problems, *clashes]
        self._harmless = terminal.Harmless()
        self.watching = WatchScreen(self.keys, folders, launched)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = chosen.theme if chosen.theme in self.available_themes else Settings().theme

    def get_default_screen(self) -> Screen[None]:
        """Start with the runs."""
        return self.watching

    def on_mount(self) -> None:
        """Say what is wrong with the settings, and end with the terminal."""
        if self._problems:
            self.notify("\n".join(self._problems), severity="warning", timeout=20, markup=False)
        if not self.is_headless:
            loop = asyncio.get_running_loop()

            def end() -> None:
                with contextlib.suppress(RuntimeError):  # it has ended already
                    loop.call_soon_threadsafe(self.exit)

            terminal.end_with_signals(end)
            terminal.watch(end)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what changes every line before it is drawn; the last one drops what would control the terminal."""
        return [*super().get_line_filters(), self._harmless]

    def get_key_display(self, binding: Binding) -> str:
        """Return what the line of keys calls a key."""
        return shown(binding.key).replace("Ctrl+", "^")

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(Help(self.keys, getattr(self.screen, "SCOPES", ())))

    def action_help_quit(self) -> None:
        """Say how to quit if Ctrl+C copies nothing."""
        self.notify(say("{key} quits.", key=shown(self.keys["always"][0].keys)), markup=False)
