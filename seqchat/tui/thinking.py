"""One thread that thinks about the latest text, so that a keystroke never waits for the model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from seqchat.errors import SeqchatError
from seqchat.tui.keys import CONTINUATIONS, SUGGESTIONS

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.completion.suggestion import Suggestion
    from seqchat.insight.gates import GateTrace
    from seqchat.model.cells import Gate

# The panel never shows more words than this.
TRACED_WORDS = 64


@dataclass(frozen=True)
class Request:
    """A text to think about; a newer request makes it void. `number` grows by one each time."""

    number: int
    text: str


class ModelLoading(Message):
    """The model is being loaded; `what` says what is done just now."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what


class ModelReady(Message):
    """The model is loaded: its name, its cell (``LSTM`` …) and what can be seen of it."""

    def __init__(self, name: str, cell: str, gates: tuple[Gate, ...]) -> None:
        super().__init__()
        self.name, self.cell, self.gates = name, cell, gates


class ModelFailed(Message):
    """The model cannot be used."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class Thought(Message):
    """Suggestions and gates for a request, out of one computation."""

    def __init__(self, request: Request, suggestions: list[Suggestion], gates: GateTrace) -> None:
        super().__init__()
        self.request, self.suggestions, self.gates = request, suggestions, gates


class Grown(Message):
    """A continuation of a request has grown by some text, and may have ended."""

    def __init__(self, request: Request, index: int, text: str, ended: bool) -> None:
        super().__init__()
        self.request, self.index, self.text, self.ended = request, index, text, ended


class Thinker:
    """Runs a model in a thread of its own; what it finds is published as messages."""

    def __init__(self, model: str, publish: Callable[[Message], object], remembered: Sequence[str] = ()) -> None:
        self._model = model
        self._remembered = remembered
        self._publish = publish
        self._changed = threading.Condition()
        self._wanted: Request | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="thinker", daemon=True)

    def start(self) -> None:
        """Begin to load the model."""
        self._thread.start()

    def think(self, request: Request) -> None:
        """Ask for a text to be thought about, in place of all earlier ones; returns at once."""
        with self._changed:
            self._wanted = request
            self._changed.notify()

    def stop(self) -> None:
        """End the thread after the word it is at."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _run(self) -> None:
        self._publish(ModelLoading("Starting PyTorch"))
        try:
            from seqchat.completion.states import AbandonedError

            engine = self._load()
        except Exception as error:  # a thread's failure would else go unseen
            self._publish(ModelFailed(_reason(error)))
            return
        while (request := self._next()) is not None:
            try:
                self._answer(engine, request)
            except AbandonedError:
                continue
            except Exception as error:  # the next text may go well again
                self._publish(ModelFailed(_reason(error)))

    def _load(self) -> Engine:
        from seqchat.completion.engine import Engine
        from seqchat.completion.suggestion import suggest

        self._publish(ModelLoading(f"Loading {self._model}"))
        engine = Engine.load(self._model)
        self._publish(ModelLoading("Loading the dictionary"))
        suggest(engine, "你好")
        engine.learn(self._remembered)
        # A text that was overtaken by the next key need not be read to its end.
        engine.context.tree.interrupted = self._void
        cell = engine.network.cell
        self._publish(ModelReady(engine.name, cell.title, cell.gates))
        # The first Latin letter should not wait for the index that it needs.
        threading.Thread(target=lambda: engine.vocabulary.pinyin, name="pinyin", daemon=True).start()
        return engine

    def _next(self) -> Request | None:
        with self._changed:
            self._changed.wait_for(lambda: self._wanted is not None or self._stopped)
            request, self._wanted = self._wanted, None
            return None if self._stopped else request

    def _void(self) -> bool:
        """Whether the request being answered has been overtaken."""
        return self._wanted is not None or self._stopped

    def _answer(self, engine: Engine, request: Request) -> None:
        from seqchat.completion.continuation import generate
        from seqchat.completion.suggestion import suggest
        from seqchat.insight.gates import trace

        suggestions = suggest(engine, request.text, SUGGESTIONS)
        node = engine.context.node(request.text)
        self._publish(Thought(request, suggestions, trace(engine, node, TRACED_WORDS)))
        if self._void():
            return
        for piece in generate(engine, request.text, CONTINUATIONS):
            if self._void():
                return
            self._publish(Grown(request, piece.index, piece.text, piece.ended))


def _reason(error: Exception) -> str:
    if isinstance(error, SeqchatError):
        return str(error)
    return f"Something unexpected happened ({type(error).__name__}: {error})."
