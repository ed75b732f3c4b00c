"""A thread that reads the example of a lesson with its models, so that no keystroke waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from seqchat.completion.engine_pool import EnginePool
from seqchat.lessons.choice import Untrained
from seqchat.lessons.study import Study, StudyRequest, study
from seqchat.tui.background import BackgroundThread, reason
from seqchat.tui.inference_messages import ModelQuery, QueryAnswered
from seqchat.tui.language import say

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine


class StudyNotice(Message):
    """A sentence to show in a model's panel: what is being done, or why nothing can be shown."""

    def __init__(self, request: StudyRequest, index: int, text: str) -> None:
        super().__init__()
        self.request, self.index, self.text = request, index, text


class StudyReady(Message):
    """A model has read the example."""

    def __init__(self, request: StudyRequest, index: int, study: Study) -> None:
        super().__init__()
        self.request, self.index, self.study = request, index, study


class Tutor(BackgroundThread):
    """Loads models when a lesson needs them, and posts what they make of the latest example."""

    def __init__(self, publish: Callable[[Message], object], pool: EnginePool) -> None:
        super().__init__("tutor")
        self._publish, self._pool = publish, pool
        self._wanted: StudyRequest | None = None
        self._queries: dict[str, tuple[str | Untrained, ModelQuery]] = {}
        self._engines: dict[str | Untrained, Engine] = {}

    def ask(self, request: StudyRequest) -> None:
        """Replace all earlier requests; returns at once."""
        with self._changed:
            self._wanted = request
            self._changed.notify()

    def submit(self, model: str | Untrained, query: ModelQuery) -> None:
        """Run a query with a model that has read an example; a newer one on the same topic takes its place."""
        with self._changed:
            self._queries[query.topic] = (model, query)
            self._changed.notify()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            if not isinstance(job, StudyRequest):
                self._run_query(*job)
                continue
            for index, model in enumerate(job.models):
                if model is not None and not self._void():
                    self._answer(job, index, model)

    def _next(self) -> StudyRequest | tuple[str | Untrained, ModelQuery] | None:
        """Wait for a request or a query; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._wanted is not None or self._queries or self._stopped)
            if self._stopped:
                return None
            if self._wanted is None:
                return self._queries.pop(next(iter(self._queries)))
            request, self._wanted = self._wanted, None
            return request

    def _run_query(self, model: str | Untrained, query: ModelQuery) -> None:
        from seqchat.completion.states import AbandonedError

        try:
            answer = QueryAnswered(query, query.run(self._engines[model]))
        except AbandonedError:
            return
        except Exception as error:  # whoever asked reports it
            answer = QueryAnswered(query, None, reason(error))
        (query.to or self._publish)(answer)

    def _void(self) -> bool:
        """Whether a newer request has replaced the current one."""
        return self._wanted is not None or self._stopped

    def _answer(self, request: StudyRequest, index: int, model: str | Untrained) -> None:
        if not self._engines:
            self._publish(StudyNotice(request, index, f"{say('Starting PyTorch')}…"))
        from seqchat.completion.states import AbandonedError

        try:
            if self._void():
                return
            if model not in self._engines:
                self._engines[model] = self._load(request, index, model)
            self._publish(StudyReady(request, index, study(self._engines[model], request)))
        except AbandonedError:
            return
        except Exception as error:  # the next text may work again
            self._publish(StudyNotice(request, index, reason(error)))

    def _load(self, request: StudyRequest, index: int, model: str | Untrained) -> Engine:
        name = model.title(say) if isinstance(model, Untrained) else model
        self._publish(StudyNotice(request, index, f"{say('Loading {model}', model=name)}…"))
        engine = model.load(say) if isinstance(model, Untrained) else self._pool.engine(model)
        if not self._engines:
            self._publish(StudyNotice(request, index, f"{say('Loading the dictionary')}…"))
        engine.context.node("你好")
        # An example that a later key has replaced need not be read to its end.
        engine.context.tree.interrupted = self._void
        return engine
