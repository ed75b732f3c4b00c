"""The pool of engines: each model is loaded once, and each user has an engine of its own."""

import gc
import threading

import pytest

from seqchat.completion.engine import Engine
from seqchat.completion.suggestion import suggest
from seqchat.errors import SeqchatError
from seqchat.tui.engine_pool import EnginePool


@pytest.fixture
def loads(monkeypatch):
    """The models that were loaded, in their order."""
    loaded = []
    load = Engine.load

    def counted(model, *arguments):
        loaded.append(str(model))
        return load(model, *arguments)

    monkeypatch.setattr(Engine, "load", counted)
    return loaded


def test_a_model_is_loaded_once_for_several_threads(models, loads):
    pool, engines = EnginePool(), []
    threads = [threading.Thread(target=lambda: engines.append(pool.engine(str(models["lstm"])))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == [str(models["lstm"])]
    assert len({id(engine) for engine in engines}) == 4
    assert len({id(engine.network) for engine in engines}) == 1


def test_texts_and_memories_are_not_shared(models):
    pool = EnginePool()
    first, second = pool.engine(str(models["lstm"])), pool.engine(str(models["lstm"]))
    expected = [(s.word, s.probability) for s in suggest(Engine.load(models["lstm"]), "我们")]
    first.learn(["我们去吃火锅"] * 3)
    first.context.node("别的")
    first.context.tree.interrupted = lambda: True
    assert [(s.word, s.probability) for s in suggest(second, "我们")] == expected


def test_what_nobody_holds_is_forgotten(models, loads):
    pool = EnginePool()
    engine = pool.engine(str(models["lstm"]))
    gc.collect()
    assert pool.engine(str(models["lstm"])).network is engine.network
    del engine
    gc.collect()
    pool.engine(str(models["lstm"]))
    assert len(loads) == 2


def test_a_model_that_is_not_there_is_said_each_time():
    pool = EnginePool()
    for _ in range(2):
        with pytest.raises(SeqchatError):
            pool.engine("no-such-model")
