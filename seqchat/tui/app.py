"""The app: its settings, its themes and its dialogs."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import ThemeProvider

from seqchat import __version__, locations
from seqchat.changes import is_updated
from seqchat.completion.engine_pool import EnginePool
from seqchat.errors import SeqchatError, quoted
from seqchat.tui import clusters, commands, language, terminal, textual_compat
from seqchat.tui.command_use import CommandUse
from seqchat.tui.contrast import Legible
from seqchat.tui.controllers.learning import Policy
from seqchat.tui.controllers.measures import MeasuresController
from seqchat.tui.controllers.sessions import SessionController
from seqchat.tui.key_changes import keymap, with_changes
from seqchat.tui.keys import bindings, shown
from seqchat.tui.language import say
from seqchat.tui.line_breaks import line_breaks
from seqchat.tui.live_settings import LiveSettings
from seqchat.tui.screens.keep_learned import KeepLearned
from seqchat.tui.screens.workspace import Workspace
from seqchat.tui.settings import Settings, Value
from seqchat.tui.themes import THEMES
from seqchat.tui.type_ahead import TypeAheadApp

# Other screens are imported when they are opened, so that the first frame does not wait for them.
if TYPE_CHECKING:
    from seqchat.lessons.lesson import Lesson
    from seqchat.tui.screens.settings import SettingsForm
    from seqchat.tui.screens.train import TrainingRequest
    from seqchat.tui.session import Session
    from seqchat.tui.widgets.gate_panel import GatePanel

# What is typed is saved after this time at the latest.
_AUTOSAVE_SECONDS = 1.0


class Palette(CommandPalette):
    """A list of commands to search in, in which the keys that always work do so too."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("always")


class SeqchatApp(TypeAheadApp[str], inherit_bindings=False):
    """A workspace and the dialogs over it; the result is the text, where the app is a single line."""

    TITLE = "seqchat"
    BINDINGS: ClassVar[list[BindingType]] = bindings("always")
    # Its key is in the table of keys.
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH: ClassVar[list[str]] = [  # type: ignore[assignment]
        "screens/workspace.tcss",
        "screens/dialog.tcss",
        "screens/intervention.tcss",
        "screens/gradients.tcss",
        "watching/watching.tcss",
        "screens/step.tcss",
        "screens/patterns.tcss",
        "widgets/editor.tcss",
        "widgets/candidates.tcss",
        "widgets/candidate_popup.tcss",
        "widgets/continuations.tcss",
        "widgets/chat.tcss",
        "widgets/find_bar.tcss",
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
        learning: Policy | None = None,
        fresh: bool = False,
        file: Path | None = None,
        inline: bool = False,
        tour: bool = False,
        lessons: Sequence[Lesson] = (),
    ) -> None:
        """Open models by name or directory.

        remembered: texts of earlier sessions whose words are expected again; chosen: settings, with the problems that
        were found in their file; learning: what becomes of learned words, if it is not what the settings say; fresh:
        do not continue the last session; file: a text to open; inline: be a single line, whose text is the result;
        tour: begin with the lessons; lessons: those that follow the built-in ones.
        """
        chosen = chosen or Settings()
        language.use(chosen.language)
        terminal.let_alt_through()
        terminal.let_pastes_through()
        textual_compat.break_lines(line_breaks)
        textual_compat.measure_characters(clusters.stand_in)
        textual_compat.anchor_characters(clusters.anchored)
        super().__init__()
        self.settings = LiveSettings(chosen)
        self.keys, clashes = with_changes(chosen.keys)
        self.set_keymap(keymap(self.keys))
        self._problems = [*problems, *clashes]
        # Keys whose loss was said already
        self._lost_keys: set[str] = set()
        self._fresh, self._file, self._inline, self._tour = fresh or inline, file, inline, tour
        self.pool = EnginePool()
        self.command_use = CommandUse(locations.command_use())
        self._for_tour = tuple(models) if tour else ()
        self._lessons = lessons
        self.measures = MeasuresController(self.pool)
        self.workspace = Workspace(
            models or [chosen.model], self.settings, self.keys, self.pool, remembered, learning=learning, inline=inline
        )
        self.sessions = SessionController(self.workspace, locations.sessions())
        self.crash: Exception | None = None
        self._line_filters = [Legible(), terminal.Harmless()]
        self._use_theme(chosen.theme)
        self.stylesheet = textual_compat.KeptStylesheet(variables=self.get_css_variables())

    def _use_theme(self, name: str) -> None:
        """Use a theme by name, or the default one where there is none of that name."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = name if name in self.available_themes else Settings().theme
        if name != self.theme:
            self._problems.append(say("There is no theme {name}.", name=quoted(name)))

    def get_default_screen(self) -> Screen[None]:
        """Start with the workspace."""
        return self.workspace

    # --- from start to end

    def on_mount(self) -> None:
        """Report what is wrong with the settings, and listen."""
        if self._problems:
            self.notify("\n".join(self._problems), severity="warning", timeout=20, markup=False)
        self.theme_changed_signal.subscribe(self, self._save_theme)
        self.app_resume_signal.subscribe(self, lambda _: self.call_later(textual_compat.draw_everything, self))
        if not self.is_headless:
            self._end_with_terminal()

    def _end_with_terminal(self) -> None:
        """Save what was written when the terminal is closed or the process is asked to end."""
        loop = asyncio.get_running_loop()

        def end() -> None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                loop.call_soon_threadsafe(self.exit)

        terminal.end_with_signals(end)
        terminal.watch(end)

    async def on_workspace_ready(self) -> None:
        """Continue where the last session was left."""
        if self._inline:
            return
        if self._file is not None:
            self.workspace.document.load(self._file, new=True)
        elif not self._fresh:
            await self.sessions.resume()
        if self._tour:
            self.action_tour()
        if is_updated():
            self._say_version()
        self.set_interval(_AUTOSAVE_SECONDS, self._save)

    def _say_version(self) -> None:
        """Say where the changes are, once after an update."""
        palette = next(shown(key.keys) for key in self.keys["app"] if key.name == "palette")
        text = say(
            "This is seqchat {version}; {key} and 'What is new' list its changes.", version=__version__, key=palette
        )
        self.notify(text, timeout=10, markup=False)

    def _save(self) -> None:
        """Save what was written, and what was learned."""
        self.sessions.save()
        self.workspace.save_learned()

    async def action_quit(self) -> None:
        """Quit; the first time after words were learned, ask what becomes of them. Quitting again does not answer."""
        learning = self.workspace.learning
        if self._inline or not learning.should_ask or isinstance(self.screen, KeepLearned):
            self.exit()
        else:
            self.push_screen(KeepLearned(learning.new_words), self._quit_after)

    def _quit_after(self, forgets: bool | None) -> None:
        if forgets is not None:
            self.set_option("learning", "forget" if forgets else "keep")
            self.exit()

    def before_shutdown(self) -> None:
        """Save the session."""
        self.workspace.stop()
        self.workspace.learning.save()
        self.sessions.close(saved=not self._inline, crashed=self.crash is not None)

    def on_crash(self, error: Exception) -> None:
        """Save the text; whoever started the app reports the error."""
        self.crash = self.crash or error
        self.sessions.save_after_crash()

    # --- what can be requested

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """List what the palette offers."""
        return map(commands.as_system_command, commands.by_use(self))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what changes every line before it is drawn; the last one drops what would control the terminal."""
        return [*super().get_line_filters(), *self._line_filters]

    def get_key_display(self, binding: Binding) -> str:
        """Return what the line of keys calls a key."""
        return shown(binding.key).replace("Ctrl+", "^")

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        """Say which key is lost that no table lists, such as Esc in a dialog; `with_changes` has refused the others."""
        for binding in clashed_bindings:
            if not binding.id and binding.key not in self._lost_keys:
                self._lost_keys.add(binding.key)
                text = say(
                    "{key} no longer works here ({action}), because your settings use it for something else.",
                    key=shown(binding.key),
                    action=binding.action,
                )
                self.notify(text, severity="warning", markup=False)

    def action_command_palette(self) -> None:
        """Show all commands."""
        if not isinstance(self.screen, CommandPalette):
            placeholder = say("Search for commands…")
            self.push_screen(Palette([commands.Commands], placeholder=placeholder, id="--command-palette"))

    def search_themes(self) -> None:
        """Show all themes."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder=say("Search for themes…")))

    def action_help(self) -> None:
        """Show all keys."""
        from seqchat.tui.screens.help import Help

        self.push_screen(Help(self.keys, getattr(self.screen, "SCOPES", ())))

    def action_changes(self) -> None:
        """Show what is new."""
        from seqchat.tui.screens.changes import WhatIsNew

        self.push_screen(WhatIsNew())

    def action_settings(self) -> None:
        """Show all settings."""
        from seqchat.tui.screens.settings import SettingsForm

        self.push_screen(SettingsForm(self.settings, sorted(self.available_themes)))

    def action_tour(self) -> None:
        """Open the lessons, with the models that were named for them where these fit."""
        from seqchat.tui.tour.screen import Tour

        bars = self.workspace.gates.drawn_as_bars
        self.push_screen(Tour(self.keys, self.pool, self._for_tour, bars=bars, own=self._lessons))

    def action_models(self) -> None:
        """Let a model be chosen."""
        from seqchat.tui.screens.models import Models

        self.push_screen(Models([Path(model).name for model in self.workspace.models.names]), self._open_models)

    async def _open_models(self, names: list[str] | None) -> None:
        if names and names != self.workspace.models.names:
            await self.workspace.use_models(names)

    def action_train(self) -> None:
        """Let a network be trained, in processes of its own, and watch it."""
        from seqchat.tui.screens.train import TrainForm

        self.push_screen(TrainForm(), self._train)

    def _train(self, wanted: TrainingRequest | None) -> None:
        from seqchat.training.course.launching import launch
        from seqchat.tui.watching.screen import WatchScreen

        if wanted is None:
            return
        launched = [
            launch([*wanted.arguments, *own, "--out", str(folder)], folder, beside=len(wanted.folders))
            for folder, own in wanted.folders.items()
        ]
        self.push_screen(WatchScreen(self.keys, list(wanted.folders), launched))

    def action_sessions(self) -> None:
        """Let an earlier session be chosen."""
        from seqchat.tui.screens.sessions import EarlierSessions

        self.push_screen(EarlierSessions(self.sessions.earlier()), self._restore)

    async def _restore(self, session: Session | None) -> None:
        if session is not None:
            self.sessions.save()
            await self.sessions.restore(session)

    def action_suspend_process(self) -> None:
        """Suspend; where that is impossible, undo, as Ctrl+Z does elsewhere."""
        if textual_compat.can_suspend(self) and not sys.platform.startswith("win"):
            super().action_suspend_process()
        else:
            self.workspace.views.active_editor.undo()

    def action_help_quit(self) -> None:
        """Say how to quit if Ctrl+C copies nothing."""
        self.notify(say("{key} quits.", key=shown(self.keys["always"][0].keys)), markup=False)

    def on_gate_panel_measures_wanted(self, message: GatePanel.MeasuresWanted) -> None:
        """Measure the neurons of a panel's model."""
        self.measures.find(message)

    def on_settings_form_setting_changed(self, message: SettingsForm.SettingChanged) -> None:
        """Apply a setting, and save it."""
        self.set_option(message.name, message.value)

    def set_option(self, name: str, value: Value) -> None:
        """Change a setting and save it in the config file."""
        try:
            self.settings.save(locations.settings(), name, value)
        except SeqchatError as error:
            self.notify(str(error), severity="error", markup=False)
        if name == "theme" and value != self.theme:
            self.theme = str(value)

    def _save_theme(self, _: object) -> None:
        if self.theme != self.settings.saved.theme:
            self.set_option("theme", self.theme)

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """Return the screen as SVG, wide characters as wide as they are."""
        from seqchat.tui.screenshot import with_right_widths

        return with_right_widths(super().export_screenshot(title=title, simplify=simplify))
