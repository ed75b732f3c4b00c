"""Questions: how answers are judged, and that each built-in answer is what the lesson's own models say."""

from __future__ import annotations

import numpy as np
import pytest

from seqchat.completion.engine import Engine
from seqchat.insight.observing import observe
from seqchat.insight.shapes import shapes_of
from seqchat.insight.wiring import wiring
from seqchat.lessons import on_gates, on_rnn
from seqchat.lessons.built_in import LESSONS
from seqchat.lessons.question import ChoiceAnswer, NumberAnswer, WordAnswer
from seqchat.lessons.study import StudyRequest, study
from seqchat.model.cells import CELLS
from seqchat.model.cells.opening import Row

from .test_claims import engine, of, reach, untrained_gates

L, G = on_rnn, on_gates

# --- judging


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        *[(text, "right") for text in ("-0.67", "−0.67", "－0．67", " -.66 ", "-67%", "-6.7e-1")],
        *[(text, "wrong") for text in ("0.67", "-0.7", "0", "67%")],
        *[(text, "unreadable") for text in ("", "c", "小美", "inf", "nan", "1e", "--1", "0x1", "1_0")],
    ],
)
def test_a_number_may_be_written_in_many_ways(given, verdict):
    assert NumberAnswer(-0.67, 0.02).judge(given) == verdict


def test_a_number_is_compared_with_its_tolerance():
    assert NumberAnswer(0.3, 0.1).judge("0.4") == "right"
    assert NumberAnswer(0.3, 0.1).judge("0.41") == "wrong"
    assert NumberAnswer(6400).judge("6,400") == "right"
    assert NumberAnswer(6400).judge("6401") == "wrong"
    assert NumberAnswer(-0.67, 0.02).shown() == "−0.67 ± 0.02"
    assert NumberAnswer(6400).shown() == "6,400"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [("b", "right"), ("B)", "right"), ("Ｂ", "right"), ("Only H", "right"), ("a", "wrong"), ("d", "unreadable")],
)
def test_a_choice_is_a_letter_or_the_text_of_an_option(given, verdict):
    assert ChoiceAnswer(1).judge(given, ("only c", "only h", "both")) == verdict


def test_a_word_has_no_width_case_or_quotes():
    assert WordAnswer("LSTM").judge("「ｌｓｔｍ」") == "right"
    assert WordAnswer("小美").judge("小帅") == "wrong"
    assert WordAnswer("小美").judge(" ") == "unreadable"


# --- the answers of the built-in lessons


def lowest(lesson, gate, neuron, without=(), first="▶"):
    """The word at which a gate of a neuron is lowest, from a word on."""
    found = of(lesson).gates
    start = found.words.index(first)
    values = {k: found.layers[0][gate][k, neuron] for k in range(start, len(found.words))}
    return found.words[min((k for k in values if found.words[k] not in without), key=values.get)]


def changed_states():
    """Which directions' states at 去 change when what follows does."""
    infill = Engine.load("lstm-chat-infill")
    node = infill.context.node("周末我想去")
    one, other = (observe(infill, node, None, infill.right_ids(right, "去")) for right in ("吃烤鸭", "吃火锅"))
    at = one.words.index("去")
    return [
        name
        for k, name in enumerate(one.names)
        if not np.array_equal(*(t.layers[k]["hidden"][at] for t in (one, other)))
    ]


def last_change_of_sign(lesson, gate, neuron):
    found = of(lesson).gates
    signs = np.sign(found.layers[0][gate][:, neuron])
    return found.words[max(k for k in range(1, len(signs)) if signs[k] != signs[k - 1])]


def read_by(cell, state, *gates):
    """Which gates of a cell read a state by weights."""
    rows = {g: [a.term.reads for a in CELLS[cell].formulas[g].addends if isinstance(a.term, Row)] for g in gates}
    return [gate for gate, reads in rows.items() if state in reads]


def layer(model, number):
    return wiring(engine(model).network)[number]


def weights(model, name):
    return engine(model).network.layers[0][name]


# lesson → the answer that its models give; of a choice, its option in English
TRUTHS = [
    (L.WHY_ORDER, lambda: of(L.WHY_ORDER, ("；", "，")).best),
    (
        L.WINDOWS,
        lambda: len(study(engine("lesson-lstm"), StudyRequest((None,), L.WINDOWS.example)).ids) - 5,
    ),
    (L.STEP, lambda: weights("lesson-rnn", "weight_hh").numel()),
    (L.LAYERS, lambda: {(0,): "h of layer 1 at the same word"}[layer("lesson-lstm-deep", 1).below]),
    (L.DIRECTIONS, lambda: {("1←",): "←h"}[tuple(changed_states())]),
    (L.BOTH, lambda: layer("lesson-window", 2).weights["weight_ih"].shape[1]),
    (L.SHAPES, lambda: shapes_of("gru", 20, 40, 7)[3].states[0][0]),
    (G.GRADIENTS, lambda: reach(G.GRADIENTS, 0)[0] ** (1 / 14)),
    (G.MEMORY, lambda: of(G.MEMORY).at("；", "cell", 35)),
    (G.FORGET, lambda: lowest(G.FORGET, "forget", 35, without=("；",), first="是")),
    (G.INPUT_OUTPUT, lambda: lowest(G.INPUT_OUTPUT, "output", 35)),
    (G.UNTRAINED, lambda: round(float(untrained_gates("lstm")["forget"].mean()), 1) ** 4),
    (
        G.STACKED,
        lambda: {(0, 40): "only h"}[
            (*layer("lesson-lstm-deep", 1).below, layer("lesson-lstm-deep", 1).weights["weight_ih"].shape[1])
        ],
    ),
    (G.GRU, lambda: last_change_of_sign(G.GRU, "hidden", 18)),
    (G.SIDE_BY_SIDE, lambda: weights("lesson-lstm", "weight_hh").numel()),
    (G.MINGRU, lambda: {(): "neither"}[tuple(read_by("mingru", "h", "update", "candidate"))]),
]


@pytest.mark.parametrize(("lesson", "truth"), TRUTHS, ids=[lesson.english.title for lesson, _ in TRUTHS])
def test_an_answer_is_what_the_models_say(lesson, truth):
    (question,) = lesson.questions
    assert question.answer.judge(str(truth()), question.english.options) == "right"


def test_numbers_in_explanations_are_true():
    memory = of(G.MEMORY)
    kept = memory.at("；", "forget", 35) * memory.at("加班", "cell", 35)
    assert [round(v, 2) for v in (kept, memory.at("；", "cell", 35) - kept)] == [0.24, -0.91]
    assert [round(memory.at(w, g, 35), 2) for w, g in (("都", "forget"), ("每天", "cell"), ("都", "cell"))] == [
        0.36,
        2.45,
        1.55,
    ]
    assert round(memory.at("外面", "output", 35), 2) == 0.09
    assert weights("lesson-gru", "weight_hh").numel() == 4800
    assert len(reach(G.GRADIENTS, 0)) == 15


def test_every_built_in_lesson_asks_in_both_languages():
    assert [lesson for lesson, _ in TRUTHS] == list(LESSONS)
    for lesson in LESSONS:
        for question in lesson.questions:
            for said in (question.english, question.chinese):
                assert said.asked
                assert said.because
            assert len(question.english.options) == len(question.chinese.options)
            assert not question.english.asked.endswith(".")
