"""One thread runs the models for the latest text, so that a keystroke never waits for them."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from seqchat import heap
from seqchat.completion.custom_phrases import Table
from seqchat.completion.engine_pool import EnginePool
from seqchat.completion.habits import Habits
from seqchat.completion.personal import Personal
from seqchat.tui.background import BackgroundThread, reason
from seqchat.tui.inference_messages import (
    ContinuationRequest,
    ContinuationToken,
    GatesReady,
    GhostTextReady,
    ModelFailed,
    ModelLoading,
    ModelQuery,
    ModelReady,
    QueryAnswered,
    ReplyRequest,
    ReplyToken,
    SuggestionRequest,
    SuggestionsReady,
    WorkerIdle,
)
from seqchat.tui.language import say

if TYPE_CHECKING:
    from seqchat.completion.composing.meaning import Meaning
    from seqchat.completion.engine import Engine
    from seqchat.completion.suggestion import Suggestion

# After each word of the continuations, the screen has the interpreter to itself.
_YIELD_SECONDS = 0.015
# Memory that was freed is given back after so long a time, and in a pause; that takes 2 to 5 ms.
_RELEASE_SECONDS, _PAUSE_SECONDS = 1.0, 0.5
# The first suggestions do not wait until more learned words are indexed.
_FEW_HABITS = 2_000


class InferenceWorker(BackgroundThread):
    """Runs models in a thread of its own, and publishes results as messages.

    A request for suggestions comes before everything else; replies and continuations are written word by word in
    between. `submitted` counts all jobs; `WorkerIdle` says which of them are done.
    """

    def __init__(
        self,
        models: Sequence[str],
        publish: Callable[[Message], object],
        pool: EnginePool,
        remembered: Sequence[str] = (),
        personal: Callable[[], Personal] = Personal,
    ) -> None:
        """Take the models, and what returns all that is the writer's own."""
        super().__init__("inference")
        self._models = models
        self._remembered, self._personal = remembered, personal
        self._phrases: Table = {}
        self._publish, self._pool = publish, pool
        self._pending: SuggestionRequest | None = None
        self._pending_continuations: tuple[SuggestionRequest, ContinuationRequest] | None = None
        self._pending_reply: ReplyRequest | None = None
        self._queries: dict[str, ModelQuery] = {}
        self._interruptible = False
        self._engines: dict[int, Engine] = {}
        self.submitted = 0
        self._released = 0.0
        # The first suggestion of the first model, and its text
        self._best: tuple[str, Suggestion | None] = "", None
        # What is written word by word; each step publishes its word.
        self._reply_steps: Iterator[None] | None = None
        self._continuation_steps: Iterator[None] | None = None

    def request_suggestions(self, request: SuggestionRequest) -> None:
        """Request suggestions instead of all earlier ones; returns at once."""
        with self._changed:
            self.submitted += 1
            self._pending = request
            if request.continuations is not None:
                self._pending_continuations = (request, request.continuations)
            self._changed.notify()

    def submit(self, query: ModelQuery) -> None:
        """Run a query once no request waits; returns at once."""
        with self._changed:
            self.submitted += 1
            self._queries[query.topic] = query
            self._changed.notify()

    def request_reply(self, request: ReplyRequest) -> None:
        """Request a reply instead of the one that is being written; returns at once."""
        with self._changed:
            self.submitted += 1
            self._pending_reply = request
            self._changed.notify()

    def _run(self) -> None:
        try:
            if self._load_models():
                self._work()
        finally:
            # The engines know the worker, so that otherwise neither would ever be freed.
            self._engines, self._reply_steps, self._continuation_steps = {}, None, None

    def _work(self) -> None:
        while self._wait():
            try:
                self._do_next()
            except Exception as error:  # the next request may succeed
                self._reply_steps = self._continuation_steps = None
                self._publish(ModelFailed(self, 0, reason(error)))
            if time.monotonic() - self._released > _RELEASE_SECONDS:
                self._release_memory()

    def _load_models(self) -> bool:
        self._publish(ModelLoading(self, 0, say("Starting PyTorch")))
        for index, model in enumerate(self._models):
            try:
                self._engines[index] = self._load(index, model)
            except Exception as error:  # otherwise nobody would see that the thread failed
                self._publish(ModelFailed(self, index, reason(error)))
            if self._stopped:
                return False
        heap.resume_collection()
        return bool(self._engines)

    def _load(self, index: int, model: str) -> Engine:
        from seqchat.completion.suggestion import suggest

        self._publish(ModelLoading(self, index, say("Loading {model}", model=model)))
        engine = self._pool.engine(model)
        self._publish(ModelLoading(self, index, say("Loading the dictionary")))
        suggest(engine, "你好")
        engine.learn(self._remembered)
        personal = self._personal()
        self._phrases = personal.phrases
        engine.use_script(personal.script)
        if len(personal.habits) <= _FEW_HABITS:
            engine.follow(personal.habits)
        # A text need not be read to its end once the next key has changed it.
        engine.context.tree.interrupted = self._is_superseded
        cell = engine.network.cell
        has_chinese = engine.vocabulary.has_chinese
        self._publish(ModelReady(self, index, engine.name, cell.title, cell.gates, has_chinese=has_chinese))
        # The first Latin letter should not wait for the index that it needs.
        threading.Thread(target=self._index, args=(index, engine, personal.habits), name="pinyin", daemon=True).start()
        return engine

    def _index(self, index: int, engine: Engine, habits: Habits) -> None:
        """Build the index of pinyin, and that of many learned words, which the engine uses once it is there."""
        if engine.vocabulary.has_chinese:
            _ = engine.vocabulary.pinyin.syllables, engine.vocabulary.takes_space
        if len(habits) > _FEW_HABITS and not engine.has_learned:
            words = engine.learned(habits)
            self.submit(ModelQuery(f"learned words of {index}", lambda engine: engine.adopt(words), index, to=_drop))

    def _wait(self) -> bool:
        """Wait for work; False when the thread should end."""
        with self._changed:
            if not self._has_work():
                self._publish(WorkerIdle(self, self.submitted))
            if self._changed.wait_for(self._has_work, _PAUSE_SECONDS):
                return not self._stopped
        self._release_memory()
        with self._changed:
            self._changed.wait_for(self._has_work)
            return not self._stopped

    def _has_work(self) -> bool:
        return bool(self._has_jobs() or self._reply_steps or self._continuation_steps)

    def _has_jobs(self) -> bool:
        """Whether something waits that comes before the next word of replies and continuations."""
        return bool(
            self._pending or self._pending_continuations or self._queries or self._pending_reply or self._stopped
        )

    def _do_next(self) -> None:
        with self._changed:
            request, self._pending = self._pending, None
            if self._pending_reply is not None:
                self._reply_steps, self._pending_reply = self._generate_reply(self._pending_reply), None
            if self._pending_continuations is not None:
                asked, continuations = self._pending_continuations
                self._continuation_steps = (
                    self._generate_continuations(asked, continuations) if continuations.branches else None
                )
                self._pending_continuations = None
            query = None
            if request is None and self._queries:
                query = self._queries.pop(next(iter(self._queries)))
        if request is not None:
            self._handle_request(request)
        elif query is not None:
            self._run_query(query)
        elif self._reply_steps is not None:
            self._reply_steps = _advance(self._reply_steps)
        elif self._continuation_steps is not None:
            self._continuation_steps = _advance(self._continuation_steps)
            with self._changed:
                self._changed.wait_for(self._has_jobs, _YIELD_SECONDS)

    def _release_memory(self) -> None:
        """Give memory back: rows of all words are freed in places that the next ones may not fit into."""
        from seqchat.corpus.jieba_words import forget_words

        self._released = time.monotonic()
        forget_words()
        heap.release()

    def _is_superseded(self) -> bool:
        """Whether a newer request waits than the one that is being handled."""
        return self._interruptible and (self._pending is not None or self._stopped)

    def _handle_request(self, request: SuggestionRequest) -> None:
        from seqchat.completion.states import AbandonedError

        self._interruptible = True
        try:
            for index, engine in self._engines.items():
                self._suggest(request, index, engine)
            if request.ghost_words and not self._is_superseded():
                self._generate_ghost_text(request)
            for index, engine in self._engines.items():
                if engine.reads_both_sides:
                    self._observe_both_sides(request, index, engine)
                if request.open_letters and engine.vocabulary.has_chinese and not self._is_superseded():
                    self._look_ahead(request, request.open_letters, engine)
        except AbandonedError:
            return
        finally:
            self._interruptible = False

    def _run_query(self, query: ModelQuery) -> None:
        engine = self._engines.get(query.model)
        try:
            result, problem = (query.run(engine), "") if engine else (None, say("The model is not there."))
        except Exception as error:  # whoever asked reports it
            result, problem = None, reason(error)
        (query.to or self._publish)(QueryAnswered(query, result, problem))

    def _suggest(self, request: SuggestionRequest, index: int, engine: Engine) -> None:
        from dataclasses import replace

        from seqchat.completion.custom_phrases import with_custom_phrases
        from seqchat.insight.observing import observe

        engine.spell(request.spelling)
        meaning = _meaning(engine, request) if request.open_letters and engine.vocabulary.has_chinese else None
        if meaning is None:
            suggestions, complete = _suggestions(engine, request)
        else:
            suggestions, complete = meaning.candidates, meaning.complete
        if request.pinyin and request.open_letters != 0:
            suggestions = with_custom_phrases(suggestions, request.text, self._phrases)
        if meaning is not None:
            meaning = replace(meaning, candidates=suggestions)
        gates = None
        if not engine.reads_both_sides:
            gates = observe(engine, engine.context.node(request.text), request.traced)
        if index == self._main_model:
            self._best = request.text, suggestions[0] if suggestions and not suggestions[0].rest else None
        self._publish(SuggestionsReady(request, index, suggestions, gates, complete=complete, meaning=meaning))

    def _observe_both_sides(self, request: SuggestionRequest, index: int, engine: Engine) -> None:
        """Show the gates in both directions, after the suggestions: from the right, all words are read again."""
        from seqchat.completion.engine import MAX_RIGHT_WORDS
        from seqchat.insight.observing import observe

        right = engine.right_ids(request.after, request.text[-1:] or " ")[:MAX_RIGHT_WORDS]
        gates = observe(engine, engine.context.node(request.text), request.traced, right)
        self._publish(GatesReady(request, index, gates))

    def _look_ahead(self, request: SuggestionRequest, letters: int, engine: Engine) -> None:
        """Compute what the next letter needs of those before it, while the writer reaches for its key."""
        from seqchat.completion.composing.meaning import look_ahead

        look_ahead(engine, request.text, letters, tones=request.tones)

    @property
    def _main_model(self) -> int:
        """The number of the model that writes continuations and replies: the first that was loaded."""
        return min(self._engines)

    def _generate_ghost_text(self, request: SuggestionRequest) -> None:
        """Continue the best suggestion with the most probable words, while they are probable."""
        from seqchat.completion.ghost import words_ahead
        from seqchat.completion.worth import is_grey, keeps_language

        def fits(word: str, before: str) -> bool:
            return keeps_language(word, before, chinese=request.forced, latin=not request.pinyin)

        _, best = self._best
        if best is None or not is_grey(best):
            return
        engine = self._engines[self._main_model]
        ahead = words_ahead(engine, request.text, best, request.ghost_words, self._is_superseded, fits)
        self._publish(GhostTextReady(request, ahead))

    def _generate_continuations(self, request: SuggestionRequest, continuations: ContinuationRequest) -> Iterator[None]:
        """Continue a text; if it ends with pinyin, the most probable reading of the letters comes first.

        The first words of a branch are held back until it is worth a glance; one that never is stays empty.
        """
        from seqchat.completion.continuation import GeneratedWord, generate
        from seqchat.completion.sampling import Sampling
        from seqchat.completion.spacing import is_finished
        from seqchat.completion.worth import Place, branch_is_worth

        def publish(index: int, word: GeneratedWord) -> None:
            self._publish(ContinuationToken(continuations, continuations.branches[index], word, replace))

        text, finished = request.text, request.finished
        # At temperature 0 there is only the most probable one.
        warm = continuations.temperature > 0
        sampling = Sampling(temperature=continuations.temperature, top_p=continuations.top_p, distinct=warm)
        before, best = self._best
        replace = best.replace if best is not None and before == text else 0
        count = len(continuations.branches)
        held: dict[int, list[GeneratedWord]] = {index: [] for index in range(count)}
        if best is not None and replace:
            text, finished = text[:-replace] + best.insert, is_finished(best.insert)
            chance = math.log(max(best.probability, 1e-30))
            held = {index: [GeneratedWord(index, best.insert, chance, False)] for index in range(count)}
        engine = self._engines[self._main_model]
        if not replace and not Place.of(text, engine.vocabulary, finished).has_meaning:
            for index in range(count):
                publish(index, GeneratedWord(index, "", 0.0, True))
            return
        for word in generate(engine, text, count, sampling, finished=finished):
            shown = word.index not in held
            words = [*held.pop(word.index, ()), word]
            if shown or branch_is_worth([(each.text, each.log_probability) for each in words], replace):
                for each in words:
                    publish(word.index, each)
            elif word.ended:
                publish(word.index, GeneratedWord(word.index, "", 0.0, True))
            else:
                held[word.index] = words
            yield

    def _generate_reply(self, request: ReplyRequest) -> Iterator[None]:
        from dataclasses import replace

        from seqchat.completion.chat import REPLY, reply

        sampling = replace(REPLY, temperature=request.temperature, top_p=request.top_p)
        for text in reply(self._engines[self._main_model], request.turns, sampling):
            self._publish(ReplyToken(request, text, False))
            yield
        self._publish(ReplyToken(request, "", True))


def _drop(_: Message) -> None:
    """Ignore an answer."""


def _meaning(engine: Engine, request: SuggestionRequest) -> Meaning:
    """Return what the open letters of a request mean."""
    from seqchat.completion.composing.meaning import meaning_of

    letters = request.open_letters or 0
    options = {"tones": request.tones, "forced": request.forced}
    return meaning_of(engine, request.text, letters, request.candidates, after=request.after, **options)


def _suggestions(engine: Engine, request: SuggestionRequest) -> tuple[list[Suggestion], bool]:
    """Return the suggestions that are worth a glance, and whether there are no others."""
    from seqchat.completion.suggestion import suggest
    from seqchat.completion.worth import is_last, worthwhile

    # Letters that are settled are no pinyin any more.
    pinyin = request.pinyin and request.open_letters is None
    found = suggest(
        engine, request.text, request.candidates, after=request.after, pinyin=pinyin, finished=request.finished
    )
    shown = worthwhile(found, request.text, engine.vocabulary, request.finished)
    return shown, len(found) < request.candidates or is_last(found[-1])


def _advance(steps: Iterator[None]) -> Iterator[None] | None:
    """Take one step; return the steps that are left."""
    return None if next(steps, steps) is steps else steps
