"""The interface in Chinese: English text → Chinese text, a file for each area."""

from __future__ import annotations

from seqchat.tui.chinese import (
    app,
    documents,
    experiments,
    gates,
    gradients,
    keys,
    lessons,
    pages,
    settings,
    training,
    writing,
)

_AREAS = (app, documents, experiments, gates, gradients, keys, lessons, pages, settings, training, writing)
CHINESE: dict[str, str] = {english: chinese for area in _AREAS for english, chinese in area.TEXTS.items()}
