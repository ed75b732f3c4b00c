"""What a lesson is: a page as data, in English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqchat.lessons.choice import Need
from seqchat.lessons.question import Question

Drawing = Literal["", "layers", "directions", "both"]
# What is shown of the models: their gates; the words that fit into a gap; how far back a gradient reaches; how a text
# becomes windows of ids; the shapes of what torch.nn returns
View = Literal["gates", "gap", "reach", "windows", "shapes"]


@dataclass(frozen=True)
class LessonText:
    """What a lesson says in one language.

    title: of the page; text: what happens and where to look; task: something to try; lacking: what is said if the
    model that is shown has fewer layers or directions than the lesson is about, `{model}` being its name.
    """

    title: str
    text: str
    task: str
    lacking: str = ""


@dataclass(frozen=True)
class Lesson:
    """One page.

    needs: what its models must have, one panel each; gates: what the panels show first; formulas: cell and gate of
    each; more: formulas that belong to no gate; example: the text at the start, with its translation; word: the word
    that the cursor is after at the start, the last one by default; layer, neuron: those that are selected at the
    start, from 0; target: the word whose score the reach is about, the most probable one by default; questions: what
    the learner is asked.
    """

    needs: tuple[Need, ...]
    gates: tuple[str, ...]
    formulas: tuple[tuple[str, str], ...]
    example: str
    translation: str
    english: LessonText
    chinese: LessonText
    more: str = ""
    word: str = ""
    view: View = "gates"
    drawing: Drawing = ""
    layer: int = 0
    neuron: int = 0
    target: str = ""
    questions: tuple[Question, ...] = ()

    def said(self, language: str) -> LessonText:
        """Return what it says in a language."""
        return self.chinese if language == "zh" else self.english


# The textbook's window: how many words the next one is predicted from
WINDOW = 5

# The text of most lessons: the subject changes from him to her.
SUBJECTS = "小帅是一名程序员，外面下着雨，他每天都加班；小美下班了，家里很安静，"
SUBJECTS_TRANSLATED = "Xiaoshuai is a programmer, it rains, he works late; Xiaomei is off work, her home is quiet,"
# One subject, and clauses that say nothing about him
ONE_SUBJECT = "小帅在公司开会，外面下着雨，地铁很挤，家里很安静，"
ONE_SUBJECT_TRANSLATED = "Xiaoshuai has a meeting, it rains, the underground is crowded, it is quiet at home,"
EXCHANGED = "小帅在公司开会，他很高兴；小美在家看书，"
EXCHANGED_TRANSLATED = "Xiaoshuai has a meeting, he is glad; Xiaomei reads at home,"
