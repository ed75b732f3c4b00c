"""A thread that reads the example of a lesson with its models, so that no keystroke waits for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from seqchat.completion.engine_pool import EnginePool
from seqchat.tui.background import BackgroundThread, reason
from seqchat.tui.inference_messages import TRACED_WORDS, ModelQuery, QueryAnswered
from seqchat.tui.language import say
from seqchat.tui.tour.choice import Untrained
from seqchat.tui.tour.lesson import View

if TYPE_CHECKING:
    from seqchat.completion.engine import Engine
    from seqchat.completion.states import Node
    from seqchat.completion.suggestion import Suggestion
    from seqchat.insight.gates import GateTrace
    from seqchat.insight.shapes import Shapes
    from seqchat.model.cells import Gate

_SUGGESTIONS = 5


@dataclass(frozen=True)
class StudyRequest:
    """An example to read; a newer request replaces it.

    models: one for each panel of the page, or None; view: what to compute in addition to the gates, the words that fit
    at the `cursor` or the reach of the gradient on the score of the word `target`; traced: how many words the panels
    show.
    """

    models: tuple[str | Untrained | None, ...]
    text: str
    view: View = "gates"
    cursor: int = 0
    target: str = ""
    traced: int = TRACED_WORDS


@dataclass(frozen=True)
class Study:
    """What one model makes of an example, the `text`.

    cell: its title, such as ``LSTM``; suggestions: of the next word, or in a gap from its left side only; fitting: in a
    gap from both sides; awaited: the word that the reach is about, by default the most probable next word; reach: how
    strongly each word after the start affects that word (`insight.connectivity`), empty if it was not asked for;
    tokens, ids: the words after the start as the model reads them; sizes: of a word's vector, and of a layer; shapes:
    of what torch.nn returns, if they were asked for.
    """

    text: str
    name: str
    cell: str
    gates: tuple[Gate, ...]
    layers: int
    parameters: int
    trace: GateTrace
    suggestions: list[Suggestion]
    fitting: list[Suggestion]
    awaited: str = ""
    reach: tuple[float, ...] = ()
    tokens: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    sizes: tuple[int, int] = (0, 0)
    shapes: tuple[Shapes, ...] = ()


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
        name = model.name if isinstance(model, Untrained) else model
        self._publish(StudyNotice(request, index, f"{say('Loading {model}', model=name)}…"))
        engine = model.load() if isinstance(model, Untrained) else self._pool.engine(model)
        if not self._engines:
            self._publish(StudyNotice(request, index, f"{say('Loading the dictionary')}…"))
        engine.context.node("你好")
        # An example that a later key has replaced need not be read to its end.
        engine.context.tree.interrupted = self._void
        return engine


def study(engine: Engine, request: StudyRequest) -> Study:
    """Read an example with a model.

    Raises:
        AbandonedError: the engine's tree was told to give up.
    """
    from seqchat.completion.suggestion import suggest
    from seqchat.insight.gates import label
    from seqchat.insight.observing import observe
    from seqchat.insight.shapes import shapes_of

    text, node = request.text, engine.context.node(request.text)
    fitting: list[Suggestion] = []
    if request.view == "gap":
        left, right = text[: request.cursor], text[request.cursor :]
        suggestions = suggest(engine, left, _SUGGESTIONS, pinyin=False)
        fitting = suggest(engine, left, _SUGGESTIONS, after=right, pinyin=False) if right.strip() else suggestions
    else:
        suggestions = suggest(engine, text, _SUGGESTIONS, pinyin=False)
    cell = engine.network.cell
    awaited, reach = _reach(engine, node, request) if request.view == "reach" else ("", ())
    read = [n.word_id for n in node.path_to_root()][::-1][1:]
    sizes = engine.config.embedding_size, engine.config.hidden_size
    return Study(
        text=text,
        name=engine.name,
        cell=cell.title,
        gates=cell.gates,
        layers=engine.config.layers,
        parameters=engine.config.parameters,
        trace=observe(engine, node, request.traced),
        suggestions=suggestions,
        fitting=fitting,
        awaited=awaited,
        reach=reach,
        tokens=tuple(label(engine.vocabulary, word_id) for word_id in read),
        ids=tuple(read),
        sizes=sizes,
        shapes=tuple(shapes_of(cell.name, *sizes, len(read))) if request.view == "shapes" else (),
    )


def _reach(engine: Engine, node: Node, request: StudyRequest) -> tuple[str, tuple[float, ...]]:
    """Return the word that was asked for, or else the most probable one, and how strongly each word affects it."""
    from seqchat.corpus.cleaning import GLUE
    from seqchat.insight.connectivity import connectivity

    if request.target in engine.vocabulary:
        word_id = engine.vocabulary.ids_of(request.target)[0]
    else:
        word_id = int(engine.context.tree.top_words(node, 1, engine.suggestible_mask)[0][0])
    norms = connectivity(engine, node, word_id, request.traced)
    return engine.vocabulary.words[word_id].removeprefix(GLUE), tuple(norms.tolist())
