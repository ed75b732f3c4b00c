"""The gates next to the text, and the pages that explain them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seqchat.completion.engine_pool import EnginePool
from seqchat.tui.controllers.models import ModelsController
from seqchat.tui.inference_messages import ModelQuery
from seqchat.tui.intervention_setup import InterventionSetup, held_value, with_hold
from seqchat.tui.keys import Key, keys_of
from seqchat.tui.live_settings import LiveSettings
from seqchat.tui.screens.views import Views
from seqchat.tui.settings import DECLARATIONS
from seqchat.tui.widgets.gate_panel import GatePanel


class GatesController:
    """Moves among the panels, gives them room, and opens formulas, gradients and interventions."""

    def __init__(
        self,
        views: Views,
        settings: LiveSettings,
        models: ModelsController,
        keys: Mapping[str, tuple[Key, ...]],
        pool: EnginePool,
    ) -> None:
        self._views, self._settings, self._models, self._keys, self._pool = views, settings, models, keys, pool
        # What the fields of the intervention held last
        self._setup = InterventionSetup()

    @property
    def drawn_as_bars(self) -> bool:
        """Whether gates are drawn as bars: by the setting, or because the terminal has too few colours."""
        heat_map, app = self._settings.current.heat_map, self._views.screen.app
        if heat_map != "auto":
            return heat_map == "bars"
        return app.no_color or app.console.color_system not in ("truecolor", "256")

    # --- the panels

    def next_gate(self, steps: int) -> None:
        """Show one gate alone, or all."""
        self._views.panels.next_gate(steps)

    def next_layer(self, steps: int) -> None:
        """Show another layer."""
        self._views.panels.next_layer(steps)

    def apply_settings(self) -> None:
        """Show the panels, or not, and draw them as is set."""
        for value in DECLARATIONS["panel"].choices:
            self._views.screen.set_class(value == self._settings.current.panel, f"-panel-{value}")
        self._views.panels.draw_bars(self.drawn_as_bars)

    @property
    def _are_usual(self) -> bool:
        """Whether there are panels in a window of this width unless someone wants it otherwise."""
        return self._views.screen.has_class("-wide")

    @property
    def _are_shown(self) -> bool:
        panel = self._settings.current.panel
        return self._are_usual if panel == "wide" else panel == "shown"

    def toggle(self) -> None:
        """Hide the panels, or show them, and keep that for the next start."""
        from seqchat.tui.screens.settings import SettingsForm

        shown = not self._are_shown
        value = "wide" if shown == self._are_usual else "shown" if shown else "hidden"
        self._settings.change("panel", value)
        self._views.screen.app.post_message(SettingsForm.SettingChanged("panel", value))
        if not shown and isinstance(self._views.screen.focused, GatePanel):
            self._views.focus_text()

    def _make_visible(self) -> None:
        if not self._are_shown:
            self.toggle()

    def focus_next(self) -> None:
        """Go to the gates; then to the next model's, and after the last one back to the text."""
        self._make_visible()
        if not self._views.panels.focus_next():
            self._views.focus_text()

    def maximise(self) -> None:
        """Give the gates the whole width, or their former width."""
        self._make_visible()
        self._views.screen.toggle_class("-maximised")
        self._views.panels.fit()

    # --- pages

    def show_formulas(self) -> None:
        """Explain the gates."""
        from seqchat.tui.screens.formula import Formulas

        panel = self._views.panels.in_use[0]
        if panel.gates:
            formulas = Formulas(panel.cell, panel.gates, panel.alone, keys_of("formula", self._keys))
            self._views.screen.app.push_screen(formulas)

    def open_step(self, panel: GatePanel) -> None:
        """Open the neuron that is selected in a panel, at the selected word."""
        from seqchat.tui.screens.step import StepScreen

        screen = StepScreen.of(panel, self._views.around_cursor(), self._submit_for(panel))
        if screen is not None:
            self._views.screen.app.push_screen(screen)

    def show_patterns(self, panel: GatePanel) -> None:
        """Look for the neurons that are on at some words of a panel elsewhere."""
        from seqchat.tui.screens.patterns import PatternsScreen

        text, model = self._views.around_cursor()[0], self._models.names[self._views.panels.all.index(panel)]
        screen = PatternsScreen(text, panel, model, self._pool, self._submit_for(panel))
        self._views.screen.app.push_screen(screen)

    def _submit_for(self, panel: GatePanel) -> Callable[[ModelQuery], None]:
        """Return what submits queries to the model of a panel."""
        model = self._views.panels.all.index(panel)
        return lambda query: self._models.worker.submit(query._replace(model=model))

    def show_gradients(self) -> None:
        """Show how far back gradients reach."""
        from seqchat.tui.screens.gradients import GradientsScreen

        self._views.screen.app.push_screen(GradientsScreen(self._keys, self._pool, self._models.names))

    def hold(self, value: int) -> None:
        """Hold the gate that is shown alone at 0 or 1, and see what changes."""
        panel = self._views.panels.in_use[0]
        if panel.selection is None:
            return
        _, gate, _ = panel.selection
        holds = with_hold(self._setup.holds, gate.name, held_value(gate, value), panel.layer_name, None)
        self._open_intervention(InterventionSetup(holds, self._setup.swaps), at_gates=True)

    def intervene(self) -> None:
        """Hold gates and swap words."""
        self._open_intervention(self._setup)

    def _open_intervention(self, setup: InterventionSetup, *, at_gates: bool = False) -> None:
        from seqchat.tui.screens.intervention import InterventionScreen

        def keep(result: InterventionSetup | None) -> None:
            self._setup = result or setup

        screen = InterventionScreen(
            self._keys,
            self._views.around_cursor()[0],
            setup,
            self._models.worker.submit,
            self._models.names[0],
            bars=self.drawn_as_bars,
            at_gates=at_gates,
        )
        self._views.screen.app.push_screen(screen, keep)
