"""Requests to the worker that runs the models, and the messages that it answers with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from seqchat.corpus.spelling import SPELLING, Spelling
from seqchat.tui.keys import CANDIDATES

if TYPE_CHECKING:
    from seqchat.completion.composing.meaning import Meaning
    from seqchat.completion.continuation import GeneratedWord
    from seqchat.completion.engine import Engine
    from seqchat.completion.suggestion import Suggestion
    from seqchat.insight.gates import GateTrace
    from seqchat.model.cells import Gate

# How many words the panels show at first.
TRACED_WORDS = 64


class ContinuationRequest(NamedTuple):
    """Continuations to write: of which branches, and how their words are sampled."""

    branches: tuple[int, ...]
    temperature: float
    top_p: float


class SuggestionRequest(NamedTuple):
    """A text to suggest words for; a newer request takes its place.

    text, after: what is left and right of the cursor; finished: whether the last word was taken; spelling: how pinyin
    is typed; candidates: how many suggestions; ghost_words: length limit of the grey text; traced: how many words the
    panels show; continuations: None leaves the current ones alone; open_letters: how many characters at the end of the
    text are open letters, None where any letters may be pinyin; tones: whether digits after letters are tones; forced:
    whether letters are pinyin wherever they can be.
    """

    number: int
    text: str
    after: str = ""
    finished: bool = False
    pinyin: bool = True
    spelling: Spelling = SPELLING
    candidates: int = CANDIDATES
    ghost_words: int = 0
    traced: int = TRACED_WORDS
    continuations: ContinuationRequest | None = None
    open_letters: int | None = None
    tones: bool = False
    forced: bool = False


class ReplyRequest(NamedTuple):
    """The turns of a conversation that a reply is wanted to; a newer request takes its place."""

    number: int
    turns: tuple[str, ...]
    temperature: float
    top_p: float


class ModelQuery(NamedTuple):
    """A function to run with a model; a newer query on the same topic takes its place.

    run: is called with the engine in the worker's thread; number: lets the asker recognise the answer; to: who gets the
    answer, by default the worker's owner.
    """

    topic: str
    run: Callable[[Engine], object]
    model: int = 0
    number: int = 0
    to: Callable[[Message], object] | None = None


class QueryAnswered(Message):
    """The result of a query, or what went wrong."""

    def __init__(self, query: ModelQuery, result: object, problem: str = "") -> None:
        super().__init__()
        self.query, self.result, self.problem = query, result, problem


class WorkerMessage(Message):
    """What a worker says of its models or of itself; it means nothing once another worker has taken its place."""

    def __init__(self, worker: object) -> None:
        super().__init__()
        self.worker = worker


class ModelLoading(WorkerMessage):
    """The model of that number is being loaded; `what` says how far that is."""

    def __init__(self, worker: object, index: int, what: str) -> None:
        super().__init__(worker)
        self.index, self.what = index, what


class ModelReady(WorkerMessage):
    """The model of that number is loaded: its name, its cell (``LSTM`` …) and the gates that can be shown.

    has_chinese: whether it has Chinese words, so that letters may be pinyin.
    """

    def __init__(
        self,
        worker: object,
        index: int,
        name: str,
        cell: str,
        gates: tuple[Gate, ...],
        *,
        has_chinese: bool = False,
    ) -> None:
        super().__init__(worker)
        self.index, self.name, self.cell, self.gates = index, name, cell, gates
        self.has_chinese = has_chinese


class ModelFailed(WorkerMessage):
    """The model of that number cannot be used."""

    def __init__(self, worker: object, index: int, reason: str) -> None:
        super().__init__(worker)
        self.index, self.reason = index, reason


class WorkerIdle(WorkerMessage):
    """The worker has nothing to do; it has finished all of the jobs that were `submitted` so far."""

    def __init__(self, worker: object, submitted: int) -> None:
        super().__init__(worker)
        self.submitted = submitted


ModelMessage = ModelLoading | ModelReady | ModelFailed | WorkerIdle


class SuggestionsReady(Message):
    """One model's suggestions and gates for a request, from one computation.

    gates: None where `GatesReady` brings them later; complete: whether there are no others worth a glance; meaning:
    what the open letters mean, None without any.
    """

    def __init__(
        self,
        request: SuggestionRequest,
        index: int,
        suggestions: list[Suggestion],
        gates: GateTrace | None,
        *,
        complete: bool = False,
        meaning: Meaning | None = None,
    ) -> None:
        super().__init__()
        self.request, self.index, self.suggestions, self.gates = request, index, suggestions, gates
        self.complete, self.meaning = complete, meaning


class GatesReady(Message):
    """One model's gates for a request, where they took longer than its suggestions."""

    def __init__(self, request: SuggestionRequest, index: int, gates: GateTrace) -> None:
        super().__init__()
        self.request, self.index, self.gates = request, index, gates


class GhostTextReady(Message):
    """The text that probably follows the first suggestion for a request."""

    def __init__(self, request: SuggestionRequest, text: str) -> None:
        super().__init__()
        self.request, self.text = request, text


class ContinuationToken(Message):
    """A branch of the continuations has one more word, and may have ended.

    replace: how many characters before the cursor the branch replaces, those of pinyin.
    """

    def __init__(self, continuations: ContinuationRequest, branch: int, word: GeneratedWord, replace: int = 0) -> None:
        super().__init__()
        self.continuations, self.branch, self.word, self.replace = continuations, branch, word, replace


class ReplyToken(Message):
    """A reply has one more word, or has ended (`text` is empty then)."""

    def __init__(self, request: ReplyRequest, text: str, ended: bool) -> None:
        super().__init__()
        self.request, self.text, self.ended = request, text, ended
