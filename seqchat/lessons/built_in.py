"""All lessons, in the order of the course."""

from __future__ import annotations

from seqchat.lessons import on_gates, on_rnn
from seqchat.lessons.lesson import Lesson

LESSONS: tuple[Lesson, ...] = (
    on_rnn.WHY_ORDER,
    on_rnn.WINDOWS,
    on_rnn.STEP,
    on_rnn.LAYERS,
    on_rnn.DIRECTIONS,
    on_rnn.BOTH,
    on_rnn.SHAPES,
    on_gates.GRADIENTS,
    on_gates.MEMORY,
    on_gates.FORGET,
    on_gates.INPUT_OUTPUT,
    on_gates.UNTRAINED,
    on_gates.STACKED,
    on_gates.GRU,
    on_gates.SIDE_BY_SIDE,
    on_gates.MINGRU,
)
