"""All lessons, in the order of the course."""

from __future__ import annotations

from seqchat.tui.tour import lessons_gated, lessons_rnn
from seqchat.tui.tour.lesson import Lesson

LESSONS: tuple[Lesson, ...] = (
    lessons_rnn.WHY_ORDER,
    lessons_rnn.WINDOWS,
    lessons_rnn.STEP,
    lessons_rnn.LAYERS,
    lessons_rnn.DIRECTIONS,
    lessons_rnn.BOTH,
    lessons_rnn.SHAPES,
    lessons_gated.GRADIENTS,
    lessons_gated.MEMORY,
    lessons_gated.FORGET,
    lessons_gated.INPUT_OUTPUT,
    lessons_gated.UNTRAINED,
    lessons_gated.STACKED,
    lessons_gated.GRU,
    lessons_gated.SIDE_BY_SIDE,
    lessons_gated.MINGRU,
)
