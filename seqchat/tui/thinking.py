"""One thread that thinks about the latest text, so that a keystroke never waits for a model."""

from __future__ import annotations

import gc
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from seqchat.tui.background import Background, reason
from seqchat.tui.language import say
from seqchat.tui.thoughts import (
    Answered,
    Ghost,
    Grown,
    Growth,
    ModelFailed,
    ModelLoading,
    ModelReady,
    Question,
    Replied,
    ReplyRequest,
    Request,
    Thought,
)

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.completion.suggestion import Suggestion

# The grey text grows by words at least so probable.
_GHOST_FLOOR = 0.35
# Between two words of the continuations, the screen has the interpreter for itself.
_BREATH_SECONDS = 0.015


class Thinker(Background):
    """Runs models in a thread of its own; what it finds is published as messages.

    A request goes before everything else; replies and continuations go on word by word in between.
    """

    def __init__(
        self, models: Sequence[str], publish: Callable[[Message], object], remembered: Sequence[str] = ()
    ) -> None:
        super().__init__("thinker")
        self._models = models
        self._remembered = remembered
        self._publish = publish
        self._wanted: Request | None = None
        self._wanted_growth: tuple[str, Growth] | None = None
        self._wanted_reply: ReplyRequest | None = None
        self._questions: dict[str, Question] = {}
        self._hushed = False
        self._abandonable = False
        self._engines: dict[int, Engine] = {}
        # The first suggestion of the first model, and the text that it is for
        self._best: tuple[str, Suggestion | None] = "", None
        # What grows word by word; each step publishes itself.
        self._replying: Iterator[None] | None = None
        self._growing: Iterator[None] | None = None

    def think(self, request: Request) -> None:
        """Ask for a text to be thought about, in place of all earlier ones; returns at once."""
        with self._changed:
            self._wanted = request
            if request.growth is not None:
                self._wanted_growth = (request.text, request.growth)
            self._changed.notify()

    def ask(self, question: Question) -> None:
        """Ask something about a model, which is answered once no request waits; returns at once."""
        with self._changed:
            self._questions[question.topic] = question
            self._changed.notify()

    def reply(self, request: ReplyRequest | None) -> None:
        """Ask for a reply in place of the one that is under way; None for no more of it."""
        with self._changed:
            self._wanted_reply, self._hushed = request, True
            self._changed.notify()

    def _run(self) -> None:
        if not self._load_all():
            return
        while self._wait():
            try:
                self._do_next()
            except Exception as error:  # the next text may go well again
                self._replying = self._growing = None
                self._publish(ModelFailed(0, reason(error)))

    def _load_all(self) -> bool:
        self._publish(ModelLoading(0, say("Starting PyTorch")))
        for index, model in enumerate(self._models):
            try:
                self._engines[index] = self._load(index, model)
            except Exception as error:  # a thread's failure would else go unseen
                self._publish(ModelFailed(index, reason(error)))
            if self._stopped:
                return False
        return bool(self._engines)

    def _load(self, index: int, model: str) -> Engine:
        from seqchat.completion.engine import Engine
        from seqchat.completion.suggestion import suggest

        self._publish(ModelLoading(index, say("Loading {model}", model=model)))
        engine = Engine.load(model)
        self._publish(ModelLoading(index, say("Loading the dictionary")))
        suggest(engine, "你好")
        engine.learn(self._remembered)
        # A text that was overtaken by the next key need not be read to its end.
        engine.context.tree.interrupted = self._void
        cell = engine.network.cell
        self._publish(ModelReady(index, engine.name, cell.title, cell.gates))
        # The first Latin letter should not wait for the index that it needs.
        threading.Thread(target=_index, args=(engine,), name="pinyin", daemon=True).start()
        return engine

    def _wait(self) -> bool:
        """Wait until there is something to do; False when the end has come."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_wanted() or self._replying or self._growing)
            return not self._stopped

    def _is_wanted(self) -> bool:
        """Whether something is to be done before anything goes on growing."""
        return bool(self._wanted or self._questions or self._hushed or self._stopped)

    def _do_next(self) -> None:
        with self._changed:
            request, self._wanted = self._wanted, None
            if self._hushed:
                self._replying = self._reply(self._wanted_reply) if self._wanted_reply else None
                self._hushed = False
            if self._wanted_growth is not None:
                text, growth = self._wanted_growth
                self._growing = self._grow(text, growth) if growth.branches else None
                self._wanted_growth = None
            question = None
            if request is None and self._questions:
                question = self._questions.pop(next(iter(self._questions)))
        if request is not None:
            self._answer(request)
        elif question is not None:
            self._inquire(question)
        elif self._replying is not None:
            self._replying = _advanced(self._replying)
        elif self._growing is not None:
            self._growing = _advanced(self._growing)
            with self._changed:
                self._changed.wait_for(self._is_wanted, _BREATH_SECONDS)

    def _void(self) -> bool:
        """Whether the request that is being answered has been overtaken."""
        return self._abandonable and (self._wanted is not None or self._stopped)

    def _answer(self, request: Request) -> None:
        from seqchat.completion.states import AbandonedError

        self._abandonable = True
        try:
            for index, engine in self._engines.items():
                self._suggest(request, index, engine)
            if request.ghost_words and not self._void():
                self._foresee(request)
        except AbandonedError:
            return
        finally:
            self._abandonable = False

    def _inquire(self, question: Question) -> None:
        engine = self._engines.get(question.model)
        try:
            result, problem = (question.ask(engine), "") if engine else (None, say("The model is not there."))
        except Exception as error:  # whoever asked says so
            result, problem = None, reason(error)
        (question.to or self._publish)(Answered(question, result, problem))

    def _suggest(self, request: Request, index: int, engine: Engine) -> None:
        from seqchat.completion.suggestion import suggest
        from seqchat.insight.gates import trace

        suggestions = suggest(engine, request.text, request.candidates, after=request.after, pinyin=request.pinyin)
        gates = trace(engine, engine.context.node(request.text), request.traced)
        if index == self._first:
            self._best = request.text, suggestions[0] if suggestions else None
        self._publish(Thought(request, index, suggestions, gates))

    @property
    def _first(self) -> int:
        """The number of the model that writes continuations and replies: the first that could be loaded."""
        return min(self._engines)

    def _foresee(self, request: Request) -> None:
        """Go on from the best suggestion with the most probable words, while they are probable."""
        from seqchat.completion.continuation import Sampling, generate

        _, best = self._best
        if best is None or best.replace:
            return
        greedy = Sampling(temperature=0, max_words=request.ghost_words)
        text = ""
        for piece in generate(self._engines[self._first], request.text + best.insert, 1, greedy):
            if piece.log_probability < math.log(_GHOST_FLOOR) or self._void():
                break
            text += piece.text
        self._publish(Ghost(request, text))

    def _grow(self, text: str, growth: Growth) -> Iterator[None]:
        """Continue a text; where it ends with pinyin, what the letters stand for most probably comes first."""
        from seqchat.completion.continuation import GeneratedWord, Sampling, generate

        sampling = Sampling(temperature=growth.temperature, top_p=growth.top_p)
        before, best = self._best
        replace = best.replace if best is not None and before == text else 0
        if best is not None and replace:
            text = text[:-replace] + best.insert
            for index, branch in enumerate(growth.branches):
                piece = GeneratedWord(index, best.insert, math.log(max(best.probability, 1e-30)), False)
                self._publish(Grown(growth, branch, piece, replace))
        for piece in generate(self._engines[self._first], text, len(growth.branches), sampling):
            self._publish(Grown(growth, growth.branches[piece.index], piece, replace))
            yield

    def _reply(self, request: ReplyRequest) -> Iterator[None]:
        from dataclasses import replace

        from seqchat.completion.chat import REPLY, reply

        sampling = replace(REPLY, temperature=request.temperature, top_p=request.top_p)
        for text in reply(self._engines[self._first], request.turns, sampling):
            self._publish(Replied(request, text, False))
            yield
        self._publish(Replied(request, "", True))


def _index(engine: Engine) -> None:
    """Build the index of the pinyin; then spare the garbage collector all that was loaded, which stays."""
    _ = engine.vocabulary.pinyin
    gc.collect()
    gc.freeze()


def _advanced(steps: Iterator[None]) -> Iterator[None] | None:
    """Take one step; return what is left to do."""
    return None if next(steps, steps) is steps else steps
