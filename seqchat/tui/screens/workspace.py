"""The workspace: a text or a conversation, the candidates, the continuations and the gates; what keys do there."""

from __future__ import annotations

from textual import work

from seqchat.tui.language import say
from seqchat.tui.screens.workspace_messages import WorkspaceMessages

_SHADINGS = {
    "none": "The text is not shaded.",
    "candidate": "The text is shaded by what the candidate depends on.",
    "neuron": "The text is shaded by the neuron that is selected in the gates.",
}


class Workspace(WorkspaceMessages):
    """Does what keys ask for: each action is that of an entry of `KEYS`."""

    def action_write(self) -> None:
        """Go back to the text."""
        self.views.focus_text()

    def action_mode(self) -> None:
        """Switch from the text to the conversation, or back."""
        self.use_mode("compose" if self.views.mode == "chat" else "chat")

    @work
    async def action_open(self) -> None:
        """Open a file."""
        if await self.document.open():
            self.use_mode("compose")

    @work
    async def action_save(self) -> None:
        """Save the text, or the conversation."""
        await self.document.save()

    @work
    async def action_save_as(self) -> None:
        """Save under another name."""
        await self.document.save_as()

    @work
    async def action_new(self) -> None:
        """Start a new text, or a new conversation."""
        await self.document.new()

    def action_copy_all(self) -> None:
        """Copy the whole text, or the last reply."""
        self.document.copy()

    def action_find(self) -> None:
        """Find in the text or the conversation."""
        if not self._inline:
            self.finding.open()

    def action_close_find(self) -> None:
        """Go back to the text; a message would come after the keys that are typed next."""
        self.finding.close()

    def action_commit(self, number: int) -> None:
        """Insert a candidate."""
        self.completion.commit_candidate(number)

    def action_enter_bar(self) -> None:
        """Move among the candidates."""
        self.enter_bar()

    def action_branch(self, index: int) -> None:
        """Insert a whole continuation."""
        self.continuations.commit_branch(index)

    def action_branch_word(self, index: int) -> None:
        """Insert the next word of a continuation."""
        self.continuations.commit_word(index)

    def action_pinyin(self) -> None:
        """Let the model judge whether letters are pinyin, or take all, or none."""
        self.composition.next_way()

    def action_punctuation(self) -> None:
        """Write Chinese punctuation in Chinese text, or all as it is typed."""
        self.composition.switch_punctuation()

    async def action_again(self) -> None:
        """Request other continuations, or another reply."""
        if self.views.mode == "chat":
            await self.views.chat.again()
        else:
            self.completion.request_again()

    def action_warm(self, steps: int) -> None:
        """Sample continuations with another temperature."""
        self._settings.step("temperature", steps)

    def action_nucleus(self, steps: int) -> None:
        """Sample continuations with another top-p."""
        self._settings.step("top_p", steps)

    def action_shade(self) -> None:
        """Shade the text by what the candidate depends on, by the selected neuron, or not at all."""
        kinds = list(_SHADINGS)
        kind = kinds[(kinds.index(self._settings.current.shading) + 1) % len(kinds)]
        self._settings.change("shading", kind)
        self.notify(say(_SHADINGS[kind]), timeout=3, markup=False)

    def action_gate(self, steps: int) -> None:
        """Show one gate alone, or all."""
        self.gates.next_gate(steps)

    def action_layer(self, steps: int) -> None:
        """Show another layer."""
        self.gates.next_layer(steps)

    def action_watch(self) -> None:
        """Go to the gates, or on from them."""
        self.gates.focus_next()

    def action_maximise(self) -> None:
        """Give the gates the whole width, or their former width."""
        self.gates.maximise()

    def action_numbers(self) -> None:
        """Show probabilities as numbers, or as marks."""
        from seqchat.tui.screens.settings import SettingsForm

        self.app.post_message(SettingsForm.SettingChanged("numbers", not self._settings.current.numbers))

    def action_hide(self) -> None:
        """Hide the gates, or show them."""
        self.gates.toggle()

    def action_formula(self) -> None:
        """Explain the gates."""
        self.gates.show_formulas()

    def action_hold(self, value: int) -> None:
        """Hold the gate that is shown alone."""
        self.gates.hold(value)

    def action_experiment(self) -> None:
        """Hold gates and swap words."""
        self.gates.intervene()

    def action_flow(self) -> None:
        """Show how far back gradients reach."""
        self.gates.show_gradients()
