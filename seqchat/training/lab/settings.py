"""Every number of the memory test, with its default; nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from seqchat.errors import SeqchatError
from seqchat.model.config import CellName

Subjects = Literal["one", "changing"]
Mixture = Literal["octave", "uniform"]

CELLS: tuple[CellName, ...] = ("rnn", "lstm", "gru")
# Each network learns with each of these, and validation chooses.
RATES = (0.003, 0.01)
BATCH = 32
# More takes gigabytes, or hours.
FARTHEST = 1_000
_MOST = {"updates": 1_000_000, "runs": 1_000, "texts": 10_000, "parameters": 1_000_000}


@dataclass(frozen=True)
class LabSettings:
    """What is trained and measured.

    parameters: about how many each network has; longest: distances in training are from 1 to this; distances: where it
    is measured, on `texts` new texts each; updates: of each network; seconds: when training ends even so, all runs
    together, None for no limit; runs: repetitions with other texts and initial weights; subjects, mixture: as in
    `MemoryTask`.
    """

    cells: tuple[CellName, ...] = CELLS
    parameters: int = 10_000
    longest: int = 50
    distances: tuple[int, ...] = (1, 5, 10, 20, 30, 40, 50, 75, 100, 150)
    updates: int = 600
    seconds: float | None = None
    runs: int = 3
    seed: int = 1
    texts: int = 500
    subjects: Subjects = "changing"
    mixture: Mixture = "octave"

    def __post_init__(self) -> None:
        if unknown := [cell for cell in self.cells if cell not in CELLS]:
            raise SeqchatError(f"There is no cell {unknown[0]!r}; there are {', '.join(CELLS)}.")
        if not self.cells:
            raise SeqchatError(f"There is no cell to train; choose from {', '.join(CELLS)}.")
        if not self.distances:
            raise SeqchatError("There is no distance to measure at; give one or several, such as 5,10,20.")
        for distance in (*self.distances, self.longest):
            if not 1 <= distance <= FARTHEST:
                raise SeqchatError(f"A distance is a whole number from 1 to {FARTHEST:,}, not {distance}.")
        for name, most in _MOST.items():
            if not 1 <= getattr(self, name) <= most:
                raise SeqchatError(f"{name} is a whole number from 1 to {most:,}, not {getattr(self, name)}.")
        if self.seed < 0:
            raise SeqchatError(f"seed is at least 0, not {self.seed}.")
        for name, allowed in (("subjects", Subjects), ("mixture", Mixture)):
            if getattr(self, name) not in get_args(allowed):
                raise SeqchatError(f"{name} is {' or '.join(get_args(allowed))}, not {getattr(self, name)!r}.")
        object.__setattr__(self, "cells", tuple(cell for cell in CELLS if cell in self.cells))
        object.__setattr__(self, "distances", tuple(sorted(set(self.distances))))
