"""Every number of the memory test: what it means, which values it accepts, and its default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqchat.declared import Range, check, declared
from seqchat.model.cells import CELLS

Subjects = Literal["one", "changing"]
Mixture = Literal["octave", "uniform"]

# Those that the course is about; any other can be asked for.
COURSE_CELLS = ("rnn", "lstm", "gru")
# Each network learns with each of these, and validation chooses.
RATES = (0.003, 0.01)
BATCH = 32
# Longer texts take gigabytes, or hours.
MAX_DISTANCE = 1_000

_DISTANCE = Range(1, MAX_DISTANCE)


@dataclass(frozen=True)
class LabSettings:
    """What is trained and measured."""

    cells: tuple[str, ...] = declared(
        COURSE_CELLS,
        "Train this cell; repeat the option for others.",
        choices=tuple(CELLS),
        option="--cell",
        shown=", ".join(COURSE_CELLS),
    )
    distances: tuple[int, ...] = declared(
        (1, 5, 10, 20, 30, 40, 50, 75, 100, 150), "Distances at which to measure.", _DISTANCE
    )
    longest: int = declared(50, "Longest distance in training; the shortest is 1.", _DISTANCE)
    subjects: Subjects = declared(
        "changing",
        "one: a person is named once; changing: there are earlier subjects, and persons who are no subject.",
    )
    mixture: Mixture = declared(
        "octave", "Distances in training: octave, short ones more often, as in real text; or uniform."
    )
    updates: int = declared(600, "How many updates each network gets.", Range(1, 1_000_000))
    seconds: float | None = declared(
        None, "End training after this time, such as 90s or 2m.", Range(above=0), unit="seconds"
    )
    runs: int = declared(3, "Repetitions with other texts and initial weights.", Range(1, 1_000))
    seed: int = declared(1, "The same seed gives the same result.", Range(0))
    parameters: int = declared(10_000, "Approximate number of parameters of each network.", Range(1, 1_000_000))
    texts: int = declared(500, "Texts at each distance that is measured.", Range(1, 10_000))

    def __post_init__(self) -> None:
        check(self)
        object.__setattr__(self, "cells", tuple(cell for cell in CELLS if cell in self.cells))
        object.__setattr__(self, "distances", tuple(sorted(set(self.distances))))
