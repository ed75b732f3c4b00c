"""The models that are open, and the worker that runs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.message import Message

from seqchat.completion.engine_pool import EnginePool
from seqchat.completion.personal import Personal
from seqchat.tui import inference_worker
from seqchat.tui.inference_messages import ModelFailed, ModelLoading, ModelQuery, ModelReady, WorkerIdle
from seqchat.tui.language import say
from seqchat.tui.screens.views import Views


class ModelsController:
    """Starts and stops the worker, replaces it when other models are opened, and shows how loading goes."""

    def __init__(
        self,
        views: Views,
        pool: EnginePool,
        publish: Callable[[Message], object],
        remembered: Sequence[str],
        personal: Callable[[], Personal],
        names: Sequence[str],
    ) -> None:
        self._views, self._pool, self._publish = views, pool, publish
        self._remembered, self._personal = remembered, personal
        self.names = list(names)
        self.worker = self._new_worker()
        self.is_stopped = False
        # How many jobs the worker had been given when it last ran out of work
        self._finished_jobs = 0

    def _new_worker(self) -> inference_worker.InferenceWorker:
        return inference_worker.InferenceWorker(self.names, self._publish, self._pool, self._remembered, self._personal)

    @property
    def is_idle(self) -> bool:
        """Whether the worker has done all that it was asked for, and everything it found has arrived."""
        return self._finished_jobs == self.worker.submitted

    def use_script(self, name: str, done: Callable[[Message], object]) -> None:
        """Read and write in a script from now on; `done` is called for each model, in the worker's thread."""
        for index in range(len(self.names)):
            query = ModelQuery(f"script of {index}", lambda engine: engine.use_script(name), index, to=done)
            self.worker.submit(query)

    def start(self) -> None:
        """Begin to load the models."""
        self.worker.start()

    def stop(self) -> None:
        """End the worker; messages that are still on their way find no widgets any more."""
        self.is_stopped = True
        self.worker.stop()

    def replace(self, names: Sequence[str]) -> None:
        """Have a new worker for other models; it waits for `start`."""
        self.worker.stop()
        self.names, self._finished_jobs = list(names), 0
        self.worker = self._new_worker()

    def receive(self, message: ModelLoading | ModelReady | ModelFailed | WorkerIdle) -> bool:
        """Show what has become of a model; False for a worker that was replaced, which may still be loading its own."""
        if self.is_stopped or message.worker is not self.worker:
            return False
        match message:
            case ModelLoading():
                self._views.bars[message.index].notice(f"{message.what}…")
            case ModelReady():
                self._show_ready(message)
            case ModelFailed():
                self._show_failed(message)
            case WorkerIdle():
                self._finished_jobs = message.submitted
        return True

    def _show_ready(self, message: ModelReady) -> None:
        self._views.bars[message.index].border_title = Content(f"{say('Candidates')} · {message.name}")
        self._views.panels.describe(message, self.names[message.index])
        if message.index == 0:
            self._views.chat.call_model(message.name)

    def _show_failed(self, message: ModelFailed) -> None:
        self._views.bars[message.index].notice(message.reason)
        self._views.panels.all[message.index].notice(message.reason)
        self._views.screen.notify(message.reason, severity="error", timeout=30, markup=False)
