"""Which controller of the workspace is told what its widgets and the models' thread say."""

from __future__ import annotations

from textual import events, on, work
from textual.widgets import TextArea

from seqchat.tui import inference_messages as messages
from seqchat.tui.screens.workspace_parts import WorkspaceParts
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.chat import Chat
from seqchat.tui.widgets.continuations import Continuations
from seqchat.tui.widgets.editor import Editor
from seqchat.tui.widgets.find_bar import FindBar, FindField
from seqchat.tui.widgets.gate_panel import GatePanel
from seqchat.tui.widgets.prompt import Prompt


class WorkspaceMessages(WorkspaceParts):
    """Passes messages to the controller that they concern."""

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

    @on(Editor.MovedBelow)
    def _moved_below(self) -> None:
        self.enter_bar()

    @on(Editor.OfferTaken)
    def _offer_taken(self, message: Editor.OfferTaken) -> None:
        self.learning.learn(message.word, message.letters)

    @on(Candidates.ForgetWanted)
    def _forget_wanted(self, message: Candidates.ForgetWanted) -> None:
        self._forget(message.word)

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
