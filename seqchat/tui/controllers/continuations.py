"""Continuations of the text, which the worker writes word by word."""

from __future__ import annotations

from seqchat.tui.inference_messages import ContinuationRequest, ContinuationToken
from seqchat.tui.live_settings import LiveSettings
from seqchat.tui.screens.views import Views


class ContinuationController:
    """Says which branches have to be written for a text, adds their words, and commits them."""

    def __init__(self, views: Views, settings: LiveSettings) -> None:
        self._views, self._settings = views, settings
        self._latest: ContinuationRequest | None = None

    def next_request(self, text: str, *, again: bool) -> ContinuationRequest:
        """Return the branches to write for a text; those that agree with it stay, unless others are wanted."""
        view = self._views.continuations
        emptied = view.branches.follow(text)
        if again:
            emptied = view.branches.restart()
        view.refresh()
        visible = view.display and self._views.continues_text
        settings = self._settings.current
        self._latest = ContinuationRequest(emptied if visible else (), settings.temperature, settings.top_p)
        return self._latest

    @property
    def is_missing(self) -> bool:
        """Whether none were requested although not all are finished: there was no room for them."""
        return (
            self._latest is not None and not self._latest.branches and not self._views.continuations.branches.finished
        )

    def show(self, message: ContinuationToken) -> None:
        """Add a word to a branch; one of an earlier request is dropped."""
        if message.continuations is self._latest:
            view, word = self._views.continuations, message.word
            view.branches.add_word(message.branch, word.text, word.log_probability, word.ended, message.replace)
            view.refresh()

    def describe(self) -> None:
        """Show how the branches are sampled."""
        settings = self._settings.current
        self._views.continuations.describe(settings.temperature, settings.top_p)

    def stop(self) -> None:
        """Drop what is still on its way."""
        self._latest = None

    def commit_branch(self, index: int) -> None:
        """Insert a whole continuation."""
        self.commit(self._views.continuations.branches[index].text)

    def commit_word(self, index: int) -> None:
        """Insert the next word of a continuation; the rest of it stays."""
        self.commit(self._views.continuations.branches[index].first_word())

    def commit(self, text: str) -> None:
        """Insert the beginning of a continuation."""
        if text and self._views.continues_text:
            self._views.editor.commit(text, self._views.continuations.branches.replaced)
