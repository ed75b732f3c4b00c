"""The questions of a lesson: one at a time, a line for the answer, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from seqchat.lessons.question import LETTERS, Question, QuestionText, Verdict
from seqchat.tui.keys import Key, bindings, keys_of, shown
from seqchat.tui.language import in_use, say
from seqchat.tui.tour.prose import Prose

# What is said about an answer that is none of the kind that is asked for, the answer itself says
_SIGNS: dict[Verdict, str] = {"right": "✓", "wrong": "✗", "unreadable": "?"}


class AnswerField(Input):
    """The line in which an answer is written."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("question")

    class Turned(Message):
        """Another question is wanted."""

        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

    class RevealWanted(Message):
        """The answer is wanted."""

    class LeaveWanted(Message):
        """The questions should be closed."""

    def action_turn(self, steps: int) -> None:
        """Go to another question."""
        self.post_message(self.Turned(steps))

    def action_reveal(self) -> None:
        """Show the answer."""
        self.post_message(self.RevealWanted())

    def action_leave(self) -> None:
        """Close the questions."""
        self.post_message(self.LeaveWanted())


class QuestionBar(Vertical):
    """Asks the questions of a lesson; each keeps what was answered."""

    def __init__(self, questions: Sequence[Question], keys: Mapping[str, tuple[Key, ...]]) -> None:
        super().__init__()
        self._questions, self._keys = questions, keys
        self._number = 0
        self._given = [""] * len(questions)
        self._remarks = [""] * len(questions)
        self._asked = Prose("", classes="asked")
        self._options = Prose("", classes="options")
        self._field = AnswerField(compact=True, select_on_focus=False)
        self._remark = Prose("", classes="remark")
        self.display = False

    @property
    def question(self) -> Question:
        """The question that is asked."""
        return self._questions[self._number]

    @property
    def remark(self) -> str:
        """What is said about the answer, or the answer once it was shown."""
        return self._remarks[self._number]

    def compose(self) -> ComposeResult:
        """Lay out the question, its options, the answer, and what is said about it."""
        yield self._asked
        yield self._options
        yield self._field
        yield self._remark

    def open(self) -> None:
        """Ask."""
        self.display = True
        self._show()
        self._field.focus()

    def close(self) -> None:
        """Ask no more; what was answered is kept."""
        self._keep()
        self.display = False

    @property
    def _said(self) -> QuestionText:
        return self.question.said(in_use())

    def _show(self) -> None:
        number = f" {self._number + 1}/{len(self._questions)}" if len(self._questions) > 1 else ""
        self._asked.say(self._said.asked, heading=say("Question{number}:", number=number))
        options = zip(LETTERS, self._said.options, strict=False)
        self._options.say("   ".join(f"{letter}) {option}" for letter, option in options))
        self._options.display = bool(self._said.options)
        self._field.placeholder = self.question.answer.wanted(self._said.options, say)
        self._field.value = self._given[self._number]
        self._field.cursor_position = len(self._field.value)
        self._comment(self.remark)

    def _comment(self, text: str) -> None:
        self._remarks[self._number] = text
        self._remark.say(text)
        self._remark.display = bool(text)
        for verdict, sign in _SIGNS.items():
            self._remark.set_class(text.startswith(sign), f"-{verdict}")

    def _keep(self) -> None:
        self._given[self._number] = self._field.value

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Judge the answer."""
        message.stop()
        answer, said = self.question.answer, self._said
        verdict = answer.judge(message.value, said.options)
        remarks = {
            "right": f"{say('Right.')} {said.because}",
            "wrong": say(
                "Not right. Look again, or show the answer with {keys}.", keys=shown(keys_of("reveal", self._keys))
            ),
            "unreadable": answer.wanted(said.options, say),
        }
        self._comment(f"{_SIGNS[verdict]} {remarks[verdict]}".rstrip())

    def on_answer_field_reveal_wanted(self) -> None:
        """Show the answer."""
        said = self._said
        answer = self.question.answer.shown(said.options)
        self._comment(f"{say('Answer: {answer}', answer=answer)}  {said.because}".rstrip())

    def on_answer_field_turned(self, message: AnswerField.Turned) -> None:
        """Go to another question, but not past the last."""
        self._keep()
        self._number = min(max(self._number + message.steps, 0), len(self._questions) - 1)
        self._show()
