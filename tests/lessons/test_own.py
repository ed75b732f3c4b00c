"""Lessons of one's own: what a file may say, and what is said of a mistake in it."""

from __future__ import annotations

import re

import pytest

from seqchat.errors import SeqchatError
from seqchat.lessons.choice import Choice, Untrained, choose
from seqchat.lessons.own import own_lessons, read_lesson
from seqchat.lessons.question import ChoiceAnswer, NumberAnswer, WordAnswer
from seqchat.model.model_registry import find

from ..conftest import REPOSITORY
from .test_claims import Reading

LESSON = """\
title = { en = "Who is meant?", zh = "说的是谁？" }
text = "c holds a name."
models = ["lesson-lstm"]
example = "小帅在公司开会，"
word = "小帅"
gates = ["cell"]
formulas = ["cell"]
neuron = 35

[[questions]]
question = { en = "Above 0?", zh = "大于 0 吗？" }
kind = "choice"
choices = [{ en = "yes", zh = "是" }, { en = "no", zh = "否" }]
answer = "yes"
because = "The sign is the name."

[[questions]]
question = "What is c?"
kind = "number"
answer = 0.57
tolerance = 0.02

[[questions]]
question = "What comes next?"
kind = "word"
answer = "他"
"""


def written(folder, text, name="who.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lesson_is_read_in_both_languages(tmp_path):
    lesson = read_lesson(written(tmp_path, LESSON))
    assert (lesson.english.title, lesson.chinese.title) == ("Who is meant?", "说的是谁？")
    assert lesson.english.text == lesson.chinese.text == "c holds a name."
    assert (lesson.gates, lesson.formulas, lesson.neuron, lesson.layer) == (("cell",), (("lstm", "cell"),), 35, 0)
    assert choose(lesson.needs[0], ["lstm-chat"]) == Choice("lesson-lstm")
    choice, number, word = lesson.questions
    assert (choice.answer, choice.chinese.options) == (ChoiceAnswer(0), ("是", "否"))
    assert number.answer == NumberAnswer(0.57, 0.02)
    assert word.answer == WordAnswer("他")


def test_models_may_be_untrained_or_lie_beside_the_lesson(tmp_path):
    (tmp_path / "mine").symlink_to(find("lesson-gru").resolve())
    text = LESSON.replace('["lesson-lstm"]', '["mine", { untrained = "gru", factor = 4 }]')
    lesson = read_lesson(written(tmp_path, text.replace('["cell"]', '["update"]').replace("neuron = 35", "")))
    assert choose(lesson.needs[0]) == Choice(str(tmp_path / "mine"))
    assert choose(lesson.needs[1]) == Choice(Untrained("gru", 4.0))


def test_the_lessons_of_a_folder_are_in_the_order_of_their_names(tmp_path):
    written(tmp_path, LESSON.replace("Who is meant?", "B"), "2.toml")
    written(tmp_path, LESSON.replace("Who is meant?", "A"), "1.toml")
    written(tmp_path, "not a lesson", "notes.txt")
    assert [lesson.english.title for lesson in own_lessons(tmp_path)] == ["A", "B"]


MISTAKES = {
    "'models' has the unknown model 'nope'": ('"lesson-lstm"', '"nope"'),
    "'models' is a list of models, not 'lesson-lstm'": ('["lesson-lstm"]', '"lesson-lstm"'),
    "'models' names 1 to 3 models, not 0": ('["lesson-lstm"]', "[]"),
    "models, 'untrained' is one of rnn, lstm, gru or mingru, not 'x'": ('"lesson-lstm"', '{ untrained = "x" }'),
    "models, 'factor' is a number above 0, not -1": ('"lesson-lstm"', '{ untrained = "lstm", factor = -1 }'),
    "'gates' has the unknown gate 'update'; there are input, forget,": ('gates = ["cell"]', 'gates = ["update"]'),
    "'formulas' has the unknown gate 'x'": ('formulas = ["cell"]', 'formulas = ["x"]'),
    "'neuron' is between 0 and 39, not 40": ("neuron = 35", "neuron = 40"),
    "'neuron' is a whole number, not True": ("neuron = 35", "neuron = true"),
    "'layer' is between 1 and 1, not 2": ("neuron = 35", "layer = 2"),
    "'view' is one of gates, gap, reach, windows or shapes, not 'x'": ("neuron = 35", 'view = "x"'),
    "'word' is not in the example: '小美'": ('word = "小帅"', 'word = "小美"'),
    "'exmple' is unknown; the keys are title,": ("example =", "exmple ="),
    "'title' has the unknown language 'fr'": ('title = { en = "Who is meant?"', 'title = { fr = "Qui ?"'),
    "'text' is a text, or a table of texts for en and zh, not 3": ('"c holds a name."', "3"),
    "'text' is missing": ('text = "c holds a name."', ""),
    "question 2, 'answer' is a number, not 'x'": ("answer = 0.57", 'answer = "x"'),
    "question 2, 'answer' is a number, not nan": ("answer = 0.57", "answer = nan"),
    "question 2, 'tolerance' is a number, 0 or more, not -1": ("tolerance = 0.02", "tolerance = -1"),
    "question 1, 'answer' is one of the choices, not 'maybe'": ('answer = "yes"', 'answer = "maybe"'),
    "question 1, 'choices' lists 2 to 10 texts, not 1": (', { en = "no", zh = "否" }', ""),
    "question 1, 'choices' has the same text twice": ('en = "no"', 'en = "yes"'),
    "question 3, 'answer' is a word, not 3": ('answer = "他"', "answer = 3"),
    "question 3, 'kind' is one of number, choice or word, not 'words'": ('"word"', '"words"'),
    "question 3, 'tolerance' does not belong": ('answer = "他"', 'answer = "他"\ntolerance = 1'),
    "question 1, 'hint' is unknown": ("because", "hint"),
    "is not TOML": ("neuron = 35", "neuron ="),
}


@pytest.mark.parametrize("said", MISTAKES)
def test_a_mistake_is_one_sentence_with_the_file_and_the_key(said, tmp_path):
    old, new = MISTAKES[said]
    assert LESSON.count(old) >= 1
    with pytest.raises(SeqchatError) as raised:
        read_lesson(written(tmp_path, LESSON.replace(old, new, 1)))
    message = str(raised.value)
    assert said in message
    assert message.startswith(f"{tmp_path}/who.toml")
    assert "\n" not in message


def test_what_cannot_be_read_is_said(tmp_path):
    with pytest.raises(SeqchatError, match="is not a folder"):
        own_lessons(tmp_path / "nowhere")
    with pytest.raises(SeqchatError, match="has no lessons"):
        own_lessons(tmp_path)
    (tmp_path / "a.toml").mkdir()
    with pytest.raises(SeqchatError, match=r"a\.toml cannot be read"):
        own_lessons(tmp_path)
    (tmp_path / "a.toml").rmdir()
    (tmp_path / "a.toml").write_bytes(b'title = "\xff"')
    with pytest.raises(SeqchatError, match="not in UTF-8"):
        own_lessons(tmp_path)


def test_texts_keep_nothing_that_a_terminal_would_obey(tmp_path):
    text = LESSON.replace('"c holds a name."', '"a\\u001b[31mb\\u202ec"')
    assert read_lesson(written(tmp_path, text)).english.text == "abc"


@pytest.mark.parametrize("document", ["docs/lessons.md", "docs/lessons.zh.md"])
def test_the_example_of_the_documents_is_a_lesson_with_true_answers(document, tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", (REPOSITORY / document).read_text("utf-8"), re.DOTALL)
    lesson = read_lesson(written(tmp_path, example))
    number, choice, word = lesson.questions
    named = Reading("lesson-lstm", lesson.example)
    other = Reading("lesson-lstm", lesson.example.replace("小帅", "小美"))
    assert number.answer.judge(str(named.at("小帅", "cell", lesson.neuron))) == "right"
    assert (
        choice.answer.judge("below 0" if other.at("小美", "cell", 35) < 0 else "above 0", choice.english.options)
        == "right"
    )
    assert word.answer.judge(named.best) == "right"
