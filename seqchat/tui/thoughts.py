"""What is asked of the models that think about the text, and the messages that come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from seqchat.tui.keys import CANDIDATES

if TYPE_CHECKING:
    from seqchat.completion.continuation import GeneratedWord
    from seqchat.completion.engine import Engine
    from seqchat.completion.suggestion import Suggestion
    from seqchat.insight.gates import GateTrace
    from seqchat.model.cells import Gate

# So many words the panels show at first.
TRACED_WORDS = 64


@dataclass(frozen=True)
class Growth:
    """Continuations that are wanted: for which branches, and how they are drawn."""

    branches: tuple[int, ...]
    temperature: float
    top_p: float


@dataclass(frozen=True)
class Request:
    """A text to think about; a newer request makes it void.

    text, after: what stands left and right of the cursor; candidates: how many suggestions; ghost_words: length limit
    of the grey text; traced: how many words the panels show; growth: None lets the continuations that grow go on.
    """

    number: int
    text: str
    after: str = ""
    pinyin: bool = True
    candidates: int = CANDIDATES
    ghost_words: int = 0
    traced: int = TRACED_WORDS
    growth: Growth | None = None


@dataclass(frozen=True)
class ReplyRequest:
    """The turns of a conversation whose reply is wanted; a newer one makes it void."""

    number: int
    turns: tuple[str, ...]
    temperature: float
    top_p: float


@dataclass(frozen=True)
class Question:
    """Something else that is wanted of a model; a newer question on the same topic takes its place.

    ask: gets the engine, in the thinker's thread; number: for whoever asks to know it again; to: who gets the answer,
    without which all do.
    """

    topic: str
    ask: Callable[[Engine], object]
    model: int = 0
    number: int = 0
    to: Callable[[Message], object] | None = None


class Answered(Message):
    """What a question has led to: its result, or what went wrong."""

    def __init__(self, question: Question, result: object, problem: str = "") -> None:
        super().__init__()
        self.question, self.result, self.problem = question, result, problem


class ModelLoading(Message):
    """The model of that number is being loaded; `what` says what is done just now."""

    def __init__(self, index: int, what: str) -> None:
        super().__init__()
        self.index, self.what = index, what


class ModelReady(Message):
    """The model of that number is loaded: its name, its cell (``LSTM`` …) and what can be seen of it."""

    def __init__(self, index: int, name: str, cell: str, gates: tuple[Gate, ...]) -> None:
        super().__init__()
        self.index, self.name, self.cell, self.gates = index, name, cell, gates


class ModelFailed(Message):
    """The model of that number cannot be used."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__()
        self.index, self.reason = index, reason


class Thought(Message):
    """One model's suggestions and gates for a request, out of one computation."""

    def __init__(self, request: Request, index: int, suggestions: list[Suggestion], gates: GateTrace) -> None:
        super().__init__()
        self.request, self.index, self.suggestions, self.gates = request, index, suggestions, gates


class Ghost(Message):
    """What probably follows the first suggestion for a request."""

    def __init__(self, request: Request, text: str) -> None:
        super().__init__()
        self.request, self.text = request, text


class Grown(Message):
    """A branch of a growth has one more word, and may have ended.

    replace: how many characters before the cursor the branch takes the place of; those of pinyin.
    """

    def __init__(self, growth: Growth, branch: int, piece: GeneratedWord, replace: int = 0) -> None:
        super().__init__()
        self.growth, self.branch, self.piece, self.replace = growth, branch, piece, replace


class Replied(Message):
    """A reply has one more word, or has ended (`text` is empty then)."""

    def __init__(self, request: ReplyRequest, text: str, ended: bool) -> None:
        super().__init__()
        self.request, self.text, self.ended = request, text, ended
