"""Shading the text by what the network makes of it."""

from __future__ import annotations

from functools import partial
from typing import cast

from textual.color import Color

from seqchat.tui import shading
from seqchat.tui.controllers.completion import CompletionController
from seqchat.tui.controllers.models import ModelsController
from seqchat.tui.inference_messages import ModelQuery, QueryAnswered
from seqchat.tui.live_settings import LiveSettings
from seqchat.tui.screens.views import Views

_TOPIC = "shading"


class ShadingController:
    """Requests shades once the candidates are there, and draws them."""

    def __init__(
        self, views: Views, settings: LiveSettings, models: ModelsController, completion: CompletionController
    ) -> None:
        self._views, self._settings, self._models, self._completion = views, settings, models, completion

    def update(self) -> None:
        """Request the shades of the text at the cursor."""
        kind, request = self._settings.current.shading, self._completion.latest
        if kind == "none" or self._models.is_stopped or not self._completion.fits_text:
            return
        if kind == "candidate" and (suggestion := self._views.bars[0].current):
            self._submit(partial(shading.by_candidate, text=request.text, suggestion=suggestion))
        elif kind == "neuron" and (selection := self._views.panels.all[0].selection):
            layer, gate, neuron = selection
            run = partial(shading.by_neuron, text=request.text, layer=layer, gate=gate, neuron=neuron)
            self._submit(partial(run, last=request.traced))

    def _submit(self, run: partial[list[shading.Shade]]) -> None:
        self._models.worker.submit(ModelQuery(_TOPIC, run))

    def clear(self) -> None:
        """Shade nothing."""
        self._views.active_editor.shade(())

    def show(self, message: QueryAnswered) -> None:
        """Draw shades, if they are those of the text at the cursor."""
        query = message.query
        if query.topic != _TOPIC or self._models.is_stopped or message.problem or not isinstance(query.run, partial):
            return
        if self._settings.current.shading != "none" and query.run.keywords["text"] == self._completion.latest.text:
            self._draw(cast("list[shading.Shade]", message.result))

    def _draw(self, shades: list[shading.Shade]) -> None:
        """Draw shades in the editor; earlier turns of a chat have none."""
        editor = self._views.active_editor
        start_of_editor = len(self._views.around_cursor()[0]) - len(editor.text_before_cursor())
        own = [
            (max(start - start_of_editor, 0), end - start_of_editor, share)
            for start, end, share in shades
            if end > start_of_editor
        ]
        app = editor.app
        ground, accent = editor.background_colors[1], app.theme_variables["accent"]
        editor.shade(shading.styled(own, ground, Color.parse(accent), colours=not app.no_color))
