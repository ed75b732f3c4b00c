"""The networks of the lessons, and the sentences that they learn."""

import math

import pytest
import torch

from seqchat.completion.engine import Engine
from seqchat.errors import SeqchatError
from seqchat.model.checkpoint import Checkpoint
from seqchat.model.folder import FORMAT
from seqchat.model.model_registry import LESSON, installed, lessons, shipped
from seqchat.training.lab import lessons as lab_lessons
from seqchat.training.lab.lessons import NETWORKS, train_lessons
from seqchat.training.lab.pronouns import ask_all, questions, texts

PRONOUN_OF = {"小帅": "他", "小美": "她"}


def test_each_pronoun_is_that_of_the_last_subject():
    found = set()
    for text in texts(300, seed=3):
        for part in text.split("；"):
            person, pronoun = part[:2], PRONOUN_OF[part[:2]]
            assert part.count("小帅") + part.count("小美") == 1
            assert part.split("，")[-1].startswith(pronoun)
            assert part.count("他") + part.count("她") == 1
            found.add((person, part.count("，") - 1))
    assert found == {(person, between) for person in PRONOUN_OF for between in range(6)}
    assert list(texts(5, seed=3)) == list(texts(5, seed=3)) != list(texts(5, seed=4))


def test_questions_end_before_the_pronoun_of_another_subject_than_before():
    for question in questions(4, 20, seed=1):
        before, last = question.text.split("；")
        assert question.pronoun == PRONOUN_OF[last[:2]]
        assert before[:2] != last[:2]
        assert last.endswith("，")
        assert last.count("，") == 1 + question.between
    assert {question.pronoun for question in questions(4, 20, seed=1)} == {"他", "她"}


def test_lessons_are_trained_and_kept_as_ordinary_models(tmp_path, monkeypatch):
    names = ["lesson-lstm-deep", "lesson-rnn"]
    monkeypatch.setattr(lab_lessons, "NETWORKS", {name: NETWORKS[name] for name in names})
    assert train_lessons(tmp_path, 2, 1, "seqchat lab pronouns --train there") == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in names:
        assert Engine.load(tmp_path / name).name == name
        assert "seqchat lab pronouns --train there" in (tmp_path / name / "README.md").read_text("utf-8")
    again = tmp_path / "again"
    again.mkdir()
    train_lessons(again, 2, 1, "")
    for name in names:
        one, other = (Checkpoint.load(folder / name).weights for folder in (tmp_path, again))
        assert all(torch.equal(one[key], other[key]) for key in one)


# --- those that ship


def test_every_lesson_ships_and_none_is_taken_for_a_model_to_write_with():
    assert {model.name for model in lessons()} == set(NETWORKS)
    assert not [model for model in shipped() if model.name.startswith(LESSON)]
    assert set(NETWORKS) < {model.name for model in installed()}
    size = sum(file.stat().st_size for model in lessons() for file in model.path.iterdir())
    assert size <= 500_000


@pytest.mark.parametrize("name", NETWORKS)
def test_a_lesson_is_loaded_with_the_course_s_words(name):
    (model,) = [model for model in lessons() if model.name == name]
    assert f'"format": {FORMAT}' in (model.path / "config.json").read_text("utf-8")
    assert {key: getattr(model.config, key) for key in NETWORKS[name]} == NETWORKS[name]
    engine = Engine.load(model.path)
    assert {"小帅", "小美", "他", "她", "程序员", "老师", "每天", "加班"} <= set(engine.vocabulary.words)
    assert "seqchat lab pronouns --train checkpoints" in (model.path / "README.md").read_text("utf-8")
    assert math.isclose(float(engine.context.tree.log_probs(engine.context.node("小帅")).exp().sum()), 1, rel_tol=1e-4)


@pytest.mark.parametrize("name", ["lesson-lstm", "lesson-gru", "lesson-lstm-deep"])
def test_what_has_gates_knows_the_subject_after_many_clauses(name):
    ((_, answers),) = ask_all([name], [0, 3, 5], 40, seed=7).items()
    assert [answer.right for answer in answers] == [1, 1, 1]


def test_what_a_model_cannot_be_asked_is_one_sentence(models):
    with pytest.raises(SeqchatError, match="numbers from 0 to 200, not -1"):
        ask_all(["lesson-rnn"], [-1], 4, seed=1)
    with pytest.raises(SeqchatError, match="does not know the word 小帅"):
        ask_all([str(models["rnn"])], [1], 4, seed=1)


@pytest.mark.slow
def test_a_window_knows_the_subject_only_while_it_is_in_it():
    ((_, answers),) = ask_all(["lesson-window"], [0, 5], 40, seed=7).items()
    inside, outside = (answer.right for answer in answers)
    assert inside == 1
    assert outside < 0.8
