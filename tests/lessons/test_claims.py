"""Every claim of a lesson, checked on the models that ship: a sentence in both languages, and what makes it true."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.corpus.vocabulary import UNKNOWN_ID
from seqchat.insight.gates import trace
from seqchat.lessons import on_gates, on_rnn
from seqchat.lessons.built_in import LESSONS
from seqchat.lessons.choice import Untrained, choose
from seqchat.lessons.lesson import WINDOW, Lesson
from seqchat.lessons.study import StudyRequest, study


@cache
def engine(model: str) -> Engine:
    return Engine.load(model)


@dataclass(frozen=True)
class Reading:
    """What a model makes of a text."""

    model: str
    text: str

    @property
    def gates(self) -> Any:
        return trace(engine(self.model), engine(self.model).context.node(self.text), 200)

    def at(self, word: str, gate: str, neuron: int | None = None, layer: int = 0) -> float:
        """The value of a neuron, or the mean over all, at the last occurrence of a word."""
        found = self.gates
        values = found.layers[layer][gate][len(found.words) - 1 - found.words[::-1].index(word)]
        return float(values.mean() if neuron is None else values[neuron])

    def span(self, first: str, last: str, gate: str, neuron: int, layer: int = 0) -> np.ndarray:
        """The values of a neuron from the first occurrence of one word to the first of another after it."""
        found = self.gates
        start = found.words.index(first)
        return found.layers[layer][gate][start : found.words.index(last, start) + 1, neuron]

    def chances(self) -> dict[str, float]:
        """How probable 他 and 她 are."""
        ids = torch.tensor([engine(self.model).vocabulary.ids_of(word)[0] for word in "他她"])
        node = engine(self.model).context.node(self.text)
        return dict(zip("他她", engine(self.model).context.tree.log_probs_of(node, ids).exp().tolist(), strict=True))

    @property
    def best(self) -> str:
        return suggest(engine(self.model), self.text, 1, pinyin=False)[0].word


def of(lesson: Lesson, change: tuple[str, str] | None = None, more: str = "", model: str = "") -> Reading:
    """The example of a lesson, with a change."""
    text = lesson.example if change is None else lesson.example.replace(*change)
    return Reading(model or lesson.needs[0].model, text + more)


def swapped(lesson: Lesson) -> Reading:
    text = lesson.example.replace("小帅", "?").replace("小美", "小帅").replace("?", "小美")
    return Reading(lesson.needs[0].model, text)


def is_(value: float, said: float, places: int = 2) -> bool:
    return round(value, places) == said


def reach(lesson: Lesson, index: int) -> tuple[float, ...]:
    """How much each word counts, as a share of the last one."""
    need = lesson.needs[index]
    found = need.untrained.load() if need.untrained else engine(need.model)
    norms = study(found, StudyRequest((None,), lesson.example, view="reach", target=lesson.target)).reach
    return tuple(norm / norms[-1] for norm in norms)


L, G = on_rnn, on_gates
M, F, IO, R, MG = G.MEMORY, G.FORGET, G.INPUT_OUTPUT, G.GRU, G.MINGRU

# lesson → what it says in English and in Chinese, and whether it is true
CLAIMS: list[tuple[Lesson, str, str, Callable[[], bool]]] = [
    (L.WHY_ORDER, "她 (she) comes first", "排在第一的是「她」", lambda: of(L.WHY_ORDER).best == "她"),
    (
        L.WHY_ORDER,
        "the words are the same, and so is their sum",
        "词还是那些词，和也一样",
        lambda: sorted(of(L.WHY_ORDER).gates.words) == sorted(swapped(L.WHY_ORDER).gates.words),
    ),
    (L.WHY_ORDER, "now 他 (he) comes first", "现在排在第一的是「他」", lambda: swapped(L.WHY_ORDER).best == "他"),
    (
        L.WINDOWS,
        "it is read as 火 and <unk>",
        "它读作「火」和 <unk>",
        lambda: (
            study(
                engine("lesson-lstm"), StudyRequest((None,), L.WINDOWS.example.replace("公司", "火星"), view="windows")
            ).tokens[2:4]
            == ("火", "□")
        ),
    ),
    (L.WINDOWS, "five words X", "五个词 X", lambda: WINDOW == 5),
    (L.STEP, "40 neurons", "40 个神经元", lambda: engine("lesson-rnn").config.hidden_size == 40),
    (L.STEP, "in these 40 numbers", "都在这 40 个数里", lambda: len(of(L.STEP).gates.layers[0]) == 1),
    (
        L.STEP,
        "no state before it changes",
        "它前面的状态都不变",
        lambda: same_until(of(L.STEP), of(L.STEP, ("公司", "北京")), "在"),
    ),
    (L.DIRECTIONS, "both sides do not", "看两边的变了", lambda: gap("吃烤鸭")[1] != gap("爬长城")[1]),
    (
        L.DIRECTIONS,
        "the left alone expects the same",
        "只看左边的预期不变",
        lambda: gap("吃烤鸭")[0] == gap("爬长城")[0],
    ),
    (L.BOTH, "the last 16 words", "最后 16 个词", lambda: engine("lesson-window").config.window == 16),
    (L.BOTH, "it expects 她", "它预期「她」", lambda: of(L.BOTH).best == "她"),
    (
        L.BOTH,
        "她 and 他 are nearly equal",
        "「她」和「他」就几乎一样了",
        lambda: abs(np.subtract(*of(L.BOTH, more="地铁很挤，路上车很多，外面下着雨，").chances().values())) < 0.1,
    ),
    (G.GRADIENTS, "0.05% of the effect", "最后一个词的 0.05%", lambda: is_(reach(G.GRADIENTS, 0)[0], 0.0005, 4)),
    (G.GRADIENTS, "W times 4", "W 乘以 4", lambda: G.GRADIENTS.needs[1].untrained == Untrained("rnn", 4.0)),
    (G.GRADIENTS, "90 times the effect", "最后一个词的 90 倍", lambda: 85 < reach(G.GRADIENTS, 1)[0] < 95),
    (
        M,
        "Neuron 35 of lesson-lstm holds who is spoken of: c is above 0 from 小帅 to 加班, and below 0 from ； on",
        "神经元 35 记着说的是谁：从「小帅」到「加班」c 大于 0，从「；」起小于 0",
        lambda: bool((of(M).span("小帅", "加班", "cell", 35) > 0).all() and (after(of(M), "；", "cell", 35) < 0).all()),
    ),
    (
        M,
        "f is near 1 and i · g near 0",
        "f 接近 1 而 i · g 接近 0",
        lambda: abs(of(M).at("了", "cell", 35) - of(M).at("下班", "cell", 35)) < 0.1,
    ),
    (
        M,
        "0.13 · 1.82 + 0.99 · (−0.92)",
        "0.13 · 1.82 + 0.99 · (−0.92)",
        lambda: (
            is_(of(M).at("；", "forget", 35), 0.13)
            and is_(of(M).at("加班", "cell", 35), 1.82)
            and is_(of(M).at("；", "input", 35), 0.99)
            and is_(of(M).at("；", "candidate", 35), -0.92)
        ),
    ),
    (
        F,
        "In neuron 35 it is 0.96 or more from 是 to 他",
        "神经元 35 的 f 从「是」到「他」都不低于 0.96",
        lambda: round(float(of(F).span("是", "他", "forget", 35).min()), 2) == 0.96,
    ),
    (F, "At ； it falls to 0.13", "在「；」处降到 0.13", lambda: is_(of(F).at("；", "forget", 35), 0.13)),
    (
        F,
        "At 小美 it is 0.93, and 1.00 after that",
        "在「小美」处是 0.93，接着是 1.00",
        lambda: (
            is_(of(F).at("小美", "forget", 35), 0.93)
            and all(is_(v, 1.0) for v in of(F).span("下班", "家里", "forget", 35).tolist())
        ),
    ),
    (
        F,
        "the mean over all falls only from 0.64 to 0.52",
        "全部的均值只从 0.64 降到 0.52",
        lambda: is_(of(F).at("加班", "forget"), 0.64) and is_(of(F).at("；", "forget"), 0.52),
    ),
    (
        F,
        "f stays at 0.94 there, he is not let go, and c stays above 0",
        "那里 f 仍是 0.94，没有放下他，c 一直大于 0",
        lambda: (
            is_(float(of(F, ("；", "，")).span("加班", "小美", "forget", 35)[1]), 0.94)
            and bool((of(F, ("；", "，")).span("小帅", "安静", "cell", 35) > 0).all())
        ),
    ),
    (
        IO,
        "Neuron 35: at 小帅 i is 0.94 and g 0.96, at 小美 i is 0.97 and g −0.96",
        "神经元 35：在「小帅」处 i 是 0.94、g 是 0.96，在「小美」处 i 是 0.97、g 是 −0.96",
        lambda: (
            [round(of(IO).at(w, g, 35), 2) for w in ("小帅", "小美") for g in ("input", "candidate")]
            == [0.94, 0.96, 0.97, -0.96]
        ),
    ),
    (IO, "At 了 i is 0.09", "在「了」处 i 是 0.09", lambda: is_(of(IO).at("了", "input", 35), 0.09)),
    (
        IO,
        "o is 0.12 at 家里, and 1.00 at the ， before it",
        "o 在「家里」处是 0.12，在它前面的「，」处是 1.00",
        lambda: (
            is_(of(IO).at("家里", "output", 35), 0.12) and is_(float(of(IO).span("了", "家里", "output", 35)[1]), 1.0)
        ),
    ),
    (
        IO,
        "where 她 could come next",
        "那里接下来可能就是「她」",
        lambda: Reading("lesson-lstm", IO.example.partition("家里")[0]).best == "她",
    ),
    (IO, "g is 0.92 there", "那里 g 是 0.92", lambda: is_(of(IO, ("小美", "小帅")).at("小帅", "candidate", 35), 0.92)),
    (
        G.UNTRAINED,
        "f is about 0.5",
        "f 约为 0.5",
        lambda: abs(untrained_gates("lstm")["forget"].mean() - 0.5) < 0.02,
    ),
    (G.UNTRAINED, "0.1% of the effect", "最后一个词的 0.1%", lambda: is_(reach(G.UNTRAINED, 0)[0], 0.001, 3)),
    (
        G.UNTRAINED,
        "hardly more than in an RNN",
        "比 RNN 好不了多少",
        lambda: reach(G.UNTRAINED, 0)[0] < 3 * reach(G.GRADIENTS, 0)[0],
    ),
    (
        G.UNTRAINED,
        "in lesson-lstm (below) it is 1%",
        "在 lesson-lstm（下面）里是 1%",
        lambda: is_(reach(G.UNTRAINED, 1)[0], 0.01),
    ),
    (
        G.STACKED,
        "In layer 2, neuron 7 holds the subject: c is below 0 for 小帅, and above 0 from 下班 on",
        "第 2 层的神经元 7 记着主语：说小帅时 c 小于 0，从「下班」起大于 0",
        lambda: bool(
            (of(G.STACKED).span("小帅", "；", "cell", 7, 1) < 0).all()
            and (after(of(G.STACKED), "下班", "cell", 7, 1) > 0).all()
        ),
    ),
    (
        R,
        "Neuron 18: z is 0.02 at 小帅, 0.00 at 小美 and 1.00 at all words after a name",
        "神经元 18：z 在「小帅」处是 0.02，在「小美」处是 0.00，在名字之后的词处都是 1.00",
        lambda: (
            [round(of(R).at(w, "update", 18), 2) for w in ("小帅", "小美")] == [0.02, 0.0]
            and round(min(of(R).span("是", "；", "update", 18).min(), after(of(R), "下班", "update", 18).min()), 2) == 1
        ),
    ),
    (
        R,
        "h stays at −0.96, and then at 0.97",
        "h 保持 −0.96，然后保持 0.97",
        lambda: (
            {round(v, 2) for v in of(R).span("小帅", "；", "hidden", 18).tolist()} == {-0.96}
            and {round(v, 2) for v in after(of(R), "小美", "hidden", 18).tolist()} == {0.97}
        ),
    ),
    (
        R,
        "z is 1.00 at 小美 too, h stays at −0.96, and 他 is expected",
        "在「小美」处 z 也是 1.00，h 保持 −0.96，预期「他」",
        lambda: (
            is_(of(R, ("；", "，")).at("小美", "update", 18), 1.0)
            and is_(of(R, ("；", "，")).at("安静", "hidden", 18), -0.96)
            and of(R, ("；", "，")).best == "他"
        ),
    ),
    (
        G.SIDE_BY_SIDE,
        "Three networks of 40 neurons read the same words, and all expect 她",
        "三个各有 40 个神经元的网络读同样的词，都预期「她」",
        lambda: all(
            Reading(need.model, G.SIDE_BY_SIDE.example).best == "她" and engine(need.model).config.hidden_size == 40
            for need in G.SIDE_BY_SIDE.needs
        ),
    ),
    (
        G.SIDE_BY_SIDE,
        "recurrent weights are as 1 : 4 : 3",
        "循环权重之比是 1 : 4 : 3",
        lambda: (
            [engine(n.model).network.layers[0]["weight_hh"].shape[0] // 40 for n in G.SIDE_BY_SIDE.needs] == [1, 4, 3]
        ),
    ),
    (
        MG,
        "In neuron 13 it is 0.99 at 小帅, 0.98 at 小美 and at most 0.15 between and after them",
        "神经元 13 的 z 在「小帅」处是 0.99，在「小美」处是 0.98，其间和其后都不超过 0.15",
        lambda: (
            [round(of(MG).at(w, "update", 13), 2) for w in ("小帅", "小美")] == [0.99, 0.98]
            and round(max(of(MG).span("是", "；", "update", 13).max(), after(of(MG), "下班", "update", 13).max()), 2)
            == 0.15
        ),
    ),
    (MG, "她 is expected too", "它同样预期「她」", lambda: of(MG).best == "她"),
    (
        MG,
        "11,915 weights there, 6,155 here",
        "那里有 11,915 个权重，这里有 6,155 个",
        lambda: [engine(f"lesson-{cell}").config.parameters for cell in ("gru", "mingru")] == [11_915, 6_155],
    ),
]


def same_until(one: Reading, other: Reading, word: str) -> bool:
    """Whether the states are the same up to a word, and differ from the next one on."""
    end = one.gates.words.index(word) + 1
    a, b = (reading.gates.layers[0]["hidden"] for reading in (one, other))
    return np.array_equal(a[:end], b[:end]) and not np.allclose(a[end], b[end])


def after(reading: Reading, word: str, gate: str, neuron: int, layer: int = 0) -> np.ndarray:
    """The values of a neuron from a word on."""
    found = reading.gates
    return found.layers[layer][gate][found.words.index(word) :, neuron]


def gap(right: str) -> tuple[list[str], list[str]]:
    """The words for the gap of the lesson, by its left alone and by both sides."""
    left = L.DIRECTIONS.example.partition("吃")[0]
    request = StudyRequest((None,), left + right, view="gap", cursor=len(left))
    found = study(engine("lstm-chat-infill"), request)
    return [s.word for s in found.suggestions], [s.word for s in found.fitting]


def untrained_gates(cell: str) -> dict[str, np.ndarray]:
    found = Untrained(cell).load()
    return trace(found, found.context.node(G.UNTRAINED.example), 64).layers[0]


@pytest.mark.parametrize(("lesson", "english", "chinese", "check"), CLAIMS, ids=[claim[1][:40] for claim in CLAIMS])
def test_a_claim_is_made_in_both_languages_and_is_true(lesson, english, chinese, check):
    assert english in f"{lesson.english.text} {lesson.english.task}"
    assert chinese in f"{lesson.chinese.text} {lesson.chinese.task}"
    assert check()


# Numbers in commands, formulas and references are no claims.
_NO_CLAIM = re.compile(r"seqchat [\w .-]+|Alt\+\S+|\(Jozefowicz et al. 2015\)|（Jozefowicz 等 2015）|from 1%|从 1% 起")


@pytest.mark.parametrize("number", range(len(LESSONS)))
@pytest.mark.parametrize("language", [0, 1])
def test_every_number_of_a_lesson_is_in_a_claim(number, language):
    lesson = LESSONS[number]
    said = (lesson.english, lesson.chinese)[language]
    text = _NO_CLAIM.sub("", f"{said.text} {said.task}")
    for claim in CLAIMS:
        if claim[0] is lesson:
            text = text.replace(claim[1 + language], "")
    assert re.findall(r"\d[\d.,]*", text) in ([], ["1", "0"], ["1"]), text


@pytest.mark.parametrize("number", range(len(LESSONS)))
def test_every_lesson_opens_the_models_that_it_speaks_of(number):
    for need in LESSONS[number].needs:
        found = choose(need)
        assert found.there
        assert found.fits
        assert found.model == (need.untrained or need.model)


def test_a_window_of_ids_reads_the_same_words():
    found = study(engine("lesson-lstm"), StudyRequest((None,), L.WINDOWS.example, view="windows"))
    assert "".join(found.tokens) == L.WINDOWS.example
    words = engine("lesson-lstm").vocabulary.words
    assert [words[i] for i in found.ids if i != UNKNOWN_ID] == list(found.tokens)
