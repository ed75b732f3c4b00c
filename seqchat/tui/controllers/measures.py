"""What panels draw neurons by, measured in threads, so that no key waits for it."""

from __future__ import annotations

import threading

from seqchat.completion.engine_pool import EnginePool
from seqchat.tui.widgets.gate_panel import GatePanel


class MeasuresController:
    """Answers panels that want the order and the scales of their model's neurons, or those that track something."""

    def __init__(self, pool: EnginePool) -> None:
        self._pool = pool
        # What is being found: of which panel, model and layer
        self._running: set[tuple[int, str, str]] = set()

    def find(self, wanted: GatePanel.MeasuresWanted) -> None:
        """Measure, and let the panel know; returns at once."""
        key = id(wanted.panel), wanted.model, wanted.layer
        if key not in self._running:
            self._running.add(key)
            threading.Thread(target=self._answer, args=(wanted, key), name="measures", daemon=True).start()

    def _answer(self, wanted: GatePanel.MeasuresWanted, key: tuple[int, str, str]) -> None:
        from seqchat.insight.neurons.overview import overview
        from seqchat.insight.neurons.tracked import tracked_neurons

        try:
            engine = self._pool.engine(wanted.model)
            if wanted.layer:
                wanted.panel.post_message(GatePanel.Tracked(wanted, tracked_neurons(engine, wanted.layer)))
            else:
                wanted.panel.post_message(GatePanel.Measured(wanted, overview(engine)))
        except Exception:  # without measures, neurons are drawn by their numbers
            if wanted.layer:
                wanted.panel.post_message(GatePanel.Tracked(wanted, ()))
        finally:
            self._running.discard(key)
