"""The workspace: a text or a conversation, the candidates, the continuations and the gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import ContentSwitcher, TextArea

from seqchat.completion.engine_pool import EnginePool
from seqchat.errors import one_line
from seqchat.tui import inference_messages as messages
from seqchat.tui.controllers.completion import CompletionController
from seqchat.tui.controllers.composition import CompositionController
from seqchat.tui.controllers.continuations import ContinuationController
from seqchat.tui.controllers.document import DocumentController
from seqchat.tui.controllers.finding import FindController
from seqchat.tui.controllers.gates import GatesController
from seqchat.tui.controllers.learning import LearningController, Policy
from seqchat.tui.controllers.models import ModelsController
from seqchat.tui.controllers.replies import ReplyController
from seqchat.tui.controllers.shading import ShadingController
from seqchat.tui.keys import Key, bindings
from seqchat.tui.language import say
from seqchat.tui.live_settings import LiveSettings
from seqchat.tui.screens.settings import SettingsForm
from seqchat.tui.screens.views import Views
from seqchat.tui.session import Mode
from seqchat.tui.settings import Settings
from seqchat.tui.widgets.candidate_popup import CandidatePopup
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.chat import Chat
from seqchat.tui.widgets.continuations import Continuations
from seqchat.tui.widgets.editor import Editor
from seqchat.tui.widgets.find_bar import FindBar, FindField
from seqchat.tui.widgets.footer import KeyLine
from seqchat.tui.widgets.gate_panel import GatePanel
from seqchat.tui.widgets.panels import Panels
from seqchat.tui.widgets.prompt import Prompt

_SHADINGS = {
    "none": "The text is not shaded.",
    "candidate": "The text is shaded by what the candidate depends on.",
    "neuron": "The text is shaded by the neuron that is selected in the gates.",
}


class Workspace(Screen[None]):
    """Lays the widgets out, and passes keys and messages to the controller that they concern."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("app")
    # The focus comes when everything typed before is in the text.
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-middle"), (100, "-wide")]  # noqa: RUF012 - so does Textual
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (10, "-low"), (18, "-high"), (30, "-tall")]  # noqa: RUF012

    class Ready(Message):
        """All widgets exist."""

    def __init__(
        self,
        models: Sequence[str],
        settings: LiveSettings,
        keys: Mapping[str, tuple[Key, ...]],
        pool: EnginePool,
        remembered: Sequence[str] = (),
        *,
        learning: Policy | None = None,
        inline: bool = False,
    ) -> None:
        """Take the models to open, and texts of earlier sessions for the memory.

        learning: what becomes of learned words, if it is not what the settings say.
        """
        super().__init__(classes="-inline" if inline else "")
        self._inline, self._settings, self._pool = inline, settings, pool
        self.views = views = Views(self)
        self.learning = LearningController(settings, learning)
        self.models = ModelsController(views, pool, self.post_message, remembered, self.learning.personal, models)
        self.continuations = ContinuationController(views, settings)
        self.composition = CompositionController(views, settings, keys, self.learning.learn, self._forget)
        self.completion = CompletionController(
            views, settings, self.models, self.continuations, self.composition, self.learning
        )
        self.replies = ReplyController(views, settings, self.models)
        self.shading = ShadingController(views, settings, self.models, self.completion)
        self.gates = GatesController(views, settings, self.models, keys, pool)
        self.document = DocumentController(views)
        self.finding = FindController(views)

    def compose(self) -> ComposeResult:
        """Lay out the widgets."""
        with Container(id="main"):
            with Vertical(id="writing"):
                with ContentSwitcher(initial="compose", id="modes"):
                    yield (Prompt if self._inline else Editor)(id="compose", compact=self._inline)
                    yield Chat(id="chat")
                yield FindBar()
                yield Vertical(id="bars")
                yield Continuations()
            yield Panels(id="panels")
        yield KeyLine()
        yield CandidatePopup()

    # --- from start to end

    async def on_mount(self) -> None:
        """Start to load the models once the first frame is on the screen."""
        await self._show_models()
        self.composition.mount(self.query(Editor))
        self._settings.subscribe(self._apply_settings)
        self._apply_settings(self._settings.current, self._settings.current)
        self.call_later(self._take_focus)
        self.document.describe()
        self.call_after_refresh(self.models.start)
        self.completion.request_again()
        self.post_message(self.Ready())

    def _take_focus(self) -> None:
        """Focus the text once it has all keys that were typed before it existed."""
        if self.message_queue_size:
            self.call_later(self._take_focus)
        elif self.focused is None:
            self.views.focus_text()

    def on_key(self, event: events.Key) -> None:
        """Lose nothing that is typed, even before the text has the focus for the first time."""
        if self.focused in (None, self.views.active_editor) and event.is_printable and event.character:
            self.views.active_editor.insert(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """Lose nothing that is pasted either."""
        if self.focused is None:
            self.views.active_editor.insert(event.text)

    @property
    def is_settled(self) -> bool:
        """Whether everything that concerns the text at the cursor is on the screen, and the worker has nothing to do.

        The worker posts `WorkerIdle` when it runs out of work; this compares what it has done with what was asked.
        """
        return self.completion.is_current() and self.models.is_idle

    def stop(self) -> None:
        """Stop all work; what is still on its way is dropped."""
        for part in (self.models, self.continuations, self.replies, self.document):
            part.stop()

    # --- models, settings, modes

    async def _show_models(self) -> None:
        bars = [Candidates() for _ in self.models.names]
        await self.views.show_models(bars, gates_as_bars=self.gates.drawn_as_bars)
        self.views.show_numbers(self._settings.current.numbers)

    async def use_models(self, names: Sequence[str]) -> None:
        """Open other models instead of the current ones."""
        self.models.replace(names)
        self.composition.know_model(has_chinese=False)
        self.completion.forget()
        await self._show_models()
        self.models.start()
        self.completion.request_again()
        self.views.focus_text()

    def _apply_settings(self, before: Settings, now: Settings) -> None:
        """Show what the settings say from now on."""
        self.set_class(not now.continuations, "-without-continuations")
        for editor in self.query(Editor):
            editor.space = now.space
        self.composition.apply_settings()
        self.gates.apply_settings()
        self.continuations.describe()
        self.views.show_numbers(now.numbers)
        self._pool.use_lexicon(now.lexicon, again=before.lexicon != now.lexicon)
        if before.lexicon != now.lexicon:
            self.call_later(self.use_models, self.models.names)
        if before.script != now.script:
            self.models.use_script(now.script, lambda _: self.call_later(self.completion.request_again))
        if before.changed("shading", now.shading) != now:
            self.completion.request_again()
        elif before != now:
            self.shading.clear()
            self.shading.update()

    def use_mode(self, mode: Mode) -> None:
        """Show the text, or the conversation."""
        self.views.mode = mode
        self.finding.close()
        self.completion.request()

    def save_learned(self) -> None:
        """Write what was learned, if the writer has agreed."""
        self.learning.save()
        self.learning.report(self._warn)

    def _warn(self, text: str) -> None:
        self.notify(text, severity="warning", timeout=20, markup=False)

    # --- widgets → controllers

    @on(TextArea.Changed)
    def _text_changed(self, message: TextArea.Changed) -> None:
        self.completion.request()
        if message.text_area is self.views.editor:
            self.document.describe_soon()
            self.finding.refresh()

    @on(TextArea.SelectionChanged)
    def _cursor_moved(self) -> None:
        self.completion.request()

    @on(Chat.HistoryChanged)
    def _history_changed(self) -> None:
        self.completion.request()
        self.finding.refresh()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Type into the text again once it has the focus, and not into what is open below it."""
        if event.widget in (self.views.editor, self.views.chat.prompt):
            self.views.find_bar.activate(None)
            self.completion.request()
        elif isinstance(event.widget, FindField):
            self.views.find_bar.activate(event.widget)
            self.completion.request()

    @on(FindBar.WantedChanged)
    def _wanted_changed(self) -> None:
        self.finding.search()

    @on(FindField.Asked)
    def _hits_asked(self, message: FindField.Asked) -> None:
        self.finding.do(message.what)

    @on(Editor.CompositionChanged)
    def _composition_changed(self) -> None:
        self.composition.follow()
        self.completion.request()

    @on(Candidates.CursorMoved)
    @on(GatePanel.SelectionMoved)
    def _selection_moved(self) -> None:
        self.shading.update()

    @on(GatePanel.OpenWanted)
    def _open_wanted(self, message: GatePanel.OpenWanted) -> None:
        self.gates.open_step(message.panel)

    @on(GatePanel.PatternsWanted)
    def _patterns_wanted(self, message: GatePanel.PatternsWanted) -> None:
        self.gates.show_patterns(message.panel)

    @on(GatePanel.EarlierWordsWanted)
    def _earlier_words_wanted(self) -> None:
        self.completion.request_earlier_words()

    @on(Candidates.MoreWanted)
    def _more_candidates_wanted(self, message: Candidates.MoreWanted) -> None:
        self.completion.request_more_candidates(message.count)

    @on(Candidates.Committed)
    def _candidate_committed(self, message: Candidates.Committed) -> None:
        self.completion.commit(message.suggestion)
        self.views.focus_text()

    @on(Editor.OfferTaken)
    def _offer_taken(self, message: Editor.OfferTaken) -> None:
        self.learning.learn(message.word, message.letters)

    @on(Candidates.ForgetWanted)
    def _forget_wanted(self, message: Candidates.ForgetWanted) -> None:
        self._forget(message.word)

    def _forget(self, word: str) -> None:
        known = self.learning.forget(word)
        text = say("{word} is forgotten." if known else "{word} was not learned.", word=one_line(word, 40))
        self.notify(text, timeout=3, markup=False)
        self.learning.report(self._warn)
        if known:
            self.completion.request_again()

    @on(Candidates.Exited)
    async def _candidates_exited(self, message: Candidates.Exited) -> None:
        """Return to the text, with what was typed."""
        self.views.focus_text()
        if message.typed:
            await self.views.active_editor.type_text(message.typed)

    @on(Continuations.Shown)
    def _continuations_shown(self) -> None:
        if self.continuations.is_missing:
            self.completion.request_again()

    @on(Continuations.BranchCommitted)
    def _branch_committed(self, message: Continuations.BranchCommitted) -> None:
        self.continuations.commit(message.text)
        self.views.focus_text()

    @on(Chat.ReplyWanted)
    def _reply_wanted(self, message: Chat.ReplyWanted) -> None:
        self.replies.request(message.turns)

    @on(Chat.OtherReplyWanted)
    @work
    async def _other_reply_wanted(self, message: Chat.OtherReplyWanted) -> None:
        await self.replies.replace(message.index)

    @on(Prompt.Sent)
    def _line_sent(self, message: Prompt.Sent) -> None:
        """End with the written line, if the app is a single line."""
        self.app.exit(message.text)

    @on(Prompt.Cancelled)
    def _line_cancelled(self) -> None:
        """End without a line, if the app is a single line."""
        if self._inline:
            self.app.exit()

    # --- worker → controllers

    @on(messages.ModelLoading)
    @on(messages.ModelReady)
    @on(messages.ModelFailed)
    @on(messages.WorkerIdle)
    def _model_changed(self, message: messages.ModelMessage) -> None:
        if self.models.receive(message):
            self._know_model(message)
        self.learning.report(self._warn)

    def _know_model(self, message: messages.ModelMessage) -> None:
        """Compose with a model that has Chinese words; do not wait for one that fails."""
        if isinstance(message, messages.ModelReady) and message.index == 0:
            self.composition.know_model(has_chinese=message.has_chinese)
        elif isinstance(message, messages.ModelFailed):
            self.composition.give_up()

    @on(messages.SuggestionsReady)
    def _suggestions_ready(self, message: messages.SuggestionsReady) -> None:
        if self.completion.show(message) and message.index == 0:
            self.shading.update()

    @on(messages.GatesReady)
    def _gates_ready(self, message: messages.GatesReady) -> None:
        self.completion.show_gates(message)

    @on(messages.GhostTextReady)
    def _ghost_text_ready(self, message: messages.GhostTextReady) -> None:
        self.completion.show_ghost_text(message)

    @on(messages.ContinuationToken)
    def _continuation_token(self, message: messages.ContinuationToken) -> None:
        self.continuations.show(message)

    @on(messages.ReplyToken)
    def _reply_token(self, message: messages.ReplyToken) -> None:
        if self.replies.show(message):
            self.completion.request()

    @on(messages.QueryAnswered)
    def _query_answered(self, message: messages.QueryAnswered) -> None:
        self.shading.show(message)

    # --- keys → controllers

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

    @on(Editor.MovedBelow)
    def action_enter_bar(self) -> None:
        """Move among the candidates."""
        if self.views.bars[0].suggestions:
            self.composition.hide()
            self.views.bars[0].focus()

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
