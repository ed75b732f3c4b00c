"""The place of work: a text or a conversation, the candidates, the continuations and the gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.message import Message
from textual.widgets import ContentSwitcher

from seqchat.tui import inference_worker
from seqchat.tui.engine_pool import EnginePool
from seqchat.tui.intervention_setup import InterventionSetup, end_of, with_hold
from seqchat.tui.keys import Key, keys_of
from seqchat.tui.language import say
from seqchat.tui.screens.formula import Formulas
from seqchat.tui.screens.gradients import GradientsScreen
from seqchat.tui.screens.intervention import InterventionScreen
from seqchat.tui.screens.shading import Shading
from seqchat.tui.session import Mode, Session
from seqchat.tui.settings import Settings
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.editor import Editor, Prompt
from seqchat.tui.widgets.gate_panel import GatePanel

_WARMTH, _NUCLEUS = 0.1, 0.05
_SHADED = {
    "none": "The text is not shaded.",
    "candidate": "The text is shaded by what the candidate depends on.",
    "neuron": "The text is shaded by the neuron that is selected in the gates.",
}


class Workspace(Shading):
    """Opens models, follows the settings, goes on with sessions, and shows the gates."""

    class Ready(Message):
        """All widgets are there."""

    def __init__(
        self,
        models: Sequence[str],
        settings: Settings,
        keys: Mapping[str, tuple[Key, ...]],
        pool: EnginePool,
        remembered: Sequence[str] = (),
        *,
        inline: bool = False,
    ) -> None:
        """Take the models to open, and texts of earlier sessions whose words are expected again."""
        super().__init__(models, settings, keys, pool, remembered, inline=inline)
        self._pool = pool
        self._models, self._remembered = list(models), remembered
        self._tried = InterventionSetup()

    # --- from start to end

    async def on_mount(self) -> None:
        """Begin to load the models once the first frame is on the screen."""
        await self._mount_views()
        self.apply(self.settings)
        self.call_later(self._begin)
        self._describe_text()
        self.call_after_refresh(self._worker.start)
        self.ask_again()
        self.post_message(self.Ready())

    def _begin(self) -> None:
        """Focus the text once all keys are in it that were typed before it was there."""
        if self.message_queue_size:
            self.call_later(self._begin)
        elif self.focused is None:
            self.write()

    def on_key(self, event: events.Key) -> None:
        """Let nothing that is typed be lost, even before the text has the focus for the first time."""
        if self.focused in (None, self.writing) and event.is_printable and event.character:
            self.writing.insert(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Let nothing that is pasted be lost either."""
        if self.focused is None:
            self.writing.insert(event.text)

    def on_prompt_sent(self, message: Prompt.Sent) -> None:
        """End with the line that was written, where the app is no more than a line."""
        self.app.exit(message.text)

    # --- models and settings

    @property
    def models(self) -> list[str]:
        """The models that are open."""
        return list(self._models)

    async def _mount_views(self) -> None:
        """Give each model its candidates and its panel."""
        bars = self.query_one("#bars")
        await bars.remove_children()
        await bars.mount_all(Candidates() for _ in self._models)
        await self.panels.show_models(len(self._models), bars=self.draws_bars)
        self.set_class(len(self._models) > 1, "-several")

    async def use_models(self, models: Sequence[str]) -> None:
        """Open other models in place of those that are open."""
        self._worker.stop()
        self._models = list(models)
        self._worker = inference_worker.InferenceWorker(self._models, self.post_message, self._pool, self._remembered)
        self._shown = {}
        await self._mount_views()
        self._worker.start()
        self.ask_again()
        self.write()

    def apply(self, settings: Settings) -> None:
        """Work as is set from now on."""
        before, self.settings = self.settings, settings
        self.set_class(not settings.panel, "-without-panel")
        self.set_class(not settings.continuations, "-without-continuations")
        for editor in self.query(Editor):
            editor.space = settings.space
        self.panels.draw_bars(self.draws_bars)
        self.continuations.describe(settings.temperature, settings.top_p)
        if before.changed("shading", settings.shading) != settings:
            self.ask_again()
        elif before != settings:
            self.writing.shade(())
            self._shade()

    @property
    def draws_bars(self) -> bool:
        """Whether gates are drawn as bars: as is set, or where the terminal has too few colours."""
        if self.settings.heat_map != "auto":
            return self.settings.heat_map == "bars"
        return self.app.no_color or self.app.console.color_system not in ("truecolor", "256")

    def action_warm(self, steps: int) -> None:
        """Draw continuations with another temperature."""
        self._set("temperature", self.settings.temperature + steps * _WARMTH, 0.0, 2.0)

    def action_nucleus(self, steps: int) -> None:
        """Draw continuations with another top-p."""
        self._set("top_p", self.settings.top_p + steps * _NUCLEUS, _NUCLEUS, 1.0)

    def action_shade(self) -> None:
        """Shade the text by what the candidate depends on, by the selected neuron, or not at all."""
        choices = list(_SHADED)
        shading = choices[(choices.index(self.settings.shading) + 1) % len(choices)]
        self.apply(self.settings.changed("shading", shading))
        self.notify(say(_SHADED[shading]), timeout=3, markup=False)

    def _set(self, name: str, value: float, low: float, high: float) -> None:
        self.apply(self.settings.changed(name, round(min(max(value, low), high), 2)))

    # --- sessions and modes

    def session(self) -> Session:
        """Return what the next start needs to go on."""
        return Session(
            mode=self.mode,
            text=self.editor.text,
            cursor=self.editor.cursor_location,
            path=str(self.document.path) if self.document else "",
            turns=[(turn.speaker, turn.text, *filter(None, [turn.name])) for turn in self.chat.conversation.turns],
            draft=self.chat.prompt.text,
        )

    async def restore(self, session: Session) -> None:
        """Go on with a session."""
        self.editor.load_text(session.text)
        self.editor.move_cursor(self.editor.clamp_visitable(session.cursor))
        await self.chat.load(session.conversation(), session.draft)
        self.adopt(session.path)
        self.use_mode(session.mode)

    def use_mode(self, mode: Mode) -> None:
        """Show the text, or the conversation."""
        self.query_one(ContentSwitcher).current = mode
        self.set_class(mode == "chat", "-chat")
        self.write()
        self._ask()

    def action_mode(self) -> None:
        """Go from the text to the conversation, or back."""
        self.use_mode("compose" if self.mode == "chat" else "chat")

    def _to_text(self) -> None:
        self.use_mode("compose")

    def action_write(self) -> None:
        """Go back to the text."""
        self.write()

    # --- gates

    def action_gate(self, steps: int) -> None:
        """Show one gate alone, or all."""
        self.panels.next_gate(steps)

    def action_layer(self, steps: int) -> None:
        """Show another layer."""
        self.panels.next_layer(steps)

    def action_formula(self) -> None:
        """Explain the gates."""
        cell, gate = self.panels.in_use[0].formula
        if cell:
            self.app.push_screen(Formulas(cell, gate, keys_of("formula", self._keys)))

    def action_experiment(self) -> None:
        """Hold gates and swap words."""
        self._open_experiment(self._tried)

    def action_flow(self) -> None:
        """Show how far back gradients reach."""
        self.app.push_screen(GradientsScreen(self._keys, self._pool, self._models))

    def action_hold(self, value: int) -> None:
        """Hold the gate that is shown alone, and see what changes."""
        panel = self.panels.in_use[0]
        if panel.selection is None:
            return
        _, gate, _ = panel.selection
        held = with_hold(self._tried.holds, gate.name, end_of(gate, value), panel.layer_name, None)
        self._open_experiment(InterventionSetup(held, self._tried.swaps), at_gates=True)

    def _open_experiment(self, tried: InterventionSetup, *, at_gates: bool = False) -> None:
        def keep(result: InterventionSetup | None) -> None:
            self._tried = result or tried

        text, ask = self._written()[0], self._worker.submit
        screen = InterventionScreen(self._keys, text, tried, ask, bars=self.draws_bars, at_gates=at_gates)
        self.app.push_screen(screen, keep)

    def action_watch(self) -> None:
        """Go to the gates; from one model's to the next one's, and then back to the text."""
        if not self.settings.panel:
            self.action_hide()
        if not self.panels.focus_next():
            self.write()

    def action_maximise(self) -> None:
        """Give the gates the whole width, or what they had."""
        if not self.settings.panel:
            self.action_hide()
        self.toggle_class("-maximised")
        self.panels.fit()

    def action_hide(self) -> None:
        """Hide the gates, or show them."""
        self.apply(self.settings.changed("panel", not self.settings.panel))
        if not self.settings.panel and isinstance(self.focused, GatePanel):
            self.write()

    def on_gate_panel_earlier_words_wanted(self) -> None:
        """Trace earlier words too."""
        self._ask(traced=2 * self._request.traced)
