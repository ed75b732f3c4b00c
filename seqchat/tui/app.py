"""The app: its settings, its themes, its dialogs, and what is kept of a session."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.screen import Screen
from textual.theme import ThemeProvider

from seqchat import locations
from seqchat.errors import SeqchatError, quoted
from seqchat.tui import commands, language, settings, terminal
from seqchat.tui.engine_pool import EnginePool
from seqchat.tui.keys import bindings, keymap, shown, with_changes
from seqchat.tui.language import say
from seqchat.tui.screens.dialog import Confirm
from seqchat.tui.screens.help import Help
from seqchat.tui.screens.models import Models
from seqchat.tui.screens.sessions import EarlierSessions
from seqchat.tui.screens.settings import SettingsForm
from seqchat.tui.screens.workspace import Workspace
from seqchat.tui.screenshot import with_right_widths
from seqchat.tui.session import Session, Sessions
from seqchat.tui.settings import Settings, Value
from seqchat.tui.themes import THEMES
from seqchat.tui.tour.screen import Tour

# What is typed is on the disk this much later at most.
_AUTOSAVE_SECONDS = 1.0


class Palette(CommandPalette):
    """A list of commands to search in, in which the keys that always work do so too."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("always")


class SeqchatApp(App[str], inherit_bindings=False):
    """One place of work, and dialogs over it; the result is the text, where it runs as a single line."""

    TITLE = "seqchat"
    BINDINGS: ClassVar[list[BindingType]] = bindings("always")
    # Its key is in the table of keys.
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH: ClassVar[list[str]] = [  # type: ignore[assignment]
        "screens/workspace.tcss",
        "screens/dialog.tcss",
        "screens/intervention.tcss",
        "screens/gradients.tcss",
        "widgets/editor.tcss",
        "widgets/candidates.tcss",
        "widgets/continuations.tcss",
        "widgets/chat.tcss",
        "widgets/gate_panel.tcss",
        "tour/tour.tcss",
    ]

    def __init__(
        self,
        models: Sequence[str] = (),
        remembered: Sequence[str] = (),
        *,
        chosen: Settings | None = None,
        problems: Sequence[str] = (),
        fresh: bool = False,
        file: Path | None = None,
        inline: bool = False,
        tour: bool = False,
    ) -> None:
        """Open models by name or directory.

        remembered: texts of earlier sessions whose words are expected again; chosen: settings, with the problems that
        were found in their file; fresh: do not go on with the last session; file: a text to open; inline: be a single
        line, whose text is the result; tour: begin with the lessons.
        """
        chosen = chosen or Settings()
        language.use(chosen.language)
        terminal.let_alt_through()
        terminal.let_pastes_through()
        super().__init__()
        self.chosen = chosen
        self.keys, clashes = with_changes(chosen.keys)
        self.set_keymap(keymap(self.keys))
        self._problems = [*problems, *clashes]
        # Keys whose loss was said already
        self._lost_keys: set[str] = set()
        self._fresh, self._file, self._inline, self._tour = fresh or inline, file, inline, tour
        self._sessions = Sessions(locations.sessions())
        self._session = Session()
        self._kept = False
        self.pool = EnginePool()
        self.workspace = Workspace(models or [chosen.model], chosen, self.keys, self.pool, remembered, inline=inline)
        self.crash: Exception | None = None
        self._filters.append(terminal.Harmless())
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = chosen.theme if chosen.theme in self.available_themes else Settings().theme
        if chosen.theme != self.theme:
            self._problems.append(say("There is no theme {name}.", name=quoted(chosen.theme)))

    def get_default_screen(self) -> Screen[None]:
        """Begin with the place of work."""
        return self.workspace

    @property
    def written(self) -> str:
        """The whole text; it outlives the editor."""
        return "\n".join([self._session.text, *(text for who, text in self._session.turns if who == "you")]).strip("\n")

    # --- from start to end

    def on_mount(self) -> None:
        """Say what was wrong with the settings, and listen."""
        if self._problems:
            self.notify("\n".join(self._problems), severity="warning", timeout=20, markup=False)
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self.app_resume_signal.subscribe(self, lambda _: self.call_later(self._draw_all))
        if not self.is_headless:
            self._end_with_terminal()

    def _draw_all(self) -> None:
        """Draw every cell, as a terminal wants it that comes back empty."""
        self._display(self.screen, self.screen._compositor.render_full_update())

    def _end_with_terminal(self) -> None:
        """Let a lost connection or a request to end keep what was written."""
        loop = asyncio.get_running_loop()

        def end() -> None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                loop.call_soon_threadsafe(self.exit)

        terminal.end_with_signals(end)
        terminal.watch(end)

    async def on_workspace_ready(self) -> None:
        """Go on where the last session was left."""
        if self._inline:
            return
        if self._file is not None:
            self.workspace.open_file(self._file, new=True)
        elif not self._fresh:
            await self._go_on()
        if self._tour:
            self.action_tour()
        self.set_interval(_AUTOSAVE_SECONDS, self._keep_session)

    async def _go_on(self) -> None:
        for path, session in self._sessions.earlier():
            if session.ended:
                await self.workspace.restore(session)
            else:
                question = say("The last session did not end well. Go on with “{title}”?", title=session.title())
                self.push_screen(
                    Confirm(question, say("Go on"), say("Begin anew")),
                    lambda anew, path=path, session=session: self._settle(path, None if anew else session),
                )
            return

    async def _settle(self, path: Path, session: Session | None) -> None:
        self._sessions.settle(path)
        if session is not None:
            await self.workspace.restore(session)

    def _keep_session(self) -> None:
        self._session = self.workspace.session()
        try:
            self._sessions.keep(self._session)
        except SeqchatError as error:
            if not self._kept:
                self.notify(str(error), severity="warning", markup=False)
            self._kept = True

    async def _shutdown(self) -> None:
        """Keep the last state, while the widgets are still there."""
        self.workspace.rest()
        with contextlib.suppress(Exception):
            self._session = self.workspace.session()
        if not self._inline:
            with contextlib.suppress(SeqchatError, OSError):
                self._sessions.close(self._session, crashed=self.crash is not None)
        await super()._shutdown()

    def _handle_exception(self, error: Exception) -> None:
        """Keep the text and leave the terminal in order; who started the app says what happened."""
        if self.crash is None:
            self.crash = error
        with contextlib.suppress(Exception):
            self._session = self.workspace.session()
            self._sessions.keep(self._session)
        super()._handle_exception(error)

    def _print_error_renderables(self) -> None:
        """Print no traceback; `crash` holds what there is to say."""
        self._exit_renderables.clear()

    # --- what can be asked for

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """List what the palette offers."""
        return commands.of(self)

    def get_key_display(self, binding: Binding) -> str:
        """Return what the line of keys calls a key."""
        return shown(binding.key).replace("Ctrl+", "^")

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        """Say which key is lost that no table lists, such as Esc in a dialog; `with_changes` has refused the others."""
        for binding in clashed_bindings:
            if not binding.id and binding.key not in self._lost_keys:
                self._lost_keys.add(binding.key)
                text = say(
                    "Your settings give {key} another use; without them it does {action} here.",
                    key=shown(binding.key),
                    action=binding.action,
                )
                self.notify(text, severity="warning", markup=False)

    def action_command_palette(self) -> None:
        """Show all commands."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(placeholder=say("Search for commands…"), id="--command-palette"))

    def search_themes(self) -> None:
        """Show all themes."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder=say("Search for themes…")))

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(Help(self.keys, getattr(self.screen, "SCOPES", ())))

    def action_settings(self) -> None:
        """Show all settings."""
        self.push_screen(SettingsForm(self.chosen, sorted(self.available_themes)))

    def action_tour(self) -> None:
        """Open the lessons, with the open models where they fit."""
        self.push_screen(Tour(self.keys, self.pool, self.workspace.models, bars=self.workspace.draws_bars))

    def action_models(self) -> None:
        """Let a model be chosen."""
        self.push_screen(Models([Path(model).name for model in self.workspace.models]), self._open_models)

    async def _open_models(self, names: list[str] | None) -> None:
        if names and names != self.workspace.models:
            await self.workspace.use_models(names)

    def action_sessions(self) -> None:
        """Let an earlier session be chosen."""
        sessions = [session for _, session in self._sessions.earlier()]
        self.push_screen(EarlierSessions(sessions), self._restore)

    async def _restore(self, session: Session | None) -> None:
        if session is not None:
            self._keep_session()
            await self.workspace.restore(session)

    def action_suspend_process(self) -> None:
        """Suspend; where that cannot be done, undo, which Ctrl+Z is elsewhere."""
        if self._driver is not None and self._driver.can_suspend and not sys.platform.startswith("win"):
            super().action_suspend_process()
        else:
            self.workspace.writing.undo()

    def action_help_quit(self) -> None:
        """Say how to quit, where Ctrl+C copies nothing."""
        self.notify(say("{key} quits.", key=shown(self.keys["always"][0].keys)), markup=False)

    def on_settings_form_setting_changed(self, message: SettingsForm.SettingChanged) -> None:
        """Work as is set, and keep it."""
        self.set_option(message.name, message.value)

    def set_option(self, name: str, value: Value) -> None:
        """Change a setting and keep it in the config file."""
        self.chosen = self.chosen.changed(name, value)
        if name == "theme" and value != self.theme:
            self.theme = str(value)
        self.workspace.apply(self.workspace.settings.changed(name, value))
        try:
            settings.save(locations.settings(), name, value)
        except SeqchatError as error:
            self.notify(str(error), severity="error", markup=False)

    def _keep_theme(self, _: object) -> None:
        if self.theme != self.chosen.theme:
            self.set_option("theme", self.theme)

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """Return the screen as SVG, wide characters as wide as they are."""
        return with_right_widths(super().export_screenshot(title=title, simplify=simplify))
