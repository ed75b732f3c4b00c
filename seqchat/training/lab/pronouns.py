"""Sentences about 小帅 and 小美 in which 他 or 她 comes back to the subject, after clauses that say nothing about it.

A model that learned them, or any other, is asked for the pronoun after more and more of these clauses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import mean

import torch

from seqchat.completion.engine import Engine
from seqchat.errors import SeqchatError
from seqchat.model.model_registry import find
from seqchat.model.threads import one_thread
from seqchat.training.lab.task import PERSONS, PRONOUNS

_ABOUT = (
    "是一名程序员", "是一名老师", "是一名医生", "在公司开会", "在家看书", "在北京出差",
    "下班了", "来到公司", "很喜欢这里", "吃完饭",
)  # fmt: skip
_BETWEEN = (
    "今天天气很好", "外面下着雨", "路上车很多", "公司里人不多", "中午的火锅很好吃", "电影八点开始",
    "明天是周末", "会议开了一个小时", "同事都在加班", "地铁很挤", "晚上有一场比赛", "家里很安静",
)  # fmt: skip
_AFTER = (
    "每天都加班", "喜欢吃火锅", "很高兴", "想早点回家", "工作很忙", "每天写代码",
    "爱看电影", "准备休息", "没有时间吃饭", "打算学习英语",
)  # fmt: skip
# Longer texts tell nothing new.
_MOST_ASKED = 200
# The most subjects of a text, and clauses between a subject and its pronoun
_SUBJECTS, _MOST_BETWEEN = 3, 5


@dataclass(frozen=True)
class Question:
    """A text that ends before a pronoun, and the right one; `between`: the clauses after the last subject."""

    text: str
    pronoun: str
    between: int


def texts(count: int, seed: int) -> Iterator[str]:
    """Yield texts of one to three subjects, each with its pronoun, and up to five clauses in between."""
    rng = Random(seed)
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(1, _SUBJECTS)):
            person = rng.randrange(len(PERSONS))
            begun = _begun(rng, person, _between(rng))
            parts.append(f"{begun}{PRONOUNS[person]}{rng.choice(_AFTER)}")
        yield "；".join(parts) + "。"


def questions(between: int, count: int, seed: int) -> Iterator[Question]:
    """Yield texts that end before the pronoun of their second subject, which is the other person."""
    rng = Random(f"{seed} {between}")
    for number in range(count):
        person = number % len(PERSONS)
        first = f"{_begun(rng, 1 - person, rng.randint(0, 1))}{PRONOUNS[1 - person]}{rng.choice(_AFTER)}"
        yield Question(f"{first}；{_begun(rng, person, between)}", PRONOUNS[person], between)


def _between(rng: Random) -> int:
    """Draw a number of clauses, small ones more often, so that a network can begin to learn."""
    return int((2 + _MOST_BETWEEN) ** rng.random()) - 1


def _begun(rng: Random, person: int, between: int) -> str:
    clauses: Sequence[str] = [PERSONS[person] + rng.choice(_ABOUT), *(rng.choice(_BETWEEN) for _ in range(between))]
    return "".join(f"{clause}，" for clause in clauses)


@dataclass(frozen=True)
class Answers:
    """What a model answered after so many clauses.

    words: between subject and pronoun, on average; right: the share of questions in which the right pronoun is more
    probable than the other one; certainty: the share of the right one in the probability of both, on average.
    """

    between: int
    words: float
    right: float
    certainty: float


def ask(engine: Engine, between: int, count: int, seed: int) -> Answers:
    """Ask a model for the pronouns of `count` texts.

    Raises:
        SeqchatError: it does not know a pronoun or a person.
    """
    vocabulary = engine.vocabulary
    if unknown := [word for word in (*PERSONS, *PRONOUNS) if word not in vocabulary]:
        raise SeqchatError(f"{engine.name} does not know the word {unknown[0]}, so it cannot be asked.")
    ids = torch.tensor([vocabulary.ids_of(word)[0] for word in PRONOUNS])
    words, shares = [], []
    for question in questions(between, count, seed):
        tree = engine.context.tree
        scores = tree.log_probs_of(engine.context.node(question.text), ids)
        shares.append(float(scores.softmax(dim=0)[PRONOUNS.index(question.pronoun)]))
        words.append(len(list(vocabulary.segmenter.split(question.text.rpartition("；")[2]))))
    return Answers(between, mean(words), mean(share > 0.5 for share in shares), mean(shares))


def ask_all(models: Iterable[str], between: Sequence[int], count: int, seed: int) -> dict[str, list[Answers]]:
    """Ask each model, by name or folder, after each number of clauses.

    Raises:
        SeqchatError: there is no such model, it does not know the words, or a number of clauses is below 0.
    """
    if wrong := [number for number in between if not 0 <= number <= _MOST_ASKED]:
        raise SeqchatError(f"--between has numbers from 0 to {_MOST_ASKED}, not {wrong[0]}.")
    with one_thread():
        engines = [Engine.load(find(name)) for name in models]
        return {engine.name: [ask(engine, clauses, count, seed) for clauses in between] for engine in engines}
