"""How fast a run is, and how long it will take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqchat.training.loop import Trainer


class Pace:
    """Words a second since a run was started or resumed, validation included, and the seconds that are left."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._began = trainer.counters.seconds, trainer.counters.tokens

    @property
    def words_per_second(self) -> float:
        """The mean speed."""
        counters = self._trainer.counters
        seconds, tokens = self._began
        return (counters.tokens - tokens) / max(counters.seconds - seconds, 1e-9)

    @property
    def seconds_left(self) -> float:
        """The time until the epochs or the time limit are used up; early stopping may end the run before."""
        trainer = self._trainer
        left = (trainer.total_tokens - trainer.counters.tokens) / max(self.words_per_second, 1e-9)
        limit = trainer.settings.time_limit
        return left if limit is None else min(left, limit - trainer.counters.seconds)
