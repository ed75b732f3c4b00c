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
class ContinuationRequest:
    """Continuations that are wanted: for which branches, and how they are drawn."""

    branches: tuple[int, ...]
    temperature: float
    top_p: float


@dataclass(frozen=True)
class SuggestionRequest:
    """A text to think about; a newer request makes it void.

    text, after: what stands left and right of the cursor; candidates: how many suggestions; ghost_words: length limit
    of the grey text; traced: how many words the panels show; continuations: None lets those that are growing go on.
    """

    number: int
    text: str
    after: str = ""
    pinyin: bool = True
    candidates: int = CANDIDATES
    ghost_words: int = 0
    traced: int = TRACED_WORDS
    continuations: ContinuationRequest | None = None


@dataclass(frozen=True)
class ReplyRequest:
    """The turns of a conversation whose reply is wanted; a newer one makes it void."""

    number: int
    turns: tuple[str, ...]
    temperature: float
    top_p: float


@dataclass(frozen=True)
class ModelQuery:
    """Something else that is wanted of a model; a newer query on the same topic takes its place.

    run: gets the engine, in the worker's thread; number: for whoever asks to recognise the answer; to: who gets the
    answer, by default the worker's owner.
    """

    topic: str
    run: Callable[[Engine], object]
    model: int = 0
    number: int = 0
    to: Callable[[Message], object] | None = None


class QueryAnswered(Message):
    """What a query has led to: its result, or what went wrong."""

    def __init__(self, query: ModelQuery, result: object, problem: str = "") -> None:
        super().__init__()
        self.query, self.result, self.problem = query, result, problem


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


class SuggestionsReady(Message):
    """One model's suggestions and gates for a request, out of one computation."""

    def __init__(self, request: SuggestionRequest, index: int, suggestions: list[Suggestion], gates: GateTrace) -> None:
        super().__init__()
        self.request, self.index, self.suggestions, self.gates = request, index, suggestions, gates


class GhostTextReady(Message):
    """What probably follows the first suggestion for a request."""

    def __init__(self, request: SuggestionRequest, text: str) -> None:
        super().__init__()
        self.request, self.text = request, text


class ContinuationToken(Message):
    """A branch of a continuations has one more word, and may have ended.

    replace: how many characters before the cursor the branch takes the place of; those of pinyin.
    """

    def __init__(self, continuations: ContinuationRequest, branch: int, piece: GeneratedWord, replace: int = 0) -> None:
        super().__init__()
        self.continuations, self.branch, self.piece, self.replace = continuations, branch, piece, replace


class ReplyToken(Message):
    """A reply has one more word, or has ended (`text` is empty then)."""

    def __init__(self, request: ReplyRequest, text: str, ended: bool) -> None:
        super().__init__()
        self.request, self.text, self.ended = request, text, ended
