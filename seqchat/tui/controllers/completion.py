"""Suggestions for the text at the cursor: requests to the worker, candidates, grey text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqchat.completion.worth import is_grey, keeps_language
from seqchat.tui.controllers.composition import CompositionController
from seqchat.tui.controllers.continuations import ContinuationController
from seqchat.tui.controllers.learning import LearningController
from seqchat.tui.controllers.models import ModelsController
from seqchat.tui.inference_messages import (
    TRACED_WORDS,
    GatesReady,
    GhostTextReady,
    SuggestionRequest,
    SuggestionsReady,
)
from seqchat.tui.keys import CANDIDATES
from seqchat.tui.live_settings import LiveSettings
from seqchat.tui.screens.views import Views
from seqchat.tui.widgets.offer import Offer

if TYPE_CHECKING:
    from seqchat.completion.suggestion import Suggestion
    from seqchat.insight.gates import GateTrace

# The text on both sides of the cursor, whether the word before it was taken, and how many letters are open
Place = tuple[str, str, bool, int | None]
# So many candidates more are requested when the last page was turned.
_MORE_CANDIDATES = 27


class CompletionController:
    """Requests suggestions whenever the text or the cursor has moved, shows them, and commits candidates."""

    def __init__(
        self,
        views: Views,
        settings: LiveSettings,
        models: ModelsController,
        continuations: ContinuationController,
        composition: CompositionController,
        learning: LearningController,
    ) -> None:
        self._views, self._settings, self._models, self._continuations = views, settings, models, continuations
        self._composition, self._learning = composition, learning
        # The latest request, and for each model the ones whose suggestions and whose gates are shown
        self.latest = SuggestionRequest(0, "")
        self._shown: dict[int, SuggestionRequest] = {}
        self._traced: dict[int, SuggestionRequest] = {}

    def is_current(self, model: int = 0) -> bool:
        """Whether the suggestions of a model are those of the latest request, and this of the text at the cursor."""
        waits = self._views.active_editor.composer.composition.held
        return not waits and self._shown.get(model) is self.latest and self._is_at_cursor(self.latest)

    @property
    def fits_text(self) -> bool:
        """Whether the candidates were made for the text at the cursor, and not for that of a keystroke ago."""
        shown = self._shown.get(0)
        return shown is not None and self._is_at_cursor(shown)

    def _is_at_cursor(self, request: SuggestionRequest) -> bool:
        return _place_of(request) == self._place()

    def _place(self) -> Place:
        """Return the text at the cursor, whether the word before it was taken, and how many letters are open."""
        return *self._views.around_cursor(), self._views.after_taken_word, self._views.open_letters

    # --- requests

    def request(self) -> None:
        """Request suggestions, gates and continuations where the text or the cursor is another than before."""
        if not self._is_at_cursor(self.latest):
            self._submit()

    def request_again(self) -> None:
        """Request everything again, with other continuations."""
        self._submit(again=True)

    def request_more_candidates(self, count: int) -> None:
        """Request more than `count` candidates; the continuations stay as they are."""
        # Not all that were requested were worth showing.
        self._submit(candidates=max(count, self.latest.candidates) + _MORE_CANDIDATES)

    def request_earlier_words(self) -> None:
        """Request the gates of twice as many words; the continuations stay as they are."""
        self._submit(traced=2 * self.latest.traced)

    def _submit(
        self,
        *,
        again: bool = False,
        candidates: int = CANDIDATES,
        traced: int = TRACED_WORDS,
    ) -> None:
        if self._models.is_stopped:
            return
        text, after, finished, open_letters = self._place()
        settings = self._settings.current
        more = (candidates, traced) != (CANDIDATES, TRACED_WORDS)
        self.latest = SuggestionRequest(
            number=self.latest.number + 1,
            text=text,
            after=after,
            finished=finished,
            pinyin=settings.pinyin,
            spelling=settings.spelling,
            candidates=candidates,
            ghost_words=0 if after.partition("\n")[0].strip() else settings.ghost_words,
            traced=traced,
            continuations=None if more else self._continuations.next_request(text, again=again),
            open_letters=open_letters,
            tones=settings.tone_digits,
            forced=settings.pinyin_first,
        )
        # The screen comes before the model: drawing and inference share an interpreter.
        self._views.draw_text()
        self._models.worker.request_suggestions(self.latest)

    def forget(self) -> None:
        """Regard nothing as shown and nothing as requested, since other models are open now."""
        self._shown, self._traced = {}, {}
        self.latest = self.latest._replace(number=self.latest.number + 1)

    # --- results; those of an earlier request are dropped

    def show(self, message: SuggestionsReady) -> bool:
        """Show candidates and gates; return whether they are those of the latest request."""
        request, index = message.request, message.index
        if request is not self.latest or self._models.is_stopped:
            return False
        before = self._shown.get(index)
        same_text = before is not None and _place_of(before) == _place_of(request)
        self._shown[index] = request
        self._views.bars[index].show(message.suggestions, complete=message.complete, more=same_text)
        if message.gates is not None:
            self._show_gates(request, index, message.gates)
        if index == 0 and self._is_at_cursor(request):
            if not same_text:
                self._offer()
            self._composition.show(message)
        return True

    def show_gates(self, message: GatesReady) -> None:
        """Show gates that come after the candidates."""
        if message.request is self.latest and not self._models.is_stopped:
            self._show_gates(message.request, message.index, message.gates)

    def _show_gates(self, request: SuggestionRequest, index: int, gates: GateTrace) -> None:
        before = self._traced.get(index)
        same_text = before is not None and _place_of(before) == _place_of(request)
        self._traced[index] = request
        self._views.panels.show(index, gates, new=not same_text)

    def show_ghost_text(self, message: GhostTextReady) -> None:
        """Continue the first candidate in grey."""
        if message.request is self.latest and not self._models.is_stopped and self._views.bars[0].suggestions:
            self._offer(message.text)

    def _offer(self, ahead: str = "") -> None:
        # The text may have changed, and its request be still to come.
        if not self._is_at_cursor(self.latest):
            return
        first = next(iter(self._views.bars[0].suggestions), None)
        offer = Offer()
        if first is not None:
            asked = self.latest
            kept = keeps_language(first.insert, asked.text, chinese=asked.forced, latin=not asked.pinyin)
            offer = Offer(first.insert, first.replace, first.completes, ahead, kept and is_grey(first), first.word)
        self._views.active_editor.offer(offer)

    # --- commits

    def commit(self, suggestion: Suggestion) -> None:
        """Insert a candidate, if it was made for the text at the cursor, and learn it."""
        if self.fits_text:
            editor, replace = self._views.active_editor, suggestion.replace
            # What is put together from open letters is learned as a whole.
            if not editor.composer.composes_with(suggestion.insert, replace):
                self._learning.learn(suggestion.word, self.latest.text[-replace:] if replace else "")
            editor.commit(suggestion.insert, replace)

    def commit_candidate(self, number: int) -> None:
        """Insert a candidate of the page that is shown, counted from 0."""
        suggestion = self._composition.shown.candidate_at(number)
        if suggestion is not None:
            self.commit(suggestion)


def _place_of(request: SuggestionRequest) -> Place:
    return request.text, request.after, request.finished, request.open_letters
