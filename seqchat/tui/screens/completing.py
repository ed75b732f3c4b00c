"""Completing what is typed: the text goes to the inference worker, and what was thought to the widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import on
from textual.content import Content
from textual.timer import Timer
from textual.widgets import TextArea

from seqchat.tui import inference_messages as messages
from seqchat.tui import inference_worker
from seqchat.tui.documents import length_of
from seqchat.tui.engine_pool import EnginePool
from seqchat.tui.keys import CANDIDATES, Key
from seqchat.tui.language import say
from seqchat.tui.screens.filing import Filing
from seqchat.tui.settings import Settings
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.chat import Chat
from seqchat.tui.widgets.continuations import Continuations
from seqchat.tui.widgets.editor import Editor, Offer

# So many candidates more are asked for when the last page was turned.
_MORE = 27
# What the title says of a text waits until nothing was typed for so long.
_PAUSE_SECONDS = 0.2


class Completing(Filing):
    """Asks for candidates, continuations and replies, shows them, and puts into the text what is picked."""

    def __init__(
        self,
        models: Sequence[str],
        settings: Settings,
        keys: Mapping[str, tuple[Key, ...]],
        pool: EnginePool,
        remembered: Sequence[str],
        *,
        inline: bool,
    ) -> None:
        super().__init__(keys, inline=inline)
        self.settings = settings
        self._worker = inference_worker.InferenceWorker(models, self.post_message, pool, remembered)
        self._request = messages.SuggestionRequest(0, "")
        self._shown: dict[int, messages.SuggestionRequest] = {}
        self._growth: messages.ContinuationRequest | None = None
        self._reply: messages.ReplyRequest | None = None
        self._pause: Timer | None = None
        self._resting = False

    def rest(self) -> None:
        """Think no more; what is still on its way finds no widgets any more."""
        self._worker.stop()
        self._request, self._growth, self._reply, self._resting = messages.SuggestionRequest(-1, ""), None, None, True
        if self._pause is not None:
            self._pause.stop()

    def join(self) -> None:
        """Wait for the end of the thinking."""
        self._worker.join()

    # --- typing → thinking

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        self._ask()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(_PAUSE_SECONDS, self._describe_text)

    @on(TextArea.SelectionChanged)
    @on(Chat.HistoryChanged)
    def _place_changed(self) -> None:
        self._ask()

    def ask_again(self) -> None:
        """Think anew about the text at hand, continuations included."""
        self.continuations.branches.restart()
        self._ask(again=True)

    def _ask(self, *, again: bool = False, candidates: int = CANDIDATES, traced: int = messages.TRACED_WORDS) -> None:
        """Ask for candidates, gates and continuations, where the text or the place in it is another one.

        again: with other continuations; candidates, traced: for more of them, the continuations staying as they are.
        """
        if self._resting:
            return
        text, after = self._written()
        more = (candidates, traced) != (CANDIDATES, messages.TRACED_WORDS)
        if not (again or more) and (text, after) == (self._request.text, self._request.after):
            return
        settings = self.settings
        self._request = messages.SuggestionRequest(
            number=self._request.number + 1,
            text=text,
            after=after,
            pinyin=settings.pinyin,
            candidates=candidates,
            ghost_words=0 if after.partition("\n")[0].strip() else settings.ghost_words,
            traced=traced,
            continuations=None if more else self._next_growth(text, again=again),
        )
        # What was typed is seen before anything is thought about it, since thinking and drawing share an interpreter.
        self.draw_now(self.writing)
        self._worker.request_suggestions(self._request)

    def _written(self) -> tuple[str, str]:
        """Return what stands left and right of the cursor; in a chat, what was said stands on the left."""
        writing = self.writing
        said = "".join(f"{turn}\n" for turn in self.chat.history() if turn) if self.mode == "chat" else ""
        return said + writing.text_before_cursor(), writing.text_after_cursor()

    def _next_growth(self, text: str, *, again: bool) -> messages.ContinuationRequest:
        """Return the branches that have to grow for a text; what agrees with it stays."""
        continuations = self.continuations
        emptied = continuations.branches.follow(text)
        if again:
            emptied = continuations.branches.restart()
        continuations.refresh()
        visible = continuations.display and self.mode == "compose"
        self._growth = messages.ContinuationRequest(
            emptied if visible else (), self.settings.temperature, self.settings.top_p
        )
        return self._growth

    def _describe_text(self) -> None:
        """Say which text this is, and how long."""
        name = self.document.path.name if self.document else say("Compose")
        self.editor.border_title = Content(f"{name}{' •' if self.unsaved else ''}")
        self.editor.border_subtitle = length_of(self.editor.text)

    # --- thinking → screen; what belongs to a text that is no longer there is dropped

    def on_model_loading(self, message: messages.ModelLoading) -> None:
        """Say what is being done."""
        if not self._resting:
            self.bars[message.index].notice(f"{message.what}…")

    def on_model_ready(self, message: messages.ModelReady) -> None:
        """Show what model is at work."""
        if self._resting:
            return
        bar = self.bars[message.index]
        bar.border_title = Content(f"{say('Candidates')} · {message.name}")
        self.panels.describe(message)
        if message.index == 0:
            self.chat.call_model(message.name)

    def on_model_failed(self, message: messages.ModelFailed) -> None:
        """Say why there are no suggestions; the text stays."""
        if self._resting:
            return
        self.bars[message.index].notice(message.reason)
        self.panels.all[message.index].notice(message.reason)
        self.notify(message.reason, severity="error", timeout=30, markup=False)

    def on_suggestions_ready(self, message: messages.SuggestionsReady) -> None:
        """Show suggestions and gates."""
        request, index = message.request, message.index
        if request is not self._request:
            return
        before = self._shown.get(index)
        same = before is not None and (before.text, before.after) == (request.text, request.after)
        self._shown[index] = request
        self.bars[index].show(message.suggestions, request.candidates, more=same)
        self.panels.show(message, new=not same)
        if index == 0 and not same:
            first = message.suggestions[0] if message.suggestions else None
            self.writing.offer(Offer(first.insert, first.replace, first.completes) if first else Offer())

    def on_ghost_text_ready(self, message: messages.GhostTextReady) -> None:
        """Let the grey text go on."""
        suggestions = self.bars[0].suggestions
        if message.request is self._request and suggestions:
            first = suggestions[0]
            self.writing.offer(Offer(first.insert, first.replace, first.completes, message.text))

    def on_continuation_token(self, message: messages.ContinuationToken) -> None:
        """Let a continuation grow."""
        if message.continuations is self._growth:
            continuations, piece = self.continuations, message.piece
            continuations.branches.grow(message.branch, piece.text, piece.log_probability, piece.ended, message.replace)
            continuations.refresh()

    def on_reply_token(self, message: messages.ReplyToken) -> None:
        """Let a reply grow; what is typed meanwhile follows it once it has ended."""
        if message.request is not self._reply:
            return
        if message.ended:
            self._reply = None
            self._ask()
        else:
            self.chat.grow(message.text)

    def on_chat_reply_wanted(self, message: Chat.ReplyWanted) -> None:
        """Ask for a reply."""
        number = self._reply.number + 1 if self._reply else 0
        self._reply = messages.ReplyRequest(number, message.turns, self.settings.temperature, self.settings.top_p)
        self._worker.request_reply(self._reply)

    # --- candidates and continuations

    def _up_to_date(self) -> bool:
        """Whether what is shown was made for the text at hand, and not for the one of a keystroke ago."""
        shown = self._shown.get(0)
        return shown is not None and (shown.text, shown.after) == self._written()

    def accept(self, insert: str, replace: int = 0) -> None:
        """Insert what was picked, if it was made for the text at hand."""
        if self._up_to_date():
            self.writing.commit(insert, replace)
        self.write()

    def action_commit(self, number: int) -> None:
        """Take a candidate of the page that is shown."""
        suggestion = self.bars[0].candidate_at(number)
        if suggestion is not None and self._up_to_date():
            self.writing.commit(suggestion.insert, suggestion.replace)

    def on_candidates_committed(self, message: Candidates.Committed) -> None:
        """Take the candidate that was picked in the bar."""
        self.accept(message.suggestion.insert, message.suggestion.replace)

    def on_candidates_more_wanted(self, message: Candidates.MoreWanted) -> None:
        """Ask for more pages."""
        self._ask(candidates=message.count + _MORE)

    def on_candidates_exited(self, message: Candidates.Exited) -> None:
        """Go back to the text, with what was typed."""
        self.write()
        if message.typed:
            writing = self.writing
            writing.replace(message.typed, *writing.selection, maintain_selection_offset=False)

    @on(Editor.MovedBelow)
    def action_enter_bar(self) -> None:
        """Move among the candidates."""
        if self.bars[0].suggestions:
            self.bars[0].focus()

    def on_continuations_shown(self) -> None:
        """Let grow what did not while there was no room for it."""
        if self._growth is not None and not self._growth.branches and not self.continuations.branches.finished:
            self._ask(again=True)

    def on_continuations_branch_committed(self, message: Continuations.BranchCommitted) -> None:
        """Take what was clicked."""
        self._take_branch(message.text)
        self.write()

    def action_branch(self, index: int) -> None:
        """Take a whole continuation."""
        self._take_branch(self.continuations.branches[index].text)

    def action_branch_word(self, index: int) -> None:
        """Take the next word of a continuation; what is left of it stays."""
        self._take_branch(self.continuations.branches[index].first_word())

    def _take_branch(self, text: str) -> None:
        if text and self.mode == "compose":
            self.editor.commit(text, self.continuations.branches.replaced)

    async def action_again(self) -> None:
        """Ask for other continuations, or another reply."""
        if self.mode == "chat":
            await self.chat.again()
        else:
            self._ask(again=True)
