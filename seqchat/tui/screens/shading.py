"""Shading the text that is written by what the network makes of it."""

from __future__ import annotations

from functools import partial
from typing import cast

from textual import on
from textual.color import Color

from seqchat.tui import inference_messages as messages
from seqchat.tui import shading
from seqchat.tui.screens.completing import Completing
from seqchat.tui.widgets.candidates import Candidates
from seqchat.tui.widgets.gate_panel import GatePanel

_TOPIC = "shading"


class Shading(Completing):
    """Asks for shades once the candidates are there, and draws them."""

    def on_suggestions_ready(self, message: messages.SuggestionsReady) -> None:
        """Show suggestions and gates, and shade the text anew."""
        super().on_suggestions_ready(message)
        if message.index == 0 and message.request is self._request:
            self._shade()

    @on(Candidates.CursorMoved)
    @on(GatePanel.SelectionMoved)
    def _shade(self) -> None:
        """Ask for the shades of the text at hand."""
        if self.settings.shading == "none" or self._resting or not self._up_to_date():
            return
        text = self._request.text
        if self.settings.shading == "candidate" and (suggestion := self.bars[0].current):
            self._wonder(partial(shading.by_candidate, text=text, suggestion=suggestion))
        elif self.settings.shading == "neuron" and (pointed := self.panels.all[0].selection):
            layer, gate, neuron = pointed
            last = self._request.traced
            self._wonder(partial(shading.by_neuron, text=text, layer=layer, gate=gate, neuron=neuron, last=last))

    def _wonder(self, ask: partial[list[shading.Shade]]) -> None:
        self._worker.submit(messages.ModelQuery(_TOPIC, ask))

    def on_query_answered(self, message: messages.QueryAnswered) -> None:
        """Draw the shades, if they are those of the text at hand."""
        query = message.query
        if query.topic != _TOPIC or self._resting or message.problem or not isinstance(query.run, partial):
            return
        if self.settings.shading != "none" and query.run.keywords["text"] == self._request.text:
            self.draw_shades(cast("list[shading.Shade]", message.result))

    def draw_shades(self, shades: list[shading.Shade]) -> None:
        """Draw shades of the text at hand; what was said in a chat has none."""
        writing = self.writing
        said = len(self._written()[0]) - len(writing.text_before_cursor())
        own = [(max(start - said, 0), end - said, share) for start, end, share in shades if end > said]
        ground, accent = writing.background_colors[1], self.app.theme_variables["accent"]
        writing.shade(shading.styled(own, ground, Color.parse(accent), colours=not self.app.no_color))
